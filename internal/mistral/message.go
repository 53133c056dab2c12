// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// wireMessage is a message as it stands in a request or a reply.
type wireMessage struct {
	object     bool // false: the value was not a message
	role       jsonscan.Text
	name       jsonscan.Text
	toolCallID jsonscan.Text
	content    []byte
	toolCalls  []byte
	// reasoning is what servers other than Mistral's call reasoning_content
	// or reasoning.
	reasoning []byte
	prefix    bool
}

func readMessage(c *jsonscan.Cursor) (w wireMessage) {
	if !c.Object() {
		return w
	}
	w.object = true
	for c.Member() {
		switch string(c.Key()) {
		case "role":
			w.role, _ = c.Text()
		case "name":
			w.name, _ = c.Text()
		case "tool_call_id":
			w.toolCallID, _ = c.Text()
		case "content":
			w.content = c.Raw()
		case "tool_calls":
			w.toolCalls = c.Raw()
		case "reasoning_content", "reasoning":
			if quoted := c.Quoted(); quoted != nil {
				w.reasoning = quoted
			}
		case "prefix":
			w.prefix, _ = c.Bool()
		default:
			c.Skip()
		}
	}
	return w
}

// parts turns wire content into parts of a message. The content is that of a
// trimmed document, and belongs to the record.
type parts struct {
	limits Limits
	items  int // kept so far
	spare  arena[genai.Part]
	texts  arena[byte]
	names  [4]string // the last ones: an answer has the id of its call, and a tool its name again
	named  int
}

// renew makes p ready for another document, with the memory of this one.
func (p *parts) renew(l Limits) {
	p.spare.renew(maxSpare)
	p.texts.renew(maxTexts)
	*p = parts{limits: l, spare: p.spare, texts: p.texts}
}

// name is name, and takes no memory for one that came shortly before.
func (p *parts) name(t jsonscan.Text) string {
	for _, n := range p.names {
		if t.Is(n) {
			return n
		}
	}
	n := name(t)
	p.names[p.named%len(p.names)] = n
	p.named++
	return n
}

// room takes the room for one more item; there is an end to it.
func (p *parts) room() bool {
	p.items++
	return p.items <= maxItems
}

// over tells whether items had to be left out.
func (p *parts) over() bool { return p.items > maxItems }

// single returns an empty slice with room for one part, which is what most
// messages have: those of a long history share memory.
func (p *parts) single() []genai.Part { return p.spare.take(1, min(p.items, 64)) }

func (p *parts) message(w *wireMessage) genai.Message {
	m := genai.Message{Role: name(w.role, "user", "assistant", "tool", "system")}
	if m.Role == "tool" {
		m.Parts = append(p.single(), p.toolResponse(w))
		return m
	}
	m.Name = p.name(w.name)
	m.Parts = p.appendMessage(p.single(), w)
	return m
}

// appendMessage appends what an assistant or a user said: reasoning, content,
// tool calls, in this order.
func (p *parts) appendMessage(dst []genai.Part, w *wireMessage) []genai.Part {
	dst = appendQuoted(dst, genai.PartReasoning, w.reasoning)
	dst = p.appendContent(dst, w.content)
	return p.appendToolCalls(dst, w.toolCalls)
}

// appendContent appends content: a string, a list of chunks, one chunk, or
// nothing.
func (p *parts) appendContent(dst []genai.Part, content []byte) []genai.Part {
	c := jsonscan.New(content)
	switch c.Kind() {
	case jsonscan.KindArray:
		c.Array()
		for c.Element() && p.room() {
			dst = p.appendChunk(dst, &c)
		}
	case jsonscan.KindString:
		dst = appendQuoted(dst, genai.PartText, content)
	case jsonscan.KindObject:
		dst = p.appendChunk(dst, &c)
	}
	return dst
}

// toolResponse is the answer of a tool: text if it is nothing else.
func (p *parts) toolResponse(w *wireMessage) genai.Part {
	part := genai.Part{Type: genai.PartToolCallResponse, ID: p.name(w.toolCallID), Name: p.name(w.name)}
	c := jsonscan.New(w.content)
	if part.JSON = c.Quoted(); part.JSON != nil {
		return part
	}
	var joined text
	for _, inner := range p.appendContent(nil, w.content) {
		if inner.Type != genai.PartText {
			part.JSON = w.content
			return part
		}
		c := jsonscan.New(inner.JSON)
		t, _ := c.Text()
		joined.buf = t.Append(joined.buf)
	}
	part.JSON = joined.quoted()
	return part
}

// appendToolCalls appends the calls of tools that the model asks for.
func (p *parts) appendToolCalls(dst []genai.Part, calls []byte) []genai.Part {
	c := jsonscan.New(calls)
	if len(calls) == 0 || !c.Array() {
		return dst
	}
	for c.Element() && p.room() {
		call := readToolCall(&c)
		part := genai.Part{Type: genai.PartToolCall, ID: p.name(call.idText()), Name: p.name(call.name)}
		p.setArguments(&part, call.arguments)
		dst = append(dst, part)
	}
	return dst
}

// wireToolCall is a tool call, or a piece of one in a stream.
type wireToolCall struct {
	id        jsonscan.Text
	name      jsonscan.Text
	arguments []byte
	index     genai.Opt[int64]
}

// idText is the id, empty if there is none. The API's schema names the string
// "null" as the default of the id, which some clients and servers spell out.
func (w *wireToolCall) idText() jsonscan.Text {
	if w.id.Is("null") {
		return jsonscan.Text{}
	}
	return w.id
}

func readToolCall(c *jsonscan.Cursor) (w wireToolCall) {
	if !c.Object() {
		return w
	}
	for c.Member() {
		switch string(c.Key()) {
		case "id":
			w.id, _ = c.Text()
		case "index":
			setInt(c, &w.index)
		case "function":
			if !c.Object() {
				continue
			}
			for c.Member() {
				switch string(c.Key()) {
				case "name":
					w.name, _ = c.Text()
				case "arguments":
					w.arguments = c.Raw()
				default:
					c.Skip()
				}
			}
		default:
			c.Skip()
		}
	}
	return w
}

// setArguments sets the arguments of a tool call: the object that they are or
// that their text holds, else the text.
func (p *parts) setArguments(part *genai.Part, raw []byte) {
	c := jsonscan.New(raw)
	switch c.Kind() {
	case jsonscan.KindString:
		t, _ := c.Text()
		setArgumentText(part, t.Append(p.texts.take(len(raw), 0)))
	case jsonscan.KindNone, jsonscan.KindNull:
	default:
		setArgumentText(part, raw)
	}
}

func setArgumentText(part *genai.Part, arguments []byte) {
	c := jsonscan.New(arguments)
	if c.Kind() == jsonscan.KindObject {
		if c.Skip(); c.End() {
			part.JSON = bytes.TrimSpace(arguments)
			return
		}
	}
	if len(arguments) > 0 {
		part.JSON = quoted(arguments)
	}
}
