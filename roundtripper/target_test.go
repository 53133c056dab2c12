// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// seen is a sampler that keeps what it was last shown.
type seen struct{ sdktrace.SamplingParameters }

func (s *seen) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	s.SamplingParameters = p
	return sdktrace.SamplingResult{Decision: sdktrace.Drop}
}

func (*seen) Description() string { return "seen" }

// What a call begins with is kept for the next one to the same model: that of
// one must never be shown for another.
func TestSamplersSeeServerAndModelOfTheCallAtHand(t *testing.T) {
	sampler := new(seen)
	rt := newRecorder(sdktrace.WithSampler(sampler)).transport(
		roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, io.EOF }),
		roundtripper.WithProvider("own"))
	type server struct {
		url, host, provider string
		port                int
	}
	// Neighbours differ in one thing.
	servers := []server{
		{"https://api.mistral.ai", "api.mistral.ai", semconv.ProviderMistralAI, 443},
		{"https://llm.internal", "llm.internal", "own", 443},
		{"http://LLM.internal", "llm.internal", "own", 80},
	}
	const models = 40 // more than are kept
	call := func(s server, number int) {
		model := fmt.Sprintf("house-%d", number)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/chat/completions",
			strings.NewReader(`{"model":"`+model+`"}`))
		require.NoError(t, err)
		_, err = rt.RoundTrip(req)
		require.ErrorIs(t, err, io.EOF)
		assert.Equal(t, "chat "+model, sampler.Name)
		assert.Equal(t, trace.SpanKindClient, sampler.Kind)
		assert.Equal(t, []attribute.KeyValue{
			semconv.GenAIOperationNameKey.String("chat"),
			semconv.GenAIProviderNameKey.String(s.provider),
			semconv.GenAIRequestModelKey.String(model),
			semconv.ServerAddressKey.String(s.host),
			semconv.ServerPortKey.Int(s.port),
		}, sampler.Attributes)
	}
	for model := range models {
		for _, s := range servers {
			call(s, model)
		}
	}
	for _, s := range servers {
		for model := range models {
			call(s, model)
		}
	}
}
