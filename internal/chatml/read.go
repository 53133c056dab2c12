// SPDX-License-Identifier: Apache-2.0

package chatml

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

var (
	errNotArray = errors.New("chatml: not a JSON array")
	errSyntax   = errors.New("chatml: not valid JSON")
)

// Messages reads the value of gen_ai.input.messages or gen_ai.output.messages.
// Each response of a tool becomes a message of its own, as chat APIs want it. A
// member of an unexpected type costs only itself; a value that is not a list of
// messages with parts is an error.
func Messages(attr string) ([]Message, error) {
	c, err := array(attr)
	if err != nil {
		return nil, err
	}
	var ms []Message
	for n := 1; c.Element(); n++ {
		w, ok := readMessage(&c)
		if !ok {
			return nil, fmt.Errorf("chatml: message %d has no parts", n)
		}
		ms = w.appendTo(ms)
	}
	if !c.End() {
		return nil, errSyntax
	}
	return ms, nil
}

// Instructions reads the value of gen_ai.system_instructions, a list of parts,
// as the system message that stands before all others. Its texts are joined by
// line breaks. What is not a list is taken as the text itself.
func Instructions(attr string) Message {
	m := Message{Role: "system"}
	c := jsonscan.New([]byte(attr))
	var texts []string
	if c.Kind() == jsonscan.KindArray {
		c.Array()
		for c.Element() {
			if p := readPart(&c); isString(p.content) {
				texts = append(texts, unquote(p.content))
			}
		}
	}
	if texts == nil || !c.End() {
		texts = []string{attr}
	}
	m.Content = jsonscan.AppendQuoted(nil, strings.Join(texts, "\n"))
	return m
}

// array enters the list that attr must be. All that is taken from it is valid
// UTF-8, which OTLP demands of strings.
func array(attr string) (jsonscan.Cursor, error) {
	c := jsonscan.New([]byte(strings.ToValidUTF8(attr, "\uFFFD")))
	if c.Kind() != jsonscan.KindArray {
		return c, errNotArray
	}
	c.Array()
	return c, nil
}

// wireMessage is a message in the conventions' shape. The JSON in it is part
// of the document.
type wireMessage struct {
	role, name, finish string
	parts              []byte
}

func readMessage(c *jsonscan.Cursor) (w wireMessage, ok bool) {
	if !c.Object() {
		return w, false
	}
	for c.Member() {
		switch string(c.Key()) {
		case "role":
			w.role = c.String()
		case "name":
			w.name = c.String()
		case "finish_reason":
			w.finish = c.String()
		case "parts":
			ok = c.Kind() == jsonscan.KindArray
			w.parts = c.Raw()
		default:
			c.Skip()
		}
	}
	return w, ok
}

// appendTo appends the message, and one for each response of a tool in it.
func (w *wireMessage) appendTo(ms []Message) []Message {
	m := Message{Role: w.role, Name: w.name, FinishReason: finishReason(w.finish)}
	var (
		content   chunks
		reasoning []byte
		responses []Message
	)
	c := jsonscan.New(w.parts)
	c.Array()
	for c.Element() {
		p := readPart(&c)
		switch {
		case p.kind.Is("reasoning") && isString(p.content):
			if reasoning != nil {
				reasoning = append(reasoning, '\n')
			}
			reasoning = append(reasoning, unquote(p.content)...)
		case p.kind.Is("tool_call"):
			m.ToolCalls = p.appendToolCall(m.ToolCalls)
		case p.kind.Is("tool_call_response"):
			responses = append(responses, p.response())
		default:
			content.add(&p)
		}
	}
	if m.ToolCalls != nil {
		m.ToolCalls = append(m.ToolCalls, ']')
	}
	m.Content, m.Reasoning = content.end(), string(reasoning)
	if len(responses) == 0 || m.Content != nil || m.ToolCalls != nil || m.Reasoning != "" {
		ms = append(ms, m)
	}
	return append(ms, responses...)
}

// finishReason undoes the conventions' spelling.
func finishReason(s string) string {
	if s == "tool_call" {
		return "tool_calls"
	}
	return s
}

// response is the message that answers a call of a tool.
func (p *part) response() Message {
	m := Message{Role: "tool", Name: p.name.String(), ToolCallID: p.id.String()}
	switch {
	case isString(p.value) || isChunks(p.value):
		m.Content = p.value
	case p.value != nil:
		m.Content = jsonscan.AppendQuoted(nil, []byte(p.value))
	}
	return m
}

// appendToolCall appends the call to a list that is not closed yet.
func (p *part) appendToolCall(dst json.RawMessage) json.RawMessage {
	if dst == nil {
		dst = append(dst, '[')
	} else {
		dst = append(dst, ',')
	}
	dst = append(dst, `{"id":`...)
	dst = jsonscan.AppendQuoted(dst, p.id.String())
	dst = append(dst, `,"type":"function","function":{"name":`...)
	dst = jsonscan.AppendQuoted(dst, p.name.String())
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
		if p := readPart(&c); p.kind.Empty() {
			return false
		}
	}
	return n > 0
}
