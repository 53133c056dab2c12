// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

const (
	key         = "key-that-must-not-be-kept"
	chat        = `{"model":"mistral-small-latest","messages":[{"role":"user","content":"What is the capital of France?"}]}`
	chatStream  = `{"model":"mistral-small-latest","stream":true,"messages":[{"role":"user","content":"Hello?"}]}`
	traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
)

// scene is a caller, the proxy, and Mistral behind it.
type scene struct {
	t       *testing.T
	env     *instrumentationtest.Env // records spans
	mistral *testserver.Mistral
	log     *logged
	url     string // of the proxy
	client  *http.Client
}

// logged is a log that may be read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newScene(t *testing.T) *scene {
	mistral := testserver.NewMistral()
	t.Cleanup(mistral.Close)
	return sceneAt(t, mistral, mistral.URL)
}

// sceneAt is a scene whose upstream need not be there.
func sceneAt(t *testing.T, mistral *testserver.Mistral, address string) *scene {
	upstream, err := url.Parse(address)
	require.NoError(t, err)
	env := instrumentationtest.New(t, instrumentation.WithBaggage(),
		instrumentation.WithTransportOptions(roundtripper.WithHosts(upstream.Hostname())))
	network, caller := &http.Transport{}, &http.Transport{DisableCompression: true}
	s := &scene{t: t, env: env, mistral: mistral, log: &logged{}, client: &http.Client{Transport: caller}}
	proxy := httptest.NewServer(newProxy(upstream, env.Instrumentation().Transport(network), log.New(s.log, "", 0)))
	s.url = proxy.URL
	t.Cleanup(func() {
		proxy.CloseClientConnections()
		proxy.Close()
		network.CloseIdleConnections()
		caller.CloseIdleConnections()
	})
	return s
}

// post calls the proxy; header are pairs of name and value.
func (s *scene) post(ctx context.Context, path, body string, header ...string) *http.Response {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	s.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := s.client.Do(req)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// read reads the rest of the reply.
func (s *scene) read(resp *http.Response) string {
	s.t.Helper()
	body, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return string(body)
}

// chat makes one call and returns its span.
func (s *scene) chat(header ...string) instrumentationtest.Span {
	s.t.Helper()
	s.env.Reset()
	resp := s.post(s.t.Context(), "/v1/chat/completions", chat, header...)
	require.Contains(s.t, s.read(resp), "Paris")
	return s.env.Wait(1)[0]
}

func TestStreamPassesEventByEvent(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const first = `{"id":"1","object":"chat.completion.chunk","model":"mistral-small-latest","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}`
	const last = `{"id":"1","object":"chat.completion.chunk","model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"total_tokens":7,"completion_tokens":2}}`
	seen := make(chan struct{})
	s.mistral.Enqueue(testserver.Stream(testserver.Event(first), testserver.Await(seen), testserver.Event(last), testserver.Done()))

	resp := s.post(t.Context(), "/v1/chat/completions", chatStream)
	stream := bufio.NewReader(resp.Body)
	line, err := stream.ReadString('\n')
	require.NoError(t, err, "the first event waits for the second")
	assert.Equal(t, "data: "+first+"\n", line)
	assert.Empty(t, s.env.Spans(), "the call has not ended")
	close(seen)
	rest, err := io.ReadAll(stream)
	require.NoError(t, err)
	assert.Equal(t, "\ndata: "+last+"\n\ndata: [DONE]\n\n", string(rest))

	call := s.env.Wait(1)[0]
	assert.Equal(t, "chat mistral-small-latest", call.Name())
	assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
	assert.Equal(t, int64(2), call.Attr(semconv.GenAIUsageOutputTokensKey).AsInt64())
	assert.Equal(t, "Hello", call.Output()[0].Text())
}

// roundTripFunc is a transport that does as it is told.
type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// readFunc is a body that does as it is told.
type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// A real transport sends the request from a goroutine of its own, which may look
// for the end of the body only when the reply is on its way to the caller.
func TestQuickReplyIsNotCut(t *testing.T) {
	t.Parallel()
	transport := roundTripFunc(func(r *http.Request) (*http.Response, error) {
		_, err := io.CopyN(io.Discard, r.Body, int64(len(chat)))
		require.NoError(t, err)
		begun := false
		reply := readFunc(func(p []byte) (int, error) {
			if !begun {
				begun = true
				return copy(p, "reply"), nil
			}
			return r.Body.Read(p) // the end of the request is that of the reply
		})
		return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1, Body: io.NopCloser(reply)}, nil
	})
	proxy := httptest.NewServer(newProxy(&url.URL{Scheme: "http", Host: "mistral"}, transport, log.New(io.Discard, "", 0)))
	defer proxy.Close()
	resp, err := proxy.Client().Post(proxy.URL, "application/json", strings.NewReader(chat))
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "reply", string(body))
}

func TestCallIsPartOfTheCallersTrace(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	call := s.chat("Traceparent", traceparent, "Tracestate", "shop=1")
	assert.Equal(t, "0af7651916cd43dd8448eb211c80319c", call.SpanContext().TraceID().String())
	assert.Equal(t, "b7ad6b7169203331", call.Parent().SpanID().String())
	assert.True(t, call.Parent().IsRemote())
	assert.Equal(t, "shop=1", call.SpanContext().TraceState().String())

	assert.False(t, s.chat().Parent().IsValid(), "without the header it is a trace of its own")
	assert.False(t, s.chat("Traceparent", "00-nonsense-01").Parent().IsValid(), "so it is with a broken one")
}

func TestBaggageSaysWhomACallIsFor(t *testing.T) {
	t.Parallel()
	keys := []attribute.Key{
		semconv.UserIDKey, semconv.SessionIDKey, semconv.GenAIConversationIDKey, semconv.TraceNameKey, semconv.TagsKey,
		semconv.MetadataPrefix + "plan", "secret",
	}
	for name, tt := range map[string]struct {
		baggage []string
		want    map[attribute.Key]any
	}{
		"none": {},
		"everything": {
			[]string{
				"user.id=ada,session.id=s%201, gen_ai.conversation.id=c-1,otelmistral.trace.name=a%20visit",
				"otelmistral.tags=%5B%22beta%22%2C%22web%22%5D,otelmistral.metadata.plan=pro",
			},
			map[attribute.Key]any{
				semconv.UserIDKey: "ada", semconv.SessionIDKey: "s 1", semconv.GenAIConversationIDKey: "c-1",
				semconv.TraceNameKey: "a visit", semconv.TagsKey: []string{"beta", "web"}, semconv.MetadataPrefix + "plan": "pro",
			},
		},
		"what is not ours is left out":   {[]string{"secret=x,user.id=ada"}, map[attribute.Key]any{semconv.UserIDKey: "ada"}},
		"tags that are no list are none": {[]string{"otelmistral.tags=beta,user.id=ada"}, map[attribute.Key]any{semconv.UserIDKey: "ada"}},
		"beyond the limits":              {[]string{"user.id=ada,otelmistral.metadata.plan=" + strings.Repeat("x", 9000)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			var header []string
			for _, value := range tt.baggage {
				header = append(header, "Baggage", value)
			}
			call := s.chat(header...)
			got := map[attribute.Key]any{}
			for _, k := range keys {
				if value := call.Attr(k); value.Type() != attribute.EMPTY {
					got[k] = value.AsInterface()
				}
			}
			if tt.want == nil {
				tt.want = map[attribute.Key]any{}
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestUpstreamGetsTheRequestAndNothingOfTheCaller(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.chat(
		"Traceparent", traceparent, "Tracestate", "shop=1", "Baggage", "user.id=ada",
		"X-Forwarded-For", "10.0.0.7", "Forwarded", "for=10.0.0.7", "Connection", "X-Hop", "X-Hop", "1",
		"User-Agent", "an sdk", "X-Custom", "kept",
	)
	got := s.mistral.Requests()[0]
	assert.Equal(t, "/v1/chat/completions", got.Target)
	assert.Equal(t, chat, string(got.Body))
	assert.Equal(t, strings.TrimPrefix(s.mistral.URL, "http://"), got.Host)
	assert.Equal(t, http.Header{
		"Accept-Encoding": {"gzip"},
		"Authorization":   {"Bearer " + key},
		"Content-Length":  got.Header["Content-Length"],
		"Content-Type":    {"application/json"},
		"User-Agent":      {"an sdk"},
		"X-Custom":        {"kept"},
	}, got.Header)
}

func TestReplyIsUnderstoodWhateverTheCallerCanUnpack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, accepted := range []string{"br, gzip, deflate, zstd", "gzip", "identity"} {
		call := s.chat("Accept-Encoding", accepted) // which reads the answer as it came
		assert.Equal(t, "The capital of France is **Paris**.", call.Output()[0].Text(), accepted)
	}
}

func TestEveryEndpointOfUpstreamIsObserved(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.read(s.post(t.Context(), "/v1/conversations", `{"agent_id":"ag_1","inputs":"Hello?"}`))
	assert.Equal(t, "invoke_agent", s.env.Wait(1)[0].Name())
}

func TestErrorPassesAsItIs(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	refusal := testserver.ErrorNamed("429 rate limited")
	s.mistral.Enqueue(refusal.Reply())
	resp := s.post(t.Context(), "/v1/chat/completions", chat)
	assert.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	assert.Equal(t, refusal.Header.Get("Retry-After"), resp.Header.Get("Retry-After"))
	assert.Equal(t, refusal.Body, s.read(resp))
	assert.Equal(t, semconv.OutcomeRefused, s.env.Wait(1)[0].Outcome())
}

func TestKeyIsNeitherRecordedNorLogged(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.mistral.Enqueue(
		testserver.ErrorNamed("401 invalid key").Reply(),
		testserver.Stream(testserver.Event(`{"choices":[]}`), testserver.Cut()),
		testserver.Reply{Steps: []testserver.Step{testserver.Cut()}},
	)
	for _, status := range []int{http.StatusUnauthorized, http.StatusOK, http.StatusBadGateway, http.StatusOK} {
		resp := s.post(t.Context(), "/v1/chat/completions", chatStream)
		_, _ = io.Copy(io.Discard, resp.Body) // one of them is cut
		assert.Equal(t, status, resp.StatusCode)
	}
	all := s.log.String()
	require.NotEmpty(t, all)
	for _, call := range s.env.Wait(4) {
		all += call.Name() + call.Status().Description
		for _, kv := range call.Attributes() {
			all += string(kv.Key) + kv.Value.String()
		}
		for _, event := range call.Events() {
			for _, kv := range event.Attributes {
				all += kv.Value.String()
			}
		}
	}
	assert.NotContains(t, all, key)
}

func TestHealthIsAnsweredByTheProxyItself(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	resp, err := s.client.Get(s.url + "/healthz")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "ok\n", s.read(resp))
	assert.Empty(t, s.mistral.Requests())
	assert.Empty(t, s.env.Spans())
}

func TestUpstreamThatIsDownIsTold(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	s := sceneAt(t, nil, gone.URL)
	resp := s.post(t.Context(), "/v1/chat/completions", chat)
	assert.Equal(t, http.StatusBadGateway, resp.StatusCode)
	var refusal struct{ Object, Message, Type string }
	require.NoError(t, json.Unmarshal([]byte(s.read(resp)), &refusal))
	assert.Equal(t, "error", refusal.Object)
	assert.Equal(t, "proxy_error", refusal.Type)
	assert.Contains(t, refusal.Message, "the proxy got no answer from "+strings.TrimPrefix(gone.URL, "http://"))
	assert.Contains(t, refusal.Message, "refused")
	assert.Contains(t, s.log.String(), "could not be reached")

	call := s.env.Wait(1)[0]
	assert.Equal(t, semconv.OutcomeFailed, call.Outcome())
	assert.Equal(t, codes.Error, call.Status().Code)
}

func TestCallerThatLeavesTakesTheCallWithIt(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]testserver.Step{
		"before the reply": {testserver.Hang()},
		"in its stream":    {testserver.Event(`{"choices":[{"index":0,"delta":{"content":"Hel"}}]}`), testserver.Hang()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.mistral.Enqueue(testserver.Stream(steps...))
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/chat/completions", strings.NewReader(chatStream))
			require.NoError(t, err)
			left := make(chan error, 1)
			go func() {
				resp, err := s.client.Do(req)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
				left <- err
			}()
			require.Eventually(t, func() bool { return len(s.mistral.Requests()) == 1 }, 10*time.Second, time.Millisecond)
			leave()
			require.ErrorIs(t, <-left, context.Canceled)

			call := s.env.Wait(1)[0]
			assert.Contains(t, []string{semconv.OutcomeCancelled, semconv.OutcomeClosedEarly}, call.Outcome())
			assert.NotEqual(t, codes.Error, call.Status().Code)
			upstream, err := s.mistral.Wait(s.env.Context(), 1)
			require.NoError(t, err)
			assert.Equal(t, testserver.ClientGone, upstream[0].End)
			assert.Empty(t, s.log.String(), "nothing went wrong")
		})
	}
}
