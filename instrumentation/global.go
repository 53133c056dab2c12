// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"errors"
	"reflect"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Errors of [Start] about the global TracerProvider. Find them with errors.Is.
var (
	// ErrProviderInstalled: the application has installed its own TracerProvider.
	// It stays, and spans reach the destinations once SpanProcessor is added to it.
	ErrProviderInstalled = errors.New("the application has installed its own TracerProvider: " +
		"add SpanProcessor() to it, otherwise no span reaches the destinations")
	// ErrStarted: an earlier Start has not been shut down, and its TracerProvider
	// stays the global one. Client works and uses the provider of this Start.
	ErrStarted = errors.New("an earlier Start is still running and its TracerProvider stays the global one: " +
		"shut it down first, or use WithoutGlobalProvider")
)

// seat is where OpenTelemetry keeps the global provider of one signal.
type seat[P any] struct {
	get func() P
	set func(P)

	mu       sync.Mutex
	holder   *Instrumentation // whose provider was installed last
	provider any              // that provider, a pointer
}

var (
	tracerSeat = seat[trace.TracerProvider]{get: otel.GetTracerProvider, set: otel.SetTracerProvider}
	meterSeat  = seat[metric.MeterProvider]{get: otel.GetMeterProvider, set: otel.SetMeterProvider}
	loggerSeat = seat[log.LoggerProvider]{get: otel.GetLoggerProvider, set: otel.SetLoggerProvider}
)

// take makes p, of i, the global provider if that place is free: nobody has taken
// it, or an Instrumentation that has ended.
func (s *seat[P]) take(i *Instrumentation, p P) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.taken(); err != nil {
		return err
	}
	s.set(p)
	s.holder, s.provider = i, p
	return nil
}

// ofApplication reports whether the application has installed a provider of its own.
func (s *seat[P]) ofApplication() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Is(s.taken(), ErrProviderInstalled)
}

func (s *seat[P]) taken() error {
	current := any(s.get())
	switch {
	case isDefault(current):
	case s.holder == nil || current != s.provider: // of another type, a provider may not be comparable, and is not compared
		return ErrProviderInstalled
	case !s.holder.ended.Load():
		return ErrStarted
	}
	return nil
}

// isDefault reports whether p is a provider that package otel starts with,
// which forwards to the first one installed. The types are internal to otel and
// have no other mark. To note the providers when this package is initialised would
// not do: another package may have installed its own by then.
func isDefault(p any) bool {
	t := reflect.TypeOf(p)
	return t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "go.opentelemetry.io/otel/internal/global"
}
