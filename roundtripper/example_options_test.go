// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// Calls that a health check makes are of no interest.
func ExampleWithFilter() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	client := &http.Client{Transport: roundtripper.New(nil,
		roundtripper.WithTracerProvider(provider),
		roundtripper.WithFilter(func(req *http.Request) bool { return req.Context().Value(healthCheck{}) == nil }))}
	defer client.CloseIdleConnections()

	ask(context.Background(), client, mistral.URL)
	ask(context.WithValue(context.Background(), healthCheck{}, true), client, mistral.URL)
	fmt.Println(len(spans.GetSpans()), "of 2 calls has a span")
	// Output:
	// 1 of 2 calls has a span
}

type healthCheck struct{}

// What all calls of a client have in common.
func ExampleWithAttributes() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	client := &http.Client{Transport: roundtripper.New(nil,
		roundtripper.WithTracerProvider(provider),
		roundtripper.WithAttributes(attribute.String("app.component", "support")))}
	defer client.CloseIdleConnections()

	ask(context.Background(), client, mistral.URL)
	for _, a := range spans.GetSpans()[0].Attributes {
		if a.Key == "app.component" {
			fmt.Println(a.Key, "=", a.Value.AsString())
		}
	}
	// Output:
	// app.component = support
}

// A gateway of one's own goes on with the trace.
func ExampleWithPropagator() {
	mistral := testserver.NewMistral() // the gateway
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	sent := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		fmt.Println("traceparent is sent:", req.Header.Get("Traceparent") != "")
		return http.DefaultTransport.RoundTrip(req)
	})
	client := &http.Client{Transport: roundtripper.New(sent,
		roundtripper.WithTracerProvider(provider),
		roundtripper.WithPropagator(propagation.TraceContext{}))}
	defer http.DefaultClient.CloseIdleConnections()

	ask(context.Background(), client, mistral.URL)
	// Output:
	// traceparent is sent: true
}

// Metrics are recorded of every call, whether its span is sampled or not.
func ExampleWithMeterProvider() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	reader := sdkmetric.NewManualReader() // or one that exports
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	client := &http.Client{Transport: roundtripper.New(nil, roundtripper.WithMeterProvider(meters))}
	defer client.CloseIdleConnections()

	ask(context.Background(), client, mistral.URL)
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &collected); err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range collected.ScopeMetrics[0].Metrics {
		fmt.Println(m.Name, m.Unit)
	}
	// Unordered output:
	// gen_ai.client.operation.duration s
	// gen_ai.client.token.usage {token}
	// gen_ai.client.operation.time_to_first_chunk s
	// gen_ai.client.operation.time_per_output_chunk s
	// otelmistral.calls {call}
}

// Events have content as maps and slices, where it is asked for.
func ExampleWithLoggerProvider() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	loggers := sdklog.NewLoggerProvider(sdklog.WithProcessor(printing{})) // or one that exports
	client := &http.Client{Transport: roundtripper.New(nil,
		roundtripper.WithLoggerProvider(loggers),
		roundtripper.WithContentCapture(roundtripper.CaptureEvent))}
	defer client.CloseIdleConnections()

	ask(context.Background(), client, mistral.URL)
	// Output:
	// gen_ai.client.inference.operation.details
	// gen_ai.input.messages = [{"parts":[{"content":"Hello","type":"text"}],"role":"user"}]
}

// printing prints the name of an event and what the model was asked.
type printing struct{}

func (printing) OnEmit(_ context.Context, r *sdklog.Record) error {
	fmt.Println(r.EventName())
	r.WalkAttributes(func(a attribute.KeyValue) bool {
		if a.Key == semconv.GenAIInputMessagesKey {
			fmt.Println(a.Key, "=", a.Value.String())
		}
		return true
	})
	return nil
}

func (printing) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (printing) Shutdown(context.Context) error                         { return nil }
func (printing) ForceFlush(context.Context) error                       { return nil }
