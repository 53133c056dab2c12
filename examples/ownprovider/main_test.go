// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

// kept is an exporter whose spans are still there after its Shutdown.
type kept struct{ *tracetest.InMemoryExporter }

func (kept) Shutdown(context.Context) error { return nil }

// runOnce runs the copied code with one destination and returns what that got and
// what the application's own exporter got.
func runOnce(t *testing.T, content bool) (ours, own tracetest.SpanStubs) {
	t.Helper()
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	receiver := testserver.NewReceiver()
	defer receiver.Close()
	d, err := otlp.New(otlp.Config{Endpoint: receiver.Endpoint(), Content: content})
	require.NoError(t, err)

	exporter := kept{tracetest.NewInMemoryExporter()}
	provider := telemetry(exporter)
	exampletest.Run(t, example.Program{
		Name:         "shop",
		Destinations: []destination.Destination{d},
		Start: func(ctx context.Context, opts ...instrumentation.Option) (*instrumentation.Instrumentation, error) {
			inst, err := instrument(ctx, provider, opts...)
			require.NoError(t, err)
			assert.Same(t, provider, otel.GetTracerProvider(), "the application's provider stays")
			return inst, err
		},
		Do: func(ctx context.Context, call example.Call) error {
			ctx = instrumentation.Propagate(ctx, instrumentation.UserID("ada"))
			_, err := handle(ctx, func(ctx context.Context) (string, error) { return call.Ask(ctx, question) })
			require.NoError(t, provider.Shutdown(ctx))
			return err
		},
	})
	return receiver.Spans(), exporter.GetSpans()
}

func byName(spans tracetest.SpanStubs, name string) sdktrace.ReadOnlySpan {
	for _, s := range spans.Snapshots() {
		if s.Name() == name {
			return s
		}
	}
	return tracetest.SpanStub{}.Snapshot()
}

func attributes(s sdktrace.ReadOnlySpan) map[string]string {
	all := map[string]string{}
	for _, kv := range s.Attributes() {
		all[string(kv.Key)] = kv.Value.String()
	}
	return all
}

func TestSpansOfTheProviderReachTheDestinationAndTheOwnExporter(t *testing.T) {
	ours, own := runOnce(t, false)
	for name, spans := range map[string]tracetest.SpanStubs{"destination": ours, "own exporter": own} {
		require.Len(t, spans, 2, name)
		request, call := byName(spans, "GET /answer"), byName(spans, "chat mistral-small-latest")
		assert.True(t, request.SpanContext().IsValid(), name)
		assert.Equal(t, request.SpanContext().SpanID(), call.Parent().SpanID(), name)
		assert.Equal(t, semconv.OutcomeCompleted, attributes(call)[string(semconv.MistralOutcomeKey)], name)
		assert.Equal(t, "ada", attributes(request)[string(semconv.UserIDKey)], "%s: also on spans of the application", name)
		assert.NotContains(t, attributes(call), string(semconv.GenAIInputMessagesKey), name)
	}
}

func TestOwnExporterGetsContentWhenADestinationWantsIt(t *testing.T) {
	ours, own := runOnce(t, true)
	for name, spans := range map[string]tracetest.SpanStubs{"destination": ours, "own exporter": own} {
		call := byName(spans, "chat mistral-small-latest")
		assert.Contains(t, attributes(call)[string(semconv.GenAIInputMessagesKey)], question, name)
	}
}

func TestProgramPrintsWhatTheOwnExporterHasGot(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	out := exampletest.Output(t, run)
	assert.NotContains(t, out, "Start:")
	assert.Contains(t, out, "the tree above (spans: 2)")
	assert.Contains(t, out, "What the application's own exporter has got:\n\ntrace ")
}
