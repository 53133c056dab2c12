// SPDX-License-Identifier: Apache-2.0

package instrumentation_test

import (
	"context"
	"fmt"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// start sends spans to memory, where the examples look at them.
func start(ctx context.Context) (*instrumentation.Instrumentation, *tracetest.InMemoryExporter) {
	spans := tracetest.NewInMemoryExporter()
	inst, err := instrumentation.Start(ctx,
		instrumentation.WithSpanProcessor(sdktrace.NewSimpleSpanProcessor(spans)),
		instrumentation.WithContentCapture(roundtripper.CaptureSpan),
		instrumentation.WithoutGlobalProvider())
	if err != nil {
		fmt.Println(err)
	}
	return inst, spans
}

func ExampleObserve() {
	ctx := context.Background()
	inst, spans := start(ctx)
	defer func() { _ = inst.Shutdown(ctx) }()

	status := func(_ context.Context, id string) (string, error) { return id + " is paid", nil }
	answer, err := instrumentation.Observe(ctx, "support", "Is T1001 paid?",
		func(ctx context.Context, question string) (string, error) {
			// What runs here, calls to Mistral included, lies below "support".
			id := strings.Fields(question)[1]
			return instrumentation.Observe(ctx, "payment_status", id, status, instrumentation.AsTool())
		}, instrumentation.AsWorkflow())
	fmt.Println(answer, err)

	for _, s := range spans.GetSpans() {
		fmt.Println(s.Name)
		for _, a := range s.Attributes {
			switch a.Key {
			case semconv.ObservationTypeKey, semconv.ObservationInputKey, semconv.ObservationOutputKey:
				fmt.Println(" ", a.Key, a.Value.AsString())
			}
		}
	}
	// Output:
	// T1001 is paid <nil>
	// payment_status
	//   otelmistral.observation.type tool
	//   otelmistral.observation.input "T1001"
	//   otelmistral.observation.output "T1001 is paid"
	// support
	//   otelmistral.observation.type workflow
	//   otelmistral.observation.input "Is T1001 paid?"
	//   otelmistral.observation.output "T1001 is paid"
}

func ExamplePropagate() {
	ctx := context.Background()
	inst, spans := start(ctx)
	defer func() { _ = inst.Shutdown(ctx) }()

	ctx = instrumentation.Propagate(ctx, instrumentation.UserID("u-1"), instrumentation.Metadata("plan", "pro"))
	_, o := instrumentation.StartObservation(ctx, "work", instrumentation.AsTask())
	o.End(nil)

	for _, a := range spans.GetSpans()[0].Attributes {
		fmt.Println(a.Key, a.Value.AsString())
	}
	// Unordered output:
	// otelmistral.observation.type task
	// user.id u-1
	// otelmistral.metadata.plan pro
	// otelmistral.observation.path work
}
