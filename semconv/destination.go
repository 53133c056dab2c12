// SPDX-License-Identifier: Apache-2.0

package semconv

import "go.opentelemetry.io/otel/attribute"

const ownDestinations = "semconv/destination.go"

// Metrics of the export itself: counters with [DestinationNameKey], and those of
// what was dropped with [DropReasonKey], too.
const (
	MetricSpansExported     = "otelmistral.destination.spans.exported"      // spans that the backend confirmed
	MetricSpansDropped      = "otelmistral.destination.spans.dropped"       // spans that did not reach it
	MetricLogRecordsDropped = "otelmistral.destination.log_records.dropped" // log records that did not reach it
)

// Units of these metrics.
const (
	UnitSpans      = "{span}"
	UnitLogRecords = "{log_record}"
)

// Keys of these metrics.
const (
	// DestinationNameKey is the name of a destination, as in errors and counts.
	//
	// Defined by this project, see [Attributes].
	DestinationNameKey = attribute.Key("otelmistral.destination.name")

	// DropReasonKey is why something was dropped: a Reason of package
	// instrumentation/destination.
	//
	// Defined by this project, see [Attributes].
	DropReasonKey = attribute.Key("otelmistral.drop.reason")
)

// destinations is the part of the table for these keys.
var destinations = [...]Attribute{
	{DestinationNameKey, TypeString, "", false, ownDestinations, "Name of a destination, on metrics"},
	{DropReasonKey, TypeString, "", false, ownDestinations, "Why something was dropped, on metrics"},
}
