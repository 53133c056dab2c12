// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// echo is a server that keeps what it was sent.
func echo(t *testing.T) (url string, got func() (body []byte, r *http.Request)) {
	var (
		mu      sync.Mutex
		body    []byte
		request *http.Request
	)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		body, request = b, r
		mu.Unlock()
		w.Header().Set("Content-Type", jsonType)
		_, _ = io.WriteString(w, plainReply)
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/v1/chat/completions", func() ([]byte, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		return body, request
	}
}

// requestOfSize is the JSON of a chat request of exactly n bytes, if that many
// suffice, with the model last.
func requestOfSize(n int) []byte {
	const head, tail = `{"messages":[{"role":"user","content":"`, `"}],"model":"mistral-small-latest"}`
	if n < len(head)+len(tail) {
		return bytes.Repeat([]byte{'x'}, n)
	}
	return []byte(head + strings.Repeat("x", n-len(head)-len(tail)) + tail)
}

func TestForwardedRequestIsByteIdentical(t *testing.T) {
	const limit = 1 << 20
	url, got := echo(t)
	for _, size := range []int{0, 1, 511, 512, 513, 4095, 4096, 4097, limit - 1, limit, limit + 1} {
		body := requestOfSize(size)
		for kind, reader := range map[string]func() io.Reader{
			"bytes.Reader": func() io.Reader { return bytes.NewReader(body) },
			"declared length, not in memory": func() io.Reader {
				return struct{ io.Reader }{bytes.NewReader(body)}
			},
			"unknown length": func() io.Reader {
				pr, pw := io.Pipe()
				go func() {
					_, err := pw.Write(body)
					_ = pw.CloseWithError(err)
				}()
				return pr
			},
			"one byte at a time": func() io.Reader {
				if size > 5000 {
					return bytes.NewReader(body)
				}
				return iotest.OneByteReader(bytes.NewReader(body))
			},
		} {
			t.Run(fmt.Sprintf("%d/%s", size, kind), func(t *testing.T) {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, reader())
				require.NoError(t, err)
				if strings.HasPrefix(kind, "declared") {
					req.ContentLength = int64(size)
				}
				wantLength, wantGetBody := req.ContentLength, req.GetBody != nil
				r := newRecorder()
				resp, err := r.transport(&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
				require.NoError(t, err)
				_, err = io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())

				sent, seen := got()
				assert.True(t, bytes.Equal(body, sent), "sent %d bytes, got %d", len(body), len(sent))
				if wantLength > 0 {
					assert.Equal(t, wantLength, seen.ContentLength)
				}
				assert.Equal(t, wantLength, req.ContentLength, "the caller's request")
				assert.Equal(t, wantGetBody, req.GetBody != nil)
				assert.Same(t, req, resp.Request)
				s := r.one(t)
				assert.Equal(t, semconv.OutcomeCompleted, s.outcome())
				if size > 511 {
					assert.Equal(t, "chat mistral-small-latest", s.Name, "the model stands last")
					assert.Equal(t, "mistral-small-latest", s.attr(semconv.GenAIRequestModelKey).AsString())
					assert.Contains(t, s.attr(semconv.GenAIInputMessagesKey).AsString(), `"content":"xxx`)
				}
			})
		}
	}
}

// failsOnce gives its error once.
type failsOnce struct{ err error }

func (f *failsOnce) Read([]byte) (int, error) {
	err := f.err
	f.err = errors.New("read after an error")
	return 0, err
}

func TestReadErrorOfTheRequestBodyReachesTheTransportUnchanged(t *testing.T) {
	errBody := errors.New("disk on fire")
	for name, length := range map[string]int64{"read before sending": 100, "read while sending": -1} {
		t.Run(name, func(t *testing.T) {
			inner := &trackedBody{Reader: io.MultiReader(strings.NewReader(`{"model":"m`), &failsOnce{errBody})}
			req := chatRequest(t, "")
			req.Body, req.ContentLength = inner, length
			if length > 0 {
				req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("must not be called") }
			}
			r := newRecorder()
			var got []byte
			_, err := r.transport(roundTripFunc(func(r *http.Request) (*http.Response, error) {
				var err error
				got, err = io.ReadAll(r.Body)
				_ = r.Body.Close()
				return nil, err
			})).RoundTrip(req)
			assert.Same(t, errBody, err)
			assert.Equal(t, `{"model":"m`, string(got))
			assert.Equal(t, 1, inner.closed())
			assert.Equal(t, semconv.OutcomeFailed, r.one(t).outcome())
		})
	}
}

func TestRequestBodyIsClosedOnceOnEveryPath(t *testing.T) {
	errClose := errors.New("close failed")
	for _, tt := range []struct {
		name   string
		length int64
		inMem  bool
		sample sdktrace.Sampler
		err    error
	}{
		{"snapshot", int64(len(plainRequest)), true, sdktrace.AlwaysSample(), nil},
		{"snapshot, not sampled", int64(len(plainRequest)), true, sdktrace.NeverSample(), nil},
		{"observed", -1, false, sdktrace.AlwaysSample(), nil},
		{"observed, not sampled", -1, false, sdktrace.NeverSample(), nil},
		{"shorter than declared", int64(len(plainRequest)) + 5, true, sdktrace.AlwaysSample(), nil},
		{"longer than declared", int64(len(plainRequest)) - 5, true, sdktrace.AlwaysSample(), nil},
		{"close fails", int64(len(plainRequest)), true, sdktrace.AlwaysSample(), errClose},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := bodyOf(plainRequest)
			body.err = tt.err
			req := chatRequest(t, "")
			req.Body, req.ContentLength, req.GetBody = body, tt.length, nil
			if tt.inMem {
				req.GetBody = func() (io.ReadCloser, error) { return bodyOf(plainRequest), nil }
			}
			r := newRecorder(sdktrace.WithSampler(tt.sample))
			var sent []byte
			resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				var err error
				if sent, err = io.ReadAll(req.Body); err != nil {
					return nil, err
				}
				if err := req.Body.Close(); err != nil {
					return nil, err
				}
				return answering(jsonType, bodyOf(plainReply))(&http.Request{})
			})).RoundTrip(req)
			if tt.err != nil {
				assert.Same(t, tt.err, err, "the transport below sees the error of Close")
			} else {
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
			}
			assert.Equal(t, plainRequest, string(sent))
			assert.Equal(t, 1, body.closed())
		})
	}
}

func TestPipeIsSentWhileItIsWritten(t *testing.T) {
	// The server answers the first half before the second is written: reading
	// ahead would wait for ever.
	pr, pw := io.Pipe()
	req := chatRequest(t, "")
	req.Body, req.ContentLength, req.GetBody = pr, -1, nil
	half := len(plainRequest) / 2
	r := newRecorder()
	go func() { _, _ = io.WriteString(pw, plainRequest[:half]) }()
	resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		first := make([]byte, half)
		if _, err := io.ReadFull(req.Body, first); err != nil {
			return nil, err
		}
		go func() {
			_, _ = io.WriteString(pw, plainRequest[half:])
			_ = pw.Close()
		}()
		return answering(jsonType, bodyOf(plainReply))(req)
	})).RoundTrip(req)
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	s := r.one(t)
	assert.Equal(t, "chat mistral-small-latest", s.Name)
	assert.Contains(t, s.attr(semconv.GenAIInputMessagesKey).AsString(), "Hi")
}

// startAttributes is a sampler that keeps what it was shown.
type startAttributes struct {
	name string
	seen []attribute.KeyValue
	kind trace.SpanKind
}

func (s *startAttributes) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	s.name, s.seen, s.kind = p.Name, p.Attributes, p.Kind
	return sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample}
}

func (s *startAttributes) Description() string { return "startAttributes" }

func TestSamplersSeeTheFiveAttributes(t *testing.T) {
	sampler := &startAttributes{}
	r := newRecorder(sdktrace.WithSampler(sampler))
	req := chatRequest(t, plainRequest)
	req.Host = "other.example:1"
	resp, err := r.transport(answering(jsonType, bodyOf(plainReply))).RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "chat mistral-small-latest", sampler.name)
	assert.Equal(t, trace.SpanKindClient, sampler.kind)
	assert.Equal(t, []attribute.KeyValue{
		semconv.GenAIOperationNameKey.String("chat"),
		semconv.GenAIProviderNameKey.String("mistral_ai"),
		semconv.GenAIRequestModelKey.String("mistral-small-latest"),
		semconv.ServerAddressKey.String("api.mistral.ai"),
		semconv.ServerPortKey.Int(443),
	}, sampler.seen)
}

func TestLongBodyInMemoryShowsItsModelToSamplers(t *testing.T) {
	body := `{"model":"mistral-small-latest","messages":[{"role":"user","content":"` + strings.Repeat("x", 2<<20) + `"}]}`
	sampler := &startAttributes{}
	r := newRecorder(sdktrace.WithSampler(sampler))
	var sent []byte
	resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		var err error
		sent, err = io.ReadAll(req.Body)
		assert.NoError(t, err)
		_ = req.Body.Close()
		return answering(jsonType, bodyOf(plainReply))(&http.Request{})
	})).RoundTrip(chatRequest(t, body))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "chat mistral-small-latest", sampler.name)
	assert.True(t, body == string(sent))
	assert.Empty(t, r.one(t).attr(semconv.MistralDecodeErrorsKey).AsInterface())
}

// A transport that finds its connection stale sends the body again, from
// GetBody, which nobody observes.
func TestLongBodyThatWasSentAgainKeepsItsBeginning(t *testing.T) {
	body := `{"model":"mistral-small-latest","temperature":0.5,"messages":[{"role":"user","content":"` + strings.Repeat("x", 2<<20) + `"}]}`
	r := newRecorder()
	resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		_ = req.Body.Close()
		again, err := req.GetBody()
		assert.NoError(t, err)
		req.Body = again
		return answering(jsonType, bodyOf(plainReply))(req)
	})).RoundTrip(chatRequest(t, body))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	s := r.one(t)
	assert.Equal(t, 0.5, s.attr(semconv.GenAIRequestTemperatureKey).AsFloat64())
	assert.EqualValues(t, 1, s.attr(semconv.MistralDecodeErrorsKey).AsInt64(), "what is missing is counted")
}

func TestRequestsThatAreNoCallsPassUntouched(t *testing.T) {
	for name, change := range map[string]func(*http.Request) *http.Request{
		"method": func(r *http.Request) *http.Request { r.Method = http.MethodGet; return r },
		"path":   func(r *http.Request) *http.Request { r.URL.Path = "/v1/models"; return r },
		"files":  func(r *http.Request) *http.Request { r.URL.Path = "/v1/files"; return r },
		"another provider": func(r *http.Request) *http.Request {
			r.URL.Host = "api.openai.com"
			return r
		},
		"Azure OpenAI": func(r *http.Request) *http.Request {
			r.URL.Host, r.URL.Path = "me.openai.azure.com", "/openai/deployments/x/chat/completions"
			return r
		},
		"context without tracing": func(r *http.Request) *http.Request {
			return r.WithContext(roundtripper.ContextWithoutTracing(r.Context()))
		},
		"filter":         func(r *http.Request) *http.Request { r.Header.Set("X-Skip", "1"); return r },
		"filter panics":  func(r *http.Request) *http.Request { r.Header.Set("X-Panic", "1"); return r },
		"no URL":         func(r *http.Request) *http.Request { r.URL = nil; return r },
		"nil header map": func(r *http.Request) *http.Request { r.Header, r.URL.Path = nil, "/"; return r },
	} {
		t.Run(name, func(t *testing.T) {
			req := change(chatRequest(t, plainRequest))
			r := newRecorder()
			want := &http.Response{StatusCode: http.StatusOK, Body: bodyOf("x")}
			var got *http.Request
			resp, err := r.transport(roundTripFunc(func(r *http.Request) (*http.Response, error) {
				got = r
				return want, nil
			}), roundtripper.WithFilter(func(r *http.Request) bool {
				if r.Header.Get("X-Panic") != "" {
					panic("filter")
				}
				return r.Header.Get("X-Skip") == ""
			})).RoundTrip(req)
			require.NoError(t, err)
			assert.Same(t, req, got)
			assert.Same(t, want, resp)
			assert.Empty(t, r.exporter.GetSpans())
		})
	}
}

func TestSecondTransportBelowLeavesTheCallAlone(t *testing.T) {
	r := newRecorder()
	inner := r.transport(answering(jsonType, bodyOf(plainReply)))
	resp, err := r.transport(inner).RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	r.one(t)
}

func TestCallersRequestIsNotModified(t *testing.T) {
	r := newRecorder()
	req := chatRequest(t, plainRequest)
	before := req.Clone(req.Context())
	body := req.Body
	var sent *http.Request
	resp, err := r.transport(roundTripFunc(func(r *http.Request) (*http.Response, error) {
		sent = r
		return answering(jsonType, bodyOf(plainReply))(r)
	}), roundtripper.WithPropagator(propagation.TraceContext{})).RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, before.Header, req.Header)
	assert.Equal(t, before.URL, req.URL)
	assert.True(t, body == req.Body)
	assert.Equal(t, before.Context(), req.Context())
	assert.NotEmpty(t, sent.Header.Get("traceparent"), "asked for")
	assert.Equal(t, r.one(t).SpanContext.SpanID(), trace.SpanContextFromContext(sent.Context()).SpanID())
}

func TestNothingIsInjectedUnlessAskedFor(t *testing.T) {
	r := newRecorder()
	var sent *http.Request
	resp, err := r.transport(roundTripFunc(func(r *http.Request) (*http.Response, error) {
		sent = r
		return answering(jsonType, bodyOf(plainReply))(r)
	})).RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.Header{"Content-Type": {jsonType}, "Authorization": {"Bearer secret"}}, sent.Header)
}

func TestRequestWithoutBody(t *testing.T) {
	for name, body := range map[string]io.ReadCloser{"nil": nil, "NoBody": http.NoBody} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder()
			req := chatRequest(t, "")
			req.Body, req.GetBody = body, nil
			resp, err := r.transport(roundTripFunc(func(sent *http.Request) (*http.Response, error) {
				assert.True(t, sent.Body == body)
				return answering(jsonType, bodyOf(plainReply))(sent)
			})).RoundTrip(req)
			require.NoError(t, err)
			_, err = io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, "chat", r.one(t).Name)
		})
	}
}

func TestSpanThatDoesNotRecordLeavesTheResponseAlone(t *testing.T) {
	r := newRecorder(sdktrace.WithSampler(sdktrace.NeverSample()))
	body := bodyOf(plainReply)
	resp, err := r.transport(answering(jsonType, body)).RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	assert.Same(t, body, resp.Body)
	assert.Empty(t, r.exporter.GetSpans())
}
