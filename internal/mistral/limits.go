// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"
	"unicode/utf8"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// Limits bounds the content that is kept of one call.
type Limits struct {
	// Content tells whether content is kept at all.
	Content bool
	// Part is the longest text of one part, in bytes.
	Part int
	// Total is about the most content kept of the request, and again of the
	// reply, in bytes.
	Total int
	// Base64 keeps inline images, documents and audio that fit into Part as
	// they are; otherwise, and beyond Part, only their digest is kept.
	Base64 bool
}

func (l Limits) trim() jsontrim.Limits {
	return jsontrim.Limits{String: l.Part, Total: l.Total, KeepBase64: l.Base64}
}

// A text grows by pieces up to a limit. What does not fit is counted.
type text struct {
	buf []byte
	cut int64
}

// append adds a JSON string. room is what is left of the total.
func (t *text) append(s jsonscan.Text, limit int, room *int) {
	before := len(t.buf)
	t.buf = s.Append(t.buf)
	t.trim(before, limit, room)
}

// appendRaw adds JSON as it stands.
func (t *text) appendRaw(raw []byte, limit int, room *int) {
	before := len(t.buf)
	t.buf = append(t.buf, raw...)
	t.trim(before, limit, room)
}

func (t *text) trim(before, limit int, room *int) {
	keep := min(limit, before+*room)
	if t.cut > 0 {
		keep = before // the text must not go on behind a hole
	}
	if len(t.buf) > keep {
		for keep > before && !utf8.RuneStart(t.buf[keep]) {
			keep--
		}
		t.cut += int64(len(t.buf) - keep)
		t.buf = t.buf[:keep]
	}
	*room -= len(t.buf) - before
}

// String returns the text, with a note at its end if some of it was cut.
func (t *text) String() string {
	if t.cut > 0 {
		return string(jsontrim.AppendCutNote(t.buf, t.cut))
	}
	return string(t.buf)
}

// validUTF8 copies raw JSON for the record. A span attribute with invalid
// UTF-8 would make the exporter refuse the whole batch.
func validUTF8(raw []byte) []byte {
	return bytes.ToValidUTF8(raw, []byte("\uFFFD"))
}

// maxName bounds ids, model names and other short values, in bytes.
const maxName = 256

// name returns a short value of the wire; one that is absurdly long is cut.
func name(t jsonscan.Text) string { return clip(t.String()) }

func clip(s string) string {
	if len(s) <= maxName {
		return s
	}
	n := maxName
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
