// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

func TestMain(m *testing.M) {
	// What could not be understood is reported there; tests that look at it
	// set their own.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	goleak.VerifyTestMain(m)
}

const chatURL = "https://api.mistral.ai/v1/chat/completions"

// recorder keeps the spans that have ended.
type recorder struct {
	exporter *tracetest.InMemoryExporter
	provider *sdktrace.TracerProvider
}

func newRecorder(opts ...sdktrace.TracerProviderOption) *recorder {
	exporter := tracetest.NewInMemoryExporter()
	opts = append(opts, sdktrace.WithSyncer(exporter))
	return &recorder{exporter, sdktrace.NewTracerProvider(opts...)}
}

// transport observes base with content capture on, unless opts say otherwise.
func (r *recorder) transport(base http.RoundTripper, opts ...roundtripper.Option) *roundtripper.Transport {
	return roundtripper.New(base, append([]roundtripper.Option{
		roundtripper.WithTracerProvider(r.provider),
		roundtripper.WithContentCapture(roundtripper.CaptureSpan),
	}, opts...)...)
}

// one returns the only span that has ended.
func (r *recorder) one(t testing.TB) span {
	t.Helper()
	spans := r.exporter.GetSpans()
	require.Len(t, spans, 1, "ended spans")
	return span{spans[0]}
}

type span struct{ tracetest.SpanStub }

func (s span) attr(key attribute.Key) attribute.Value {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value
		}
	}
	return attribute.Value{}
}

func (s span) outcome() string { return s.attr(semconv.MistralOutcomeKey).AsString() }

// roundTripFunc is a transport below that does as it is told.
type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering reads the request, as a real transport does, and answers with body.
func answering(contentType string, body io.ReadCloser) roundTripFunc {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, err := io.Copy(io.Discard, r.Body)
			if err := errors.Join(err, r.Body.Close()); err != nil {
				return nil, err
			}
		}
		return &http.Response{
			StatusCode:    http.StatusOK,
			Status:        "200 OK",
			Proto:         "HTTP/1.1",
			ProtoMajor:    1,
			ProtoMinor:    1,
			Header:        http.Header{"Content-Type": {contentType}},
			ContentLength: -1,
			Body:          body,
			Request:       r,
		}, nil
	}
}

const (
	jsonType   = "application/json"
	streamType = "text/event-stream; charset=utf-8"

	plainRequest  = `{"model":"mistral-small-latest","messages":[{"role":"user","content":"Hi"}]}`
	streamRequest = `{"model":"mistral-small-latest","stream":true,"messages":[{"role":"user","content":"Hi"}]}`

	plainReply = `{"id":"r1","object":"chat.completion","model":"mistral-small-2506","choices":[{"index":0,` +
		`"finish_reason":"stop","message":{"role":"assistant","content":"Hello"}}],` +
		`"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}`

	firstChunk = `data: {"id":"r1","model":"mistral-small-2506","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}` + "\n\n"
	textChunk  = `data: {"id":"r1","model":"mistral-small-2506","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}],"p":"abc"}` + "\n\n"
	lastChunk  = `data: {"id":"r1","model":"mistral-small-2506","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}` + "\n\n"
	doneEvent  = "data: [DONE]\n\n"

	streamReply = firstChunk + textChunk + lastChunk + doneEvent
)

func chatRequest(t testing.TB, body string) *http.Request {
	t.Helper()
	return requestTo(t, chatURL, body)
}

func requestTo(t testing.TB, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer secret")
	return req
}

// trackedBody is a body that knows how it was treated.
type trackedBody struct {
	io.Reader
	mu     sync.Mutex
	closes int
	err    error // of Close
}

func (b *trackedBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closes++
	return b.err
}

func (b *trackedBody) closed() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closes
}

func bodyOf(s string) *trackedBody { return &trackedBody{Reader: strings.NewReader(s)} }
