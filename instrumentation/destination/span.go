// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// OnlyObservations is a [Destination] Keep for backends that show model calls
// and observations and nothing else of a process. A call is told by its
// operation, that of the conventions or that of this project, which a span must
// have when it starts.
func OnlyObservations(s sdktrace.ReadOnlySpan) bool {
	for _, a := range s.Attributes() {
		switch a.Key {
		case semconv.GenAIOperationNameKey, semconv.MistralOperationKey, semconv.ObservationTypeKey:
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
