// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// recorded starts an Instrumentation whose spans are kept.
func recorded(t *testing.T, opts ...Option) (*Instrumentation, *tracetest.InMemoryExporter) {
	t.Helper()
	cleanEnv(t, nil)
	exporter := tracetest.NewInMemoryExporter()
	i := startLocal(t, append([]Option{
		WithSpanProcessor(sdktrace.NewSimpleSpanProcessor(exporter)),
		WithContentCapture(roundtripper.CaptureSpan),
	}, opts...)...)
	t.Cleanup(func() { _ = i.Shutdown(context.Background()) })
	return i, exporter
}

// spanOf finds the span with that name.
func spanOf(t *testing.T, e *tracetest.InMemoryExporter, name string) (tracetest.SpanStub, map[attribute.Key]any) {
	t.Helper()
	for _, s := range e.GetSpans() {
		if s.Name == name {
			attrs := map[attribute.Key]any{}
			for _, kv := range s.Attributes {
				attrs[kv.Key] = kv.Value.AsInterface()
			}
			return s, attrs
		}
	}
	require.Fail(t, "no span "+name)
	return tracetest.SpanStub{}, nil
}

func TestPropagateUnderAForeignProvider(t *testing.T) {
	i, _ := recorded(t)
	own := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(i.SpanProcessor()), sdktrace.WithSyncer(own))
	ctx := Propagate(t.Context(), UserID("u1"))
	_, span := provider.Tracer("").Start(ctx, "any")
	span.End()
	_, attrs := spanOf(t, own, "any")
	assert.Equal(t, "u1", attrs[semconv.UserIDKey])
}

func TestPropagateOntoTheCurrentSpanBeatsDefaults(t *testing.T) {
	i, e := recorded(t, WithDefaults(UserID("anonymous")))
	ctx, span := i.TracerProvider().Tracer("app").Start(t.Context(), "root")
	Propagate(ctx, UserID("u1"))
	span.End()
	_, attrs := spanOf(t, e, "root")
	assert.Equal(t, "u1", attrs[semconv.UserIDKey])
}

func TestEachInstrumentationKeepsItsOwnCapture(t *testing.T) {
	silent, none := recorded(t, WithContentCapture(roundtripper.CaptureNone))
	_, _ = recorded(t) // the last one captures
	ctx, span := silent.TracerProvider().Tracer("app").Start(t.Context(), "root")
	_, _ = Observe(ctx, "inside", "SECRET", func(context.Context, string) (string, error) { return "SECRET", nil })
	span.End()
	_, attrs := spanOf(t, none, "inside")
	assert.NotContains(t, attrs, semconv.ObservationInputKey)
	assert.NotContains(t, attrs, semconv.ObservationOutputKey)
}

// frank is an error that names its type itself.
type frank struct{}

func (frank) Error() string     { return "SECRET" }
func (frank) ErrorType() string { return "SECRET prompt" }

func TestErrorTypeOfAnObservationCarriesNoText(t *testing.T) {
	_, e := recorded(t, WithContentCapture(roundtripper.CaptureNone))
	_, err := Observe(t.Context(), "x", 1, func(context.Context, int) (int, error) { return 0, frank{} })
	require.Error(t, err)
	s, attrs := spanOf(t, e, "x")
	assert.Equal(t, "_OTHER", attrs[semconv.ErrorTypeKey])
	assert.Equal(t, "_OTHER", s.Status.Description)
}

func TestContentOfObservationsStaysAwayFromThoseThatWantNone(t *testing.T) {
	cleanEnv(t, nil)
	full, plain := receiver(t), receiver(t)
	i := startLocal(t,
		WithDestination(to(t, full, func(c *otlp.Config) { c.Name, c.Content = "full", true })),
		WithDestination(to(t, plain, func(c *otlp.Config) { c.Name = "plain" })))
	_, err := Observe(t.Context(), "x", "SECRET", func(ctx context.Context, _ string) (string, error) {
		trace.SpanFromContext(ctx).SetAttributes(attribute.String("gen_ai.tool.call.arguments", "SECRET"))
		return "", errors.New("SECRET")
	})
	require.Error(t, err)
	require.NoError(t, i.Shutdown(t.Context()))
	require.Len(t, plain.Spans(), 1)
	assert.NotContains(t, fmt.Sprint(plain.Spans()[0].Attributes, plain.Spans()[0].Status), "SECRET")
	assert.Contains(t, fmt.Sprint(full.Spans()[0].Attributes, full.Spans()[0].Status), "SECRET")
}

func TestContentOfCallsIsCutAtTheLimitThatWasSet(t *testing.T) {
	mistral := testserver.NewMistral()
	defer mistral.Close()
	for limit, cut := range map[int]bool{0: false, 100: true} {
		i, e := recorded(t, WithMaxContentBytes(limit))
		client := i.Client()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, mistral.URL+"/v1/chat/completions", strings.NewReader(
			`{"model":"mistral-small-latest","messages":[{"role":"user","content":"`+strings.Repeat("x", 1000)+`"}]}`))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer any-key")
		resp, err := client.Do(req)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		client.CloseIdleConnections()
		_, attrs := spanOf(t, e, "chat mistral-small-latest")
		assert.Equal(t, cut, strings.Contains(attrs[semconv.GenAIInputMessagesKey].(string), "bytes cut"), "limit %d", limit)
	}
}
