// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"fmt"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/internal/guard"
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
	return each(f.processors, func(p sdktrace.SpanProcessor) error { return p.ForceFlush(ctx) })
}

// Shutdown may be called again with another context: by the TracerProvider that
// the processor belongs to, and by the Instrumentation. Each call is bounded by
// its own.
func (f *fanout) Shutdown(ctx context.Context) error {
	return each(f.processors, func(p sdktrace.SpanProcessor) error { return p.Shutdown(ctx) })
}

// guest is a processor of the application: it may not bear to be shut down
// twice, may panic, and may not heed its context when it is flushed or shut down.
type guest struct {
	sdktrace.SpanProcessor
	report   sync.Once // the first panic of OnStart or OnEnd
	stop     sync.Once
	stopping *guard.Running
}

func (g *guest) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	defer g.contain("OnStart")
	g.SpanProcessor.OnStart(ctx, s)
}

func (g *guest) OnEnd(s sdktrace.ReadOnlySpan) {
	defer g.contain("OnEnd")
	g.SpanProcessor.OnEnd(s)
}

// contain keeps a panic from the application, and the span for the others.
func (g *guest) contain(method string) {
	if p := recover(); p != nil {
		g.report.Do(func() {
			guard.Handle(fmt.Errorf("instrumentation: %w (reported once)", guard.Panicked(g.part(method), p)))
		})
	}
}

func (g *guest) ForceFlush(ctx context.Context) error {
	return guard.Go(g.part("ForceFlush"), func() error { return g.SpanProcessor.ForceFlush(ctx) }).Wait(ctx)
}

// Shutdown passes on the context of the first call. Each call waits only as long
// as its own allows.
func (g *guest) Shutdown(ctx context.Context) error {
	g.stop.Do(func() {
		g.stopping = guard.Go(g.part("Shutdown"), func() error { return g.SpanProcessor.Shutdown(ctx) })
	})
	return g.stopping.Wait(ctx)
}

func (g *guest) part(method string) string {
	return fmt.Sprintf("%s of the span processor %T", method, g.SpanProcessor)
}
