// SPDX-License-Identifier: Apache-2.0

package instrumentationtest

import (
	"encoding/json"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// Span is a span that has ended.
type Span struct{ sdktrace.ReadOnlySpan }

// Attr returns the value of an attribute. It is the zero Value, whose Type is
// attribute.EMPTY and whose text is "", when the span has none with that key.
func (s Span) Attr(key attribute.Key) attribute.Value {
	for _, kv := range s.Attributes() {
		if kv.Key == key {
			return kv.Value
		}
	}
	return attribute.Value{}
}

// Outcome returns how a call ended, for example semconv.OutcomeCompleted. It is
// "" for a span that is not a call.
func (s Span) Outcome() string { return s.Attr(semconv.MistralOutcomeKey).AsString() }

// Input returns the messages that a call sent, with the content that was
// recorded. It is nil when none was.
func (s Span) Input() []Message { return s.messages(semconv.GenAIInputMessagesKey) }

// Output returns the messages that a call got, one for each choice, with the
// content that was recorded. It is nil when none was.
func (s Span) Output() []Message { return s.messages(semconv.GenAIOutputMessagesKey) }

// Messages returns the whole conversation: Input and then Output.
func (s Span) Messages() []Message { return append(s.Input(), s.Output()...) }

func (s Span) messages(key attribute.Key) []Message {
	var all []Message
	if json.Unmarshal([]byte(s.Attr(key).AsString()), &all) != nil {
		return nil
	}
	return all
}

// Message is a message in the words of the GenAI conventions.
type Message struct {
	Role  string `json:"role"` // such as "user"
	Name  string `json:"name"`
	Parts []Part `json:"parts"`
	// FinishReason is set on messages that a model sent, such as "stop".
	FinishReason string `json:"finish_reason"`
}

// Text returns the text of the message without its other parts.
func (m Message) Text() string {
	var b strings.Builder
	for _, p := range m.Parts {
		if p.Type == "text" {
			b.WriteString(p.Content)
		}
	}
	return b.String()
}

// ToolCalls returns the parts that call a tool.
func (m Message) ToolCalls() []Part {
	return slices.DeleteFunc(slices.Clone(m.Parts), func(p Part) bool { return p.Type != "tool_call" })
}

// Part is a piece of a message. Which fields are set depends on Type: Content for
// "text", "reasoning" and "blob", and for others whose content is text; ID, Name
// and Arguments for "tool_call"; ID and Response for "tool_call_response".
type Part struct {
	Type      string          `json:"type"`
	Content   string          `json:"content"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"` // JSON, usually an object
	Response  json.RawMessage `json:"response"`  // JSON, often a string
}

// UnmarshalJSON implements [json.Unmarshaler]. Content that is no text, as parts of
// type "generic" may have, costs nothing but itself.
func (p *Part) UnmarshalJSON(b []byte) error {
	type fields Part
	part := struct {
		fields
		Content any `json:"content"`
	}{}
	if err := json.Unmarshal(b, &part); err != nil {
		return err
	}
	*p = Part(part.fields)
	p.Content, _ = part.Content.(string)
	return nil
}
