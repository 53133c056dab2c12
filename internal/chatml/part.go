// SPDX-License-Identifier: Apache-2.0

package chatml

import (
	"encoding/json"
	"strconv"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// part is one part of a message in the conventions' shape. Everything in it is
// part of the document, values as the JSON that they are.
type part struct {
	raw       []byte // all of it
	kind      jsonscan.Text
	id, name  json.RawMessage
	modality  jsonscan.Text
	mediaType jsonscan.Text
	sha256    jsonscan.Text
	size      int64
	content   json.RawMessage
	arguments json.RawMessage
	value     json.RawMessage // response, uri or file_id, as the kind has it
}

// read consumes a value. What is not an object gives a part of no kind.
func (p *part) read(c *jsonscan.Cursor) {
	start := c.Mark()
	if c.Object() {
		p.readMembers(c)
	}
	p.raw = c.Since(start)
}

func (p *part) readMembers(c *jsonscan.Cursor) {
	for c.Member() {
		switch string(c.Key()) {
		case "type":
			p.kind, _ = c.Text()
		case "id":
			p.id = c.Raw()
		case "name":
			p.name = c.Raw()
		case "modality":
			p.modality, _ = c.Text()
		case "mime_type":
			p.mediaType, _ = c.Text()
		case "sha256":
			p.sha256, _ = c.Text()
		case "byte_count":
			p.size, _ = c.Int()
		case "content":
			p.content = c.Raw()
		case "arguments":
			p.arguments = c.Raw()
		case "response", "uri", "file_id":
			p.value = c.Raw()
		default:
			c.Skip()
		}
	}
}

// chunks collects the content of a message: nothing, one text, or a list.
type chunks struct {
	text json.RawMessage // the only text so far
	list json.RawMessage // not closed yet
}

// add appends a part. Of a kind that chat APIs do not have, the part itself
// is the chunk.
func (c *chunks) add(p *part) {
	switch {
	case p.kind.Is("text") && isString(p.content):
		c.addText(p.content)
	case p.kind.Is("uri") && isString(p.value):
		c.next()
		c.addMedia(p.mediaKind(), p.value)
	case p.kind.Is("blob") && isString(p.content):
		c.addBlob(p)
	case p.kind.Is("file") && isString(p.value):
		c.next()
		c.list = append(append(append(c.list, `{"type":"file","file_id":`...), p.value...), '}')
	case p.kind.Is("generic") && isObject(p.content):
		c.next()
		c.list = append(c.list, p.content...) // the provider's own chunk
	default:
		c.next()
		c.list = append(c.list, p.raw...)
	}
}

func (c *chunks) addText(quoted json.RawMessage) {
	if len(c.text) == 0 && len(c.list) == 0 {
		c.text = quoted
		return
	}
	c.next()
	c.appendText(quoted)
}

// next makes room for another element of the list.
func (c *chunks) next() {
	switch {
	case len(c.list) > 0:
		c.list = append(c.list, ',')
		return
	case len(c.text) == 0:
		c.list = append(c.list, '[')
		return
	}
	c.list = append(c.list, '[')
	c.appendText(c.text)
	c.list = append(c.list, ',')
}

func (c *chunks) appendText(quoted []byte) {
	c.list = append(append(append(c.list, `{"type":"text","text":`...), quoted...), '}')
}

func (c *chunks) end() json.RawMessage {
	if len(c.list) == 0 {
		return c.text
	}
	c.list = append(c.list, ']')
	return c.list
}

// mediaKind is the type of a chunk of media, and the member that has its
// content.
func (p *part) mediaKind() string {
	switch {
	case p.modality.Is("audio"):
		return "input_audio"
	case p.modality.Empty():
		return "document_url"
	}
	return p.modality.String() + "_url"
}

// addMedia appends a chunk after next. Its content is a JSON string.
func (c *chunks) addMedia(kind string, quoted []byte) {
	name := jsonscan.AppendQuoted(nil, kind)
	c.list = append(append(c.list, `{"type":`...), name...)
	c.list = append(append(c.list, ','), name...)
	c.list = append(append(append(c.list, ':'), quoted...), '}')
}

// addBlob appends media that was sent along: audio as the base64 that it is,
// the rest as a data URL, and what was reduced to a digest as a text that tells
// what was there.
func (c *chunks) addBlob(p *part) {
	switch {
	case len(p.content) == len(`""`):
		c.addText(p.digest())
	case p.modality.Is("audio"):
		c.next()
		c.addMedia(p.mediaKind(), p.content)
	default:
		url := append([]byte(nil), `"data:`...)
		mediaType := jsonscan.AppendQuoted(nil, p.mediaType.String())
		url = append(url, mediaType[1:len(mediaType)-1]...)
		url = append(url, ";base64,"...)
		c.next()
		c.addMedia(p.mediaKind(), append(url, p.content[1:]...))
	}
}

// digest tells what a blob was, for example
// "[image/png, 8 bytes, sha256 4c4b6a3be1314ab8]", with the whole hash.
func (p *part) digest() []byte {
	what := p.mediaType.String()
	if what == "" {
		what = p.modality.String()
	}
	if p.sha256.Empty() {
		return jsonscan.AppendQuoted(nil, "["+what+", content left out]")
	}
	return jsonscan.AppendQuoted(nil, "["+what+", "+strconv.FormatInt(p.size, 10)+" bytes, sha256 "+p.sha256.String()+"]")
}

func isString(raw []byte) bool { return len(raw) > 0 && raw[0] == '"' }
func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }

// unquote is the text of a JSON string, "" of any other value.
func unquote(raw []byte) string {
	if !isString(raw) {
		return ""
	}
	c := jsonscan.New(raw)
	return c.String()
}

// appendString appends a value that should be a JSON string, any other as "".
func appendString(dst, raw []byte) []byte {
	if !isString(raw) {
		return append(dst, `""`...)
	}
	return append(dst, raw...)
}
