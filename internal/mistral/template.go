// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// maxTemplate is the longest chunk worth a template, in bytes.
const maxTemplate = 4 << 10

// A template is a chunk with a hole where the text was, and another behind it
// where the padding was: a string that nobody reads, which Mistral and others
// send to hide the length of the text.
//
// The chunks of a stream repeat everything else. Two that differ in nothing but
// these strings mean the same but for the text, so the second is read by
// comparing it with the first. Where the strings lie is told by the reading of
// the whole chunk that the template was made of, never by a search.
//
// The zero template is like no chunk.
type template struct {
	literal []byte // what is before, between and behind the holes
	between int    // where the second part of literal begins
	behind  int    // where the third begins
	padded  bool
}

// learn makes t the template of data, of which text and padding are parts. It
// is like no chunk if text is none.
func (t *template) learn(data []byte, text, padding jsonscan.Text) {
	t.literal = t.literal[:0]
	start, end, ok := text.In(data)
	if !ok || len(data) > maxTemplate {
		return
	}
	t.literal = append(t.literal, data[:start]...)
	t.between = len(t.literal)
	rest := data[end+1:]
	if start, end, t.padded = padding.In(rest); t.padded {
		t.literal = append(t.literal, rest[:start]...)
		rest = rest[end+1:]
	}
	t.behind = len(t.literal)
	t.literal = append(t.literal, rest...)
}

// read returns the text of data if that is like the template.
func (t *template) read(data []byte) (text jsonscan.Text, ok bool) {
	if len(t.literal) == 0 {
		return text, false
	}
	rest, ok := bytes.CutPrefix(data, t.literal[:t.between])
	if !ok {
		return text, false
	}
	if text, rest, ok = jsonscan.CutText(rest); ok && t.padded {
		if rest, ok = bytes.CutPrefix(rest, t.literal[t.between:t.behind]); ok {
			_, rest, ok = jsonscan.CutText(rest)
		}
	}
	return text, ok && bytes.Equal(rest, t.literal[t.behind:])
}
