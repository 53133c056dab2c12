// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// plainClient does not retry, so that all attempts are those of the layers.
const plainClient = "go-openai"

func TestLayersOfOtelhttpKeepOneGenAISpanAndItsTokens(t *testing.T) {
	for _, layers := range []struct {
		name string
		over func(http.RoundTripper) http.RoundTripper
		want []string
	}{
		{"above otelhttp", aboveOtelhttp, []string{"application > " + chatName, "application > " + chatName + " > HTTP POST"}},
		{"below otelhttp", belowOtelhttp, []string{"application > HTTP POST", "application > HTTP POST > " + chatName}},
		{
			"twice", func(base http.RoundTripper) http.RoundTripper { return roundtripper.New(aboveOtelhttp(base)) },
			[]string{"application > " + chatName, "application > " + chatName + " > HTTP POST"},
		},
	} {
		for _, call := range []struct {
			name string
			body string
			act  action
			want attempt
		}{
			{"plain", "chat.json", chat, answered},
			{"stream", "stream.sse", stream, streamed},
		} {
			t.Run(layers.name+", "+call.name, func(t *testing.T) {
				t.Setenv(captureVariable, "SPAN_ONLY")
				s := newStage(t)
				tokens := countTokens(t)
				ctx, application := s.provider.Tracer("test").Start(t.Context(), "application")
				p := performance{
					ctx: ctx, script: []testserver.Reply{testserver.Canned(call.body)}, timeout: patience, act: call.act,
				}

				bare := s.play(t, plainClient, s.base, p)
				seen := s.play(t, plainClient, layers.over(s.base), p)

				assert.Equal(t, bare, seen)
				calls := s.calls(t, 1)
				require.Len(t, calls, 1)
				assert.Equal(t, call.want, attemptOf(t, calls[0]))
				var paths []string
				for _, span := range s.spans.GetSpans() {
					path := append([]string{span.Name}, s.lineage(span, application.SpanContext())...)
					slices.Reverse(path)
					paths = append(paths, strings.Join(path, " > "))
				}
				assert.ElementsMatch(t, layers.want, paths)
				assert.Equal(t, map[string]int64{"input": call.want.in, "output": call.want.out}, tokens())
			})
		}
	}
}

// captureVariable turns on content for transports that are made without options.
const captureVariable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

// countTokens returns a function that tells the tokens of all that has been
// measured since, by their type.
func countTokens(t *testing.T) func() map[string]int64 {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	before := otel.GetMeterProvider()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	t.Cleanup(func() { otel.SetMeterProvider(before) })
	return func() map[string]int64 {
		var all metricdata.ResourceMetrics
		require.NoError(t, reader.Collect(t.Context(), &all))
		tokens := map[string]int64{}
		for _, scope := range all.ScopeMetrics {
			for _, m := range scope.Metrics {
				if m.Name != "gen_ai.client.token.usage" {
					continue
				}
				for _, point := range m.Data.(metricdata.Histogram[int64]).DataPoints {
					kind, _ := point.Attributes.Value(semconv.GenAITokenTypeKey)
					tokens[kind.AsString()] += point.Sum
				}
			}
		}
		return tokens
	}
}

func TestRetriesAboveAreASpanEachAndNumbered(t *testing.T) {
	t.Setenv(captureVariable, "SPAN_ONLY")
	s := newStage(t)
	e := s.play(t, plainClient, spanPerAttempt(s.base), performance{
		ctx:     roundtripper.ContextWithAttempts(t.Context()),
		script:  []testserver.Reply{limited, limited, testserver.Canned("chat.json")},
		timeout: patience, act: chat,
	})
	assert.Equal(t, "The answer is **42**.", e.reply.text)
	var got []attempt
	var resends []int64
	for _, call := range s.calls(t, 3) {
		got = append(got, attemptOf(t, call))
		attrs := attribute.NewSet(call.Attributes...)
		resent, _ := attrs.Value(semconv.HTTPRequestResendCountKey)
		resends = append(resends, resent.AsInt64())
	}
	assert.Equal(t, []attempt{tooManyRead, tooManyRead, answered}, got)
	assert.Equal(t, []int64{0, 1, 2}, resends)
}

func TestRetriesBelowAreOneSpan(t *testing.T) {
	refused := slices.Repeat([]testserver.Reply{limited}, 5) // 4 retries are its default
	for name, tc := range map[string]struct {
		script   []testserver.Reply
		attempts int64
		want     attempt
	}{
		"answered in the end": {[]testserver.Reply{limited, limited, testserver.Canned("chat.json")}, 3, answered},
		"refused to the end":  {refused, 5, tooManyRead},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(captureVariable, "SPAN_ONLY")
			s := newStage(t)
			e := s.play(t, plainClient, spanPerCall(s.base), performance{
				ctx: t.Context(), script: tc.script, timeout: patience, act: chat,
			})
			assert.Equal(t, tc.want.outcome == semconv.OutcomeCompleted, e.err == "", e.err)
			assert.Equal(t, tc.attempts, s.base.attempts.Load())
			calls := s.calls(t, 1)
			require.Len(t, calls, 1)
			assert.Equal(t, tc.want, attemptOf(t, calls[0]))
		})
	}
}

// A stream that the model holds back shows both: what has come is there already,
// and who leaves is noticed.
func TestProxyFlushesStreamsAndTellsHowTheyEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		script []testserver.Reply
		each   func(cancel func()) error
		want   attempt
	}{
		"read to the end": {[]testserver.Reply{testserver.Canned("stream.sse")}, nil, streamed},
		"caller cancels":  {script(words, 2, testserver.Hang()), cancels, ended(firstWords, semconv.OutcomeCancelled, "")[0]},
		"caller leaves":   {script(words, 2, testserver.Hang()), stops, ended(firstWords, semconv.OutcomeCancelled, "")[0]},
		"refused":         {[]testserver.Reply{denied}, nil, changed(unauthorized, func(a *attempt) { a.streamed = true })},
		"cut":             {script(words, 2, testserver.Cut()), nil, ended(firstWords, semconv.OutcomeCut, semconv.ErrorTypeUnexpectedEOF)[0]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(captureVariable, "SPAN_ONLY")
			s := newStage(t)
			p := performance{ctx: t.Context(), script: tc.script, timeout: patience, act: stream, each: tc.each}
			direct := s.play(t, plainClient, s.base, p)

			target, err := url.Parse(s.server.URL)
			require.NoError(t, err)
			proxy := httptest.NewServer(newProxy(target, s.base))
			defer proxy.Close()
			toProxy := &http.Transport{}
			defer toProxy.CloseIdleConnections()
			seen := s.play(t, plainClient, redirected{proxy.Listener.Addr().String(), toProxy}, p)

			assert.Equal(t, direct, seen, "what the program gets")
			calls := s.calls(t, 1)
			require.Len(t, calls, 1)
			assert.Equal(t, tc.want, attemptOf(t, calls[0]))
		})
	}
}

// redirected sends all requests to addr.
type redirected struct {
	addr string
	base http.RoundTripper
}

func (d redirected) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = d.addr
	return d.base.RoundTrip(r)
}

// The request is larger than one read of the server, whose panic would cut the
// connection of a later one.
func TestProxyAnswersWhatItCannotPassOn(t *testing.T) {
	target, err := url.Parse("http://127.0.0.1:1") // nobody listens
	require.NoError(t, err)
	var said strings.Builder
	proxy := httptest.NewUnstartedServer(newProxy(target, nil))
	proxy.Config.ErrorLog = log.New(&said, "", 0) // the log has a lock, and Close waits for the connections
	proxy.Start()
	client := proxy.Client()
	for range 100 {
		resp, err := client.Post(proxy.URL+"/v1/chat/completions", "application/json", strings.NewReader(strings.Repeat(" ", 100<<10)))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusBadGateway, resp.StatusCode)
	}
	client.CloseIdleConnections()
	proxy.Close()
	assert.NotContains(t, said.String(), "panic")
}
