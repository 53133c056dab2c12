// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"context"
	"reflect"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/genai"
)

// ScopeName is the name of the instrumentation scope of spans, metrics and events.
const ScopeName = "github.com/otelmistral/otelmistral/roundtripper"

// latest keeps what was made of the provider that was used last: asking a
// provider for a tracer, a meter or a logger takes a lock and allocates.
type latest[P, T any] struct{ last atomic.Pointer[kept[P, T]] }

type kept[P, T any] struct {
	provider P
	made     T
}

// get returns what from makes of the transport's own provider, or without one of
// the global provider as it is now.
func (l *latest[P, T]) get(own P, global func() P, from func(P) T) T {
	provider := own
	if any(own) == nil {
		provider = global()
	}
	if last := l.last.Load(); last != nil && any(last.provider) == any(provider) {
		return last.made
	}
	made := from(provider)
	if reflect.ValueOf(provider).Comparable() {
		l.last.Store(&kept[P, T]{provider, made})
	}
	return made
}

// tracer returns the one to use for the call at hand.
func (t *Transport) tracer() trace.Tracer {
	return t.tracers.get(t.config.tracerProvider, otel.GetTracerProvider, t.newTracer)
}

func (t *Transport) newTracer(p trace.TracerProvider) trace.Tracer {
	return p.Tracer(ScopeName,
		trace.WithInstrumentationVersion(Version),
		trace.WithSchemaURL(t.config.vocabulary.SchemaURL()))
}

// logger is likewise.
func (t *Transport) logger() log.Logger {
	return t.loggers.get(t.config.loggerProvider, otel.GetLoggerProvider, t.newLogger)
}

func (t *Transport) newLogger(p log.LoggerProvider) log.Logger {
	return p.Logger(ScopeName,
		log.WithInstrumentationVersion(Version),
		log.WithSchemaURL(t.config.vocabulary.SchemaURL()))
}

// meter is, too. It is nil if nothing would be recorded.
func (t *Transport) meter(ctx context.Context) *genai.Meter {
	defer t.reports.contain("a meter provider")
	if m := t.anyMeter(); m.Enabled(ctx) {
		return m
	}
	return nil
}

func (t *Transport) anyMeter() *genai.Meter {
	return t.meters.get(t.config.meterProvider, otel.GetMeterProvider, t.newMeter)
}

// panicked counts a panic that was contained. It may have been the meter
// provider's.
func (t *Transport) panicked() {
	defer func() { _ = recover() }()
	t.anyMeter().Panicked(context.Background())
}

func (t *Transport) newMeter(p metric.MeterProvider) *genai.Meter {
	m, err := genai.NewMeter(p.Meter(ScopeName,
		metric.WithInstrumentationVersion(Version),
		metric.WithSchemaURL(t.config.vocabulary.SchemaURL())), t.config.vocabulary)
	if err != nil {
		t.reports.once("instrument", "the meter provider refused an instrument; its metric is missing")
	}
	return m
}
