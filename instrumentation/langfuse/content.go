// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/chatml"
	"github.com/otelmistral/otelmistral/semconv"
)

// none is the input or the output of a span that has only the other one.
const none = "null"

// addInputAndOutput always adds both or nothing: Langfuse looks for the two in
// many places, and stops at the first where it finds one.
func (s *span) addInputAndOutput() {
	input, hasTools := s.input()
	output := s.output()
	if tools, ok := s.in[semconv.GenAIToolDefinitionsKey]; ok && !hasTools {
		s.out = append(s.out, attribute.KeyValue{Key: semconv.GenAIToolDefinitionsKey, Value: readable(tools)})
	}
	if _, ok := s.in[inputKey]; !ok && input == "" && output == "" {
		if _, ok := s.in[outputKey]; !ok {
			return
		}
	}
	if input == "" {
		input = none
	}
	if output == "" {
		output = none
	}
	s.addText(inputKey, input)
	s.addText(outputKey, output)
}

// input is what the span was given, "" if that is not known: the messages of a
// call as Mistral's API takes them, and its tools if it has any that can be read.
func (s *span) input() (input string, hasTools bool) {
	const before = `{"messages":`
	var b strings.Builder
	b.WriteString(before)
	n, err := chatml.WriteMessages(&b, s.text(semconv.GenAISystemInstructionsKey), s.text(semconv.GenAIInputMessagesKey), nil)
	if err != nil || n == 0 { // rather in another shape than not at all
		return s.firstText(semconv.GenAIInputMessagesKey, semconv.ObservationInputKey,
			semconv.GenAIToolCallArgumentsKey, semconv.GenAIRetrievalQueryTextKey), false
	}
	tools := s.tools()
	if tools == nil {
		return b.String()[len(before):], false
	}
	b.WriteString(`,"tools":`)
	b.Write(tools)
	b.WriteByte('}')
	return b.String(), true
}

func (s *span) tools() []byte {
	attr := s.text(semconv.GenAIToolDefinitionsKey)
	if attr == "" {
		return nil
	}
	tools, err := chatml.Tools(attr)
	if err != nil || string(tools) == "[]" {
		return nil
	}
	return tools
}

// output is what the span gave back, "" if that is not known. Of a call it is the
// message of the only choice, or a list of them.
func (s *span) output() string {
	var b strings.Builder
	n, err := chatml.WriteMessages(&b, "", s.text(semconv.GenAIOutputMessagesKey), nil)
	switch {
	case err != nil || n == 0:
		return s.firstText(semconv.GenAIOutputMessagesKey, semconv.ObservationOutputKey,
			semconv.GenAIToolCallResultKey, semconv.GenAIRetrievalDocumentsKey)
	case n == 1:
		return b.String()[1 : b.Len()-1]
	}
	return b.String()
}

func (s *span) firstText(keys ...attribute.Key) string {
	for _, k := range keys {
		if text := s.text(k); text != "" && text != "[]" {
			return text
		}
	}
	return ""
}
