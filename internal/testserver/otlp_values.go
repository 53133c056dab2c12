// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"go.opentelemetry.io/otel/attribute"
)

// value decodes an attribute value of any type. OTLP has one kind of array, so
// an array of one simple type becomes a slice of that type, an empty one a
// slice of strings, and a mixed one a slice of values.
func value(v *commonpb.AnyValue) attribute.Value {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return attribute.StringValue(v.StringValue)
	case *commonpb.AnyValue_BoolValue:
		return attribute.BoolValue(v.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return attribute.Int64Value(v.IntValue)
	case *commonpb.AnyValue_DoubleValue:
		return attribute.Float64Value(v.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		return attribute.ByteSliceValue(v.BytesValue)
	case *commonpb.AnyValue_KvlistValue:
		return attribute.MapValue(attributes(v.KvlistValue.GetValues())...)
	case *commonpb.AnyValue_ArrayValue:
		return array(v.ArrayValue.GetValues())
	default:
		return attribute.Value{}
	}
}

func array(elements []*commonpb.AnyValue) attribute.Value {
	values := make([]attribute.Value, len(elements))
	for i, element := range elements {
		values[i] = value(element)
	}
	switch commonType(values) {
	case attribute.STRING:
		return attribute.StringSliceValue(collect(values, attribute.Value.AsString))
	case attribute.BOOL:
		return attribute.BoolSliceValue(collect(values, attribute.Value.AsBool))
	case attribute.INT64:
		return attribute.Int64SliceValue(collect(values, attribute.Value.AsInt64))
	case attribute.FLOAT64:
		return attribute.Float64SliceValue(collect(values, attribute.Value.AsFloat64))
	default:
		return attribute.SliceValue(values...)
	}
}

// commonType returns the type that all values have, or EMPTY.
func commonType(values []attribute.Value) attribute.Type {
	if len(values) == 0 {
		return attribute.STRING
	}
	for _, v := range values {
		if v.Type() != values[0].Type() {
			return attribute.EMPTY
		}
	}
	return values[0].Type()
}

func collect[T any](values []attribute.Value, get func(attribute.Value) T) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = get(v)
	}
	return out
}
