// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

const streamError = semconv.ErrorTypeStreamError

// maxFailure is how much of an error body is kept.
const maxFailure = 64 << 10

// failureReply reads the body of a response with an error status.
type failureReply struct {
	call   *genai.Call
	limits Limits
	body   []byte // the beginning
	// trimmer reads a body that is longer: a message that repeats the input
	// must not cost the type and the code behind it.
	trimmer jsontrim.Trimmer
	long    bool
}

// failureShape is what is kept of a long error.
func failureShape(message *jsontrim.Shape) *jsontrim.Shape {
	members := map[string]*jsontrim.Shape{
		"type": jsontrim.Keep, "code": jsontrim.Keep, "message": message, "detail": message,
	}
	members["error"] = jsontrim.Members(members)
	return jsontrim.Members(members)
}

var (
	longFailure            = failureShape(nil)
	longFailureWithContent = failureShape(content)
)

// NewFailure returns the reader for the body of a response with an error
// status, of any media type. It fills in the provider's words, not the type.
func NewFailure(call *genai.Call, l Limits) Reply {
	return &failureReply{call: call, limits: l}
}

func (r *failureReply) Write(p []byte) {
	if !r.long && len(r.body)+len(p) > maxFailure {
		r.long = true
		shape := longFailure
		if r.limits.Content {
			shape = longFailureWithContent
		}
		r.trimmer.Reset(shape, jsontrim.Limits{String: r.limits.Part, Total: maxFailure})
		_, _ = r.trimmer.Write(r.body)
	}
	if r.long {
		_, _ = r.trimmer.Write(p)
	}
	r.body = append(r.body, p[:min(len(p), maxFailure-len(r.body))]...)
}

// Done is never true: the shortest body may be followed by more.
func (r *failureReply) Done() bool { return false }

func (r *failureReply) Complete() bool { return true }

func (r *failureReply) Fill() {
	body := r.body
	if r.long {
		if doc := r.trimmer.End(); len(doc) > 0 {
			body = doc
		}
	}
	readFailure(body, &r.call.Failure, r.limits)
}

// tellsFailure consumes the value of an event's member that is named object or
// error, and tells whether it makes the event an error: {"object":"error", …}, or
// {"error": …} as gateways send it.
func tellsFailure(c *jsonscan.Cursor) bool {
	if string(c.Key()) == "error" {
		return tellsError(c.Raw())
	}
	t, _ := c.Text()
	return t.Is("error") || t.Is("Error")
}

// tellsError tells whether the value of a member named error is one. Some
// servers have the member in every reply, with an empty value.
func tellsError(raw []byte) bool {
	c := jsonscan.New(raw)
	switch c.Kind() {
	case jsonscan.KindString:
		t, _ := c.Text()
		return !t.Empty()
	case jsonscan.KindObject:
		c.Object()
		return c.Member()
	}
	return false
}

// readFailure reads the error shapes that Mistral, its gateway and compatible
// servers answer with. Bodies that are no JSON, such as a proxy's HTML, tell
// nothing but their text.
func readFailure(body []byte, f *genai.Failure, l Limits) {
	c := jsonscan.New(body)
	switch c.Kind() {
	case jsonscan.KindObject:
	case jsonscan.KindNone:
		if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
			setMessage(f, bytes.TrimSpace(body), l)
		}
		return
	default:
		setMessage(f, body, l)
		return
	}
	var message, detail []byte
	c.Object()
	for c.Member() {
		switch string(c.Key()) {
		case "type":
			setToken(&f.ProviderType, c.Raw())
		case "code":
			setToken(&f.Code, c.Raw())
		case "message":
			message = c.Raw()
		case "detail":
			detail = c.Raw()
		case "error":
			if k := c.Kind(); k == jsonscan.KindObject || k == jsonscan.KindString {
				readInnerFailure(c.Raw(), k, f, l)
			} else {
				c.Skip()
			}
		default:
			c.Skip()
		}
	}
	if message == nil || string(message) == "null" {
		message = detail
	}
	setMessageJSON(f, message, l)
}

func readInnerFailure(raw []byte, k jsonscan.Kind, f *genai.Failure, l Limits) {
	if k == jsonscan.KindString {
		setMessageJSON(f, raw, l)
		return
	}
	readFailure(raw, f, l)
}

// setToken keeps a string or a number that is short and plain enough to be the
// name of an error: no server may put its prose, or the caller's, in there.
func setToken(dst *string, raw []byte) {
	c := jsonscan.New(raw)
	token := ""
	switch c.Kind() {
	case jsonscan.KindString:
		token = c.String()
	case jsonscan.KindNumber:
		token = string(raw)
	}
	if token == "" || len(token) > 64 {
		return
	}
	for _, b := range []byte(token) {
		letter := 'a' <= b|0x20 && b|0x20 <= 'z'
		digit := '0' <= b && b <= '9'
		if !letter && !digit && b != '_' && b != '-' && b != '.' && b != ':' {
			return
		}
	}
	*dst = token
}

// setMessageJSON keeps a message that is a string, or any other value as JSON.
func setMessageJSON(f *genai.Failure, raw []byte, l Limits) {
	c := jsonscan.New(raw)
	switch c.Kind() {
	case jsonscan.KindNone, jsonscan.KindNull:
	case jsonscan.KindString:
		t, _ := c.Text()
		setMessage(f, t.Append(nil), l)
	default:
		setMessage(f, raw, l)
	}
}

// setMessage keeps the text of an error. Mistral's 422 repeats the input, so
// the text is content.
func setMessage(f *genai.Failure, message []byte, l Limits) {
	if !l.Content || len(message) == 0 {
		return
	}
	// The input may hold credentials.
	c := jsonscan.New(message)
	if k := c.Kind(); k == jsonscan.KindObject || k == jsonscan.KindArray {
		if c.Skip(); c.End() {
			message = l.trimmed(message)
		}
	}
	f.Message = string(jsontrim.Cut(validUTF8(message), l.Part))
}

// failOnFinishReason makes a call fail whose model reported that it failed.
func failOnFinishReason(call *genai.Call) {
	if call.Failure.Type != "" {
		return
	}
	for i := range call.Response.Choices {
		if call.Response.Choices[i].FinishReason == "error" {
			call.Failure.Type = streamError
		}
	}
}
