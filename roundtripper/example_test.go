// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// ask makes one call, as any client does.
func ask(ctx context.Context, client *http.Client, server string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/v1/chat/completions", strings.NewReader(
		`{"model":"mistral-small-latest","messages":[{"role":"user","content":"Hello"}],"stream":true}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+"any-key")
	resp, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
}

func ExampleNew() {
	mistral := testserver.NewMistral() // or https://api.mistral.ai
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))

	client := &http.Client{Transport: roundtripper.New(nil, roundtripper.WithTracerProvider(provider))}
	defer client.CloseIdleConnections()
	ask(context.Background(), client, mistral.URL)

	for _, s := range spans.GetSpans() {
		fmt.Println(s.Name, s.SpanKind)
		for _, a := range s.Attributes {
			switch a.Key {
			case semconv.MistralOutcomeKey, semconv.GenAIRequestStreamKey, semconv.GenAIResponseFinishReasonsKey:
				fmt.Println(a.Key, "=", a.Value.String())
			}
		}
	}
	// Output:
	// chat mistral-small-latest client
	// mistral_ai.outcome = completed
	// gen_ai.request.stream = true
	// gen_ai.response.finish_reasons = ["stop"]
}

// A client that cannot be given a transport uses the default one.
func ExampleNew_defaultTransport() {
	before := http.DefaultTransport
	http.DefaultTransport = roundtripper.New(nil)
	http.DefaultTransport = before // a program would leave it
}

func ExampleContextWithCapture() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	client := &http.Client{Transport: roundtripper.New(nil,
		roundtripper.WithTracerProvider(provider),
		roundtripper.WithAttributes(attribute.String("team", "core")))}
	defer client.CloseIdleConnections()

	// This call is of no interest to anybody else; its content may be seen.
	ctx := roundtripper.ContextWithCapture(context.Background(), roundtripper.CaptureSpan)
	ask(ctx, client, mistral.URL)

	for _, a := range spans.GetSpans()[0].Attributes {
		if a.Key == semconv.GenAIInputMessagesKey {
			fmt.Println(a.Value.AsString())
		}
	}
	// Output:
	// [{"role":"user","parts":[{"type":"text","content":"Hello"}]}]
}

func ExampleContextWithoutTracing() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	client := &http.Client{Transport: roundtripper.New(nil, roundtripper.WithTracerProvider(provider))}
	defer client.CloseIdleConnections()

	ask(roundtripper.ContextWithoutTracing(context.Background()), client, mistral.URL)
	fmt.Println(len(spans.GetSpans()), "spans")
	// Output:
	// 0 spans
}

// What is asked and answered is recorded only when somebody says so.
func ExampleWithContentCapture() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	client := &http.Client{Transport: roundtripper.New(nil,
		roundtripper.WithTracerProvider(provider),
		roundtripper.WithContentCapture(roundtripper.CaptureSpan))}
	defer client.CloseIdleConnections()
	ask(context.Background(), client, mistral.URL)

	printContent(spans)
	// Output:
	// gen_ai.input.messages = [{"role":"user","parts":[{"type":"text","content":"Hello"}]}]
	// gen_ai.output.messages = [{"role":"assistant","parts":[{"type":"text","content":"I am a test server. You said \"Hello\", and this is all I know about it."}],"finish_reason":"stop"}]
}

// What is said is recorded without names; package redact has a ready-made redactor.
func ExampleWithRedactor() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	client := &http.Client{Transport: roundtripper.New(nil,
		roundtripper.WithTracerProvider(provider),
		roundtripper.WithContentCapture(roundtripper.CaptureSpan),
		roundtripper.WithRedactor(func(_, text string) string { return strings.ReplaceAll(text, "Hello", "[greeting]") }))}
	defer client.CloseIdleConnections()
	ask(context.Background(), client, mistral.URL)

	printContent(spans)
	// Output:
	// gen_ai.input.messages = [{"role":"user","parts":[{"type":"text","content":"[greeting]"}]}]
	// gen_ai.output.messages = [{"role":"assistant","parts":[{"type":"text","content":"I am a test server. You said \"[greeting]\", and this is all I know about it."}],"finish_reason":"stop"}]
}

// A private deployment serves all of Mistral's API, not only what compatible
// servers know, too.
func ExampleWithHosts() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	client := &http.Client{Transport: roundtripper.New(nil,
		roundtripper.WithTracerProvider(provider),
		roundtripper.WithHosts("127.0.0.1"))} // or mistral.example.com
	defer client.CloseIdleConnections()

	resp, err := client.Post(mistral.URL+"/v1/agents/completions", "application/json",
		strings.NewReader(`{"agent_id":"ag_1","messages":[{"role":"user","content":"Hello"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	fmt.Println(spans.GetSpans()[0].Name)
	// Output:
	// invoke_agent
}

// Each attempt but the first has its number.
func ExampleContextWithAttempts() {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	client := &http.Client{Transport: roundtripper.New(nil, roundtripper.WithTracerProvider(provider))}
	defer client.CloseIdleConnections()

	ctx := roundtripper.ContextWithAttempts(context.Background())
	for range 3 { // a client that retries
		ask(ctx, client, mistral.URL)
	}
	for _, s := range spans.GetSpans() {
		for _, a := range s.Attributes {
			if a.Key == semconv.HTTPRequestResendCountKey {
				fmt.Println(a.Key, "=", a.Value.AsInt64())
			}
		}
	}
	// Output:
	// http.request.resend_count = 1
	// http.request.resend_count = 2
}

func printContent(spans *tracetest.InMemoryExporter) {
	for _, a := range spans.GetSpans()[0].Attributes {
		if semconv.IsContent(a.Key) {
			fmt.Println(a.Key, "=", a.Value.AsString())
		}
	}
}
