// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"
	"slices"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// form reads a request that is a multipart form like the JSON object that would
// say the same: each text field is a member.
type form struct {
	*jsonRequest
	parts *multipart
	bare  []string // the fields that are no strings
	buf   []byte
	next  byte // what stands before the next member
}

// formOf returns how an endpoint reads forms. bare names the fields that are
// numbers or booleans.
func formOf(d *document, bare ...string) func(boundary string, l Limits) Request {
	return func(boundary string, l Limits) Request {
		f := &form{jsonRequest: newJSONRequest(d, l), bare: bare, next: '{'}
		f.parts = newMultipart(boundary, f.field)
		return f
	}
}

func (f *form) Write(p []byte) { f.parts.Write(p) }

func (f *form) field(name string, value []byte) {
	f.buf = jsonscan.AppendQuoted(append(f.buf[:0], f.next), name)
	f.buf = append(f.buf, ':')
	if slices.Contains(f.bare, name) && isScalar(value) {
		f.buf = append(f.buf, value...)
	} else {
		f.buf = jsonscan.AppendQuoted(f.buf, value)
	}
	f.next = ','
	f.jsonRequest.Write(f.buf)
}

// Fill ends the object only if the form has come to its end.
func (f *form) Fill(call *genai.Call) {
	if f.parts.state == formEnd {
		f.jsonRequest.Write(bytes.TrimLeft([]byte{f.next, '}'}, ","))
	}
	f.jsonRequest.Fill(call)
}

// isScalar tells whether value is a number or a boolean of JSON.
func isScalar(value []byte) bool {
	c := jsonscan.New(value)
	switch c.Kind() {
	case jsonscan.KindNumber, jsonscan.KindTrue, jsonscan.KindFalse:
		c.Skip()
		return c.End()
	}
	return false
}

// peekForm finds the model in the beginning of a form, whose first line is the
// boundary, or of a JSON object.
func peekForm(r *Route, _ string, body []byte) (_ *Route, model []byte) {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	boundary, ok := bytes.CutPrefix(bytes.TrimRight(line, " \t\r"), []byte("--"))
	if !ok {
		_, model = peekFirst(body, "model")
		return r, model
	}
	var m *multipart
	m = newMultipart(string(boundary[:min(len(boundary), maxBoundary+1)]), func(name string, value []byte) {
		if name == "model" {
			model = clip(validUTF8(value))
			m.state = formBroken // it is of no interest any more
		}
	})
	m.Write(body)
	return r, model
}
