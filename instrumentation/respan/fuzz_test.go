// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/semconv"
)

func dialect(t testing.TB) func(sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
	t.Helper()
	d, err := respan.New(respan.Config{APIKey: "k", BaseURL: "http://host"})
	require.NoError(t, err)
	return d.Dialect
}

// Whatever a span holds: no panic, no key twice, no change of the span, and JSON
// where Respan parses it.
func FuzzDialectSurvivesAnySpan(f *testing.F) {
	messages := `[{"role":"user","parts":[{"type":"text","content":"hi"}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"1","response":{"a":1}}]}]`
	f.Add("chat", "", messages, messages, `[{"type":"function","name":"f"}]`, "k", `{"a":1}`, "429 rate_limited: slow down")
	f.Add("chat", "", `[{"role":"user","parts":[]}]`, "[]", "[]", "", "[", "")
	f.Add("", "tool", `{"x":1}`, `"out"`, "get_weather", "tags", "é", "boom: x")
	f.Add("", "task", "a\xff", "\xff", "\xff", "\xff", "\xff", "\xff")
	f.Add("", "generation", `"hi"`, `"yo`, "", "a\"b", "{}", ": ")
	f.Fuzz(func(t *testing.T, operation, kind, input, output, tools, key, value, status string) {
		attrs := []attribute.KeyValue{
			semconv.GenAIInputMessagesKey.String(input), semconv.GenAIOutputMessagesKey.String(output),
			semconv.GenAIToolDefinitionsKey.String(tools), semconv.GenAIToolNameKey.String(tools),
			attribute.String(semconv.MetadataPrefix+key, value), semconv.MistralOutcomeKey.String(semconv.OutcomeRefused),
		}
		if operation != "" {
			attrs = append(attrs, semconv.GenAIOperationNameKey.String(operation))
		}
		if kind != "" {
			attrs = append(attrs, semconv.ObservationTypeKey.String(kind), semconv.ObservationInputKey.String(input),
				semconv.ObservationOutputKey.String(output))
		}
		original := tracetest.SpanStub{Name: "s", Attributes: slices.Clone(attrs), Status: sdktrace.Status{Code: codes.Error, Description: status}}.Snapshot()
		out := dialect(t)(original)
		assert.Equal(t, attrs, original.Attributes(), "the span belongs to others too")

		seen := map[attribute.Key]bool{}
		for _, a := range out.Attributes() {
			assert.False(t, seen[a.Key], a.Key)
			seen[a.Key] = true
			text := a.Value.AsString()
			assert.True(t, utf8.ValidString(text) || slices.Contains(attrs, a), "%s: %q", a.Key, text)
			if a.Key == "respan.metadata" || a.Key == "llm.request.functions" || strings.HasSuffix(string(a.Key), ".tool_calls") {
				assert.True(t, json.Valid([]byte(text)), "%s: %q", a.Key, text)
			}
		}
	})
}

func history(n int) sdktrace.ReadOnlySpan {
	b := []byte{'['}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"role":"user","parts":[{"type":"text","content":"message %d, and what else there is to say about it"}]}`, i)
	}
	return tracetest.SpanStub{Attributes: []attribute.KeyValue{
		semconv.GenAIOperationNameKey.String(semconv.OperationChat), semconv.GenAIInputMessagesKey.String(string(append(b, ']'))),
	}}.Snapshot()
}

func TestIndexedMessagesAreBounded(t *testing.T) {
	out := dialect(t)(history(respan.MaxIndexedMessages + 10)).Attributes()
	roles := 0
	var input []any
	for _, a := range out {
		if strings.HasSuffix(string(a.Key), ".role") {
			roles++
		}
		if a.Key == "traceloop.entity.input" {
			require.NoError(t, json.Unmarshal([]byte(a.Value.AsString()), &input))
		}
	}
	assert.Equal(t, respan.MaxIndexedMessages, roles)
	assert.Len(t, input, respan.MaxIndexedMessages+10, "the whole history is there")
}

// ns/message must be about the same for all lengths.
func BenchmarkDialect(b *testing.B) {
	for _, n := range []int{20, 200, 2000} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) {
			translate, span := dialect(b), history(n)
			b.ReportAllocs()
			for b.Loop() {
				translate(span)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/message")
		})
	}
}
