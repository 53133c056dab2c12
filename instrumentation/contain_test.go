// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// panicking is what an application may plug into its tracing.
type panicking struct {
	sdktrace.SpanProcessor
	onStart, onEnd, sample bool
}

func (p panicking) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	if p.onStart {
		panic("SECRET")
	}
	p.SpanProcessor.OnStart(ctx, s)
}

func (p panicking) OnEnd(s sdktrace.ReadOnlySpan) {
	if p.onEnd {
		panic("SECRET")
	}
	p.SpanProcessor.OnEnd(s)
}

func (p panicking) ShouldSample(sdktrace.SamplingParameters) sdktrace.SamplingResult {
	if p.sample {
		panic("SECRET")
	}
	return sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample}
}

func (p panicking) Description() string { return "panicking" }

// observeAll observes in each way that there is, and expects what happens without
// tracing.
func observeAll(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	fault := errors.New("of the function")
	out, err := Observe(ctx, name, 1, func(_ context.Context, in int) (int, error) { return in + 1, fault })
	assert.Equal(t, 2, out)
	assert.Equal(t, fault, err)

	value := &struct{}{}
	assert.PanicsWithValue(t, value, func() {
		_, _ = Observe(ctx, name, nil, func(context.Context, any) (int, error) { panic(value) })
	})

	var items []int
	for item, err := range ObserveSeq(ctx, name, 3, count) {
		require.NoError(t, err)
		items = append(items, item)
	}
	assert.Equal(t, []int{0, 1, 2}, items)

	_, o := StartObservation(ctx, name)
	o.SetOutput(1)
	o.End(nil)
}

func TestPanicOfAProcessorOfStartCostsItselfOnly(t *testing.T) {
	for method, p := range map[string]panicking{"OnStart": {onStart: true}, "OnEnd": {onEnd: true}} {
		t.Run(method, func(t *testing.T) {
			p.SpanProcessor = tracetest.NewSpanRecorder()
			second := tracetest.NewSpanRecorder()
			_, first := started(t, WithSpanProcessor(p), WithSpanProcessor(second))
			handled.take()
			observeAll(t.Context(), t, "x")
			assert.Len(t, first.Ended(), 4)
			assert.Len(t, second.Ended(), 4)
			assert.Equal(t, []string{"instrumentation: " + method + " of the span processor instrumentation.panicking " +
				"panicked with a string (reported once)"}, handled.take())
		})
	}
}

func TestPanicsUnderAForeignProviderAreKeptFromTheApplication(t *testing.T) {
	for name, p := range map[string]panicking{"OnStart": {onStart: true}, "OnEnd": {onEnd: true}, "sampler": {sample: true}} {
		t.Run(name, func(t *testing.T) {
			_, _ = started(t)
			p.SpanProcessor = tracetest.NewSpanRecorder()
			plugged := &panicking{SpanProcessor: p.SpanProcessor}
			provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(plugged), sdktrace.WithSampler(plugged))
			ctx, _ := provider.Tracer("x").Start(t.Context(), "around")
			*plugged = p // from here on
			handled.take()
			observeAll(ctx, t, "x")
			if !p.onEnd {
				inside, o := StartObservation(ctx, "x")
				assert.Nil(t, o)
				assert.Equal(t, ctx, inside)
			}
			assert.Equal(t, []string{"instrumentation: a span processor or sampler panicked with a string; " +
				"the observation is not recorded, or not by all processors (reported once)"}, handled.take())
		})
	}
}
