// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/chatml"
	"github.com/otelmistral/otelmistral/semconv"
)

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
		s.addOwn(&promptKeys, "user", own)
		return
	}
	list, n, err := s.addMessages(&promptKeys, s.text(semconv.GenAISystemInstructionsKey), s.text(semconv.GenAIInputMessagesKey))
	switch {
	case err != nil: // rather in another shape than not at all
		s.addText(entityInputKey, s.text(semconv.GenAIInputMessagesKey))
	case n > 0:
		s.addText(entityInputKey, list)
	}
}

// addOutput adds the answer: the message of the only choice, or a list of them. Of
// a failed call the output is its failure; what the model said until then is still
// in the indexed attributes.
func (s *span) addOutput() {
	failure := s.failure()
	s.addText(entityOutputKey, failure)
	if own := s.text(semconv.ObservationOutputKey); own != "" {
		if failure == "" {
			s.addText(entityOutputKey, own)
		}
		s.addOwn(&completionKeys, "assistant", own)
		return
	}
	attr := s.text(semconv.GenAIOutputMessagesKey)
	if attr == "" {
		return
	}
	list, n, err := s.addMessages(&completionKeys, "", attr)
	switch {
	case failure != "":
	case err != nil:
		s.addText(entityOutputKey, attr)
	case n == 1:
		s.addText(entityOutputKey, list[1:len(list)-1])
	default:
		s.addText(entityOutputKey, list)
	}
}
