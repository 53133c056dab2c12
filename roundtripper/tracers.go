// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"reflect"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// ScopeName is the name of the instrumentation scope of the spans.
const ScopeName = "github.com/otelmistral/otelmistral/roundtripper"

// tracers keeps the tracer of the provider that was used last: asking a
// provider for one takes a lock and allocates.
type tracers struct {
	provider trace.TracerProvider // nil: the global one, as it is at each call
	last     atomic.Pointer[providerTracer]
}

type providerTracer struct {
	provider trace.TracerProvider
	tracer   trace.Tracer
}

func (t *tracers) get() trace.Tracer {
	provider := t.provider
	if provider == nil {
		provider = otel.GetTracerProvider()
	}
	if last := t.last.Load(); last != nil && last.provider == provider {
		return last.tracer
	}
	tracer := provider.Tracer(ScopeName,
		trace.WithInstrumentationVersion(Version),
		trace.WithSchemaURL(semconv.SchemaURL))
	if reflect.ValueOf(provider).Comparable() {
		t.last.Store(&providerTracer{provider, tracer})
	}
	return tracer
}
