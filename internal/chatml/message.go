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
	"sync"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// Message is one message as chat APIs have it. The JSON in it is valid, and
// valid UTF-8. It is made in memory that the next one needs.
type Message struct {
	Role string
	Name string
	// Content is a JSON string, or a list of chunks when the message is not
	// just one text. It is empty if there is none.
	Content json.RawMessage
	// Embedded tells that Content is other JSON, which chat APIs take as a text:
	// what a tool answered with.
	Embedded bool
	// ToolCalls is what an assistant asks for, empty if nothing:
	// [{"id":"","type":"function","function":{"name":"","arguments":"{}"}}].
	// The arguments are JSON in a string.
	ToolCalls json.RawMessage
	// ToolCallID is the call that a message of role tool answers: a JSON string,
	// or empty.
	ToolCallID json.RawMessage
	// Reasoning is what the model thought before it answered.
	Reasoning []byte
	// FinishReason is why the model stopped, for example "tool_calls". It
	// belongs to the choice around the message, so it is not in what is written.
	FinishReason string
}

// Cut has members of a message as they stand in the list that was written: cut out
// of it, they need no memory of their own.
type Cut struct{ Content, ToolCalls, ToolCallID string }

// WriteMessages writes the values of gen_ai.system_instructions, which are the
// first message, and of gen_ai.input.messages or gen_ai.output.messages as a list
// in the words of Mistral's API, and tells how many messages it has. Either value
// may be "". Each response of a tool becomes a message of its own, as chat APIs
// want it, and reasoning a thinking chunk before the other content. If each is not
// nil, it gets the messages, numbered from 0.
//
// A member of an unexpected type costs only itself; a value that is not a list of
// messages with parts is an error. What was written and passed to each until then
// is of no use.
func WriteMessages(dst *strings.Builder, instructions, attr string, each func(i int, m *Message, cut Cut)) (n int, err error) {
	dst.Grow(len(instructions) + len(attr)) // most become shorter
	dst.WriteByte('[')
	w := writers.Get().(*writer)
	w.dst, w.each, w.n = dst, each, 0
	if instructions != "" {
		w.write(&Message{Role: "system", Content: instructionsText(instructions)})
	}
	if attr != "" {
		err = w.read(attr)
	}
	dst.WriteByte(']')
	n, w.dst, w.each = w.n, nil, nil
	if len(attr) <= maxIdle {
		writers.Put(w)
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// A writer writes one list. Its memory is kept for the next one: it takes as much
// as the list does.
type writer struct {
	dst     *strings.Builder
	each    func(i int, m *Message, cut Cut)
	n       int // messages written
	doc     []byte
	message wireMessage
	quoted  []byte
}

var writers = sync.Pool{New: func() any { return new(writer) }}

// maxIdle is the longest value, in bytes, whose memory is kept for another one.
const maxIdle = 1 << 20

func (w *writer) write(m *Message) {
	if w.n > 0 {
		w.dst.WriteByte(',')
	}
	w.dst.WriteString(`{"role":`)
	quote(w, m.Role)
	if m.Name != "" {
		w.dst.WriteString(`,"name":`)
		quote(w, m.Name)
	}
	w.dst.WriteString(`,"content":`)
	cut := Cut{Content: w.writeContent(m)}
	if len(m.ToolCalls) > 0 {
		w.dst.WriteString(`,"tool_calls":`)
		cut.ToolCalls = w.cut(m.ToolCalls)
	}
	if len(m.ToolCallID) > len(`""`) {
		w.dst.WriteString(`,"tool_call_id":`)
		cut.ToolCallID = w.cut(m.ToolCallID)
	}
	w.dst.WriteByte('}')
	if w.each != nil {
		w.each(w.n, m, cut)
	}
	w.n++
}

func (w *writer) writeContent(m *Message) (cut string) {
	switch {
	case len(m.Reasoning) > 0:
		return w.writeReasoning(m)
	case len(m.Content) == 0:
		w.dst.WriteString(`""`)
		return ""
	case m.Embedded:
		return quote(w, []byte(m.Content))
	}
	return w.cut(m.Content)
}

func (w *writer) writeReasoning(m *Message) (cut string) {
	w.dst.WriteString(`[{"type":"thinking","thinking":[{"type":"text","text":`)
	quote(w, m.Reasoning)
	w.dst.WriteString(`}]}`)
	switch content := m.Content; {
	case len(content) == 0:
	case content[0] == '[':
		w.dst.WriteByte(',')
		w.dst.Write(content[1 : len(content)-1])
		cut = string(content) // it lost its brackets
	default:
		w.dst.WriteString(`,{"type":"text","text":`)
		cut = w.cut(content)
		w.dst.WriteByte('}')
	}
	w.dst.WriteByte(']')
	return cut
}

func (w *writer) cut(raw []byte) string {
	start := w.dst.Len()
	w.dst.Write(raw)
	return w.dst.String()[start:]
}

func quote[T string | []byte](w *writer, text T) string {
	w.quoted = jsonscan.AppendQuoted(w.quoted[:0], text)
	return w.cut(w.quoted)
}
