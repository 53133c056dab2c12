// SPDX-License-Identifier: Apache-2.0

package instrumentationtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

const france = `{"model":"mistral-small-latest","messages":[{"role":"user","content":"What is the capital of France?"}]%s}`

// post sends a request and reads the reply to its end. readErr is the error of
// reading.
func post(ctx context.Context, t testing.TB, client *http.Client, url, body string) (status int, text string, readErr error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer any-key")
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	all, readErr := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), readErr
}

func chat(t testing.TB, e *Env, extra string) (status int, text string, readErr error) {
	return post(e.Context(), t, e.Client(), e.URL+"/v1/chat/completions", fmt.Sprintf(france, extra))
}

func TestEnvRecordsACallWithItsContent(t *testing.T) {
	t.Parallel()
	e := New(t)
	for _, extra := range []string{"", `,"stream":true`} {
		e.Reset()
		status, _, err := chat(t, e, extra)
		require.NoError(t, err)
		assert.Equal(t, 200, status)

		spans := e.Spans()
		require.Len(t, spans, 1)
		s := spans[0]
		assert.Equal(t, "chat mistral-small-latest", s.Name())
		assert.Equal(t, semconv.OutcomeCompleted, s.Outcome())
		assert.Equal(t, "mistral-small-latest", s.Attr(semconv.GenAIRequestModelKey).AsString())
		assert.Equal(t, attribute.Value{}, s.Attr("absent"))
		require.Len(t, s.Messages(), 2)
		assert.Equal(t, "user", s.Messages()[0].Role)
		assert.Equal(t, "What is the capital of France?", s.Input()[0].Text())
		assert.Equal(t, "The capital of France is **Paris**.", s.Output()[0].Text())
		assert.Equal(t, "stop", s.Output()[0].FinishReason)
		assert.False(t, s.Parent().IsValid())
	}
}

func TestEnvServesScriptedReplies(t *testing.T) {
	t.Parallel()
	const unary, streamed = "", `,"stream":true`
	cases := map[string]struct {
		reply       Reply
		request     string
		wantStatus  int
		wantText    string // part of the body
		wantOutcome string
	}{
		"text":              {Text("One two three."), unary, 200, "One two three.", semconv.OutcomeCompleted},
		"text, streamed":    {Text("One two three."), streamed, 200, "[DONE]", semconv.OutcomeCompleted},
		"JSON":              {JSON(`{"id":"x","choices":[]}`), unary, 200, `{"id":"x","choices":[]}`, semconv.OutcomeCompleted},
		"stream":            {Stream(`{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}`), streamed, 200, "[DONE]", semconv.OutcomeCompleted},
		"error":             {Error(429, ""), unary, 429, "message", semconv.OutcomeRefused},
		"error of any kind": {Error(418, ""), unary, 418, "teapot", semconv.OutcomeRefused},
		"error with a body": {Error(500, `{"message":"on fire"}`), unary, 500, "on fire", semconv.OutcomeRefused},
		"stream that breaks": {
			Stream(`{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}`).Cut(), streamed, 200, `"a"`, semconv.OutcomeCut,
		},
		"JSON that breaks": {JSON(`{"id":"x"}`).Cut(), unary, 200, "", semconv.OutcomeCut},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := New(t)
			e.Reply(c.reply)
			status, text, err := chat(t, e, c.request)
			assert.Equal(t, c.wantOutcome == semconv.OutcomeCut, err != nil)
			assert.Equal(t, c.wantStatus, status)
			assert.Contains(t, text, c.wantText)
			spans := e.Wait(1)
			assert.Equal(t, c.wantOutcome, spans[0].Outcome())
			if status >= 400 {
				assert.Equal(t, codes.Error, spans[0].Status().Code)
			}

			_, text, err = chat(t, e, "")
			require.NoError(t, err)
			assert.Contains(t, text, "Paris", "the script is over")
		})
	}
}

func TestEnvScriptsToolCalls(t *testing.T) {
	t.Parallel()
	e := New(t)
	for _, request := range []string{"", `,"stream":true`} {
		e.Reset()
		e.Reply(ToolCall("get_weather", `{"city":"Lyon"}`))
		_, _, err := chat(t, e, request)
		require.NoError(t, err)
		calls := e.Spans()[0].Output()[0].ToolCalls()
		require.Len(t, calls, 1)
		assert.Equal(t, "get_weather", calls[0].Name)
		assert.NotEmpty(t, calls[0].ID)
		assert.JSONEq(t, `{"city":"Lyon"}`, string(calls[0].Arguments))
	}
}

func TestPartThatIsNoTextCostsOnlyItself(t *testing.T) {
	t.Parallel()
	e := New(t)
	e.Reply(JSON(`{"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":[` +
		`{"type":"text","text":"See"},{"type":"tool_reference","tool":"web_search","title":"A page"}]}}]}`))
	_, _, err := chat(t, e, "")
	require.NoError(t, err)
	require.Len(t, e.Spans()[0].Output(), 1)
	answer := e.Spans()[0].Output()[0]
	assert.Equal(t, "See", answer.Text())
	require.Len(t, answer.Parts, 2)
	assert.Equal(t, Part{Type: "generic"}, answer.Parts[1])
}

func TestReplyMethodsChangeTheirCopy(t *testing.T) {
	t.Parallel()
	e := New(t)
	plain := Text("x")
	e.Reply(plain.WithHeader("X-A", "1").WithDelay(time.Millisecond), plain, Reply{}.WithHeader("X-A", "2"))
	var got []string
	for range 3 {
		req, err := http.NewRequestWithContext(e.Context(), http.MethodPost, e.URL+"/v1/chat/completions", strings.NewReader(fmt.Sprintf(france, "")))
		require.NoError(t, err)
		resp, err := e.Client().Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		got = append(got, resp.Header.Get("X-A"))
	}
	assert.Equal(t, []string{"1", "", "2"}, got)
}

func TestClientReachesTheServerAtAnyAddress(t *testing.T) {
	t.Parallel()
	e := New(t)
	const address = "https://api.mistral.ai/v1/chat/completions?a=b"
	req, err := http.NewRequestWithContext(e.Context(), http.MethodPost, address, strings.NewReader(fmt.Sprintf(france, "")))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer any-key")
	resp, err := e.Client().Do(req)
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, 200, resp.StatusCode)
	assert.Equal(t, address, resp.Request.URL.String(), "the caller sees no detour")
	assert.Equal(t, "api.mistral.ai", e.Spans()[0].Attr(semconv.ServerAddressKey).AsString())

	require.Len(t, e.Requests(), 1)
	r := e.Requests()[0]
	assert.Equal(t, http.MethodPost, r.Method)
	assert.Equal(t, "/v1/chat/completions", r.Path)
	assert.Equal(t, "Bearer any-key", r.Header.Get("Authorization"))
	assert.JSONEq(t, fmt.Sprintf(france, ""), string(r.Body))
	assert.Equal(t, 200, r.Status)
}

func TestOptionsWinOverTheEnv(t *testing.T) {
	t.Parallel()
	e := New(t, instrumentation.WithContentCapture(roundtripper.CaptureNone))
	_, _, err := chat(t, e, "")
	require.NoError(t, err)
	assert.Nil(t, e.Spans()[0].Messages())
}

func TestContextKnowsTheProvider(t *testing.T) {
	t.Parallel()
	e := New(t)
	provider := trace.SpanFromContext(e.Context()).TracerProvider()
	ctx, span := provider.Tracer("app").Start(e.Context(), "parent")
	_, _, err := post(ctx, t, e.Client(), e.URL+"/v1/chat/completions", fmt.Sprintf(france, ""))
	require.NoError(t, err)
	span.End()

	spans := e.Wait(2)
	assert.Equal(t, span.SpanContext().SpanID(), spans[0].Parent().SpanID())
	assert.Equal(t, "parent", spans[1].Name())
	assert.False(t, spans[1].Parent().IsValid())
	assert.Empty(t, spans[1].Outcome())
}

func TestWaitSeesSpansThatEndLater(t *testing.T) {
	t.Parallel()
	e := New(t)
	_, span := e.Instrumentation().TracerProvider().Tracer("app").Start(t.Context(), "late")
	go span.End()
	assert.Equal(t, "late", e.Wait(1)[0].Name())
}

func TestWaitFailsTheTestWhenSpansAreMissing(t *testing.T) {
	t.Parallel()
	e := New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	failing := &failingTB{TB: t, ctx: ctx}
	e.t = failing
	assert.PanicsWithValue(t, errFatal, func() { e.Wait(1) })
	assert.Equal(t, "instrumentationtest: 0 of 1 spans have ended", failing.said)
}

func TestNewFailsTheTestWhenNothingWouldBeRecorded(t *testing.T) {
	t.Setenv("OTEL_SDK_DISABLED", "TRUE")
	failing := &failingTB{TB: t, ctx: t.Context()}
	assert.PanicsWithValue(t, errFatal, func() { New(failing) })
	assert.Contains(t, failing.said, "OTEL_SDK_DISABLED")
}

func TestNewFailsTheTestWhenStartFails(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "no pairs")
	failing := &failingTB{TB: t, ctx: t.Context()}
	assert.PanicsWithValue(t, errFatal, func() { New(failing) })
	assert.Contains(t, failing.said, "OTEL_RESOURCE_ATTRIBUTES")
}

const errFatal = "fatal"

// failingTB is a test that does not mind to fail.
type failingTB struct {
	testing.TB
	ctx  context.Context
	said string
}

func (f *failingTB) Context() context.Context { return f.ctx }

func (f *failingTB) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(errFatal)
}

func TestEnvConcurrentSafe(t *testing.T) {
	t.Parallel()
	e := New(t)
	const callers = 8
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			e.Reply(Text("Hello."))
			_, _, err := chat(t, e, `,"stream":true`)
			assert.NoError(t, err)
			e.Spans()
			e.Requests()
		})
	}
	group.Wait()
	assert.Len(t, e.Wait(callers), callers)
}
