// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/semconv"
)

// Attribute is what [Propagate] and [WithDefaults] put onto spans. The functions
// of this package make them, and those of the destinations for what only one of
// them knows, such as respan.CustomerEmail. An empty value carries nothing.
type Attribute = scope.Attribute

// UserID is the user on whose behalf the application works: user.id.
func UserID(id string) Attribute { return scope.NewAttribute(semconv.UserIDKey.String(id)) }

// SessionID is the session of the user: session.id.
func SessionID(id string) Attribute { return scope.NewAttribute(semconv.SessionIDKey.String(id)) }

// ThreadID is the thread of messages: gen_ai.conversation.id.
func ThreadID(id string) Attribute {
	return scope.NewAttribute(semconv.GenAIConversationIDKey.String(id))
}

// TraceName is what the trace is to be called.
func TraceName(name string) Attribute { return scope.NewAttribute(semconv.TraceNameKey.String(name)) }

// Tags are labels of the trace. They add to the tags that are already there.
func Tags(tags ...string) Attribute { return scope.NewAttribute(semconv.TagsKey.StringSlice(tags)) }

// Metadata is a value of the application's own. It is recorded whether content is
// or not, on every span below, so it had better be short.
//
// Texts, numbers and booleans are kept as they are, of named types too. Anything
// else is kept as encoding/json writes it, in a string; what that writes as one
// text or number, such as a time.Time, counts as such. Nil carries nothing. An
// integer that int64 does not hold is a text, and so are NaN and the infinities.
// What has no JSON, such as a channel, is recorded as its type. Beyond 8 KiB a value
// is cut, with a note on how much.
//
// Langfuse gets each value as metadata of the trace, where all are texts; Respan
// gets one JSON object with each value in its JSON type.
func Metadata(key string, value any) Attribute {
	if key == "" {
		return Attribute{}
	}
	return scope.NewAttribute(attribute.KeyValue{
		Key: attribute.Key(semconv.MetadataPrefix + key), Value: scope.Value(value),
	})
}

// Environment is where the application runs, for example "production".
func Environment(name string) Attribute {
	return scope.NewAttribute(semconv.EnvironmentKey.String(name))
}

// Release is the release of the application, for example "v1.4.2".
func Release(version string) Attribute { return scope.NewAttribute(semconv.ReleaseKey.String(version)) }

// Prompt is the managed prompt that calls are made from. A version below 1 is
// left out.
func Prompt(name string, version int) Attribute {
	if name == "" {
		return Attribute{}
	}
	if version < 1 {
		return scope.NewAttribute(semconv.PromptNameKey.String(name))
	}
	return scope.NewAttribute(semconv.PromptNameKey.String(name), semconv.PromptVersionKey.Int(version))
}

// Propagate returns a context that carries attrs onto every span that starts in
// it, model calls and spans of other instrumentations included. They are set on
// the span that is already in ctx, too, over those of an earlier Propagate.
//
// What ctx carries already stays, unless attrs say otherwise: the inner value
// wins, for metadata key by key; tags are united. A span gets an attribute from
// the first of:
//
//  1. the attributes that the span was given itself
//  2. the innermost Propagate, then the outer ones
//  3. the baggage of another service, with [WithBaggage]
//  4. [WithDefaults]
//
// Model calls need nothing but the context of their request. Other spans get
// their attributes from the TracerProvider of [Start], or from one that
// [Instrumentation.SpanProcessor] was added to.
func Propagate(ctx context.Context, attrs ...Attribute) context.Context {
	kvs := scope.KeyValues(attrs)
	if len(kvs) == 0 {
		return ctx
	}
	inner := scope.WithKeyValues(ctx, kvs)
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		changes := changed(ctx, span, kvs, scope.Attributes(inner))
		span.SetAttributes(changes...)
		placed.add(span.SpanContext(), changes)
	}
	if i := last.Load(); i != nil && i.enricher.baggage {
		inner = intoBaggage(inner)
	}
	return inner
}

// changed is what of inner the span of ctx gets, for kvs have come to what ctx
// carries: what it does not have, and what it has from ctx, by default or from an
// earlier Propagate. What it was given itself stays.
func changed(ctx context.Context, span trace.Span, kvs, inner []attribute.KeyValue) []attribute.KeyValue {
	var has, base []attribute.KeyValue
	if s, ok := span.(sdktrace.ReadOnlySpan); ok {
		has = s.Attributes()
	}
	if i := responsible(ctx); i != nil {
		base = i.enricher.base(ctx)
	}
	outer := scope.Attributes(ctx)
	var changes []attribute.KeyValue
	for _, kv := range inner {
		own, given := scope.Find(has, kv.Key), scope.Find(kvs, kv.Key) >= 0
		switch {
		case own < 0:
			changes = append(changes, kv)
		case kv.Key == semconv.TagsKey: // add up, wherever they come from
			changes = append(changes, attribute.KeyValue{Key: kv.Key, Value: scope.UniteTags(has[own].Value, kv.Value)})
		case among(outer, has[own]), among(base, has[own]), given && placed.has(span.SpanContext(), has[own]):
			changes = append(changes, kv)
		}
	}
	return changes
}

// among tells whether kv is one of kvs.
func among(kvs []attribute.KeyValue, kv attribute.KeyValue) bool {
	i := scope.Find(kvs, kv.Key)
	return i >= 0 && distinct(kvs[i]) == distinct(kv)
}
