// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/roundtripper"
)

// recording is how the content of observations is recorded: as that of calls.
type recording struct {
	part     int // the longest string
	total    int
	redactor genai.Redactor
}

func newRecording(part int, redactor genai.Redactor) recording {
	if part <= 0 {
		part = roundtripper.DefaultMaxContentBytes
	}
	return recording{part: part, total: max(1<<20, 8*part), redactor: redactor}
}

// observed is what of a value is kept: everything but credentials.
var observed = jsontrim.Keep.Without(genai.Secrets...).Bulk()

// json returns v as bounded, redacted JSON; "" if there is nothing to record.
// What cannot be JSON gives its type and the reason.
func (r *recording) json(kind string, v any) string {
	if nothing(v) {
		return ""
	}
	data, err := scope.Marshal(v)
	if err != nil {
		note := map[string]string{"type": fmt.Sprintf("%T", v), "note": "not recorded: " + err.Error()}
		data, err = scope.Marshal(note)
	}
	if err != nil || string(data) == "null" {
		return ""
	}
	var t jsontrim.Trimmer
	t.Reset(observed, jsontrim.Limits{String: r.part, Total: r.total})
	_, _ = t.Write(data)
	return string(r.redactor.JSON(kind, t.End()))
}

// text returns a bounded, redacted text.
func (r *recording) text(kind, s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return r.redactor.Text(kind, string(jsontrim.Cut([]byte(s), r.part)))
}

// nothing tells that v says nothing: nil, or a value of type struct{}.
func nothing(v any) bool {
	if v == nil {
		return true
	}
	t := reflect.TypeOf(v)
	return t.Kind() == reflect.Struct && t.NumField() == 0
}

// sequence is what came of a sequence, up to a limit. It is JSON already.
type sequence struct {
	limit   int
	text    []byte // the strings, joined
	items   []byte // anything else, with commas between
	strings bool
	left    int // how many items found no room
}

// newSequence returns nil if nothing is recorded.
func (r *recording) newSequence() *sequence {
	if r == nil {
		return nil
	}
	return &sequence{limit: r.total}
}

func (s *sequence) empty() bool { return s == nil || len(s.text) == 0 && len(s.items) == 0 }

func (s *sequence) add(item any) {
	if s == nil {
		return
	}
	if v := reflect.ValueOf(item); v.IsValid() && v.Kind() == reflect.String {
		s.strings = true
		if len(s.text) < s.limit {
			s.text = append(s.text, v.String()...)
		}
		return
	}
	if len(s.items) >= s.limit {
		s.left++
		return
	}
	data, err := scope.Marshal(item)
	if err != nil {
		data = jsonscan.AppendQuoted(nil, fmt.Sprintf("(%T, not JSON)", item))
	}
	if len(s.items) > 0 {
		s.items = append(s.items, ',')
	}
	s.items = append(s.items, data...)
}

// MarshalJSON gives the text, or the list of the items.
func (s *sequence) MarshalJSON() ([]byte, error) {
	if s.strings && len(s.items) == 0 {
		return jsonscan.AppendQuoted(nil, s.text), nil
	}
	out := append([]byte{'['}, s.items...)
	if s.left > 0 {
		out = append(out, fmt.Sprintf(`,"(%d more)"`, s.left)...)
	}
	return append(out, ']'), nil
}

var _ json.Marshaler = (*sequence)(nil)
