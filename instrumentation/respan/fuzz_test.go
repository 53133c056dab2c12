// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

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
			attribute.String("gen_ai.system", key), attribute.String("traceloop.entity.input", value), attribute.String("tools", value),
			semconv.GenAISystemInstructionsKey.String(value), semconv.GenAIToolCallArgumentsKey.String(input),
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
			if a.Key == "respan.metadata" || a.Key == "llm.request.functions" || strings.HasSuffix(string(a.Key), ".tool_calls") {
				assert.True(t, json.Valid([]byte(text)), "%s: %q", a.Key, text)
			}
		}
	})
}

// history is a conversation of n messages, some of which call tools or answer for
// them, and the call that sent it.
func history(n int) (content string, call sdktrace.ReadOnlySpan) {
	b := []byte{'['}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		switch i % 4 {
		case 0:
			b = fmt.Appendf(b, `{"role":"user","parts":[{"type":"text","content":"message %d:\nwhat does \"Comté\" mean, and how long does it ripen?"}]}`, i)
		case 1:
			b = fmt.Appendf(b, `{"role":"assistant","parts":[{"type":"tool_call","id":"c%d","name":"search","arguments":{"query":"comté ripening","limit":3}}]}`, i)
		case 2:
			b = fmt.Appendf(b, `{"role":"tool","parts":[{"type":"tool_call_response","id":"c%d","response":{"title":"Comté","text":"A hard cheese from unpasteurised milk."}}]}`, i-1)
		default:
			b = append(b, `{"role":"assistant","parts":[{"type":"text","content":"It is named after the region. Most wheels ripen for eight to eighteen months; the older ones taste of nuts."}],"finish_reason":"stop"}`...)
		}
	}
	content = string(append(b, ']'))
	return content, tracetest.SpanStub{Attributes: []attribute.KeyValue{
		semconv.GenAIOperationNameKey.String(semconv.OperationChat), semconv.GenAIInputMessagesKey.String(content),
	}}.Snapshot()
}

func TestIndexedMessagesAreBounded(t *testing.T) {
	_, call := history(respan.MaxIndexedMessages + 10)
	out := dialect(t)(call).Attributes()
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

func TestOfMessagesThatEndInTheMiddleNoneIsIndexed(t *testing.T) {
	content, _ := history(4)
	content = content[:len(content)-1]
	call := tracetest.SpanStub{Attributes: []attribute.KeyValue{
		semconv.GenAIOperationNameKey.String(semconv.OperationChat), semconv.GenAIInputMessagesKey.String(content),
	}}.Snapshot()
	out := dialect(t)(call).Attributes()
	assert.Contains(t, out, attribute.String("traceloop.entity.input", content))
	for _, a := range out {
		assert.NotContains(t, string(a.Key), "gen_ai.prompt.")
	}
}

func TestALongHistoryAllocatesNoMoreOftenThanAShortOne(t *testing.T) {
	translate := dialect(t)
	allocations := func(n int) float64 {
		_, call := history(n)
		return testing.AllocsPerRun(10, func() { translate(call) })
	}
	assert.InDelta(t, allocations(20), allocations(2000), 5, "buffers may grow, messages allocate nothing")
}

// The cost per message must be about the same for all lengths, and at most twice
// that of json.Valid over the content: see make bench-report.
func BenchmarkDialect(b *testing.B) {
	for _, n := range []int{20, 200, 2000} {
		content, span := history(n)
		b.Run(fmt.Sprintf("messages=%d/json.Valid", n), func(b *testing.B) {
			doc := []byte(content)
			for b.Loop() {
				if !json.Valid(doc) {
					b.Fatal("not JSON")
				}
			}
		})
		b.Run(fmt.Sprintf("messages=%d/export", n), func(b *testing.B) {
			translate := dialect(b)
			b.ReportAllocs()
			for b.Loop() {
				translate(span)
			}
		})
	}
}
