// SPDX-License-Identifier: Apache-2.0

package console

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestBarShowsWhereASpanLies(t *testing.T) {
	tests := []struct {
		from, to float64
		before   int
		drawn    string
	}{
		{0, 1, 0, "━━━━"},
		{0, 0, 0, "╸"},
		{1, 1, 3, "╺"}, // not beyond the end
		{0.5, 0.5, 2, "╸"},
		{0.25, 0.5, 1, "━"},
		{0.125, 0.625, 0, "╺━╸"},
		{0.126, 0.374, 0, "╺╸"},
	}
	for _, tt := range tests {
		before, drawn := bar(tt.from, tt.to, 4)
		assert.Equal(t, tt.before, before, "%v", tt)
		assert.Equal(t, tt.drawn, drawn, "%v", tt)
	}
}

func TestTokensOfATraceAreCountedOnce(t *testing.T) {
	tokens := func(in, out int) []attribute.KeyValue {
		return []attribute.KeyValue{semconv.GenAIUsageInputTokensKey.Int(in), semconv.GenAIUsageOutputTokensKey.Int(out)}
	}
	views := viewsOf(tracetest.SpanStubs{
		span(1, 0, "workflow", 0, 9),
		span(2, 1, "an agent that adds up what is below it", 0, 5, tokens(30, 3)...),
		span(3, 2, "chat", 0, 2, tokens(10, 1)...),
		span(4, 2, "step", 2, 5),
		span(5, 4, "chat", 2, 5, tokens(20, 2)...),
		span(6, 1, "chat", 5, 9, tokens(5, 0)...),
	}.Snapshots())
	require.Len(t, views, 1)
	assert.Equal(t, "35 tokens in, 3 out", views[0].Tokens.String())
}

func TestEverySpanIsARowOrCounted(t *testing.T) {
	views := viewsOf(many().Snapshots())
	require.Len(t, views, 1)
	v := views[0]
	assert.Equal(t, 1000, v.Spans)
	assert.Len(t, v.Rows, maxRows)
	assert.Equal(t, 1000-maxRows, v.Left)
	assert.Equal(t, 10, v.Failed)
	assert.Equal(t, 7, v.LeftFailed)
}
