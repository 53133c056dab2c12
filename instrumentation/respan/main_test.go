// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
)

func TestMain(m *testing.M) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	goleak.VerifyTestMain(m)
}

// world is an application that calls Mistral and sends its spans to Respan, all
// over real HTTP.
type world struct {
	respan   *testserver.Receiver
	mistral  *testserver.Mistral
	provider *sdktrace.TracerProvider
	client   *http.Client
	ended    chan struct{} // one for each span that has ended
}

// endSignal comes after the destination's processor, which has the span by then.
type endSignal struct{ ended chan<- struct{} }

func (endSignal) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (s endSignal) OnEnd(sdktrace.ReadOnlySpan)                   { s.ended <- struct{}{} }
func (endSignal) ForceFlush(context.Context) error                { return nil }
func (endSignal) Shutdown(context.Context) error                  { return nil }

// newWorld fills in the base URL and the key of c.
func newWorld(t testing.TB, c respan.Config) *world {
	t.Helper()
	w := &world{respan: testserver.NewRespan(), mistral: testserver.NewMistral(), ended: make(chan struct{}, 100)}
	t.Cleanup(w.respan.Close)
	t.Cleanup(w.mistral.Close)
	c.BaseURL, c.APIKey = w.respan.URL+"/api", testserver.RespanAPIKey
	d, err := respan.New(c)
	require.NoError(t, err)
	w.provider = providerFor(t, d)
	w.provider.RegisterSpanProcessor(endSignal{ended: w.ended})

	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	w.client = &http.Client{Transport: roundtripper.New(base,
		roundtripper.WithTracerProvider(w.provider),
		roundtripper.WithContentCapture(roundtripper.CaptureSpan),
	)}
	return w
}

func providerFor(t testing.TB, d destination.Destination) *sdktrace.TracerProvider {
	t.Helper()
	p, err := destination.NewProcessor(context.Background(), d)
	require.NoError(t, err)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(p),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "shop"),
			attribute.String("deployment.environment.name", "staging"),
			attribute.Int("process.pid", 1),
			attribute.String("host.name", "h"),
			attribute.String("os.type", "linux"),
			attribute.String("telemetry.sdk.name", "opentelemetry"),
		)))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	return provider
}

// chat posts a chat request and reads all of the answer.
func (w *world) chat(ctx context.Context, t testing.TB, body string) {
	t.Helper()
	resp := w.post(ctx, t, body)
	_, err := io.Copy(io.Discard, resp.Body)
	require.NoError(t, errors.Join(err, resp.Body.Close()))
}

func (w *world) post(ctx context.Context, t testing.TB, body string) *http.Response {
	t.Helper()
	resp, err := w.client.Do(w.request(ctx, t, body))
	require.NoError(t, err)
	return resp
}

func (w *world) request(ctx context.Context, t testing.TB, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.mistral.URL+"/v1/chat/completions", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer key")
	return req
}

// cancelled makes a call, reads a first piece of its answer, cancels it and reads
// on. The span may end on a goroutine of the context, so it is waited for.
func (w *world) cancelled(ctx context.Context, t testing.TB, cancel context.CancelFunc, body string) {
	t.Helper()
	resp := w.post(ctx, t, body)
	_, err := resp.Body.Read(make([]byte, 1000))
	require.NoError(t, err)
	cancel()
	_, err = io.Copy(io.Discard, resp.Body)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, resp.Body.Close())
	<-w.ended
}

// observe starts a span of the application. The caller ends it.
func (w *world) observe(ctx context.Context, name string, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	return w.provider.Tracer("test").Start(ctx, name, trace.WithAttributes(attrs...))
}

// spans flushes and returns what was on the wire, by name.
func (w *world) spans(t testing.TB) map[string]testserver.WireSpan {
	t.Helper()
	require.NoError(t, w.provider.ForceFlush(context.Background()))
	named := map[string]testserver.WireSpan{}
	for _, s := range w.respan.WireSpans() {
		assert.NotContains(t, named, s.GetName(), "two spans of one name")
		named[s.GetName()] = s
		checkEverySpan(t, s)
	}
	return named
}

// call makes a chat and returns its span.
func (w *world) call(t testing.TB, body string) testserver.WireSpan {
	t.Helper()
	w.chat(t.Context(), t, body)
	return w.only(t)
}

func (w *world) only(t testing.TB) testserver.WireSpan {
	t.Helper()
	spans := w.spans(t)
	require.Len(t, spans, 1)
	for _, s := range spans {
		return s
	}
	panic("unreachable")
}

// forbidden are the aliases that Respan's span contract rules out.
var forbidden = []string{
	"respan.span.tools", "respan.span.tool_calls", "respan.span.handoffs", "tools", "tool_calls", "model", "prompt_tokens",
	"completion_tokens", "total_request_tokens", "span_tools", "has_tool_calls", "parallel_tool_calls",
}

// checkEverySpan holds what is true of every span that Respan gets.
func checkEverySpan(t testing.TB, s testserver.WireSpan) {
	t.Helper()
	seen := map[string]bool{}
	for _, k := range s.Keys() {
		assert.False(t, seen[k], "%s is there twice", k)
		seen[k] = true
		assert.NotContains(t, forbidden, k)
		assert.False(t, strings.HasPrefix(k, "otelmistral."), "%s is a name of the project's own", k)
		assert.False(t, strings.HasPrefix(k, "http."), "%s is of HTTP", k)
		assert.NotEqual(t, "user.id", k)
		assert.NotEqual(t, "session.id", k)
	}
	if s.Text("llm.request.type") != "" {
		assert.Empty(t, s.Text("traceloop.span.kind"), "a model call is no Traceloop entity")
	}
	for _, k := range []string{"process.pid", "host.name", "os.type", "telemetry.sdk.name"} {
		assert.Nil(t, s.ResourceAttribute(k))
	}
	assert.Equal(t, "shop", s.ResourceAttribute("service.name").GetStringValue())
	assert.Equal(t, "tracing_integration", s.Text("respan.entity.log_method"))
}

// assertText compares string attributes; "" says that there is none.
func assertText(t testing.TB, s testserver.WireSpan, want map[string]string) {
	t.Helper()
	for k, v := range want {
		if v == "" {
			assert.Nil(t, s.Attribute(k), k)
			continue
		}
		assert.Equal(t, v, s.Text(k), k)
	}
}

// assertJSON compares attributes with their OTLP types.
func assertJSON(t testing.TB, s testserver.WireSpan, want map[string]string) {
	t.Helper()
	for k, v := range want {
		assert.Equal(t, v, s.JSON(k), k)
	}
}
