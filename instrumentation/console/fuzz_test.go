// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/semconv"
)

// Whatever spans hold: no panic, and nothing reaches the terminal that it would
// act on.
func FuzzRender(f *testing.F) {
	messages := `[{"role":"user","parts":[{"type":"text","content":"hi"},{"type":"blob","modality":"image","size":3}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"1","response":{"a":1}}]}]`
	f.Add("chat", "", messages, messages, "k", `{"a":1}`, "429 rate_limited: slow down", 1.5, int64(3), byte(1), byte(2))
	f.Add("", "tool", `{"x":1}`, `"out"`, "tags", "é\u202e", "boom\x1b[31m", -1.0, int64(-3), byte(2), byte(1))
	f.Add("", "task", "a\xff\x07", "\xff", "\xff", "\xff", "\xff", 1e300, int64(1<<62), byte(0), byte(0))
	f.Add("", "generation", `"hi"`, `"yo`, "a\"b", "{}", ": ", 0.0, int64(0), byte(3), byte(3))
	f.Fuzz(func(t *testing.T, operation, kind, input, output, key, value, status string, seconds float64, tokens int64, id, parent byte) {
		attrs := []attribute.KeyValue{
			semconv.GenAIOperationNameKey.String(operation), semconv.GenAIRequestModelKey.String(value), semconv.GenAIResponseModelKey.String(key),
			semconv.GenAIInputMessagesKey.String(input), semconv.GenAIOutputMessagesKey.String(output), semconv.MistralOutcomeKey.String(kind),
			semconv.GenAIToolNameKey.String(value), semconv.GenAIToolCallArgumentsKey.String(input), semconv.GenAIToolCallResultKey.String(output),
			semconv.ObservationTypeKey.String(kind), semconv.ObservationInputKey.String(input), semconv.ObservationOutputKey.String(output),
			semconv.GenAIResponseTimeToFirstChunkKey.Float64(seconds), semconv.GenAIUsageInputTokensKey.Int64(tokens), semconv.GenAIUsageOutputTokensKey.Int64(tokens),
			semconv.TagsKey.StringSlice([]string{key, value}), attribute.String(semconv.MetadataPrefix+key, value), semconv.ErrorTypeKey.String(status),
		}
		spans := tracetest.SpanStubs{
			failed(span(id, parent, key, seconds, float64(tokens), attrs...), status), span(parent, id, operation, 1, 2, attrs[5:]...),
		}.Snapshots()
		for _, width := range []int{0, 20, 80} {
			var out bytes.Buffer
			require.NoError(t, Render(&out, spans, WithWidth(width), WithColor(ColorNever)))
			text := out.String()
			require.NotEmpty(t, text)
			assert.True(t, utf8.ValidString(text))
			assert.Equal(t, -1, strings.IndexFunc(text, func(r rune) bool {
				return r != '\n' && r != '\u200d' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
			}), "%q", text)
		}
	})
}
