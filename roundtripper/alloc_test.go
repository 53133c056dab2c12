// SPDX-License-Identifier: Apache-2.0

//go:build !race

package roundtripper_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// The race detector allocates by itself, so these promises are kept without.

func TestRequestThatIsNoCallAddsNoAllocation(t *testing.T) {
	answer := &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}
	rt := newRecorder().transport(roundTripFunc(func(*http.Request) (*http.Response, error) { return answer, nil }))
	for _, path := range []string{"/v1/models", "/", "/v1/files"} {
		req := chatRequest(t, plainRequest)
		req.URL.Path = path
		assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = rt.RoundTrip(req) }), path)
	}
	req := chatRequest(t, plainRequest)
	req.URL.Host = "api.openai.com"
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = rt.RoundTrip(req) }), "another provider")
}

// streamAllocations counts those of one call whose reply has n chunks of text.
func streamAllocations(t *testing.T, chunks int, opts ...roundtripper.Option) float64 {
	t.Helper()
	return allocations(t, streamRequest, streamType, firstChunk+strings.Repeat(textChunk, chunks)+lastChunk+doneEvent, opts...)
}

// allocations counts those of one call, five of the transport below among them
// and two of the request's body.
func allocations(t *testing.T, request, contentType, reply string, opts ...roundtripper.Option) float64 {
	t.Helper()
	provider := sdktrace.NewTracerProvider() // records, and exports nowhere
	buf := make([]byte, 4096)
	rt := roundtripper.New(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		_ = req.Body.Close()
		return &http.Response{
			StatusCode: http.StatusOK, ContentLength: -1,
			Header: http.Header{"Content-Type": {contentType}},
			Body:   io.NopCloser(strings.NewReader(reply)),
		}, nil
	}), append([]roundtripper.Option{roundtripper.WithTracerProvider(provider)}, opts...)...)
	req := chatRequest(t, request)
	return testing.AllocsPerRun(50, func() {
		req.Body, _ = req.GetBody()
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Error(err)
			return
		}
		for {
			if _, err := resp.Body.Read(buf); err != nil {
				break
			}
		}
		_ = resp.Body.Close()
	})
}

func TestChunksOfAStreamAddNoAllocation(t *testing.T) {
	never := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	var m metrics
	for name, opts := range map[string][]roundtripper.Option{
		"sampled":                   nil,
		"not sampled":               {roundtripper.WithTracerProvider(never), roundtripper.WithContentCapture(roundtripper.CaptureSpan)},
		"measured":                  {m.option()},
		"measured, and not sampled": {m.option(), roundtripper.WithTracerProvider(never)},
	} {
		few, many := streamAllocations(t, 200, opts...), streamAllocations(t, 2000, opts...)
		assert.InDelta(t, few, many, 1, "%s: 200 chunks: %v allocations, 2,000 chunks: %v", name, few, many)
	}
}

func TestChunksOfACapturedStreamAddNoAllocationOnceABufferHasGrown(t *testing.T) {
	capture := roundtripper.WithContentCapture(roundtripper.CaptureSpan)
	few, many := streamAllocations(t, 200, capture), streamAllocations(t, 2000, capture)
	// Now and then the garbage collector takes the buffer that earlier calls grew.
	assert.Less(t, many-few, 5.0, "200 chunks: %v allocations, 2,000 chunks: %v", few, many)
	assert.Less(t, streamAllocations(t, 5000, capture), 100.0)
}

func TestCallsThatAreRecordedAllocateLittle(t *testing.T) {
	capture := roundtripper.WithContentCapture(roundtripper.CaptureSpan)
	const request = `{"model":"mistral-small-latest","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],` +
		`"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}]}`
	const reply = `{"id":"r1","model":"mistral-small-latest","choices":[{"index":0,"finish_reason":"tool_calls","message":` +
		`{"role":"assistant","content":"","tool_calls":[{"id":"c1","function":{"name":"f","arguments":"{\"a\": 1}"}}]}}]}`
	assert.LessOrEqual(t, allocations(t, plainRequest, jsonType, plainReply), 34.0)
	assert.LessOrEqual(t, allocations(t, request, jsonType, reply, capture), 48.0)
}

func TestMessagesOfAHistoryShareMemory(t *testing.T) {
	history := func(messages int) float64 {
		const message = `{"role":"user","content":"Is \"Comt\u00e9\" a cheese?\n"}`
		request := `{"model":"mistral-small-latest","messages":[` + strings.Repeat(message+",", messages) + message + `]}`
		return allocations(t, request, jsonType, plainReply, roundtripper.WithContentCapture(roundtripper.CaptureSpan))
	}
	assert.Less(t, history(400)-history(40), 20.0)
}

func TestLoggerThatIsNotEnabledAddsNoAllocation(t *testing.T) {
	book := &logbook{disabled: map[string]bool{semconv.EventInferenceDetails: true, semconv.EventException: true}}
	book.asked = make([]sdklog.EnabledParameters, 0, 1000)
	events := []roundtripper.Option{roundtripper.WithContentCapture(roundtripper.CaptureEvent)}
	without := allocations(t, plainRequest, jsonType, plainReply, events...)
	assert.Equal(t, without, allocations(t, plainRequest, jsonType, plainReply, append(events, book.option())...))
	assert.NotEmpty(t, book.asked)

	never := roundtripper.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())))
	without = allocations(t, plainRequest, jsonType, plainReply, append(events, never)...)
	assert.Equal(t, without, allocations(t, plainRequest, jsonType, plainReply, append(events, never, book.option())...), "not sampled")
}

func TestCallThatIsNotSampledAllocatesLittle(t *testing.T) {
	rt := newRecorder(sdktrace.WithSampler(sdktrace.NeverSample())).transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return nil, io.EOF
	}))
	req := chatRequest(t, plainRequest)
	n := testing.AllocsPerRun(100, func() {
		req.Body, _ = req.GetBody()
		_, err := rt.RoundTrip(req)
		require.ErrorIs(t, err, io.EOF)
	})
	assert.LessOrEqual(t, n, 10.0) // two are the body's
}

func TestCallThatIsMeasuredOnlyAllocatesLittle(t *testing.T) {
	never := roundtripper.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())))
	var m metrics
	assert.LessOrEqual(t, allocations(t, plainRequest, jsonType, plainReply, never, m.option()), 29.0)
	// A provider whose views drop everything costs what none does.
	dropped := roundtripper.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()),
		sdkmetric.WithView(sdkmetric.NewView(sdkmetric.Instrument{Name: "*"}, sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}))))
	assert.Equal(t, allocations(t, plainRequest, jsonType, plainReply, never),
		allocations(t, plainRequest, jsonType, plainReply, never, dropped))
}
