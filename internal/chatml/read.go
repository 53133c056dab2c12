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

// Messages reads the value of gen_ai.input.messages or gen_ai.output.messages.
// Each response of a tool becomes a message of its own, as chat APIs want it. A
// member of an unexpected type costs only itself; a value that is not a list of
// messages with parts is an error.
func Messages(attr string) ([]Message, error) {
	c, err := array(attr)
	if err != nil {
		return nil, err
	}
	// A guess; a message has at least the bytes of {"parts":[]}.
	ms := make([]Message, 0, min(strings.Count(attr, `"parts"`), len(attr)/len(`{"parts":[]}`)))
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
	if !utf8.ValidString(attr) { // asked first, since ToValidUTF8 is slow
		attr = strings.ToValidUTF8(attr, "\uFFFD")
	}
	c := jsonscan.New([]byte(attr))
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
	reasoning []byte
	responses []Message // of tools
}

// readMessage reads everything once, where it stands: a long history costs no
// more per message than a short one.
func readMessage(c *jsonscan.Cursor) (w wireMessage, ok bool) {
	if !c.Object() {
		return w, false
	}
	for c.Member() {
		switch string(c.Key()) {
		case "role":
			w.Role = readRole(c)
		case "name":
			w.Name = c.String()
		case "finish_reason":
			w.FinishReason = finishReason(c.String())
		case "parts":
			ok = c.Array()
			for ok && c.Element() {
				p := readPart(c)
				w.add(&p)
			}
		default:
			c.Skip()
		}
	}
	return w, ok
}

// readRole does not allocate for the usual ones.
func readRole(c *jsonscan.Cursor) string {
	t, _ := c.Text()
	for _, role := range [...]string{"user", "assistant", "tool", "system"} {
		if t.Is(role) {
			return role
		}
	}
	return t.String()
}

func (w *wireMessage) add(p *part) {
	switch {
	case p.kind.Is("reasoning") && isString(p.content):
		if w.reasoning != nil {
			w.reasoning = append(w.reasoning, '\n')
		}
		w.reasoning = append(w.reasoning, unquote(p.content)...)
	case p.kind.Is("tool_call"):
		w.ToolCalls = p.appendToolCall(w.ToolCalls)
	case p.kind.Is("tool_call_response"):
		w.responses = append(w.responses, p.response())
	default:
		w.content.add(p)
	}
}

// appendTo appends the message, and one for each response of a tool in it.
func (w *wireMessage) appendTo(ms []Message) []Message {
	m := w.Message
	if m.ToolCalls != nil {
		m.ToolCalls = append(m.ToolCalls, ']')
	}
	m.Content, m.Reasoning = w.content.end(), string(w.reasoning)
	if len(w.responses) == 0 || m.Content != nil || m.ToolCalls != nil || m.Reasoning != "" {
		ms = append(ms, m)
	}
	return append(ms, w.responses...)
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
	m := Message{Role: "tool", Name: unquote(p.name), ToolCallID: unquote(p.id)}
	switch {
	case isString(p.value) || isChunks(p.value):
		m.Content = p.value
	case p.value != nil:
		m.Content = quote(p.value)
	}
	return m
}

// appendToolCall appends the call to a list that is not closed yet.
func (p *part) appendToolCall(dst json.RawMessage) json.RawMessage {
	separator := byte(',')
	if dst == nil {
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
		if p := readPart(&c); p.kind.Empty() {
			return false
		}
	}
	return n > 0
}
