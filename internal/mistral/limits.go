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

// maxLean is the longest kept value that is not content, such as an id, a stop
// sequence, or the message of an error inside a reply, in bytes.
const maxLean = 4 << 10

func (l Limits) trim() jsontrim.Limits {
	return jsontrim.Limits{String: l.Part, Lean: maxLean, Total: l.Total, KeepBase64: l.Base64}
}

// trimmed returns a bounded copy of valid JSON, without what is secret.
func (l Limits) trimmed(raw []byte) []byte {
	var t jsontrim.Trimmer
	t.Reset(content, l.trim())
	_, _ = t.Write(raw)
	return t.End()
}

// maxItems bounds the messages, parts, tool calls and tools that are kept of
// one request or reply: the shortest ones become several times as long in the
// record.
const maxItems = 8192

// A text grows by pieces up to a limit. What does not fit is counted.
type text struct {
	buf      []byte
	cut      int64
	borrowed *[]byte // where buf came from, if it must be given back
}

// append adds a piece of valid UTF-8. room is what is left of the total.
func (t *text) append(piece []byte, limit int, room *int) {
	keep := max(0, min(len(piece), limit-len(t.buf), *room))
	if t.cut > 0 {
		keep = 0 // the text must not go on behind a hole
	}
	for 0 < keep && keep < len(piece) && !utf8.RuneStart(piece[keep]) {
		keep--
	}
	t.buf = append(t.buf, piece[:keep]...)
	t.cut += int64(len(piece) - keep)
	*room -= keep
}

// quoted returns the text as a JSON string, with a note at its end if some of it
// was cut.
func (t *text) quoted() []byte {
	if t.cut > 0 {
		return quoted(jsontrim.AppendCutNote(t.buf, t.cut))
	}
	return quoted(t.buf)
}

// quoted returns s as a JSON string.
func quoted[T string | []byte](s T) []byte {
	// Some characters need an escape: two quotes and one in sixteen have room.
	return jsonscan.AppendQuoted(make([]byte, 0, len(s)+len(s)/16+2), s)
}

// validUTF8 copies raw JSON for the record. A span attribute with invalid
// UTF-8 would make the exporter refuse the whole batch.
func validUTF8(raw []byte) []byte {
	return bytes.ToValidUTF8(raw, []byte("\uFFFD"))
}

// maxName bounds ids, model names and other short values, in bytes.
const maxName = 256

// name returns a short value of the wire; one that is absurdly long is cut. If
// it is one of those that are known already, it takes no memory.
func name(t jsonscan.Text, known ...string) string {
	for _, k := range known {
		if t.Is(k) {
			return k
		}
	}
	return clip(t.String())
}

func clip[T string | []byte](s T) T {
	if len(s) <= maxName {
		return s
	}
	n := maxName
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
