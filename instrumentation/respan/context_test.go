// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

// application is one that is set up by package instrumentation, and the Respan
// that it sends to.
type application struct {
	*instrumentationtest.Env
	respan *testserver.Receiver
}

func newApplication(t *testing.T) *application {
	t.Helper()
	environment(t, nil)
	a := &application{respan: testserver.NewRespan()}
	t.Cleanup(a.respan.Close)
	d, err := respan.New(respan.Config{BaseURL: a.respan.URL, APIKey: testserver.RespanAPIKey, AllSpans: true})
	require.NoError(t, err)
	a.Env = instrumentationtest.New(t, instrumentation.WithDestination(d), instrumentation.WithServiceName("shop"),
		instrumentation.WithResourceAttributes(attribute.String("deployment.environment.name", "staging")))
	return a
}

// work is an observation of this name around a task, a query and a call.
func (a *application) work(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	_, err := instrumentation.Observe(ctx, name, 1, func(ctx context.Context, in int) (int, error) {
		_, query := a.Instrumentation().TracerProvider().Tracer("test").Start(ctx, name+" query",
			trace.WithAttributes(attribute.String("db.statement", "select")))
		query.End()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+"/v1/chat/completions",
			strings.NewReader(`{"model":"`+name+`","messages":[{"role":"user","content":"hi"}]}`))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer key")
		resp, err := a.Client().Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return instrumentation.Observe(ctx, name+" task", in, func(_ context.Context, in int) (int, error) { return in, nil }, instrumentation.AsTask())
	}, instrumentation.AsWorkflow())
	require.NoError(t, err)
}

// parts are what work makes.
func parts(name string) []string {
	return []string{name, name + " query", "chat " + name, name + " task"}
}

func (a *application) spans(t *testing.T) map[string]testserver.WireSpan {
	t.Helper()
	require.NoError(t, a.Instrumentation().Flush(t.Context()))
	named := map[string]testserver.WireSpan{}
	for _, s := range a.respan.WireSpans() {
		named[s.GetName()] = s
		checkEverySpan(t, s)
	}
	return named
}

// Check 15.
func TestInnerMetadataWins(t *testing.T) {
	a := newApplication(t)
	outer := instrumentation.Propagate(a.Context(), instrumentation.Metadata("a", 1), instrumentation.Metadata("b", true))
	inner := instrumentation.Propagate(outer, instrumentation.Metadata("a", 2))
	a.work(outer, t, "outer")
	a.work(inner, t, "inner")
	spans := a.spans(t)
	for _, name := range parts("outer") {
		assert.Equal(t, `{"a":1,"b":true}`, spans[name].Text("respan.metadata"), name)
	}
	for _, name := range parts("inner") {
		assert.Equal(t, `{"a":2,"b":true}`, spans[name].Text("respan.metadata"), name)
	}
}

// Checks 16 and 17.
func TestIdentityIsOnEverySpanThatStartsAfterwards(t *testing.T) {
	a := newApplication(t)
	a.work(a.Context(), t, "before")
	ctx := instrumentation.Propagate(a.Context(), instrumentation.Environment("prod"),
		instrumentation.UserID("u1"), respan.CustomerName("Ann"), respan.CustomerEmail("ann@example.com"),
		instrumentation.ThreadID("t1"), instrumentation.SessionID("s1"), respan.Group("g1"), respan.CustomIdentifier("c1"))
	a.work(ctx, t, "after")
	spans := a.spans(t)
	require.Len(t, spans, 8)
	for _, name := range parts("after") {
		assertText(t, spans[name], map[string]string{
			"environment":        "prod",
			"respan.environment": "prod",
			"respan.customer_params.customer_identifier": "u1",
			"respan.customer_params.name":                "Ann",
			"respan.customer_params.email":               "ann@example.com",
			"respan.threads.thread_identifier":           "t1",
			"respan.sessions.session_identifier":         "s1",
			"respan.trace.trace_group_identifier":        "g1",
			"respan.span_params.custom_identifier":       "c1",
		})
		foreign := name == "after query"
		assert.Equal(t, foreign, spans[name].Attribute("gen_ai.conversation.id") != nil, "said once: %s", name)
		assert.Equal(t, foreign, spans[name].Attribute("respan.entity.log_type") == nil, name)
	}
	for _, name := range parts("before") {
		assertNone(t, spans[name], "respan.customer_params.", "respan.threads.", "respan.sessions.", "respan.trace.", "respan.span_params.")
		assertText(t, spans[name], map[string]string{"environment": "staging", "respan.environment": "staging"}) // of the resource
	}
	assert.Equal(t, "select", spans["after query"].Text("db.statement"))
}
