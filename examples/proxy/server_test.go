// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

// running is the whole proxy, with a Mistral behind it and a receiver for its
// spans.
type running struct {
	t        *testing.T
	url      string
	mistral  *testserver.Mistral
	receiver *testserver.Receiver
	signal   func() // asks the proxy to end
	ended    <-chan error
	log      *logged
}

func start(t *testing.T, timeout time.Duration, opts ...testserver.MistralOption) *running {
	mistral, receiver := testserver.NewMistral(opts...), testserver.NewReceiver()
	t.Cleanup(mistral.Close)
	t.Cleanup(receiver.Close)
	upstream, err := url.Parse(mistral.URL)
	require.NoError(t, err)
	d, err := otlp.New(otlp.Config{Endpoint: receiver.Endpoint()})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	r := &running{t: t, mistral: mistral, receiver: receiver, signal: cancel, ended: ended, log: &logged{}}
	go func() {
		ended <- run(ctx, config{"127.0.0.1:0", upstream, timeout}, log.New(r.log, "", 0),
			instrumentation.WithDestination(d), instrumentation.WithoutGlobalProvider())
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil { // nil if the test has seen it
			t.Log(err)
		}
	})
	require.Eventually(t, func() bool {
		line, _, found := strings.Cut(r.log.String(), "\n")
		r.url, _, _ = strings.Cut(line, " ")
		return found
	}, 10*time.Second, time.Millisecond)
	return r
}

// open begins a stream and returns it after its first event.
func (r *running) open(rest ...testserver.Step) *bufio.Reader {
	r.t.Helper()
	r.mistral.Enqueue(testserver.Stream(append(
		[]testserver.Step{testserver.Event(`{"choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}`)}, rest...)...))
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/v1/chat/completions", strings.NewReader(chatStream))
	require.NoError(r.t, err)
	client := &http.Client{Transport: &http.Transport{}}
	resp, err := client.Do(req)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	stream := bufio.NewReader(resp.Body)
	_, err = stream.ReadString('\n')
	require.NoError(r.t, err)
	return stream
}

// refusesNewCalls waits until nobody listens any more.
func (r *running) refusesNewCalls() {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, 10*time.Second, time.Millisecond)
}

// outcome returns how the only call ended that the receiver has heard of.
func (r *running) outcome() string {
	r.t.Helper()
	spans := r.receiver.Spans()
	require.Len(r.t, spans, 1)
	for _, kv := range spans[0].Attributes {
		if kv.Key == semconv.MistralOutcomeKey {
			return kv.Value.AsString()
		}
	}
	return ""
}

func TestStreamThatIsUnderWayEndsBeforeTheProxyDoes(t *testing.T) {
	t.Parallel()
	r := start(t, time.Minute)
	goOn := make(chan struct{})
	stream := r.open(testserver.Await(goOn),
		testserver.Event(`{"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}`), testserver.Done())
	r.signal()
	r.refusesNewCalls()
	close(goOn)
	rest, err := io.ReadAll(stream)
	require.NoError(t, err)
	assert.Contains(t, string(rest), "[DONE]")
	require.NoError(t, <-r.ended)
	assert.Equal(t, semconv.OutcomeCompleted, r.outcome(), "exported before run returned")
}

func TestStreamThatTakesTooLongIsCutOff(t *testing.T) {
	t.Parallel()
	r := start(t, 50*time.Millisecond)
	stream := r.open(testserver.Hang())
	began := time.Now()
	r.signal()
	_, err := io.ReadAll(stream)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "the caller must not take it for whole")
	require.ErrorContains(t, <-r.ended, "50ms")
	assert.Less(t, time.Since(began), lastWait, "a call that is cancelled ends at once")
	assert.Equal(t, semconv.OutcomeCancelled, r.outcome(), "exported before run returned")
}

func TestAddressInUseIsAnError(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	err = run(t.Context(), config{listen: taken.Addr().String(), upstream: &url.URL{}}, log.Default())
	require.ErrorContains(t, err, taken.Addr().String())
}

func TestDemoPrintsTheTraceOfACallThroughTheProxy(t *testing.T) {
	out := exampletest.Run(t, demo)
	assert.Contains(t, out, "The capital of France is **Paris**.\n")
	assert.Contains(t, out, "chat mistral-small-latest")
	assert.Contains(t, out, "completed  mistral-small-latest")
}
