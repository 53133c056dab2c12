// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"encoding/json"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/semconv"
)

// addObservation says what an observation was given and gave back.
func (s *span) addObservation() {
	input := s.firstText(semconv.ObservationInputKey, semconv.GenAIToolCallArgumentsKey, semconv.GenAIRetrievalQueryTextKey)
	if input != "" && s.kind == toolKind {
		input = toolInput(s.name(), input)
	}
	s.addText(entityInputKey, input)
	output := s.firstText(semconv.ObservationOutputKey, semconv.GenAIToolCallResultKey, semconv.GenAIRetrievalDocumentsKey)
	if output == "" {
		output = s.failure()
	}
	s.addText(entityOutputKey, output)
}

func (s *span) firstText(keys ...attribute.Key) string {
	for _, k := range keys {
		if text := s.text(k); text != "" {
			return text
		}
	}
	return ""
}

// toolInput is the call of a tool as Respan shows it.
func toolInput(name, arguments string) string {
	b := jsonscan.AppendQuoted([]byte(`{"name":`), name)
	b = append(b, `,"arguments":`...)
	b = appendValue(b, arguments)
	return string(append(b, '}'))
}

// failure is the output of what failed, "" for what did not. It holds the
// message of the status, so it is there only where content is.
func (s *span) failure() string {
	status := s.Status()
	if status.Code != codes.Error || !s.hasContent() {
		return ""
	}
	kind, message := s.text(semconv.ErrorTypeKey), status.Description
	if kind == "" {
		kind = semconv.ErrorTypeOther
	}
	_, call := s.in[semconv.MistralOutcomeKey]
	if call || strings.HasPrefix(message, kind+": ") {
		// Of the form "<error.type> <provider's type>: <message>".
		if _, text, found := strings.Cut(message, ": "); found {
			message = text
		}
	}
	b := []byte(`{"error":`)
	b = jsonscan.AppendQuoted(b, kind)
	b = append(b, `,"message":`...)
	b = jsonscan.AppendQuoted(b, message)
	b = append(b, `,"status":"error","status_code":`...)
	b = strconv.AppendInt(b, int64(s.statusCode()), 10)
	return string(append(b, '}'))
}

func (s *span) hasContent() bool {
	for k := range s.in {
		if semconv.IsContent(k) && s.text(k) != "" {
			return true
		}
	}
	return false
}

// appendValue appends s as the JSON that it is, else as a string.
func appendValue(dst []byte, s string) []byte {
	if json.Valid([]byte(s)) {
		return append(dst, s...)
	}
	return jsonscan.AppendQuoted(dst, s)
}
