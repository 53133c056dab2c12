// SPDX-License-Identifier: Apache-2.0

package main

// Plain GenAI spans for the OpenTelemetry Collector, or for any other backend that
// takes OTLP over HTTP. Langfuse's cookbook and Respan's page have no such section.
//
// The spans have the names of OpenTelemetry's GenAI conventions, and nothing that
// is meant for one product. They have no prompts and no replies, which would
// otherwise reach whatever the collector sends to; Content below changes that.
//
// For spans that must survive a restart or a long outage, give the collector's own
// exporter a sending queue on disk, as examples/collector does. The queue in this
// process is in memory and bounded.

import (
	"context"
	"fmt"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
)

// collector is the destination. With an empty endpoint the variables of
// OpenTelemetry decide, OTEL_EXPORTER_OTLP_ENDPOINT and the others, and without
// them it is http://localhost:4318/v1/traces. instrumentation.Start does the same
// by itself when it is given no destination and finds no other in the environment.
func collector(endpoint string) (destination.Destination, error) {
	return otlp.New(otlp.Config{
		Name:        "collector", // in errors and in Stats
		Endpoint:    endpoint,    // the full URL, such as http://localhost:4318/v1/traces
		Compression: otlp.Gzip,
		Content:     false,
	})
}

// check tells before the first span whether the collector takes spans. A program
// need not stop when it does not: spans wait, are sent again for a while, and are
// counted when they are lost.
func check(ctx context.Context, inst *instrumentation.Instrumentation) error {
	if err := inst.Check(ctx); err != nil {
		return fmt.Errorf("traces will be missing: %w", err)
	}
	return nil
}
