// SPDX-License-Identifier: Apache-2.0

package wiretest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/semconv"
)

// Translate is a dialect as it is tested.
type Translate func(sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan

// History is a conversation of n messages, some of which call tools or answer for
// them, and the call that sent it.
func History(n int) (content string, call sdktrace.ReadOnlySpan) {
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
	return content, Chat(content)
}

// Chat is a call that sent these messages.
func Chat(messages string) sdktrace.ReadOnlySpan {
	return tracetest.SpanStub{Name: "s", Attributes: []attribute.KeyValue{
		semconv.GenAIOperationNameKey.String(semconv.OperationChat), semconv.GenAIInputMessagesKey.String(messages),
	}}.Snapshot()
}

// LongHistoryAllocatesNoMoreOftenThanAShortOne demands what it says of a dialect.
func LongHistoryAllocatesNoMoreOftenThanAShortOne(t *testing.T, translate Translate) {
	t.Helper()
	allocations := func(n int) float64 {
		_, call := History(n)
		return testing.AllocsPerRun(10, func() { translate(call) })
	}
	assert.InDelta(t, allocations(20), allocations(2000), 20, "buffers may be new or grow, messages allocate nothing")
}

// BenchmarkDialect measures a dialect beside json.Valid over the content. The cost
// per message must be about the same for all lengths, and at most twice that: see
// make bench-report.
func BenchmarkDialect(b *testing.B, translate Translate) {
	for _, n := range []int{20, 200, 2000} {
		content, span := History(n)
		b.Run(fmt.Sprintf("messages=%d/json.Valid", n), func(b *testing.B) {
			doc := []byte(content)
			for b.Loop() {
				if !json.Valid(doc) {
					b.Fatal("not JSON")
				}
			}
		})
		b.Run(fmt.Sprintf("messages=%d/export", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				translate(span)
			}
		})
	}
}
