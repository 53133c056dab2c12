// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// OnlyObservations is a [Destination] Keep for backends that show model calls
// and observations and nothing else of a process.
func OnlyObservations(s sdktrace.ReadOnlySpan) bool {
	for _, a := range s.Attributes() {
		if a.Key == semconv.GenAIOperationNameKey || a.Key == semconv.ObservationTypeKey {
			return true
		}
	}
	return false
}

// WithAttributes returns s with other attributes. The slice belongs to the
// span from then on.
func WithAttributes(s sdktrace.ReadOnlySpan, attrs []attribute.KeyValue) sdktrace.ReadOnlySpan {
	return withAttributes{s, attrs}
}

type withAttributes struct {
	sdktrace.ReadOnlySpan
	attributes []attribute.KeyValue
}

func (s withAttributes) Attributes() []attribute.KeyValue { return s.attributes }
