// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

func TestCollectorGetsPlainSpansWithoutContent(t *testing.T) {
	receiver := testserver.NewReceiver()
	defer receiver.Close()
	d, err := collector(receiver.Endpoint())
	require.NoError(t, err)
	exampletest.Run(t, example.Program{
		Name:         "shop",
		Destinations: []destination.Destination{d},
		Do: func(ctx context.Context, call example.Call) error {
			require.NoError(t, check(ctx, call.Instrumentation))
			_, err := call.Ask(ctx, question)
			return err
		},
	})

	require.Len(t, receiver.WireSpans(), 1)
	span := receiver.WireSpans()[0]
	assert.Equal(t, "chat mistral-small-latest", span.Name)
	assert.Equal(t, "shop", span.ResourceAttribute("service.name").GetStringValue())
	assert.Equal(t, semconv.OutcomeCompleted, span.Text(string(semconv.MistralOutcomeKey)))
	assert.Equal(t, "mistral-small-latest", span.Text(string(semconv.GenAIRequestModelKey)))
	for _, key := range span.Keys() {
		assert.False(t, semconv.IsContent(attribute.Key(key)), key)
		for _, product := range []string{"langfuse.", "respan.", "traceloop.", "llm."} {
			assert.False(t, strings.HasPrefix(key, product), key)
		}
	}
}

func TestEndpointOfTheEnvironmentIsTheDefault(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	for env, want := range map[string]string{
		"":                     "http://localhost:4318/v1/traces",
		"https://otel.example": "https://otel.example/v1/traces",
	} {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", env)
		d, err := collector("")
		require.NoError(t, err)
		assert.Equal(t, want, d.Endpoint)
	}
}

func TestCheckNamesACollectorThatIsNotThere(t *testing.T) {
	receiver := testserver.NewReceiver()
	receiver.Close()
	d, err := collector(receiver.Endpoint())
	require.NoError(t, err)
	inst, err := instrumentation.Start(t.Context(), instrumentation.WithDestination(d), instrumentation.WithoutGlobalProvider())
	require.NoError(t, err)
	defer func() { assert.NoError(t, inst.Shutdown(context.WithoutCancel(t.Context()))) }()
	require.ErrorContains(t, check(t.Context(), inst), "traces will be missing: destination collector")
}

func TestProgramPrintsWhatTheCollectorGot(t *testing.T) {
	out := exampletest.Output(t, run)
	assert.Contains(t, out, "destination collector (spans: 1)")
	assert.Contains(t, out, "What the collector inside this program has got:\n\ntrace ")
	assert.NotContains(t, out, "in   "+question)
}
