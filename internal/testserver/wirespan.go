// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"encoding/json"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// WireSpan is one span as OTLP has it: an empty list is not an absent attribute,
// and "1" is not 1. Do not change what it points to.
type WireSpan struct {
	*tracepb.Span
	Resource *resourcepb.Resource
	Scope    *commonpb.InstrumentationScope
}

// Attribute returns the value of an attribute of the span; nil if it has none
// with that key.
func (s WireSpan) Attribute(key string) *commonpb.AnyValue {
	return valueOf(s.GetAttributes(), key)
}

// ResourceAttribute returns the value of an attribute of the resource; nil if
// there is none with that key.
func (s WireSpan) ResourceAttribute(key string) *commonpb.AnyValue {
	return valueOf(s.Resource.GetAttributes(), key)
}

// JSON returns an attribute of the span in the form that OTLP's JSON gives it,
// without white space: {"stringValue":"a"}, {"intValue":"1"}, {"boolValue":true},
// {"arrayValue":{}}. It is "" for an absent attribute.
func (s WireSpan) JSON(key string) string { return asJSON(s.Attribute(key)) }

// Text returns an attribute of the span if it is a string on the wire, else "".
func (s WireSpan) Text(key string) string { return s.Attribute(key).GetStringValue() }

// Keys returns the keys of the attributes of the span as sent, duplicates
// included.
func (s WireSpan) Keys() []string {
	var keys []string
	for _, pair := range s.GetAttributes() {
		keys = append(keys, pair.GetKey())
	}
	return keys
}

func valueOf(pairs []*commonpb.KeyValue, key string) *commonpb.AnyValue {
	for _, pair := range pairs {
		if pair.GetKey() == key {
			if pair.GetValue() == nil {
				return &commonpb.AnyValue{}
			}
			return pair.GetValue()
		}
	}
	return nil
}

func asJSON(v *commonpb.AnyValue) string {
	if v == nil {
		return ""
	}
	spaced, err := protojson.Marshal(v)
	if err != nil {
		return "!" + err.Error() // a string that is not UTF-8
	}
	var b bytes.Buffer
	if err := json.Compact(&b, spaced); err != nil {
		return "!" + err.Error()
	}
	return b.String()
}

// wireSpans lists the spans of one request in its order.
func wireSpans(all []*tracepb.ResourceSpans) []WireSpan {
	var out []WireSpan
	for _, resourceSpans := range all {
		for _, scopeSpans := range resourceSpans.GetScopeSpans() {
			for _, span := range scopeSpans.GetSpans() {
				out = append(out, WireSpan{span, resourceSpans.GetResource(), scopeSpans.GetScope()})
			}
		}
	}
	return out
}
