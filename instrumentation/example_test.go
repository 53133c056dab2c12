// SPDX-License-Identifier: Apache-2.0

package instrumentation_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
)

// Start without options takes everything from the environment.
func ExampleStart() {
	ctx := context.Background()
	inst, err := instrumentation.Start(ctx)
	if err != nil {
		log.Print(err) // what is missing; inst works all the same
	}
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := inst.Shutdown(ctx); err != nil {
			log.Print(err) // how many spans did not arrive, and where
		}
	}()

	client := inst.Client() // use it for all calls to Mistral
	fmt.Println(client != nil)
	// Output: true
}

// The collector gets every call without its content; the terminal shows it.
func ExampleWithDestination() {
	ctx := context.Background()
	collector, err := otlp.New(otlp.Config{Endpoint: "http://localhost:4318/v1/traces"})
	if err != nil {
		log.Fatal(err)
	}
	terminal, err := console.FromEnv()
	if err != nil {
		log.Fatal(err)
	}
	inst, err := instrumentation.Start(ctx,
		instrumentation.WithServiceName("shop"),
		instrumentation.WithDestination(collector),
		instrumentation.WithDestination(terminal),
		instrumentation.WithoutGlobalProvider(), // most programs leave this out
	)
	if err != nil {
		log.Print(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := inst.Shutdown(ctx); err != nil {
			log.Print(err)
		}
	}()

	for _, d := range inst.Stats().Destinations {
		fmt.Println(d.Name, d.Exported, d.Lost())
	}
	// Output:
	// otlp 0 0
	// console 0 0
}

// An application that has its own TracerProvider adds the processor to it.
func ExampleInstrumentation_SpanProcessor() {
	ctx := context.Background()
	provider := sdktrace.NewTracerProvider() // usually with exporters of its own

	inst, err := instrumentation.Start(ctx, instrumentation.WithoutGlobalProvider())
	if err != nil && !errors.Is(err, instrumentation.ErrProviderInstalled) {
		log.Print(err)
	}
	provider.RegisterSpanProcessor(inst.SpanProcessor())

	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	fmt.Println(provider.Shutdown(ctx)) // flushes and stops the way of spans to the destinations
	fmt.Println(inst.Shutdown(ctx))     // and this that of metrics and events
	// Output:
	// <nil>
	// <nil>
}

// An application that has a transport of its own keeps it: calls are observed on
// their way to it.
func ExampleInstrumentation_Transport() {
	ctx := context.Background()
	inst, err := instrumentation.Start(ctx, instrumentation.WithoutGlobalProvider()) // most programs leave this out
	if err != nil {
		log.Print(err)
	}
	pool := http.DefaultTransport.(*http.Transport).Clone()
	pool.MaxIdleConnsPerHost = 64

	client := &http.Client{Transport: inst.Transport(pool), Timeout: time.Minute}
	fmt.Println(client.Timeout)
	fmt.Println(inst.Shutdown(ctx))
	// Output:
	// 1m0s
	// <nil>
}
