// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// fanout passes spans to several processors. It flushes and stops them at the
// same time, so that one that is slow does not use up the time of the others.
type fanout struct {
	processors []sdktrace.SpanProcessor // not changed after Start
}

var _ sdktrace.SpanProcessor = (*fanout)(nil)

func (f *fanout) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	for _, p := range f.processors {
		p.OnStart(ctx, s)
	}
}

func (f *fanout) OnEnd(s sdktrace.ReadOnlySpan) {
	for _, p := range f.processors {
		p.OnEnd(s)
	}
}

func (f *fanout) ForceFlush(ctx context.Context) error {
	return f.each(func(p sdktrace.SpanProcessor) error { return p.ForceFlush(ctx) })
}

// Shutdown may be called again with another context: by the TracerProvider that
// the processor belongs to, and by the Instrumentation. Each call is bounded by
// its own.
func (f *fanout) Shutdown(ctx context.Context) error {
	return f.each(func(p sdktrace.SpanProcessor) error { return p.Shutdown(ctx) })
}

// once is a processor of the application, which may not bear to be shut down
// twice.
type once struct {
	sdktrace.SpanProcessor
	stop sync.Once
	err  error
}

func (o *once) Shutdown(ctx context.Context) error {
	o.stop.Do(func() { o.err = o.SpanProcessor.Shutdown(ctx) })
	return o.err
}

func (f *fanout) each(do func(sdktrace.SpanProcessor) error) error {
	errs := make([]error, len(f.processors))
	var wg sync.WaitGroup
	for i, p := range f.processors {
		wg.Go(func() { errs[i] = do(p) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
