// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// heedless is a processor of an application that returns when it is released.
type heedless struct {
	tracetest.SpanRecorder
	release chan struct{}
}

func (h *heedless) ForceFlush(context.Context) error { <-h.release; return nil }
func (h *heedless) Shutdown(context.Context) error   { <-h.release; return nil }

func TestProcessorThatHeedsNoContextHoldsNobodyUp(t *testing.T) {
	cleanEnv(t, nil)
	synctest.Test(t, func(t *testing.T) {
		own := &heedless{release: make(chan struct{})}
		recorder := tracetest.NewSpanRecorder()
		i := startLocal(t, WithSpanProcessor(own), WithSpanProcessor(recorder))
		end(i.TracerProvider().Tracer("test"), "s")
		assert.Len(t, recorder.Ended(), 1)

		steps := []struct {
			method string
			call   func(context.Context) error
		}{{"ForceFlush", i.Flush}, {"Shutdown", i.Shutdown}, {"Shutdown", i.Shutdown}} // the second caller waits no longer either
		for _, step := range steps {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			begin := time.Now()
			err := step.call(ctx)
			assert.Equal(t, time.Second, time.Since(begin), step.method)
			require.EqualError(t, err, step.method+" of the span processor *instrumentation.heedless has not returned: context deadline exceeded")
			cancel()
		}
		close(own.release)
		require.NoError(t, i.Shutdown(t.Context()))
	})
}

// fragile is a processor of an application that panics when it is asked to end.
type fragile struct{ tracetest.SpanRecorder }

func (*fragile) ForceFlush(context.Context) error { panic("flush") }
func (*fragile) Shutdown(context.Context) error   { panic("shutdown") }

func TestProcessorThatPanicsCostsTheOthersNothing(t *testing.T) {
	cleanEnv(t, nil)
	r := receiver(t)
	i := startLocal(t, WithSpanProcessor(&fragile{}), WithDestination(to(t, r)))
	end(i.TracerProvider().Tracer("test"), "s")
	require.EqualError(t, i.Flush(t.Context()), "ForceFlush of the span processor *instrumentation.fragile panicked with a string")
	require.EqualError(t, i.Shutdown(t.Context()), "Shutdown of the span processor *instrumentation.fragile panicked with a string")
	assert.Len(t, r.Spans(), 1)
}
