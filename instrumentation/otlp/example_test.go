// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"fmt"
	"os"

	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
)

func ExampleNew() {
	d, err := otlp.New(otlp.Config{
		Endpoint: "https://collector.example.com:4318/v1/traces",
		Headers:  map[string]string{"authorization": "Bearer ..."},
		Content:  true, // prompts and replies, too
	})
	fmt.Println(d, err)
	// Output: otlp (https://collector.example.com:4318/v1/traces) <nil>
}

// A collector that forwards to Langfuse gets what Langfuse reads. No key of
// Langfuse is needed here; the collector has it.
func ExampleNew_dialect() {
	dialect, err := langfuse.Dialect(langfuse.Config{Environment: "production"})
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := otlp.New(otlp.Config{
		Endpoint: "http://collector.internal:4318/v1/traces",
		Dialect:  dialect,
		Content:  true, // prompts and replies arrive only with it
	})
	fmt.Println(d, err)
	// Output: otlp (http://collector.internal:4318/v1/traces) <nil>
}

// An application leaves the variable to its environment.
func ExampleFromEnv() {
	defer func(before string) { _ = os.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", before) }(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	_ = os.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.internal:4318")

	d, err := otlp.FromEnv()
	fmt.Println(d, err)
	// Output: otlp (http://collector.internal:4318/v1/traces) <nil>
}
