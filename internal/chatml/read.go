// SPDX-License-Identifier: Apache-2.0

package chatml

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

var (
	errNotArray = errors.New("chatml: not a JSON array")
	errSyntax   = errors.New("chatml: not valid JSON")
)

// Messages ranges over the values of gen_ai.system_instructions, which are the
// first message, and of gen_ai.input.messages or gen_ai.output.messages. Either
// may be "". Each response of a tool becomes a message of its own, as chat APIs
// want it. A member of an unexpected type costs only itself; a value that is not
// a list of messages with parts is an error, which comes last and may follow
// messages. What a message holds is valid until the next one.
func Messages(instructions, attr string) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		if instructions != "" {
			if m := Instructions(instructions); !yield(m, nil) {
				return
			}
		}
		if attr == "" {
			return
		}
		if err := readAll(attr, yield); err != nil {
			yield(Message{}, err)
		}
	}
}

// readAll reads everything once, where it stands, and makes the next message in
// the memory of the last: a long history costs no more per message than a short
// one.
func readAll(attr string, yield func(Message, error) bool) error {
	c, err := array(attr)
	if err != nil {
		return err
	}
	var w wireMessage
	for n := 1; c.Element(); n++ {
		if !w.read(&c) {
			return fmt.Errorf("chatml: message %d has no parts", n)
		}
		if !w.yield(yield) {
			return nil
		}
	}
	if !c.End() {
		return errSyntax
	}
	return nil
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
			var p part
			if p.read(&c); isString(p.content) {
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
	quoted    []byte    // responses that are not strings
	responses []Message // of tools
}

// read consumes a message. It is not ok if that has no parts.
func (w *wireMessage) read(c *jsonscan.Cursor) (ok bool) {
	*w = wireMessage{
		Message:   Message{ToolCalls: w.ToolCalls[:0]},
		content:   chunks{list: w.content.list[:0]},
		reasoning: w.reasoning[:0], quoted: w.quoted[:0], responses: w.responses[:0],
	}
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
	return ok
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
		if len(w.reasoning) > 0 {
			w.reasoning = append(w.reasoning, '\n')
		}
		w.reasoning = append(w.reasoning, unquote(p.content)...)
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
	m := Message{Role: "tool", Name: unquote(p.name)}
	if isString(p.id) {
		m.ToolCallID = p.id
	}
	switch {
	case isString(p.value) || isChunks(p.value):
		m.Content = p.value
	case p.value != nil:
		start := len(w.quoted)
		w.quoted = jsonscan.AppendQuoted(w.quoted, []byte(p.value))
		m.Content = w.quoted[start:]
	}
	w.responses = append(w.responses, m)
}

// yield passes on the message, and one for each response of a tool in it.
func (w *wireMessage) yield(yield func(Message, error) bool) bool {
	if len(w.ToolCalls) > 0 {
		w.ToolCalls = append(w.ToolCalls, ']')
	}
	w.Content, w.Reasoning = w.content.end(), string(w.reasoning)
	if len(w.responses) == 0 || len(w.Content) > 0 || len(w.ToolCalls) > 0 || w.Reasoning != "" {
		if !yield(w.Message, nil) {
			return false
		}
	}
	for _, m := range w.responses {
		if !yield(m, nil) {
			return false
		}
	}
	return true
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
