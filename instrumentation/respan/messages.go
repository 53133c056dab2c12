// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"encoding/json"
	"slices"
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
func (s *span) addMessages(keys *messageKeys, instructions, attr string) (list string, n int, err error) {
	before := len(s.out)
	x := s.index(keys, len(instructions)+len(attr))
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
func (s *span) addOwn(list *messageKeys, role, own string) {
	if s.kind == embeddingKind {
		return
	}
	c := jsonscan.New([]byte(own))
	if text, ok := c.Text(); ok && c.End() {
		own = text.String()
	}
	keys := list.of(0)
	s.addText(keys.role, role)
	s.addText(keys.content, own)
}

// An index adds messages as attributes. Values are cut out of the list of them,
// and what does not stand there out of another string: to allocate each would be
// most of the cost of a long history.
type index struct {
	*span
	keys    *messageKeys
	given   bool // the application may have set some
	size    int  // of what the messages are made of
	texts   strings.Builder
	scratch []byte
}

func (s *span) index(keys *messageKeys, size int) *index {
	return &index{span: s, keys: keys, size: size, given: slices.ContainsFunc(s.Attributes(), func(a attribute.KeyValue) bool {
		return strings.HasPrefix(string(a.Key), keys.prefix)
	})}
}

func (x *index) add(n int, m *chatml.Message, cut chatml.Cut) {
	if n >= MaxIndexedMessages || x.kind == embeddingKind {
		return
	}
	keys := x.keys.of(n)
	x.addMember(keys.role, m.Role)
	if m.Embedded {
		x.addMember(keys.content, x.cut(m.Content))
	} else {
		x.addMember(keys.content, x.plain(m.Content, cut.Content))
	}
	x.addMember(keys.toolCalls, cut.ToolCalls)
	x.addMember(keys.toolCallID, x.plain(m.ToolCallID, cut.ToolCallID))
	x.addMember(keys.finishReason, m.FinishReason)
}

func (x *index) addMember(k attribute.Key, v string) {
	if v == "" {
		return
	}
	if x.given {
		x.span.add(k.String(v))
	} else {
		x.out = append(x.out, k.String(v))
	}
}

func (x *index) cut(text []byte) string {
	if x.texts.Cap() == 0 {
		x.texts.Grow(x.size / 2) // the rest stands in the list
	}
	start := x.texts.Len()
	x.texts.Write(text)
	return x.texts.String()[start:]
}

// plain is the text of a JSON string, and any other JSON as it is.
func (x *index) plain(raw json.RawMessage, cut string) string {
	switch {
	case !strings.HasPrefix(cut, `"`):
		return cut
	case strings.IndexByte(cut, '\\') < 0:
		return cut[1 : len(cut)-1]
	}
	text, _, _ := jsonscan.CutText(raw[1:])
	x.scratch = text.Append(x.scratch[:0])
	return x.cut(x.scratch)
}
