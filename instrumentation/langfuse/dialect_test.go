// SPDX-License-Identifier: Apache-2.0

package langfuse_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/internal/wiretest"
	"github.com/otelmistral/otelmistral/semconv"
)

func dialect(t testing.TB) func(sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
	t.Helper()
	d, err := langfuse.New(langfuse.Config{PublicKey: "p", SecretKey: "s", BaseURL: "http://host", Prices: map[string]langfuse.Price{"m": {Input: 1}}})
	require.NoError(t, err)
	return d.Dialect
}

func stub(name string, attrs ...attribute.KeyValue) tracetest.SpanStub {
	return tracetest.SpanStub{Name: name, Attributes: attrs}
}

// contextOf spreads trace ids evenly in the half that sampling looks at.
func contextOf(i byte) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0: 1, 8: i}, SpanID: trace.SpanID{1}})
}

func textOf(s sdktrace.ReadOnlySpan, key attribute.Key) string {
	for _, a := range s.Attributes() {
		if a.Key == key {
			return a.Value.AsString()
		}
	}
	return ""
}

// Definitions that cannot be translated are left to Langfuse, which knows more
// shapes than this package.
func TestToolsThatCannotBeReadStayWhereTheyAre(t *testing.T) {
	for _, attrs := range [][]attribute.KeyValue{
		{semconv.GenAIInputMessagesKey.String("[{"), semconv.GenAIToolDefinitionsKey.String(`[{"type":"function","name":"f"}]`)},
		{semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[]}]`), semconv.GenAIToolDefinitionsKey.String(`{"f":1}`)},
	} {
		out := dialect(t)(stub("s", append(attrs, semconv.GenAIOperationNameKey.String("chat"))...).Snapshot())
		assert.Equal(t, attrs[1].Value.AsString(), textOf(out, semconv.GenAIToolDefinitionsKey))
	}
}

func TestForms(t *testing.T) {
	chat := semconv.GenAIOperationNameKey.String("chat")
	tests := []struct {
		name  string
		attrs []attribute.KeyValue
		want  map[attribute.Key]string // "" for none
	}{
		{"only the application's own output", []attribute.KeyValue{chat, attribute.String("langfuse.observation.output", "mine")},
			map[attribute.Key]string{"langfuse.observation.input": "null", "langfuse.observation.output": "mine"}},
		{"only the application's own input", []attribute.KeyValue{chat, attribute.String("langfuse.observation.input", "mine")},
			map[attribute.Key]string{"langfuse.observation.input": "mine", "langfuse.observation.output": "null"}},
		{"no messages, but what an observation recorded",
			[]attribute.KeyValue{chat, semconv.GenAIInputMessagesKey.String("[]"), semconv.ObservationInputKey.String("1"), semconv.GenAIOutputMessagesKey.String("[]")},
			map[attribute.Key]string{"langfuse.observation.input": "1", "langfuse.observation.output": "null"}},
		{"no tools", []attribute.KeyValue{chat, semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[]}]`), semconv.GenAIToolDefinitionsKey.String("[]")},
			map[attribute.Key]string{"langfuse.observation.input": `[{"role":"user","content":""}]`}},
		{"metadata without a name", []attribute.KeyValue{attribute.String("otelmistral.metadata.", "x")},
			map[attribute.Key]string{"langfuse.trace.metadata.": ""}},
		{"content of a span of another library", []attribute.KeyValue{attribute.String("gen_ai.tool.call.arguments", "x")},
			map[attribute.Key]string{"gen_ai.tool.call.arguments": "x", "langfuse.observation.input": ""}},
		{"tokens make a generation", []attribute.KeyValue{semconv.GenAIOperationNameKey.String("x"), semconv.GenAIUsageOutputTokensKey.Int(1)},
			map[attribute.Key]string{"langfuse.observation.type": "generation"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := dialect(t)(stub("s", tt.attrs...).Snapshot())
			for k, v := range tt.want {
				assert.Equal(t, v, textOf(out, k), k)
			}
		})
	}
	out := dialect(t)(stub("s", attribute.KeyValue{Key: "e"}).Snapshot())
	assert.Empty(t, out.Attributes(), "no value")
}

func TestEachSpanHasTheResourceOfItsProvider(t *testing.T) {
	translate := dialect(t)
	for range 2 {
		for _, name := range []string{"a", "b"} {
			s := stub("s")
			s.Resource = resource.NewSchemaless(attribute.String("service.name", name), attribute.String("service.version", name))
			out := translate(s.Snapshot())
			assert.Equal(t, s.Resource, out.Resource())
			assert.Equal(t, name, textOf(out, "langfuse.version"))
		}
	}
}

// Whatever a span holds: no panic, no key twice, no change of the span, both
// input and output or none, and JSON where Langfuse parses it.
func FuzzDialect(f *testing.F) {
	messages := `[{"role":"user","parts":[{"type":"text","content":"hi"}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"1","response":{"a":1}}]}]`
	f.Add("chat", "", messages, messages, `[{"type":"function","name":"f"}]`, "k", `{"a":1}`, 0.5, int64(3))
	f.Add("invoke_agent", "", `[{"role":"user","parts":[]}]`, "[]", "[]", "scope", "[", -1.0, int64(-3))
	f.Add("", "tool", `{"x":1}`, `"out"`, "get_weather", "scope.x", "é", 1e300, int64(1<<62))
	f.Add("", "task", "a\xff", "\xff", "\xff", "\xff", "\xff", 0.0, int64(0))
	f.Add("ocr", "generation", `"hi"`, `"yo`, "", "", "langfuse", 3.0, int64(1))
	f.Fuzz(func(t *testing.T, operation, kind, input, output, tools, key, value string, seconds float64, tokens int64) {
		attrs := []attribute.KeyValue{
			semconv.GenAIInputMessagesKey.String(input), semconv.GenAIOutputMessagesKey.String(output),
			semconv.GenAIToolDefinitionsKey.String(tools), semconv.GenAIToolNameKey.String(tools),
			attribute.String(semconv.MetadataPrefix+key, value), attribute.String(semconv.ObservationMetadataPrefix+key, value),
			semconv.EnvironmentKey.String(value), semconv.UserIDKey.String(value), semconv.TagsKey.StringSlice([]string{key, value}),
			semconv.GenAIResponseTimeToFirstChunkKey.Float64(seconds), semconv.GenAIUsageInputTokensKey.Int64(tokens),
			semconv.GenAIUsageCacheReadInputTokensKey.Int64(tokens / 2), semconv.GenAIRequestModelKey.String("m"),
			attribute.String("gen_ai.system_instructions", value),
		}
		if operation != "" {
			attrs = append(attrs, semconv.GenAIOperationNameKey.String(operation))
		}
		if kind != "" {
			attrs = append(attrs, semconv.ObservationTypeKey.String(kind), semconv.ObservationInputKey.String(input),
				semconv.ObservationOutputKey.String(output))
		}
		original := tracetest.SpanStub{
			Name: key, Attributes: slices.Clone(attrs), StartTime: time.Unix(1, 0),
			Status: sdktrace.Status{Code: codes.Error, Description: value},
		}.Snapshot()
		out := dialect(t)(original)
		assert.Equal(t, attrs, original.Attributes(), "the span belongs to others too")

		seen := map[attribute.Key]bool{}
		for _, a := range out.Attributes() {
			assert.False(t, seen[a.Key], a.Key)
			seen[a.Key] = true
			switch text := a.Value.AsString(); a.Key {
			case "langfuse.observation.cost_details":
				assert.True(t, json.Valid([]byte(text)), text)
			case "langfuse.observation.completion_start_time":
				_, err := time.Parse(time.RFC3339Nano, text)
				assert.NoError(t, err)
			case "langfuse.environment":
				assert.Regexp(t, environmentForm, text)
			}
		}
		assert.Equal(t, seen["langfuse.observation.input"], seen["langfuse.observation.output"])
	})
}

func TestALongHistoryAllocatesNoMoreOftenThanAShortOne(t *testing.T) {
	wiretest.LongHistoryAllocatesNoMoreOftenThanAShortOne(t, dialect(t))
}

func BenchmarkDialect(b *testing.B) { wiretest.BenchmarkDialect(b, dialect(b)) }
