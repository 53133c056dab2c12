// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// Attribute is something that a context carries onto every span below it.
type Attribute struct{ kvs []attribute.KeyValue }

// NewAttribute makes an Attribute of keys of semconv.
func NewAttribute(kvs ...attribute.KeyValue) Attribute { return Attribute{kvs} }

// With returns a context that carries attrs besides those of ctx. Of two values
// for one key the later one counts, and those of attrs come after those of ctx;
// tags are united.
func With(ctx context.Context, attrs ...Attribute) context.Context {
	if len(attrs) == 0 {
		return ctx
	}
	merged := slices.Clone(Attributes(ctx))
	for _, a := range attrs {
		for _, kv := range a.kvs {
			merged = merge(merged, kv)
		}
	}
	return context.WithValue(ctx, attributesKey, slices.Clip(merged))
}

// Attributes returns what ctx carries. The slice must not be changed.
func Attributes(ctx context.Context) []attribute.KeyValue {
	kvs, _ := ctx.Value(attributesKey).([]attribute.KeyValue)
	return kvs
}

// Value returns what ctx carries for a key.
func Value(ctx context.Context, key attribute.Key) (attribute.Value, bool) {
	for _, kv := range Attributes(ctx) {
		if kv.Key == key {
			return kv.Value, true
		}
	}
	return attribute.Value{}, false
}

func merge(kvs []attribute.KeyValue, kv attribute.KeyValue) []attribute.KeyValue {
	if !kv.Valid() {
		return kvs
	}
	i := slices.IndexFunc(kvs, func(other attribute.KeyValue) bool { return other.Key == kv.Key })
	if i < 0 {
		return append(kvs, kv)
	}
	if kv.Key == semconv.TagsKey {
		kv.Value = attribute.StringSliceValue(unite(kvs[i].Value.AsStringSlice(), kv.Value.AsStringSlice()))
	}
	kvs[i] = kv
	return kvs
}

func unite(outer, inner []string) []string {
	all := slices.Clone(outer)
	for _, s := range inner {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
