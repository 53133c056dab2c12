// SPDX-License-Identifier: Apache-2.0

package console

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestProblemIsSaidOnce(t *testing.T) {
	call := func(outcome, errorType string, status int) map[attribute.Key]attribute.Value {
		m := map[attribute.Key]attribute.Value{
			semconv.MistralOutcomeKey: attribute.StringValue(outcome),
			semconv.ErrorTypeKey:      attribute.StringValue(errorType),
		}
		if status > 0 {
			m[semconv.HTTPResponseStatusCodeKey] = attribute.IntValue(status)
		}
		return m
	}
	for want, got := range map[string]string{
		"no response: connection refused":                       problemOf(call(semconv.OutcomeFailed, "connection_refused", 0), "connection_refused"),
		"the time limit passed: timeout":                        problemOf(call(semconv.OutcomeDeadline, "timeout", 200), "timeout"),
		"the server answered 400: invalid_model: Invalid model": problemOf(call(semconv.OutcomeRefused, "400", 400), "400 invalid_model: Invalid model"),
		"the server reported an error inside the stream: stream error: overloaded": problemOf(
			call(semconv.OutcomeStreamError, "stream_error", 200), "stream_error overloaded"),
		"a span of the application": problemOf(nil, "a span of the application"),
		"failed":                    problemOf(nil, ""),
	} {
		assert.Equal(t, want, got)
	}
}

func TestPartsThatAreNoTextAreNamed(t *testing.T) {
	for want, parts := range map[string]string{
		"before [suffix]":               `{"type":"text","content":"before"},{"type":"generic","generic_type":"suffix","content":"after"}`,
		"[document]":                    `{"type":"blob","modality":"document","content":""}`,
		"[image https://x.example]":     `{"type":"uri","modality":"image","uri":"https://x.example"}`,
		"[document file f1]":            `{"type":"file","modality":"document","file_id":"f1"}`,
		"[server_tool_call web_search]": `{"type":"server_tool_call","name":"web_search"}`,
	} {
		assert.Equal(t, want, inputLine(`[{"role":"user","parts":[`+parts+`]}]`))
	}
}
