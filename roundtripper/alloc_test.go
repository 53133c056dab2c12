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
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
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

// allocations counts those of one call whose reply has n chunks of text.
func allocations(t *testing.T, chunks int, opts ...roundtripper.Option) float64 {
	t.Helper()
	provider := sdktrace.NewTracerProvider() // records, and exports nowhere
	reply := firstChunk + strings.Repeat(textChunk, chunks) + lastChunk + doneEvent
	buf := make([]byte, 4096)
	rt := roundtripper.New(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		_ = req.Body.Close()
		return &http.Response{
			StatusCode: http.StatusOK, ContentLength: -1,
			Header: http.Header{"Content-Type": {streamType}},
			Body:   io.NopCloser(strings.NewReader(reply)),
		}, nil
	}), append(opts, roundtripper.WithTracerProvider(provider))...)
	req := chatRequest(t, streamRequest)
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
	few, many := allocations(t, 200), allocations(t, 2000)
	assert.InDelta(t, few, many, 1, "200 chunks: %v allocations, 2,000 chunks: %v", few, many)
}

func TestChunksOfACapturedStreamAddOnlyTheGrowthOfTheText(t *testing.T) {
	capture := roundtripper.WithContentCapture(roundtripper.CaptureSpan)
	few, many := allocations(t, 200, capture), allocations(t, 2000, capture)
	// The text grows tenfold, so its buffer does, by about a quarter each time.
	assert.Less(t, many-few, 40.0, "200 chunks: %v allocations, 2,000 chunks: %v", few, many)
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
