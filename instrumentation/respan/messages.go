// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/chatml"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/semconv"
)

// MaxIndexedMessages is how many messages of a model call become attributes of
// their own, from the first one on. The attributes are added to a span that has
// ended, so no limit of the SDK counts them.
const MaxIndexedMessages = 4096

// indexed is a guess at how many attributes the messages make: about as many
// as there are objects in them.
func (s *span) indexed() int {
	if s.kind == embeddingKind {
		return 0
	}
	input, output := s.in[semconv.GenAIInputMessagesKey], s.in[semconv.GenAIOutputMessagesKey]
	return min(strings.Count(input.AsString(), "{")+strings.Count(output.AsString(), "{"), 3*MaxIndexedMessages)
}

// addMessages adds attributes for each message, and returns all of them as a list.
// Of what cannot be read it adds nothing. An embedding has only the list.
func (s *span) addMessages(prefix, instructions, attr string) (list string, n int, err error) {
	before := len(s.out)
	x := s.index(prefix, len(instructions)+len(attr))
	var b strings.Builder
	n, err = chatml.WriteMessages(&b, instructions, attr, x.add)
	if err != nil {
		s.out = s.out[:before]
		return "", 0, err
	}
	return b.String(), n, nil
}

// addOwn is addMessages for what an observation recorded of a model that the
// application called by other means.
func (s *span) addOwn(prefix, role, own string) {
	x := s.index(prefix, len(own))
	x.add(0, chatml.Message{Role: role, Content: json.RawMessage(own)})
}

// An index adds messages as attributes. Keys and values are cut out of one string:
// to allocate each would be most of the cost of a long history.
type index struct {
	*span
	prefix  string
	given   bool // the application may have set some
	key     []byte
	texts   strings.Builder
	scratch []byte
}

func (s *span) index(prefix string, size int) *index {
	x := &index{span: s, prefix: prefix}
	x.given = slices.ContainsFunc(s.Attributes(), func(a attribute.KeyValue) bool {
		return strings.HasPrefix(string(a.Key), prefix)
	})
	if s.kind != embeddingKind {
		x.texts.Grow(size + size/8) // the keys take the place of the conventions' names, and some more
	}
	return x
}

func (x *index) add(n int, m chatml.Message) {
	if n >= MaxIndexedMessages || x.kind == embeddingKind {
		return
	}
	x.key = strconv.AppendInt(append(x.key[:0], x.prefix...), int64(n), 10)
	x.addMember(".role", m.Role)
	x.addMember(".content", x.cut(x.plain(m.Content)))
	x.addMember(".tool_calls", x.cut(m.ToolCalls))
	x.addMember(".tool_call_id", x.cut(x.plain(m.ToolCallID)))
	x.addMember(".finish_reason", m.FinishReason)
}

func (x *index) addMember(name, v string) {
	if v == "" {
		return
	}
	start := x.texts.Len()
	x.texts.Write(x.key)
	x.texts.WriteString(name)
	a := attribute.String(x.texts.String()[start:], v)
	if x.given {
		x.span.add(a)
	} else {
		x.out = append(x.out, a)
	}
}

func (x *index) cut(text []byte) string {
	start := x.texts.Len()
	x.texts.Write(text)
	return x.texts.String()[start:]
}

// plain is the text of a JSON string, and any other JSON as it is. It is valid
// until the next one.
func (x *index) plain(raw json.RawMessage) []byte {
	c := jsonscan.New(raw)
	text, ok := c.Text()
	if !ok || !c.End() {
		return raw
	}
	if literal, ok := text.Literal(); ok {
		return literal
	}
	x.scratch = text.Append(x.scratch[:0])
	return x.scratch
}
