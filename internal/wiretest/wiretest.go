// SPDX-License-Identifier: Apache-2.0

// Package wiretest helps to test what a destination puts on the wire: an
// application that calls Mistral and sends its spans to one receiver, all over
// real HTTP, and golden files of what arrived.
package wiretest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
)

// App is an application with message content on its spans. It ends with its test.
type App struct {
	Receiver *testserver.Receiver // of the destination
	Mistral  *testserver.Mistral
	Provider *sdktrace.TracerProvider
	Client   *http.Client

	check func(testing.TB, testserver.WireSpan)
	seen  int
}

// New starts an App that sends its spans to d, which sends them to r. Each span
// that arrives must pass check.
func New(t testing.TB, r *testserver.Receiver, d destination.Destination, check func(testing.TB, testserver.WireSpan), res ...attribute.KeyValue) *App {
	t.Helper()
	a := &App{Receiver: r, Mistral: testserver.NewMistral(), check: check}
	t.Cleanup(a.Mistral.Close)
	a.Provider = Provider(t, d, res...)
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	a.Client = &http.Client{Transport: roundtripper.New(base,
		roundtripper.WithTracerProvider(a.Provider),
		roundtripper.WithContentCapture(roundtripper.CaptureSpan),
	)}
	return a
}

// Provider returns one whose spans go to d. Its resource is that of a shop.
func Provider(t testing.TB, d destination.Destination, res ...attribute.KeyValue) *sdktrace.TracerProvider {
	t.Helper()
	p, err := destination.NewProcessor(context.Background(), d)
	require.NoError(t, err)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(p),
		sdktrace.WithResource(resource.NewSchemaless(append(res, attribute.String("service.name", "shop"))...)),
	)
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	return provider
}

// Request returns a request for a chat.
func (a *App) Request(ctx context.Context, t testing.TB, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Mistral.URL+"/v1/chat/completions", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer key")
	return req
}

// Post asks for a chat. The caller reads and closes the answer.
func (a *App) Post(ctx context.Context, t testing.TB, body string) *http.Response {
	t.Helper()
	resp, err := a.Client.Do(a.Request(ctx, t, body))
	require.NoError(t, err)
	return resp
}

// Chat asks for a chat and reads all of the answer.
func (a *App) Chat(ctx context.Context, t testing.TB, body string) {
	t.Helper()
	resp := a.Post(ctx, t, body)
	_, err := io.Copy(io.Discard, resp.Body)
	require.NoError(t, errors.Join(err, resp.Body.Close()))
}

// Call is Chat, and returns its span.
func (a *App) Call(t testing.TB, body string) testserver.WireSpan {
	t.Helper()
	a.Chat(t.Context(), t, body)
	return a.Only(t)
}

// Observe starts a span of the application. The caller ends it.
func (a *App) Observe(ctx context.Context, name string, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	return a.Provider.Tracer("test").Start(ctx, name, trace.WithAttributes(attrs...))
}

// Span makes a span with these attributes and returns it as it was on the wire.
func (a *App) Span(t testing.TB, attrs ...attribute.KeyValue) testserver.WireSpan {
	t.Helper()
	_, span := a.Observe(context.Background(), "s", attrs...)
	span.End()
	return a.Only(t)
}

// Spans flushes and returns what has arrived since it was called last, by name.
func (a *App) Spans(t testing.TB) map[string]testserver.WireSpan {
	t.Helper()
	require.NoError(t, a.Provider.ForceFlush(context.Background()))
	require.Empty(t, a.Receiver.Dropped(), "taken, but not stored")
	named := map[string]testserver.WireSpan{}
	arrived := a.Receiver.WireSpans()
	for _, s := range arrived[a.seen:] {
		assert.NotContains(t, named, s.GetName(), "two spans of one name")
		named[s.GetName()] = s
		a.check(t, s)
	}
	a.seen = len(arrived)
	return named
}

// Only is Spans when there is one.
func (a *App) Only(t testing.TB) testserver.WireSpan {
	t.Helper()
	spans := a.Spans(t)
	require.Len(t, spans, 1)
	for _, s := range spans {
		return s
	}
	panic("unreachable")
}
