// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"
	"strings"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// wireChunk is one element of a content list.
type wireChunk struct {
	kind jsonscan.Text // text, thinking, image_url, …
	raw  []byte        // all of it
	body []byte        // the value of the member that is named like the kind
	file jsonscan.Text // file_id
}

func readChunk(c *jsonscan.Cursor) (w wireChunk) {
	w.raw = c.Raw()
	inner := jsonscan.New(w.raw)
	if !inner.Object() {
		return w
	}
	for inner.Member() {
		switch key := inner.Key(); {
		case string(key) == "type":
			w.kind, _ = inner.Text()
		case string(key) == "file_id":
			w.file, _ = inner.Text()
		case string(key) == "text", string(key) == "thinking", string(key) == "input_audio", bytes.HasSuffix(key, []byte(urlSuffix)):
			// The type comes first. If it does not, the first one counts.
			if w.body == nil || w.kind.Is(string(key)) {
				w.body = inner.Raw()
			} else {
				inner.Skip()
			}
		default:
			inner.Skip()
		}
	}
	return w
}

// urlSuffix ends the kinds of media that lie elsewhere: image_url and document_url
// in Mistral's API, video_url and audio_url on compatible servers.
const urlSuffix = "_url"

// appendChunk consumes one element of a content list.
func (p *parts) appendChunk(dst []genai.Part, c *jsonscan.Cursor) []genai.Part {
	if c.Kind() == jsonscan.KindString {
		// Content that is a string, and what lenient servers take in a list.
		return appendQuoted(dst, genai.PartText, c.Quoted())
	}
	w := readChunk(c)
	body := jsonscan.New(w.body)
	switch {
	case w.kind.Is("text") && body.Kind() == jsonscan.KindString:
		return appendQuoted(dst, genai.PartText, w.body)
	case w.kind.Is("thinking"):
		return appendQuoted(dst, genai.PartReasoning, p.thinking(w.body))
	case w.kind.Is("input_audio"):
		return append(dst, audioPart(mediaString(&body, "data")))
	case w.kind.Is("file"):
		return append(dst, genai.Part{Type: genai.PartFile, Modality: "document", Text: name(w.file)})
	case w.raw == nil:
		return dst
	}
	if modality, ok := strings.CutSuffix(name(w.kind), urlSuffix); ok {
		return append(dst, mediaPart(modality, mediaString(&body, "url")))
	}
	return append(dst, genericPart(&w))
}

// appendText appends a part that is mere text, unless there is none.
func appendText(dst []genai.Part, kind genai.PartType, s string) []genai.Part {
	return appendQuoted(dst, kind, quoted(s))
}

// appendQuoted is appendText for the JSON string that a document of the record
// has: it stays as it is.
func appendQuoted(dst []genai.Part, kind genai.PartType, s []byte) []genai.Part {
	if len(s) <= len(`""`) {
		return dst
	}
	return append(dst, genai.Part{Type: kind, JSON: s})
}

// genericPart keeps a chunk that the conventions have no part for, such as
// reference, whole.
func genericPart(w *wireChunk) genai.Part {
	kind := name(w.kind)
	if kind == "" {
		kind = "unknown"
	}
	return genai.Part{Type: genai.PartGeneric, Name: kind, JSON: w.raw}
}

// thinking joins the texts of a thinking chunk, which has a list of chunks, or
// a string on some servers.
func (p *parts) thinking(body []byte) []byte {
	// The texts have been cut one by one already. What is allowed beyond the
	// limit keeps the note of a single one.
	const note = 64
	var (
		joined text
		room   = p.limits.Total + note
	)
	eachThought(body, func(t jsonscan.Text) { joined.append(t.Append(nil), p.limits.Part+note, &room) })
	return joined.quoted()
}

// eachThought calls yield for each text inside a thinking chunk.
func eachThought(body []byte, yield func(jsonscan.Text)) {
	c := jsonscan.New(body)
	if c.Kind() == jsonscan.KindString {
		t, _ := c.Text()
		yield(t)
		return
	}
	if len(body) == 0 || !c.Array() {
		return
	}
	for c.Element() {
		yield(textMember(&c, "text"))
	}
}

// mediaString reads the URL or the data of media: a string, or an object that
// has it under that name.
func mediaString(c *jsonscan.Cursor, member string) string {
	if c.Kind() == jsonscan.KindString {
		return c.String()
	}
	t := textMember(c, member)
	return t.String()
}

// audioPart is mediaPart for what is mere base64, too.
func audioPart(s string) genai.Part {
	p := mediaPart("audio", s)
	if p.Type == genai.PartURI && !strings.Contains(s, "://") {
		return genai.Part{Type: genai.PartBlob, Modality: p.Modality, Text: s}
	}
	return p
}

// mediaPart makes a part of a URL, of base64 in one, or of the digest that the
// trimmer left of base64.
func mediaPart(modality, s string) genai.Part {
	if mediaType, size, sum, ok := jsontrim.ParseDigest(s); ok {
		return genai.Part{Type: genai.PartBlob, Modality: modality, MediaType: mediaType, Size: size, Digest: sum}
	}
	if header, data, ok := strings.Cut(s, ";base64,"); ok && strings.HasPrefix(header, "data:") {
		mediaType, _, _ := strings.Cut(header[len("data:"):], ";")
		return genai.Part{Type: genai.PartBlob, Modality: modality, MediaType: mediaType, Text: data}
	}
	return genai.Part{Type: genai.PartURI, Modality: modality, Text: place(s)}
}

// place is the part of a URL that says where something lies. The rest may open the
// door: a user and a password before the host, a signature in the query.
func place(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return s
	}
	host, path, below := strings.Cut(rest, "/")
	s = scheme + "://" + host[strings.LastIndexByte(host, '@')+1:]
	if below {
		s += "/" + path
	}
	return s
}

// appendTools appends the tools that the model may call. Of Mistral's built-in
// ones only what identifies them is read: a connector also carries its
// credentials.
func (p *parts) appendTools(dst []genai.Tool, c *jsonscan.Cursor) []genai.Tool {
	if !c.Array() {
		return dst
	}
	for c.Element() {
		if t, ok := readTool(c); ok && p.room() {
			dst = append(dst, t)
		}
	}
	return dst
}

func readTool(c *jsonscan.Cursor) (t genai.Tool, ok bool) {
	if !c.Object() {
		return t, false
	}
	var extra []byte
	for c.Member() {
		switch key := string(c.Key()); key {
		case "type":
			t.Type = readName(c, "function")
		case "function":
			readFunction(c, &t)
		case "connector_id", "library_ids":
			if extra != nil {
				extra = append(extra, ',')
			}
			extra = append(extra, '"')
			extra = append(extra, key...)
			extra = append(extra, '"', ':')
			extra = append(extra, c.Raw()...)
		default:
			c.Skip()
		}
	}
	if extra != nil {
		t.Extra = append(append([]byte{'{'}, extra...), '}')
	}
	switch {
	case t.Type == "" && t.Name == "":
		return t, false
	case t.Type == "":
		t.Type = "function" // may be missing on functions
	case t.Name == "":
		t.Name = t.Type // the schema wants a name, built-in tools have none
	}
	return t, true
}

func readFunction(c *jsonscan.Cursor, t *genai.Tool) {
	if !c.Object() {
		return
	}
	for c.Member() {
		switch string(c.Key()) {
		case "name":
			t.Name = clip(c.String())
		case "description":
			t.Description = c.String()
		case "parameters":
			if c.Kind() == jsonscan.KindObject {
				t.Parameters = c.Raw()
			} else {
				c.Skip()
			}
		default:
			c.Skip()
		}
	}
}
