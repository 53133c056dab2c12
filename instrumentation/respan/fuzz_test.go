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
	"github.com/otelmistral/otelmistral/internal/wiretest"
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

func TestIndexedMessagesAreBounded(t *testing.T) {
	_, call := wiretest.History(respan.MaxIndexedMessages + 10)
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

func TestIndexedMessagesSayWhatTheListSays(t *testing.T) {
	_, call := wiretest.History(40)
	indexed := map[string]string{}
	var list []struct {
		Role, Content string
		ToolCallID    string          `json:"tool_call_id"`
		ToolCalls     json.RawMessage `json:"tool_calls"`
	}
	for _, a := range dialect(t)(call).Attributes() {
		if name, ok := strings.CutPrefix(string(a.Key), "gen_ai.prompt."); ok {
			indexed[name] = a.Value.AsString()
		} else if a.Key == "traceloop.entity.input" {
			require.NoError(t, json.Unmarshal([]byte(a.Value.AsString()), &list))
		}
	}
	require.Len(t, list, 40)
	for i, m := range list {
		for name, want := range map[string]string{"role": m.Role, "content": m.Content, "tool_calls": string(m.ToolCalls), "tool_call_id": m.ToolCallID} {
			assert.Equal(t, want, indexed[fmt.Sprintf("%d.%s", i, name)], "%d.%s", i, name)
		}
	}
}

func TestOfMessagesThatEndInTheMiddleNoneIsIndexed(t *testing.T) {
	content, _ := wiretest.History(4)
	content = content[:len(content)-1]
	out := dialect(t)(wiretest.Chat(content)).Attributes()
	assert.Contains(t, out, attribute.String("traceloop.entity.input", content))
	for _, a := range out {
		assert.NotContains(t, string(a.Key), "gen_ai.prompt.")
	}
}

func TestALongHistoryAllocatesNoMoreOftenThanAShortOne(t *testing.T) {
	wiretest.LongHistoryAllocatesNoMoreOftenThanAShortOne(t, dialect(t))
}

func BenchmarkDialect(b *testing.B) { wiretest.BenchmarkDialect(b, dialect(b)) }
