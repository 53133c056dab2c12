// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	spanSize      = 256 // ids, times, kind, status code, headers of slices
	attributeSize = 16  // type and framing of one attribute
	wordSize      = 8
)

// sizeOf estimates what a span keeps in memory and takes on the wire. It reads
// lengths only, so it costs one step per attribute, not per byte.
func sizeOf(s sdktrace.ReadOnlySpan) int64 {
	n := spanSize + len(s.Name()) + len(s.Status().Description) + attributesSize(s.Attributes())
	for _, e := range s.Events() {
		n += attributeSize + len(e.Name) + attributesSize(e.Attributes)
	}
	for _, l := range s.Links() {
		n += attributeSize + attributesSize(l.Attributes)
	}
	return int64(n)
}

func attributesSize(kvs []attribute.KeyValue) int {
	n := 0
	for _, kv := range kvs {
		n += attributeSize + len(kv.Key) + valueSize(kv.Value)
	}
	return n
}

func valueSize(v attribute.Value) int {
	switch v.Type() {
	case attribute.STRING:
		return len(v.AsString())
	case attribute.STRINGSLICE:
		n := 0
		for _, s := range v.AsStringSlice() {
			n += attributeSize + len(s)
		}
		return n
	case attribute.SLICE:
		n := 0
		for _, element := range v.AsSlice() {
			n += attributeSize + valueSize(element)
		}
		return n
	case attribute.MAP:
		return attributesSize(v.AsMap())
	case attribute.EMPTY, attribute.BOOL, attribute.INT64, attribute.FLOAT64:
		return wordSize
	default: // other slices are rare: their text is as long as they are
		return len(v.String())
	}
}
