// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
)

func ExampleNew() {
	d, err := respan.New(respan.Config{
		APIKey:  "...",
		BaseURL: "https://respan.example.eu/api", // a server of one's own
	})
	fmt.Println(d, err)
	// Output: respan (https://respan.example.eu/api/v2/traces) <nil>
}

// Two projects of one process get the same spans, the second one without what
// was said.
func ExampleNew_twoProjects() {
	full, err := respan.New(respan.Config{APIKey: "..."})
	fmt.Println(full.Name, full.Content, err)
	lean, err := respan.New(respan.Config{
		Name: "audit", APIKey: "...", TracesURL: "https://proxy.example.com/audit", NoContent: true,
	})
	fmt.Println(lean.Name, lean.Content, err)
	// Output:
	// respan true <nil>
	// audit false <nil>
}

// An application leaves the variable to its environment.
func ExampleFromEnv() {
	defer func(before string) { _ = os.Setenv("RESPAN_API_KEY", before) }(os.Getenv("RESPAN_API_KEY"))
	_ = os.Setenv("RESPAN_API_KEY", "...")

	d, err := respan.FromEnv()
	fmt.Println(d, err)
	// Output: respan (https://api.respan.ai/api/v2/traces) <nil>
}

// What only Respan knows of a customer travels like the rest.
func ExampleCustomerEmail() {
	spans := tracetest.NewSpanRecorder() // a program has a destination
	inst, err := instrumentation.Start(context.Background(),
		instrumentation.WithSpanProcessor(spans), instrumentation.WithoutGlobalProvider())
	if err != nil {
		fmt.Println(err)
	}
	ctx := instrumentation.Propagate(context.Background(),
		instrumentation.UserID("u-7"), respan.CustomerEmail("jo@example.com"), respan.Group("g-1"))
	_, o := instrumentation.StartObservation(ctx, "greet")
	o.End(nil)
	for _, kv := range spans.Ended()[0].Attributes()[1:4] {
		fmt.Println(kv.Key, "=", kv.Value.String())
	}
	_ = inst.Shutdown(context.Background())
	// Output:
	// user.id = u-7
	// otelmistral.customer.email = jo@example.com
	// otelmistral.group = g-1
}

// A collector that forwards to Respan gets what Respan reads.
func ExampleDialect() {
	d, err := otlp.New(otlp.Config{
		Endpoint: "http://collector.internal:4318/v1/traces",
		Dialect:  respan.Dialect(respan.Config{}),
		Content:  true, // prompts and replies arrive only with it
	})
	fmt.Println(d, err)
	// Output: otlp (http://collector.internal:4318/v1/traces) <nil>
}
