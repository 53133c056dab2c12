// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// running are the Instrumentations that have not been shut down, in the order of
// their starts.
var running struct {
	sync.Mutex
	all []*Instrumentation
}

// last is whose business it is what belongs to no Instrumentation: of those that
// run the one that was started last, else the one that ended last, whose rules for
// content go on. It is nil before any Start, and never again.
var last atomic.Pointer[Instrumentation]

// owners finds the running Instrumentation that made a *sdktrace.TracerProvider.
var owners sync.Map

func (i *Instrumentation) enter() {
	owners.Store(i.provider, i)
	running.Lock()
	defer running.Unlock()
	running.all = append(running.all, i)
	last.Store(i)
}

func (i *Instrumentation) leave() {
	owners.Delete(i.provider)
	running.Lock()
	defer running.Unlock()
	running.all = slices.DeleteFunc(running.all, func(other *Instrumentation) bool { return other == i })
	if n := len(running.all); n > 0 {
		last.Store(running.all[n-1])
	}
}

// responsible returns the Instrumentation that observations in ctx belong to:
// that of the span in ctx, else [last].
func responsible(ctx context.Context) *Instrumentation {
	if provider, ok := trace.SpanFromContext(ctx).TracerProvider().(*sdktrace.TracerProvider); ok {
		if i, ok := owners.Load(provider); ok {
			return i.(*Instrumentation)
		}
	}
	return last.Load()
}

// noProvider is the type of provider of a context without a span, or with one
// of another process.
var noProvider = reflect.TypeOf(trace.SpanFromContext(context.Background()).TracerProvider())

// providerFor returns the provider of the span in ctx, so that an observation
// goes where the span around it goes, else that of i while i runs, else the
// global one.
func (i *Instrumentation) providerFor(ctx context.Context) trace.TracerProvider {
	if provider := trace.SpanFromContext(ctx).TracerProvider(); reflect.TypeOf(provider) != noProvider {
		return provider
	}
	if i.ended.Load() {
		return otel.GetTracerProvider()
	}
	return i.TracerProvider()
}
