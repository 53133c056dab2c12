// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// keepers are the TracerProvider, the Tracer and the spans of somebody who keeps
// the very slices that he gets.
type keepers struct {
	noop.TracerProvider
	spans  []*keepingSpan
	panics bool // each span does
}

type keepingTracer struct {
	noop.Tracer
	*keepers
}

type keepingSpan struct {
	noop.Span
	attrs  []attribute.KeyValue
	panics bool
}

func (k *keepers) Tracer(string, ...trace.TracerOption) trace.Tracer {
	return keepingTracer{keepers: k}
}

func (t keepingTracer) Start(ctx context.Context, _ string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	s := &keepingSpan{panics: t.panics}
	t.spans = append(t.spans, s)
	return trace.ContextWithSpan(ctx, s), s
}

func (*keepingSpan) IsRecording() bool { return true }

func (s *keepingSpan) SetAttributes(attrs ...attribute.KeyValue) {
	if s.panics {
		panic("a broken span")
	}
	s.attrs = attrs
}

func TestASpanMayKeepTheAttributesItGets(t *testing.T) {
	var kept keepers
	rt := roundtripper.New(base(), roundtripper.WithTracerProvider(&kept))
	exchange(t, rt)
	require.Len(t, kept.spans, 1)
	before := slices.Clone(kept.spans[0].attrs)
	require.Contains(t, before, semconv.GenAIResponseModelKey.String("mistral-small-2506"))

	exchange(t, rt)
	assert.Equal(t, before, kept.spans[0].attrs)
}

func TestPanicOfASpanCostsNoEvent(t *testing.T) {
	reports, book := handled(t), &logbook{}
	exchange(t, roundtripper.New(base(), roundtripper.WithTracerProvider(&keepers{panics: true}), book.option()))
	assert.Len(t, reports(), 1)
	book.one(t, semconv.EventInferenceDetails)
}

// The memory of what the SDK's spans get is used again.
func TestTheSDKCopiesTheAttributesOfASpan(t *testing.T) {
	provider := sdktrace.NewTracerProvider()
	_, span := provider.Tracer("").Start(t.Context(), "")
	attrs := []attribute.KeyValue{attribute.String("a", "1"), attribute.StringSlice("b", []string{"2"}), attribute.Int("c", 3)}
	want := slices.Clone(attrs)
	span.SetAttributes(attrs...)
	clear(attrs)
	assert.Equal(t, want, span.(sdktrace.ReadOnlySpan).Attributes())
	span.End()
	assert.Equal(t, want, span.(sdktrace.ReadOnlySpan).Attributes())
}
