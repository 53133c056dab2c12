// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestDialectSeesTheSpanAsTheDestinationMaySeeIt(t *testing.T) {
	model := semconv.GenAIRequestModelKey.String("m")
	input := semconv.GenAIInputMessagesKey.String("[]")
	for _, content := range []bool{false, true} {
		e := &fakeExporter{}
		d := destinationOf(e, Limits{})
		d.Content = content
		var seen [][]attribute.KeyValue
		d.Dialect = func(s sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
			seen = append(seen, s.Attributes())
			return WithAttributes(s, append(slices.Clip(s.Attributes()), attribute.String("own", s.Name())))
		}
		p := start(t, d)
		end(p, 1, model, input)
		require.NoError(t, p.Shutdown(t.Context()))
		want := []attribute.KeyValue{model}
		if content {
			want = append(want, input)
		}
		want = append(want, semconv.AppRootKey.Bool(true))
		assert.Equal(t, [][]attribute.KeyValue{want}, seen)
		assert.Equal(t, append(want, attribute.String("own", "span 0")), e.spans()[0].Attributes())
	}
}

func TestDialectThatFailsLeavesTheSpanAsItIs(t *testing.T) {
	tests := []struct {
		name    string
		dialect func(sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan
		told    []string
	}{
		{"panic", func(s sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan { panic(s.Name()) },
			[]string{"destination test: Dialect panicked with a string"}},
		{"runtime error", func(s sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan { return []sdktrace.ReadOnlySpan{}[len(s.Name())] },
			[]string{"destination test: Dialect panicked: runtime error: index out of range [6] with length 0"}},
		{"nil", func(sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan { return nil }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			handled.take()
			e := &fakeExporter{}
			d := destinationOf(e, Limits{})
			d.Dialect = tt.dialect
			p := start(t, d)
			end(p, 3)
			require.NoError(t, p.Shutdown(t.Context()))
			assert.Equal(t, map[string]int{"span 0": 1, "span 1": 1, "span 2": 1}, names(e.spans()))
			assert.Equal(t, tt.told, handled.take(), "reported once")
		})
	}
}

func TestPanicOfTheExporterIsAFailedExport(t *testing.T) {
	e := &fakeExporter{export: func(context.Context, []sdktrace.ReadOnlySpan) error { panic("boom") }}
	p := start(t, destinationOf(e, Limits{}))
	end(p, 3)
	require.ErrorContains(t, p.Shutdown(t.Context()), "the exporter panicked with a string")
	assert.Equal(t, map[Reason]int64{ReasonExportFailed: 3}, p.Counts().Dropped)
}
