// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	logembedded "go.opentelemetry.io/otel/log/embedded"
	"go.opentelemetry.io/otel/metric"
	metricembedded "go.opentelemetry.io/otel/metric/embedded"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	traceembedded "go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// handled collects what is reported while a test runs.
func handled(t *testing.T) func() []string {
	var mu sync.Mutex
	var reports []string
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		reports = append(reports, err.Error())
	}))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return reports
	}
}

// exchange makes one call and reads it; the caller must not notice anything.
func exchange(t *testing.T, rt http.RoundTripper) {
	t.Helper()
	resp, err := rt.RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, plainReply, string(got))
}

func base() roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		return answering(jsonType, bodyOf(plainReply))(req)
	}
}

type panickySampler struct{}

func (panickySampler) ShouldSample(sdktrace.SamplingParameters) sdktrace.SamplingResult { panic("x") }
func (panickySampler) Description() string                                              { return "" }

type panickyProcessor struct{ sdktrace.SpanProcessor }

func (panickyProcessor) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (panickyProcessor) OnEnd(sdktrace.ReadOnlySpan)                     { panic("x") }

type panickyPropagator struct{ propagation.TextMapPropagator }

func (panickyPropagator) Inject(context.Context, propagation.TextMapCarrier) { panic("x") }

type panickyProviders struct {
	traceembedded.TracerProvider
	metricembedded.MeterProvider
	logembedded.LoggerProvider
}

func (panickyProviders) Tracer(string, ...trace.TracerOption) trace.Tracer { panic("x") }
func (panickyProviders) Meter(string, ...metric.MeterOption) metric.Meter  { panic("x") }
func (panickyProviders) Logger(string, ...log.LoggerOption) log.Logger     { panic("x") }

type panickyLogs struct{ sdklog.Processor }

func (panickyLogs) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (panickyLogs) OnEmit(context.Context, *sdklog.Record) error           { panic("x") }

func TestPanicsOfTheApplicationsTelemetryDoNotReachTheCaller(t *testing.T) {
	for name, rt := range map[string]func() http.RoundTripper{
		"sampler": func() http.RoundTripper {
			return newRecorder(sdktrace.WithSampler(panickySampler{})).transport(base())
		},
		"span processor": func() http.RoundTripper {
			return newRecorder(sdktrace.WithSpanProcessor(panickyProcessor{})).transport(base())
		},
		"propagator": func() http.RoundTripper {
			return newRecorder().transport(base(), roundtripper.WithPropagator(panickyPropagator{}))
		},
		"filter": func() http.RoundTripper {
			return newRecorder().transport(base(), roundtripper.WithFilter(func(*http.Request) bool { panic("x") }))
		},
		"redactor": func() http.RoundTripper {
			return newRecorder().transport(base(), roundtripper.WithRedactor(func(string, string) string { panic("x") }))
		},
		"tracer provider": func() http.RoundTripper {
			return newRecorder().transport(base(), roundtripper.WithTracerProvider(panickyProviders{}))
		},
		"meter provider": func() http.RoundTripper {
			return newRecorder().transport(base(), roundtripper.WithMeterProvider(panickyProviders{}))
		},
		"logger provider": func() http.RoundTripper {
			return newRecorder().transport(base(), roundtripper.WithLoggerProvider(panickyProviders{}))
		},
		"logger": func() http.RoundTripper {
			return newRecorder().transport(base(), roundtripper.WithLoggerProvider(
				sdklog.NewLoggerProvider(sdklog.WithProcessor(panickyLogs{}))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			reports := handled(t)
			transport := rt()
			exchange(t, transport)
			exchange(t, transport)
			assert.Len(t, reports(), 1, "reported once")
		})
	}
}

// panickyError is one that cannot be asked what it is.
type panickyError struct{}

func (panickyError) Error() string   { return "x" }
func (panickyError) Is(error) bool   { panic("x") }
func (panickyError) As(any) bool     { panic("x") }
func (panickyError) Temporary() bool { panic("x") }

func TestErrorThatCannotBeAskedCostsNoOutcome(t *testing.T) {
	for name, tt := range map[string]struct {
		base    roundTripFunc
		outcome string
	}{
		"no response": {func(*http.Request) (*http.Response, error) { return nil, panickyError{} }, "failed"},
		"body": {func(req *http.Request) (*http.Response, error) {
			return answering(jsonType, io.NopCloser(iotest.ErrReader(panickyError{})))(req)
		}, "cut"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder()
			resp, err := r.transport(tt.base).RoundTrip(chatRequest(t, plainRequest))
			if err == nil {
				_, err = io.ReadAll(resp.Body)
			}
			assert.Equal(t, error(panickyError{}), err)
			s := r.one(t)
			assert.Equal(t, tt.outcome, s.attr(semconv.MistralOutcomeKey).AsString())
			assert.Equal(t, "_OTHER", s.attr(semconv.ErrorTypeKey).AsString())
			assert.Equal(t, "mistral-small-latest", s.attr(semconv.GenAIRequestModelKey).AsString())
		})
	}
}

func TestPanicOfTheErrorHandlerDoesNotReachTheCaller(t *testing.T) {
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) { panic("x") }))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	exchange(t, newRecorder(sdktrace.WithSpanProcessor(panickyProcessor{})).transport(base()))
}

func TestWhatWasNotUnderstoodIsReportedOnceWithoutContent(t *testing.T) {
	reports := handled(t)
	r := newRecorder()
	broken := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return answering(streamType, bodyOf("data: secret reply\n\n"+streamReply))(req)
	})
	rt := r.transport(broken)
	for range 3 {
		resp, err := rt.RoundTrip(chatRequest(t, `{"model":"m","messages":[secret request`))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
	}
	got := reports()
	require.Len(t, got, 2, "the request and the reply")
	for _, text := range got {
		assert.NotContains(t, text, "secret")
		assert.Contains(t, text, "otelmistral: ")
	}
	for _, stub := range r.exporter.GetSpans() {
		assert.EqualValues(t, 2, span{stub}.attr(semconv.MistralDecodeErrorsKey).AsInt64(), "counted on every span")
	}
}

func TestGlobalProviderIsFoundLate(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	rt := roundtripper.New(base(), roundtripper.WithTracerProvider(nil))
	exchange(t, rt)
	for range 2 { // and again, as tests of applications do
		r := newRecorder()
		otel.SetTracerProvider(r.provider)
		exchange(t, rt)
		s := r.one(t)
		assert.Equal(t, roundtripper.ScopeName, s.InstrumentationScope.Name)
		assert.Equal(t, roundtripper.Version, s.InstrumentationScope.Version)
		assert.Equal(t, semconv.SchemaURL, s.InstrumentationScope.SchemaURL)
	}
}

// uncomparable is a provider that == panics on.
type uncomparable struct {
	noop.TracerProvider
	_ func()
}

func (u uncomparable) Tracer(string, ...trace.TracerOption) trace.Tracer {
	return noop.Tracer{}
}

// hidden is a provider that looks comparable.
type hidden struct {
	noop.TracerProvider
	inside any
}

func TestProviderThatCannotBeCompared(t *testing.T) {
	r := newRecorder()
	wrapped := roundtripper.New(base(), roundtripper.WithTracerProvider(hidden{inside: []int{1}}))
	exchange(t, wrapped)
	exchange(t, wrapped)
	assert.Empty(t, r.exporter.GetSpans())
	rt := roundtripper.New(base(), roundtripper.WithTracerProvider(uncomparable{}))
	exchange(t, rt)
	exchange(t, rt)
}

func TestContentCaptureVariable(t *testing.T) {
	for value, want := range map[string]bool{
		"": false, "NO_CONTENT": false, "no_content": false, "SPAN_ONLY": true, " span_only ": true,
		"EVENT_ONLY": false, "SPAN_AND_EVENT": true, "true": false, "yes": false,
	} {
		t.Run(value, func(t *testing.T) {
			t.Setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", value)
			reports := handled(t)
			r := newRecorder()
			exchange(t, roundtripper.New(base(), roundtripper.WithTracerProvider(r.provider)))
			assert.Equal(t, want, r.one(t).attr(semconv.GenAIInputMessagesKey).AsString() != "")
			if value == "true" || value == "yes" {
				require.Len(t, reports(), 1)
				assert.Contains(t, reports()[0], "SPAN_ONLY", "says what to set")
			} else {
				assert.Empty(t, reports())
			}
		})
	}
}

func TestPrecedenceOfContentCapture(t *testing.T) {
	t.Setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY")
	captured := func(ctx context.Context, opts ...roundtripper.Option) bool {
		r := newRecorder()
		resp, err := roundtripper.New(base(), append(opts, roundtripper.WithTracerProvider(r.provider))...).
			RoundTrip(chatRequest(t, plainRequest).WithContext(ctx))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
		return r.one(t).attr(semconv.GenAIInputMessagesKey).AsString() != ""
	}
	none := roundtripper.WithContentCapture(roundtripper.CaptureNone)
	ctx := t.Context()
	assert.True(t, captured(ctx), "variable")
	assert.False(t, captured(ctx, none), "option over variable")
	assert.True(t, captured(roundtripper.ContextWithCapture(ctx, roundtripper.CaptureSpan), none), "context over option")
	assert.False(t, captured(roundtripper.ContextWithCapture(ctx, roundtripper.CaptureNone)), "context over variable")
}

func TestOptions(t *testing.T) {
	const gateway = "http://gateway.example:8080/api/v1/chat/completions"
	get := func(t *testing.T, url, body string, opts ...roundtripper.Option) span {
		r := newRecorder()
		req := chatRequest(t, body)
		parsed, err := http.NewRequest(http.MethodPost, url, nil)
		require.NoError(t, err)
		req.URL = parsed.URL
		resp, err := r.transport(base(), opts...).RoundTrip(req)
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
		return r.one(t)
	}
	const gpt, own = `{"model":"openai/gpt-4o","messages":[]}`, `{"model":"my-finetune","messages":[]}`
	provider := func(s span) string { return s.attr(semconv.GenAIProviderNameKey).AsString() }
	assert.Equal(t, "mistral_ai", provider(get(t, gateway, plainRequest)))
	assert.Equal(t, "openai", provider(get(t, gateway, gpt)), "the family of the model")
	assert.Equal(t, "mistral_ai", provider(get(t, gateway, own)), "a compatible server")
	assert.Equal(t, "me", provider(get(t, gateway, own, roundtripper.WithProvider("me"))))
	assert.Equal(t, "_OTHER", provider(get(t, "https://api.respan.ai/api/chat/completions", own)), "a gateway to many")
	assert.Equal(t, "mistral_ai", provider(get(t, chatURL, gpt, roundtripper.WithProvider("me"))), "Mistral's own host")

	s := get(t, gateway, own, roundtripper.WithAttributes(attribute.String("team", "core")), roundtripper.WithAttributes(attribute.Int("n", 1)))
	assert.Equal(t, "core", s.attr("team").AsString())
	assert.EqualValues(t, 1, s.attr("n").AsInt64())
	assert.Equal(t, "gateway.example", s.attr(semconv.ServerAddressKey).AsString())
	assert.EqualValues(t, 8080, s.attr(semconv.ServerPortKey).AsInt64())
	assert.EqualValues(t, 80, get(t, "http://h/chat/completions", own).attr(semconv.ServerPortKey).AsInt64())
	assert.Equal(t, "::1", get(t, "http://[::1]:9/chat/completions", own).attr(semconv.ServerAddressKey).AsString())
	for _, named := range []string{"Api.OpenAI.com", "api.openai.com."} {
		assert.Equal(t, "api.openai.com", get(t, "https://API.openai.com./v1/chat/completions", own,
			roundtripper.WithHosts(named)).attr(semconv.ServerAddressKey).AsString(), "a host that was named")
	}

	text := strings.Repeat("0123456789", 10)
	long := `{"model":"m","messages":[{"role":"user","content":"` + text[:99] + `ä` + `"}]}`
	for limit, want := range map[int]string{100: text[:99] + "...[2 bytes cut]", 101: text[:99] + "ä", 1: text[:64] + "...[37 bytes cut]", -1: text[:64] + "...[37 bytes cut]"} {
		cut := get(t, chatURL, long, roundtripper.WithMaxContentBytes(limit))
		assert.Contains(t, cut.attr(semconv.GenAIInputMessagesKey).AsString(), `"content":"`+want+`"`)
		if strings.Contains(want, "37") {
			assert.EqualValues(t, 37, cut.attr(semconv.MistralContentDroppedBytesKey).AsInt64())
		}
	}

	thought := `{"model":"m","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}]}`
	assert.Contains(t, get(t, chatURL, thought, roundtripper.WithMaxContentBytes(math.MaxInt)).attr(semconv.GenAIInputMessagesKey).AsString(),
		`{"type":"reasoning","content":"Hm"}`, "as good as no limit")

	image := `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":"data:image/png;base64,aGk="}]}]}`
	assert.NotContains(t, get(t, chatURL, image).attr(semconv.GenAIInputMessagesKey).AsString(), "aGk=")
	assert.Contains(t, get(t, chatURL, image, roundtripper.WithBase64Content()).attr(semconv.GenAIInputMessagesKey).AsString(),
		`"mime_type":"image/png","content":"aGk="`)
}

func TestAttemptsOfOneLogicalCallAreNumbered(t *testing.T) {
	r := newRecorder()
	rt := r.transport(base())
	ctx := roundtripper.ContextWithAttempts(t.Context())
	for _, ctx := range []context.Context{ctx, ctx, ctx, t.Context()} {
		resp, err := rt.RoundTrip(chatRequest(t, plainRequest).WithContext(ctx))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
	}
	var counts []any
	for _, s := range r.exporter.GetSpans() {
		counts = append(counts, span{s}.attr(semconv.HTTPRequestResendCountKey).AsInterface())
	}
	assert.Equal(t, []any{nil, int64(1), int64(2), nil}, counts)
}

func TestUnwrapAndIdleConnections(t *testing.T) {
	inner := &idle{}
	rt := roundtripper.New(inner)
	assert.Same(t, inner, rt.Unwrap())
	(&http.Client{Transport: rt}).CloseIdleConnections()
	assert.Equal(t, 1, inner.closed)
	roundtripper.New(base()).CloseIdleConnections() // has none
}

type idle struct {
	roundTripFunc
	closed int
}

func (i *idle) CloseIdleConnections() { i.closed++ }

func TestDefaultTransportIsTakenAsItIsWhenNewIsCalled(t *testing.T) {
	before := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = before })
	rt := roundtripper.New(nil)
	http.DefaultTransport = roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, errors.New("later") })
	assert.Same(t, before, rt.Unwrap())
	http.DefaultTransport = rt // no loop
}

func TestSecretsOfConnectorsAreNeverRecorded(t *testing.T) {
	const request = `{"model":"m","messages":[{"role":"user","content":[{"type":"odd","authorization":"SECRET1"}],` +
		`"authorization":"SECRET2"}],"tools":[{"type":"connector","connector_id":"c","authorization":{"value":"SECRET3"}}],` +
		`"customer_credentials":{"openai":"SECRET4"},"metadata":{"api_key":"SECRET5","ok":"kept"},"authorization":"SECRET6"}`
	for _, capture := range []roundtripper.ContentCapture{roundtripper.CaptureNone, roundtripper.CaptureSpan} {
		r := newRecorder()
		resp, err := r.transport(base(), roundtripper.WithContentCapture(capture)).RoundTrip(chatRequest(t, request))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
		s := r.one(t)
		for _, a := range s.Attributes {
			assert.NotContains(t, a.Value.String(), "SECRET")
			assert.NotContains(t, a.Value.String(), "Bearer")
		}
		if capture == roundtripper.CaptureSpan {
			assert.JSONEq(t, `{"ok":"kept"}`, s.attr(semconv.MistralRequestMetadataKey).AsString())
		}
	}
}
