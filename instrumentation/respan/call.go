// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"encoding/json"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/chatml"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/semconv"
)

// MaxIndexedMessages is how many messages of a model call become attributes of
// their own, from the first one on. The attributes are added to a span that has
// ended, so no limit of the SDK counts them.
const MaxIndexedMessages = 4096

// addCall says what a model was asked and answered.
func (s *span) addCall(system string) {
	if provider := s.text(semconv.GenAIProviderNameKey); provider == semconv.ProviderMistralAI && system != "" {
		s.addText(systemKey, system)
	} else {
		s.addText(systemKey, provider)
	}
	for _, name := range copied {
		if v, ok := s.in[name.from]; ok {
			s.add(attribute.KeyValue{Key: name.to, Value: v})
		}
	}
	s.addTotal()
	s.addStream()
	s.addFunctions()
	s.addInput()
	s.addOutput()
}

// addTotal adds up what is known: an embedding has no output.
func (s *span) addTotal() {
	input, hasInput := s.count(semconv.GenAIUsageInputTokensKey)
	output, hasOutput := s.count(semconv.GenAIUsageOutputTokensKey)
	if hasInput || hasOutput {
		s.add(totalTokensKey.Int64(input + output))
	}
}

// count is a number of tokens. Other instrumentations may have put something
// else there.
func (s *span) count(key attribute.Key) (int64, bool) {
	v := s.in[key]
	if v.Type() != attribute.INT64 {
		return 0, false
	}
	return v.AsInt64(), true
}

func (s *span) addStream() {
	if s.in[semconv.GenAIRequestStreamKey].AsBool() {
		s.add(streamingKey.Bool(true))
		s.add(streamKey.Bool(true))
	}
	first, ok := s.in[semconv.MistralResponseTimeToFirstTokenKey]
	if !ok {
		first, ok = s.in[semconv.GenAIResponseTimeToFirstChunkKey]
	}
	if ok {
		s.add(attribute.KeyValue{Key: timeToFirstTokenKey, Value: first})
		s.add(attribute.KeyValue{Key: openAIFirstTokenKey, Value: first})
	}
}

// addFunctions adds the tools in the shape of chat APIs. What cannot be read is
// still in gen_ai.tool.definitions.
func (s *span) addFunctions() {
	if defined := s.text(semconv.GenAIToolDefinitionsKey); defined != "" {
		if tools, err := chatml.Tools(defined); err == nil {
			s.addText(functionsKey, string(tools))
		}
	}
}

func (s *span) addInput() {
	if own := s.text(semconv.ObservationInputKey); own != "" {
		s.addText(entityInputKey, own)
		s.addOwn(promptPrefix, "user", own)
		return
	}
	messages, err := s.sent()
	switch {
	case err != nil: // rather in another shape than not at all
		s.addText(entityInputKey, s.text(semconv.GenAIInputMessagesKey))
	case len(messages) > 0:
		s.addText(entityInputKey, string(chatml.AppendMessages(nil, messages)))
		s.addMessages(promptPrefix, messages)
	}
}

// sent is the messages of the request. Instructions that were sent apart from
// them are the first one.
func (s *span) sent() (messages []chatml.Message, err error) {
	if attr := s.text(semconv.GenAIInputMessagesKey); attr != "" {
		if messages, err = chatml.Messages(attr); err != nil {
			return nil, err
		}
	}
	if instructions := s.text(semconv.GenAISystemInstructionsKey); instructions != "" {
		messages = append([]chatml.Message{chatml.Instructions(instructions)}, messages...)
	}
	return messages, nil
}

// addOutput adds the answer. Of a failed call the output is its failure; what
// the model said until then is still in the indexed attributes.
func (s *span) addOutput() {
	failure := s.failure()
	s.addText(entityOutputKey, failure)
	if own := s.text(semconv.ObservationOutputKey); own != "" {
		if failure == "" {
			s.addText(entityOutputKey, own)
		}
		s.addOwn(completionPrefix, "assistant", own)
		return
	}
	attr := s.text(semconv.GenAIOutputMessagesKey)
	if attr == "" {
		return
	}
	messages, err := chatml.Messages(attr)
	if failure == "" {
		s.addText(entityOutputKey, outputOf(attr, messages, err))
	}
	s.addMessages(completionPrefix, messages)
}

// outputOf is the message of the only choice, or a list of them.
func outputOf(attr string, messages []chatml.Message, err error) string {
	switch {
	case err != nil:
		return attr
	case len(messages) == 1:
		return string(messages[0].AppendJSON(nil))
	}
	return string(chatml.AppendMessages(nil, messages))
}

// addMessages adds attributes for each message. An embedding has none.
func (s *span) addMessages(prefix string, messages []chatml.Message) {
	if s.kind == embeddingKind {
		return
	}
	messages = messages[:min(len(messages), MaxIndexedMessages)]
	s.out = slices.Grow(s.out, 3*len(messages)) // most have two or three
	for i, m := range messages {
		n := strconv.Itoa(i)
		s.addMember(prefix, n, ".role", m.Role)
		s.addMember(prefix, n, ".content", plain(m.Content))
		s.addMember(prefix, n, ".tool_calls", string(m.ToolCalls))
		s.addMember(prefix, n, ".tool_call_id", m.ToolCallID)
		s.addMember(prefix, n, ".finish_reason", m.FinishReason)
	}
}

// addMember joins the key only when there is a value: most messages have two.
func (s *span) addMember(prefix, n, name, v string) {
	if v != "" {
		s.addText(attribute.Key(prefix+n+name), v)
	}
}

// addOwn is addMessages for what an observation recorded of a model that the
// application called by other means.
func (s *span) addOwn(prefix, role, own string) {
	s.addMessages(prefix, []chatml.Message{{Role: role, Content: json.RawMessage(own)}})
}

// plain is the text of a JSON string, and any other JSON as it is.
func plain(raw json.RawMessage) string {
	c := jsonscan.New(raw)
	if text, ok := c.Text(); ok && c.End() {
		return text.String()
	}
	return string(raw)
}
