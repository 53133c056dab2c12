// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/semconv"
)

// enricher puts what the context carries onto spans as they start. It stands in
// front of the destinations, whose filters look at what a span starts with.
type enricher struct {
	defaults []attribute.KeyValue
	baggage  bool
}

var _ sdktrace.SpanProcessor = enricher{}

func (e enricher) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	carried, base := scope.SpanAttributes(ctx), e.base(ctx)
	if len(carried) == 0 && len(base) == 0 {
		return
	}
	wanted := carried
	if len(base) > 0 {
		wanted = scope.Merge(base, carried)
	}
	has := s.Attributes()
	var missing []attribute.KeyValue
	for _, kv := range wanted {
		i := scope.Find(has, kv.Key)
		if i < 0 || sameTags(has[i], carried) && has[i].Value.String() != kv.Value.String() {
			missing = append(missing, kv)
		}
	}
	if len(missing) > 0 {
		s.SetAttributes(missing...)
	}
}

// base is what every span gets for which nothing else is said.
func (e enricher) base(ctx context.Context) []attribute.KeyValue {
	if e.baggage {
		if received := fromBaggage(ctx); len(received) > 0 {
			return scope.Merge(e.defaults, received)
		}
	}
	return e.defaults
}

// sameTags tells that the tags of a span are those that the context carries: a
// model call takes them from there by itself, and does not know the defaults.
func sameTags(has attribute.KeyValue, carried []attribute.KeyValue) bool {
	if has.Key != semconv.TagsKey {
		return false
	}
	i := scope.Find(carried, semconv.TagsKey)
	return i >= 0 && slices.Equal(carried[i].Value.AsStringSlice(), has.Value.AsStringSlice())
}

func (enricher) OnEnd(sdktrace.ReadOnlySpan)      {}
func (enricher) ForceFlush(context.Context) error { return nil }
func (enricher) Shutdown(context.Context) error   { return nil }
