// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// stubs turns the spans of one request into stubs, in the order of the request.
// A span without valid ids is an error, as backends refuse it.
func stubs(all []*tracepb.ResourceSpans) (tracetest.SpanStubs, error) {
	var out tracetest.SpanStubs
	for _, resourceSpans := range all {
		res := resource.NewWithAttributes(resourceSpans.GetSchemaUrl(), attributes(resourceSpans.GetResource().GetAttributes())...)
		for _, scopeSpans := range resourceSpans.GetScopeSpans() {
			scope := instrumentation.Scope{
				Name:       scopeSpans.GetScope().GetName(),
				Version:    scopeSpans.GetScope().GetVersion(),
				SchemaURL:  scopeSpans.GetSchemaUrl(),
				Attributes: attribute.NewSet(attributes(scopeSpans.GetScope().GetAttributes())...),
			}
			for _, span := range scopeSpans.GetSpans() {
				stub, err := spanStub(span)
				if err != nil {
					return nil, fmt.Errorf("span %q: %w", span.GetName(), err)
				}
				stub.Resource, stub.InstrumentationScope = res, scope
				// By way of a snapshot, so that the deprecated twin of the
				// scope is filled as the SDK fills it.
				out = append(out, tracetest.SpanStubFromReadOnlySpan(stub.Snapshot()))
			}
		}
	}
	return out, nil
}

func spanStub(span *tracepb.Span) (tracetest.SpanStub, error) {
	own, err := spanContext(span.GetTraceId(), span.GetSpanId(), span.GetFlags(), span.GetTraceState())
	if err != nil {
		return tracetest.SpanStub{}, err
	}
	var parent trace.SpanContext
	if id := span.GetParentSpanId(); len(id) > 0 {
		parentID, err := spanID(id)
		if err != nil {
			return tracetest.SpanStub{}, fmt.Errorf("parent: %w", err)
		}
		parent = trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: own.TraceID(),
			SpanID:  parentID,
			Remote:  isRemote(span.GetFlags()),
		})
	}

	stub := tracetest.SpanStub{
		Name:              span.GetName(),
		SpanContext:       own,
		Parent:            parent,
		SpanKind:          spanKinds[span.GetKind()],
		StartTime:         timeOf(span.GetStartTimeUnixNano()),
		EndTime:           timeOf(span.GetEndTimeUnixNano()),
		Attributes:        attributes(span.GetAttributes()),
		Status:            sdktrace.Status{Code: statusCodes[span.GetStatus().GetCode()], Description: span.GetStatus().GetMessage()},
		DroppedAttributes: int(span.GetDroppedAttributesCount()),
		DroppedEvents:     int(span.GetDroppedEventsCount()),
		DroppedLinks:      int(span.GetDroppedLinksCount()),
	}
	for _, event := range span.GetEvents() {
		stub.Events = append(stub.Events, sdktrace.Event{
			Name:                  event.GetName(),
			Attributes:            attributes(event.GetAttributes()),
			DroppedAttributeCount: int(event.GetDroppedAttributesCount()),
			Time:                  timeOf(event.GetTimeUnixNano()),
		})
	}
	for _, link := range span.GetLinks() {
		target, err := spanContext(link.GetTraceId(), link.GetSpanId(), link.GetFlags(), link.GetTraceState())
		if err != nil {
			return tracetest.SpanStub{}, fmt.Errorf("link: %w", err)
		}
		stub.Links = append(stub.Links, sdktrace.Link{
			SpanContext:           target.WithRemote(isRemote(link.GetFlags())),
			Attributes:            attributes(link.GetAttributes()),
			DroppedAttributeCount: int(link.GetDroppedAttributesCount()),
		})
	}
	return stub, nil
}

var spanKinds = map[tracepb.Span_SpanKind]trace.SpanKind{
	tracepb.Span_SPAN_KIND_INTERNAL: trace.SpanKindInternal,
	tracepb.Span_SPAN_KIND_SERVER:   trace.SpanKindServer,
	tracepb.Span_SPAN_KIND_CLIENT:   trace.SpanKindClient,
	tracepb.Span_SPAN_KIND_PRODUCER: trace.SpanKindProducer,
	tracepb.Span_SPAN_KIND_CONSUMER: trace.SpanKindConsumer,
}

var statusCodes = map[tracepb.Status_StatusCode]codes.Code{
	tracepb.Status_STATUS_CODE_OK:    codes.Ok,
	tracepb.Status_STATUS_CODE_ERROR: codes.Error,
}

func timeOf(nanos uint64) time.Time {
	return time.Unix(0, int64(nanos)).UTC() // in range until the year 2262
}

func isRemote(flags uint32) bool {
	return flags&uint32(tracepb.SpanFlags_SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK) != 0
}

func spanContext(traceBytes, spanBytes []byte, flags uint32, state string) (trace.SpanContext, error) {
	tid, err := traceID(traceBytes)
	if err != nil {
		return trace.SpanContext{}, err
	}
	sid, err := spanID(spanBytes)
	if err != nil {
		return trace.SpanContext{}, err
	}
	traceState, err := trace.ParseTraceState(state)
	if err != nil {
		return trace.SpanContext{}, err
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    tid,
		SpanID:     sid,
		TraceFlags: trace.TraceFlags(flags & uint32(tracepb.SpanFlags_SPAN_FLAGS_TRACE_FLAGS_MASK)),
		TraceState: traceState,
	}), nil
}

func traceID(b []byte) (id trace.TraceID, err error) {
	if copy(id[:], b); len(b) != len(id) || !id.IsValid() {
		return id, fmt.Errorf("%x is not a trace id", b)
	}
	return id, nil
}

func spanID(b []byte) (id trace.SpanID, err error) {
	if copy(id[:], b); len(b) != len(id) || !id.IsValid() {
		return id, fmt.Errorf("%x is not a span id", b)
	}
	return id, nil
}

func attributes(pairs []*commonpb.KeyValue) []attribute.KeyValue {
	if len(pairs) == 0 {
		return nil
	}
	out := make([]attribute.KeyValue, len(pairs))
	for i, pair := range pairs {
		out[i] = attribute.KeyValue{Key: attribute.Key(pair.GetKey()), Value: value(pair.GetValue())}
	}
	return out
}
