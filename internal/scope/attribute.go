// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// Attribute is something that the context carries onto every span below it.
// The functions of package instrumentation, and of the destinations for what
// only one of them knows, make them. The zero value carries nothing.
type Attribute struct{ kvs []attribute.KeyValue }

// NewAttribute returns an Attribute that carries kvs. What has no key or an
// empty value is left out: it says nothing, and would hide an outer value.
func NewAttribute(kvs ...attribute.KeyValue) Attribute {
	var a Attribute
	for _, kv := range kvs {
		if kv.Valid() && !empty(kv.Value) {
			a.kvs = append(a.kvs, clean(kv))
		}
	}
	return a
}

func empty(v attribute.Value) bool {
	switch v.Type() {
	case attribute.STRING:
		return v.AsString() == ""
	case attribute.STRINGSLICE:
		return len(v.AsStringSlice()) == 0
	}
	return false
}

// clean makes strings valid UTF-8: one that is not would make an exporter
// refuse a whole batch.
func clean(kv attribute.KeyValue) attribute.KeyValue {
	kv.Key = attribute.Key(valid(string(kv.Key)))
	switch kv.Value.Type() {
	case attribute.STRING:
		kv.Value = attribute.StringValue(valid(kv.Value.AsString()))
	case attribute.STRINGSLICE:
		all := kv.Value.AsStringSlice() // a copy
		for i := range all {
			all[i] = valid(all[i])
		}
		kv.Value = attribute.StringSliceValue(all)
	}
	return kv
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// Merge returns outer with inner over it: inner wins for each key, and tags
// are united. It never changes outer or inner.
func Merge(outer, inner []attribute.KeyValue) []attribute.KeyValue {
	merged := slices.Clone(outer)
	for _, kv := range inner {
		i := Find(merged, kv.Key)
		switch {
		case i < 0:
			merged = append(merged, kv)
		case kv.Key == semconv.TagsKey:
			merged[i].Value = UniteTags(merged[i].Value, kv.Value)
		default:
			merged[i].Value = kv.Value
		}
	}
	return slices.Clip(merged)
}

// UniteTags returns the tags of a, then those of b that are not among them.
func UniteTags(a, b attribute.Value) attribute.Value {
	all := slices.Clone(a.AsStringSlice())
	for _, tag := range b.AsStringSlice() {
		if !slices.Contains(all, tag) {
			all = append(all, tag)
		}
	}
	return attribute.StringSliceValue(all)
}

// Find returns the index of key, or -1.
func Find(kvs []attribute.KeyValue, key attribute.Key) int {
	return slices.IndexFunc(kvs, func(kv attribute.KeyValue) bool { return kv.Key == key })
}

// KeyValues returns what the attributes carry, later ones over earlier ones.
func KeyValues(attrs []Attribute) []attribute.KeyValue {
	var all []attribute.KeyValue
	for _, a := range attrs {
		all = Merge(all, a.kvs)
	}
	return all
}

// With returns a context that carries attrs over what ctx carries.
func With(ctx context.Context, attrs ...Attribute) context.Context {
	return WithKeyValues(ctx, KeyValues(attrs))
}

// WithKeyValues is [With] for attributes that are merged already.
func WithKeyValues(ctx context.Context, kvs []attribute.KeyValue) context.Context {
	if len(kvs) == 0 {
		return ctx
	}
	v := of(ctx)
	v.propagated = Merge(v.propagated, kvs)
	return v.in(ctx)
}

// Attributes returns what ctx carries. The slice is shared and must not be
// changed. It costs one look into the context.
func Attributes(ctx context.Context) []attribute.KeyValue {
	if v := get(ctx); v != nil {
		return v.propagated
	}
	return nil
}

// SpanAttributes returns what a span that starts in ctx is to carry: that of
// [Attributes], and where it stands among the observations. The slice is shared
// and must not be changed.
func SpanAttributes(ctx context.Context) []attribute.KeyValue {
	if v := get(ctx); v != nil {
		return v.all
	}
	return nil
}
