// SPDX-License-Identifier: Apache-2.0

package destination_test

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// Any exporter of OpenTelemetry can be a destination: it gets a queue of its own,
// and what Stats tells of it.
func ExampleDestination() {
	own := destination.Destination{
		Name: "own",
		Keep: destination.OnlyObservations,
		NewExporter: func(context.Context) (sdktrace.SpanExporter, error) {
			return tracetest.NewNoopExporter(), nil // or one of your own
		},
	}
	inst, err := instrumentation.Start(context.Background(),
		instrumentation.WithDestination(own), instrumentation.WithoutGlobalProvider()) // most programs leave the latter out
	if err != nil {
		fmt.Println(err)
	}
	_, o := instrumentation.StartObservation(context.Background(), "greet")
	o.End(nil)
	fmt.Println(inst.Shutdown(context.Background()))
	fmt.Println(inst.Stats().Destinations[0].Exported)
	// Output:
	// <nil>
	// 1
}
