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
// provider for a tracer or a meter takes a lock and allocates.
type latest[P, T any] struct{ last atomic.Pointer[kept[P, T]] }

type kept[P, T any] struct {
	provider P
	made     T
}

func (l *latest[P, T]) get(provider P, from func(P) T) T {
	if last := l.last.Load(); last != nil && any(last.provider) == any(provider) {
		return last.made
	}
	made := from(provider)
	if reflect.ValueOf(provider).Comparable() {
		l.last.Store(&kept[P, T]{provider, made})
	}
	return made
}

// tracer returns the one to use for the call at hand: without a provider of its
// own the transport uses the global one as it is now.
func (t *Transport) tracer() trace.Tracer {
	provider := t.config.tracerProvider
	if provider == nil {
		provider = otel.GetTracerProvider()
	}
	return t.tracers.get(provider, t.newTracer)
}

func (t *Transport) newTracer(p trace.TracerProvider) trace.Tracer {
	return p.Tracer(ScopeName,
		trace.WithInstrumentationVersion(Version),
		trace.WithSchemaURL(t.config.vocabulary.SchemaURL()))
}

// logger is likewise.
func (t *Transport) logger() log.Logger {
	provider := t.config.loggerProvider
	if provider == nil {
		provider = otel.GetLoggerProvider()
	}
	return t.loggers.get(provider, t.newLogger)
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
	provider := t.config.meterProvider
	if provider == nil {
		provider = otel.GetMeterProvider()
	}
	return t.meters.get(provider, t.newMeter)
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
