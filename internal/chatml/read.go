// SPDX-License-Identifier: Apache-2.0

package chatml

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

var (
	errNotArray = errors.New("chatml: not a JSON array")
	errSyntax   = errors.New("chatml: not valid JSON")
)

// read reads and writes everything once, where it stands, and makes the next
// message in the memory of the last: a long history costs no more per message than
// a short one.
func (w *writer) read(attr string) error {
	w.doc = append(w.doc[:0], validUTF8(attr)...)
	c, err := array(w.doc)
	if err != nil {
		return err
	}
	m := &w.message
	for n := 1; c.Element(); n++ {
		if !m.read(&c) {
			return fmt.Errorf("chatml: message %d has no parts", n)
		}
		if m.says() {
			w.write(&m.Message)
		}
		for i := range m.responses {
			w.write(&m.responses[i])
		}
	}
	if !c.End() {
		return errSyntax
	}
	return nil
}

// instructionsText reads the value of gen_ai.system_instructions, a list of parts.
// Its texts are joined by line breaks. What is not a list is taken as the text
// itself.
func instructionsText(attr string) json.RawMessage {
	c := jsonscan.New([]byte(attr))
	var texts []string
	if c.Kind() == jsonscan.KindArray {
		c.Array()
		for c.Element() {
			var p part
			if p.read(&c); isString(p.content) {
				texts = append(texts, unquote(p.content))
			}
		}
	}
	if texts == nil || !c.End() {
		texts = []string{attr}
	}
	return jsonscan.AppendQuoted(nil, strings.Join(texts, "\n"))
}

// validUTF8 makes sure that all that is taken from the value may be sent: OTLP
// demands it of strings.
func validUTF8(attr string) string {
	if utf8.ValidString(attr) { // asked first, since ToValidUTF8 is slow
		return attr
	}
	return strings.ToValidUTF8(attr, "\uFFFD")
}

// array enters the list that doc must be.
func array(doc []byte) (jsonscan.Cursor, error) {
	c := jsonscan.New(doc)
	if c.Kind() != jsonscan.KindArray {
		return c, errNotArray
	}
	c.Array()
	return c, nil
}

// wireMessage is a message in the conventions' shape, while it is read.
type wireMessage struct {
	Message
	content   chunks
	responses []Message // of tools
}

// read consumes a message. It is not ok if that has no parts.
func (w *wireMessage) read(c *jsonscan.Cursor) (ok bool) {
	w.Role, w.Name, w.FinishReason, w.content.text = "", "", "", nil
	w.ToolCalls, w.Reasoning, w.content.list, w.responses = w.ToolCalls[:0], w.Reasoning[:0], w.content.list[:0], w.responses[:0]
	if !c.Object() {
		return false
	}
	for c.Member() {
		switch string(c.Key()) {
		case "role":
			w.Role = known(c, "user", "assistant", "tool", "system")
		case "name":
			w.Name = c.String()
		case "finish_reason":
			w.FinishReason = finishReason(known(c, "stop", "tool_call", "length"))
		case "parts":
			ok = c.Array()
			for ok && c.Element() {
				var p part
				p.read(c)
				w.add(&p)
			}
		default:
			c.Skip()
		}
	}
	w.Content = w.content.end()
	if len(w.ToolCalls) > 0 {
		w.ToolCalls = append(w.ToolCalls, ']')
	}
	return ok
}

// says tells whether there is anything in the message but responses of tools.
func (w *wireMessage) says() bool {
	return len(w.responses) == 0 || len(w.Content) > 0 || len(w.ToolCalls) > 0 || len(w.Reasoning) > 0
}

// known consumes a string, and does not allocate for the usual ones.
func known(c *jsonscan.Cursor, usual ...string) string {
	t, _ := c.Text()
	for _, s := range usual {
		if t.Is(s) {
			return s
		}
	}
	return t.String()
}

func (w *wireMessage) add(p *part) {
	switch {
	case p.kind.Is("reasoning") && isString(p.content):
		if len(w.Reasoning) > 0 {
			w.Reasoning = append(w.Reasoning, '\n')
		}
		w.Reasoning = append(w.Reasoning, unquote(p.content)...)
	case p.kind.Is("tool_call"):
		w.ToolCalls = p.appendToolCall(w.ToolCalls)
	case p.kind.Is("tool_call_response"):
		w.addResponse(p)
	default:
		w.content.add(p)
	}
}

// addResponse adds the message that answers a call of a tool.
func (w *wireMessage) addResponse(p *part) {
	m := Message{Role: "tool", Name: unquote(p.name), Content: p.value}
	if isString(p.id) {
		m.ToolCallID = p.id
	}
	m.Embedded = p.value != nil && !isString(p.value) && !isChunks(p.value)
	w.responses = append(w.responses, m)
}

// finishReason undoes the conventions' spelling.
func finishReason(s string) string {
	if s == "tool_call" {
		return "tool_calls"
	}
	return s
}

// appendToolCall appends the call to a list that is not closed yet.
func (p *part) appendToolCall(dst json.RawMessage) json.RawMessage {
	separator := byte(',')
	if len(dst) == 0 {
		separator = '['
	}
	dst = slices.Grow(dst, len(p.raw)+len(p.arguments)/4+32) // once for all below
	dst = append(append(dst, separator), `{"id":`...)
	dst = appendString(dst, p.id)
	dst = append(dst, `,"type":"function","function":{"name":`...)
	dst = appendString(dst, p.name)
	dst = append(dst, `,"arguments":`...)
	if isString(p.arguments) {
		dst = append(dst, p.arguments...)
	} else {
		dst = jsonscan.AppendQuoted(dst, []byte(p.arguments))
	}
	return append(dst, '}', '}')
}

// isChunks tells whether the value is a list of content chunks, which a tool
// may answer with, and not any other list.
func isChunks(value []byte) bool {
	c := jsonscan.New(value)
	if c.Kind() != jsonscan.KindArray {
		return false
	}
	c.Array()
	n := 0
	for ; c.Element(); n++ {
		var p part
		if p.read(&c); p.kind.Empty() {
			return false
		}
	}
	return n > 0
}
