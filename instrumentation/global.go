// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"errors"
	"reflect"
	"sync"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
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

// installed is the Instrumentation whose provider was installed last.
var installed struct {
	sync.Mutex
	by *Instrumentation
}

// install makes the provider of i the global one, if that place is free: nobody
// has taken it, or an Instrumentation that has ended.
func (i *Instrumentation) install() error {
	installed.Lock()
	defer installed.Unlock()
	current := otel.GetTracerProvider()
	switch holder := installed.by; {
	case isDefault(current):
	case holder == nil || !holder.provides(current):
		return ErrProviderInstalled
	case !holder.ended.Load():
		i.own = true
		return ErrStarted
	}
	otel.SetTracerProvider(i.provider)
	installed.by = i
	return nil
}

func (i *Instrumentation) provides(p trace.TracerProvider) bool {
	provider, ok := p.(*sdktrace.TracerProvider) // any other type may not be comparable
	return ok && provider == i.provider
}

// isDefault reports whether p is the provider that package otel starts with,
// which forwards to the first one installed. The type is internal to otel and has
// no other mark. To note the provider when this package is initialised would not
// do: another package may have installed its own by then.
func isDefault(p trace.TracerProvider) bool {
	t := reflect.TypeOf(p)
	return t.Kind() == reflect.Pointer &&
		t.Elem().PkgPath() == "go.opentelemetry.io/otel/internal/global" &&
		t.Elem().Name() == "tracerProvider"
}
