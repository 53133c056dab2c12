// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/internal/wiretest"
)

func TestMain(m *testing.M) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	goleak.VerifyTestMain(m)
}

// world is an application that sends its spans to Respan.
type world struct {
	*wiretest.App
	ended chan struct{} // one for each span that has ended
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
	server := testserver.NewRespan()
	t.Cleanup(server.Close)
	c.BaseURL, c.APIKey = server.URL+"/api", testserver.RespanAPIKey
	d, err := respan.New(c)
	require.NoError(t, err)
	w := &world{ended: make(chan struct{}, 100), App: wiretest.New(t, server, d, checkEverySpan,
		attribute.String("deployment.environment.name", "staging"),
		attribute.Int("process.pid", 1),
		attribute.String("host.name", "h"),
		attribute.String("os.type", "linux"),
		attribute.String("telemetry.sdk.name", "opentelemetry"),
	)}
	w.Provider.RegisterSpanProcessor(endSignal{ended: w.ended})
	return w
}

// cancelled makes a call, reads a first piece of its answer, cancels it and reads
// on. The span may end on a goroutine of the context, so it is waited for.
func (w *world) cancelled(ctx context.Context, t testing.TB, cancel context.CancelFunc, body string) {
	t.Helper()
	resp := w.Post(ctx, t, body)
	_, err := resp.Body.Read(make([]byte, 1000))
	require.NoError(t, err)
	cancel()
	_, err = io.Copy(io.Discard, resp.Body)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, resp.Body.Close())
	<-w.ended
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
