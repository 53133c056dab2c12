// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"encoding/binary"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// keep says which spans Langfuse gets. The share is decided by the trace id in
// the way of the SDK's TraceIDRatioBased: all spans of a trace, also those of
// other processes with the same rate, share one fate.
func keep(rate float64, allSpans bool) func(sdktrace.ReadOnlySpan) bool {
	switch {
	case rate >= 1 && allSpans:
		return nil
	case rate >= 1:
		return destination.OnlyObservations
	}
	limit := uint64(rate * (1 << 63))
	return func(s sdktrace.ReadOnlySpan) bool {
		id := s.SpanContext().TraceID()
		if binary.BigEndian.Uint64(id[8:])>>1 >= limit {
			return false
		}
		return allSpans || destination.OnlyObservations(s)
	}
}
