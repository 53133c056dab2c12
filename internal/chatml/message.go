// SPDX-License-Identifier: Apache-2.0

// Package chatml turns messages and tools from the shape of the OpenTelemetry
// GenAI conventions into the shape that chat APIs have, which is what the
// views of most backends are made for.
//
// A dialect uses it on finished spans: the attributes gen_ai.input.messages,
// gen_ai.output.messages and gen_ai.tool.definitions come in as JSON strings,
// messages with content and tool_calls go out. Everything is done in one pass;
// what is JSON already is copied, not decoded.
package chatml

import (
	"encoding/json"
	"strings"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// Message is one message as chat APIs have it. The JSON in it is valid, and
// valid UTF-8.
type Message struct {
	Role string
	Name string
	// Content is a JSON string, or a list of chunks when the message is not
	// just one text. It is empty if there is none.
	Content json.RawMessage
	// ToolCalls is what an assistant asks for, empty if nothing:
	// [{"id":"","type":"function","function":{"name":"","arguments":"{}"}}].
	// The arguments are JSON in a string.
	ToolCalls json.RawMessage
	// ToolCallID is the call that a message of role tool answers: a JSON string,
	// or empty.
	ToolCallID json.RawMessage
	// Reasoning is what the model thought before it answered.
	Reasoning string
	// FinishReason is why the model stopped, for example "tool_calls". It
	// belongs to the choice around the message, so AppendJSON leaves it out.
	FinishReason string
}

// AppendJSON appends the message as an object in the words of Mistral's API.
// Reasoning becomes a thinking chunk before the other content.
func (m Message) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"role":`...)
	dst = jsonscan.AppendQuoted(dst, m.Role)
	dst = appendOptional(dst, "name", m.Name)
	dst = append(dst, `,"content":`...)
	dst = m.appendContent(dst)
	if len(m.ToolCalls) > 0 {
		dst = append(dst, `,"tool_calls":`...)
		dst = append(dst, m.ToolCalls...)
	}
	if len(m.ToolCallID) > len(`""`) {
		dst = append(dst, `,"tool_call_id":`...)
		dst = append(dst, m.ToolCallID...)
	}
	return append(dst, '}')
}

func (m Message) appendContent(dst []byte) []byte {
	if m.Reasoning == "" {
		if len(m.Content) == 0 {
			return append(dst, `""`...)
		}
		return append(dst, m.Content...)
	}
	dst = append(dst, `[{"type":"thinking","thinking":[{"type":"text","text":`...)
	dst = jsonscan.AppendQuoted(dst, m.Reasoning)
	dst = append(dst, `}]}`...)
	switch content := m.Content; {
	case len(content) == 0:
	case content[0] == '[':
		if inner := content[1 : len(content)-1]; len(inner) > 0 {
			dst = append(append(dst, ','), inner...)
		}
	default:
		dst = append(append(append(dst, `,{"type":"text","text":`...), content...), '}')
	}
	return append(dst, ']')
}

// WriteMessages writes what [Messages] ranges over as a list of what AppendJSON
// makes, and tells how many there are. If each is not nil, it gets them, too,
// numbered from 0. After an error what was written is of no use.
func WriteMessages(dst *strings.Builder, instructions, attr string, each func(i int, m Message)) (n int, err error) {
	dst.Grow(len(instructions) + len(attr)) // most become shorter
	dst.WriteByte('[')
	scratch := make([]byte, 0, 512)
	for m, err := range Messages(instructions, attr) {
		if err != nil {
			return 0, err
		}
		scratch = scratch[:0]
		if n > 0 {
			scratch = append(scratch, ',')
		}
		scratch = m.AppendJSON(scratch)
		dst.Write(scratch)
		if each != nil {
			each(n, m)
		}
		n++
	}
	dst.WriteByte(']')
	return n, nil
}

func appendOptional(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(append(dst, ',', '"'), name...), '"', ':')
	return jsonscan.AppendQuoted(dst, value)
}
