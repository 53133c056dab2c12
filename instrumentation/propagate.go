// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/semconv"
)

// Attribute is something that [Propagate] carries onto spans: [UserID],
// [SessionID] and the others. An Attribute whose value is empty does nothing.
type Attribute = scope.Attribute

// Propagate returns a context that carries attrs onto every span started with
// it or below it: observations, calls to models, and, where [Start] or
// [Instrumentation.SpanProcessor] is in charge, any other span. They are also
// set on the span that ctx has already.
//
// What a span was given itself counts more than what its context carries, an
// inner Propagate more than an outer one, key by key, and both more than
// [WithDefaults]. Tags of inner and outer are united. Nothing is sent to other
// services.
func Propagate(ctx context.Context, attrs ...Attribute) context.Context {
	inner := scope.With(ctx, attrs...)
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(changed(ctx, inner, span)...)
	}
	return inner
}

// changed is what inner carries otherwise than outer, without what the span was
// given itself.
func changed(outer, inner context.Context, span trace.Span) []attribute.KeyValue {
	own := map[attribute.Key]attribute.Value{}
	if s, ok := span.(sdktrace.ReadOnlySpan); ok {
		for _, kv := range s.Attributes() {
			own[kv.Key] = kv.Value
		}
	}
	var kvs []attribute.KeyValue
	for _, kv := range scope.Attributes(inner) {
		before, carried := scope.Value(outer, kv.Key)
		has, found := own[kv.Key]
		if !found || carried && reflect.DeepEqual(has.AsInterface(), before.AsInterface()) {
			kvs = append(kvs, kv)
		}
	}
	return kvs
}

// UserID is the user on whose behalf the application works.
func UserID(id string) Attribute { return text(semconv.UserIDKey, id) }

// SessionID is the session of the user.
func SessionID(id string) Attribute { return text(semconv.SessionIDKey, id) }

// ThreadID is the conversation that calls belong to.
func ThreadID(id string) Attribute { return text(semconv.GenAIConversationIDKey, id) }

// TraceName is what the trace is to be called, whatever its first span is.
func TraceName(name string) Attribute { return text(semconv.TraceNameKey, name) }

// Environment is where the application runs, for example "production".
func Environment(name string) Attribute { return text(semconv.EnvironmentKey, name) }

// Release is the release of the application.
func Release(name string) Attribute { return text(semconv.ReleaseKey, name) }

// Tags are labels of the trace.
func Tags(tags ...string) Attribute {
	if len(tags) == 0 {
		return Attribute{}
	}
	return scope.NewAttribute(semconv.TagsKey.StringSlice(tags))
}

// Metadata is a value of the application's own. Strings, numbers and booleans
// stay what they are; anything else becomes JSON.
func Metadata(key string, value any) Attribute {
	if key == "" {
		return Attribute{}
	}
	return scope.NewAttribute(metadata(semconv.MetadataPrefix+key, value))
}

// Prompt is the managed prompt that calls are made from. Both are needed: a
// version below 1 does nothing.
func Prompt(name string, version int) Attribute {
	if name == "" || version < 1 {
		return Attribute{}
	}
	return scope.NewAttribute(semconv.PromptNameKey.String(name), semconv.PromptVersionKey.Int(version))
}

func text(key attribute.Key, value string) Attribute {
	if value == "" {
		return Attribute{}
	}
	return scope.NewAttribute(key.String(value))
}

// metadata is a value as attributes can have it.
func metadata(key string, value any) attribute.KeyValue {
	k := attribute.Key(key)
	switch v := value.(type) {
	case string:
		return k.String(v)
	case bool:
		return k.Bool(v)
	case int:
		return k.Int(v)
	case int64:
		return k.Int64(v)
	case float64:
		return k.Float64(v)
	}
	encoded, err := marshal(value)
	if err != nil {
		return k.String(fmt.Sprintf("%T cannot be written as JSON", value))
	}
	return k.String(string(encoded))
}

// marshal is json.Marshal for values that the application made: a method of one
// may panic.
func marshal(value any) (encoded []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%T panicked", value)
		}
	}()
	return json.Marshal(value)
}

// carrier puts what the context carries, and the defaults, onto every span
// that starts, unless the span has it already. It comes before the
// destinations, whose filters look at what a span starts with.
type carrier struct {
	sdktrace.SpanProcessor // the next
	defaults               []attribute.KeyValue
}

func (c *carrier) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	carried := scope.Attributes(ctx)
	if len(carried) > 0 || len(c.defaults) > 0 {
		has := map[attribute.Key]bool{}
		for _, kv := range s.Attributes() {
			has[kv.Key] = true
		}
		var missing []attribute.KeyValue
		for _, kvs := range [][]attribute.KeyValue{carried, c.defaults} {
			for _, kv := range kvs {
				if !has[kv.Key] {
					has[kv.Key] = true
					missing = append(missing, kv)
				}
			}
		}
		s.SetAttributes(missing...)
	}
	c.SpanProcessor.OnStart(ctx, s)
}
