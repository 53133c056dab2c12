// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// call makes one chat call in ctx and reads its reply.
func call(ctx context.Context, t testing.TB, rt http.RoundTripper, request string) {
	t.Helper()
	resp, err := rt.RoundTrip(chatRequest(t, request).WithContext(ctx))
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}

func TestCallCarriesWhatItsContextCarries(t *testing.T) {
	ctx := scope.With(t.Context(), scope.NewAttribute(
		semconv.UserIDKey.String("u1"), semconv.GenAIConversationIDKey.String("t1"),
		semconv.TagsKey.StringSlice([]string{"x"}), attribute.String("otelmistral.metadata.k", "v"),
	))
	ctx = scope.WithObservation(scope.WithObservation(ctx, "shop", true, nil), "answer", false, nil)
	r := newRecorder()
	call(ctx, t, r.transport(answering(jsonType, bodyOf(plainReply)),
		roundtripper.WithAttributes(semconv.UserIDKey.String("explicit"))), plainRequest)
	s := r.one(t)
	assert.Equal(t, "explicit", s.attr(semconv.UserIDKey).AsString(), "the transport's own attributes win")
	assert.Equal(t, "t1", s.attr(semconv.GenAIConversationIDKey).AsString())
	assert.Equal(t, []string{"x"}, s.attr(semconv.TagsKey).AsStringSlice())
	assert.Equal(t, "v", s.attr("otelmistral.metadata.k").AsString())
	assert.Equal(t, "answer", s.attr(semconv.ObservationPathKey).AsString())
	assert.Equal(t, "shop", s.attr(semconv.WorkflowNameKey).AsString())
}

// startRecorder keeps the attributes that spans start with.
type startRecorder struct{ keys []attribute.Key }

func (s *startRecorder) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	for _, a := range p.Attributes {
		s.keys = append(s.keys, a.Key)
	}
	return sdktrace.AlwaysSample().ShouldSample(p)
}
func (s *startRecorder) Description() string { return "startRecorder" }

func TestSamplersSeeTheFiveAttributesFirst(t *testing.T) {
	sampler := &startRecorder{}
	ctx := scope.With(t.Context(), scope.NewAttribute(semconv.UserIDKey.String("u1")))
	r := newRecorder(sdktrace.WithSampler(sampler))
	call(ctx, t, r.transport(answering(jsonType, bodyOf(plainReply))), plainRequest)
	assert.Equal(t, []attribute.Key{
		semconv.GenAIOperationNameKey, semconv.GenAIProviderNameKey, semconv.GenAIRequestModelKey,
		semconv.ServerAddressKey, semconv.ServerPortKey, semconv.UserIDKey,
	}, sampler.keys)
}

func TestAttemptsOfALogicalCallAreNumbered(t *testing.T) {
	r := newRecorder()
	rt := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return answering(jsonType, bodyOf(plainReply))(req)
	}))
	attempts := roundtripper.ContextWithAttempts(t.Context())
	for _, ctx := range []context.Context{attempts, attempts, attempts, t.Context(), roundtripper.ContextWithAttempts(attempts)} {
		call(ctx, t, rt, plainRequest)
	}
	var got []any
	for _, s := range r.exporter.GetSpans() {
		got = append(got, span{s}.attr(semconv.HTTPRequestResendCountKey).AsInterface())
	}
	assert.Equal(t, []any{nil, int64(1), int64(2), nil, nil}, got)
}

func TestAttemptsConcurrentSafe(t *testing.T) {
	r := newRecorder()
	rt := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return answering(jsonType, bodyOf(plainReply))(req)
	}))
	ctx := roundtripper.ContextWithAttempts(t.Context())
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { call(ctx, t, rt, plainRequest) })
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, s := range r.exporter.GetSpans() {
		seen[span{s}.attr(semconv.HTTPRequestResendCountKey).AsInt64()] = true
	}
	assert.Len(t, seen, 10)
}
