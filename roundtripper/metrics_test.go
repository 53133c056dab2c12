// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// metrics keeps what is measured.
type metrics struct{ reader *sdkmetric.ManualReader }

func (m *metrics) option() roundtripper.Option {
	m.reader = sdkmetric.NewManualReader()
	return roundtripper.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(m.reader)))
}

// collect returns all metrics by name.
func (m *metrics) collect(t testing.TB) map[string]metricdata.Aggregation {
	t.Helper()
	var got metricdata.ResourceMetrics
	require.NoError(t, m.reader.Collect(t.Context(), &got))
	byName := map[string]metricdata.Aggregation{}
	for _, s := range got.ScopeMetrics {
		assert.Equal(t, roundtripper.ScopeName, s.Scope.Name)
		for _, m := range s.Metrics {
			byName[m.Name] = m.Data
		}
	}
	return byName
}

func TestDurationIsMeasuredToTheEndOfTheStreamSampledOrNot(t *testing.T) {
	for name, sampler := range map[string]sdktrace.Sampler{
		"sampled": sdktrace.AlwaysSample(), "not sampled": sdktrace.NeverSample(),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var m metrics
				rt := newRecorder(sdktrace.WithSampler(sampler)).transport(answering(streamType, &script{
					{time.Second, firstChunk}, {time.Second, lastChunk}, {time.Second, doneEvent},
				}), m.option())
				resp, err := rt.RoundTrip(chatRequest(t, streamRequest))
				require.NoError(t, err)
				_, err = io.ReadAll(resp.Body)
				require.NoError(t, err)
				duration, ok := m.collect(t)["gen_ai.client.operation.duration"].(metricdata.Histogram[float64])
				require.True(t, ok)
				require.Len(t, duration.DataPoints, 1)
				assert.Equal(t, 3.0, duration.DataPoints[0].Sum)
				model, _ := duration.DataPoints[0].Attributes.Value(semconv.GenAIRequestModelKey)
				assert.Equal(t, "mistral-small-latest", model.AsString())
			})
		})
	}
}

// seconds returns the only points of a histogram.
func (m *metrics) seconds(t testing.TB, name string) metricdata.HistogramDataPoint[float64] {
	t.Helper()
	h, ok := m.collect(t)[name].(metricdata.Histogram[float64])
	require.True(t, ok, name)
	require.Len(t, h.DataPoints, 1, name)
	return h.DataPoints[0]
}

// count returns the sum of a counter.
func (m *metrics) count(t testing.TB, name string) (total int64) {
	t.Helper()
	sum, _ := m.collect(t)[name].(metricdata.Sum[int64])
	for _, p := range sum.DataPoints {
		total += p.Value
	}
	return total
}

func TestChunksAreMeasuredFromOneToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m metrics
		resp, err := newRecorder().transport(answering(streamType, &script{
			{time.Second, firstChunk}, // none before it
			{100 * time.Millisecond, textChunk},
			{300 * time.Millisecond, textChunk + textChunk}, // together: the second took no time
			{time.Second, ": keep-alive\n\n"},               // no chunk
			{time.Second, lastChunk[:20]},
			{time.Second, lastChunk[20:]}, // at its end
			{time.Second, doneEvent},      // no chunk
		}), m.option()).RoundTrip(chatRequest(t, streamRequest))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
		first, next := m.seconds(t, "gen_ai.client.operation.time_to_first_chunk"), m.seconds(t, "gen_ai.client.operation.time_per_output_chunk")
		assert.Equal(t, 1.0, first.Sum)
		assert.Equal(t, uint64(4), next.Count)
		assert.InDelta(t, 0.1+0.3+0+3, next.Sum, 1e-9)
		answered, _ := next.Attributes.Value(semconv.GenAIResponseModelKey)
		assert.Equal(t, "mistral-small-2506", answered.AsString())
	})
}

func TestChunkMetricsMayBeLeftOut(t *testing.T) {
	var m metrics
	resp, err := newRecorder().transport(answering(streamType, bodyOf(streamReply)), m.option(), roundtripper.WithoutChunkMetrics()).
		RoundTrip(chatRequest(t, streamRequest))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	got := m.collect(t)
	assert.NotContains(t, got, "gen_ai.client.operation.time_per_output_chunk")
	assert.Contains(t, got, "gen_ai.client.operation.time_to_first_chunk")
}

func TestPanicsThatWereContainedAreCounted(t *testing.T) {
	var m metrics
	filter := roundtripper.WithFilter(func(*http.Request) bool { panic("a bug") })
	redactor := roundtripper.WithRedactor(func(_, _ string) string { panic("a bug") })
	ask := func(opts ...roundtripper.Option) {
		resp, err := newRecorder().transport(answering(jsonType, bodyOf(plainReply)), opts...).RoundTrip(chatRequest(t, plainRequest))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
	}
	ask(m.option(), redactor)
	assert.Equal(t, int64(2), m.count(t, "otelmistral.panics"), "one for the message, one for the answer")
	ask(m.option(), filter)
	assert.Equal(t, int64(1), m.count(t, "otelmistral.panics"))
}

// brokenProvider panics when it is asked for a meter, or its instruments do
// when they are used.
type brokenProvider struct {
	noop.MeterProvider
	instruments bool
}

func (p brokenProvider) Meter(string, ...metric.MeterOption) metric.Meter {
	if !p.instruments {
		panic("a bug")
	}
	return brokenMeter{}
}

type brokenMeter struct{ noop.Meter }

func (brokenMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return brokenHistogram{}, nil
}

type brokenHistogram struct{ noop.Float64Histogram }

func (brokenHistogram) Enabled(context.Context) bool                            { return true }
func (brokenHistogram) Record(context.Context, float64, ...metric.RecordOption) { panic("a bug") }

func TestBrokenMeterCostsNeitherTheCallNorItsSpan(t *testing.T) {
	for _, instruments := range []bool{false, true} {
		reports, r := handled(t), newRecorder()
		rt := r.transport(answering(streamType, bodyOf(streamReply)), roundtripper.WithMeterProvider(brokenProvider{instruments: instruments}))
		resp, err := rt.RoundTrip(chatRequest(t, streamRequest))
		require.NoError(t, err)
		got, err := io.ReadAll(io.MultiReader(io.LimitReader(resp.Body, 200), resp.Body)) // more than one Read
		require.NoError(t, err)
		assert.Equal(t, streamReply, string(got))
		assert.Equal(t, semconv.OutcomeCompleted, r.one(t).outcome())
		assert.Len(t, reports(), 1)
	}
}

func TestMetricsOfACancelledCallRemainAndShowItsSpan(t *testing.T) {
	var m metrics
	r := newRecorder()
	ctx, cancel := context.WithCancel(t.Context())
	rt := r.transport(answering(jsonType, bodyOf(plainReply)), m.option())
	resp, err := rt.RoundTrip(chatRequest(t, plainRequest).WithContext(ctx))
	require.NoError(t, err)
	cancel()
	_, _ = io.ReadAll(resp.Body)
	require.Eventually(t, func() bool { return len(r.exporter.GetSpans()) == 1 }, 10*time.Second, time.Millisecond)
	s := r.one(t)
	duration := m.seconds(t, "gen_ai.client.operation.duration")
	require.Len(t, duration.Exemplars, 1)
	spanID, traceID := s.SpanContext.SpanID(), s.SpanContext.TraceID()
	assert.Equal(t, spanID[:], duration.Exemplars[0].SpanID)
	assert.Equal(t, traceID[:], duration.Exemplars[0].TraceID)
}

func TestCallsAreAllMeasuredConcurrentSafe(t *testing.T) {
	var m metrics
	rt := newRecorder().transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return answering(streamType, bodyOf(streamReply))(req)
	}), m.option())
	const calls = 50
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			// Two models: labels are kept from call to call.
			request := strings.Replace(streamRequest, "small", []string{"small", "large"}[i%2], 1)
			resp, err := rt.RoundTrip(chatRequest(t, request))
			if assert.NoError(t, err) {
				_, err = io.ReadAll(resp.Body)
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	h, _ := m.collect(t)["gen_ai.client.operation.time_per_output_chunk"].(metricdata.Histogram[float64])
	require.Len(t, h.DataPoints, 2)
	for _, p := range h.DataPoints {
		assert.Equal(t, uint64(calls/2*2), p.Count, "two chunks behind the first in each call")
	}
	assert.Equal(t, int64(calls), m.count(t, "otelmistral.calls"))
}

func TestIdsAndOutcomesMakeNoMoreSeries(t *testing.T) {
	var m metrics
	option := m.option()
	for i := range 20 {
		reply := strings.Replace(plainReply, `"r1"`, fmt.Sprintf(`"r%d"`, i), 1)
		req := chatRequest(t, strings.Replace(plainRequest, "Hi", fmt.Sprint(i), 1))
		req.Header.Set("X-Request-Id", fmt.Sprint(i))
		resp, err := newRecorder().transport(answering(jsonType, bodyOf(reply)), option).RoundTrip(req)
		require.NoError(t, err)
		if i%2 == 0 {
			_, err = io.ReadAll(resp.Body)
			require.NoError(t, err)
		} else {
			_, _ = resp.Body.Read(make([]byte, len(reply)-1))
		}
		require.NoError(t, resp.Body.Close())
	}
	assert.LessOrEqual(t, len(m.collect(t)["gen_ai.client.operation.duration"].(metricdata.Histogram[float64]).DataPoints), 2,
		"with the model that answered, and without")
}

func TestBucketsReachTheSDK(t *testing.T) {
	var m metrics
	exchange(t, newRecorder().transport(base(), m.option()))
	assert.Equal(t, []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92},
		m.seconds(t, "gen_ai.client.operation.duration").Bounds)
	tokens := m.collect(t)["gen_ai.client.token.usage"].(metricdata.Histogram[int64])
	assert.Equal(t, 67108864.0, tokens.DataPoints[0].Bounds[13])
}

// switched is a provider of one metric that can be switched off: what has once
// been the global provider is used by the default one for ever.
type switched struct {
	noop.MeterProvider
	histogram *switchedHistogram
}

type switchedMeter struct {
	noop.Meter
	histogram *switchedHistogram
}

type switchedHistogram struct {
	noop.Float64Histogram
	on      atomic.Bool
	records atomic.Int64
}

func (s switched) Meter(string, ...metric.MeterOption) metric.Meter {
	return switchedMeter{histogram: s.histogram}
}

func (m switchedMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return m.histogram, nil
}

func (h *switchedHistogram) Enabled(context.Context) bool { return h.on.Load() }

func (h *switchedHistogram) Record(context.Context, float64, ...metric.RecordOption) {
	h.records.Add(1)
}

func TestProviderOfMetricsIsTheGlobalOneOfTheMoment(t *testing.T) {
	before := otel.GetMeterProvider()
	defer otel.SetMeterProvider(before)
	rt := newRecorder().transport(base(), roundtripper.WithMeterProvider(nil))
	exchange(t, rt)
	var h switchedHistogram
	otel.SetMeterProvider(switched{histogram: &h})
	exchange(t, rt)
	assert.Zero(t, h.records.Load(), "it is not enabled")
	h.on.Store(true)
	exchange(t, rt)
	assert.Equal(t, int64(1), h.records.Load())
	h.on.Store(false)
}

func TestLabelsOfOneCallAreNotThoseOfTheNext(t *testing.T) {
	var m metrics
	replies := []string{plainReply, strings.Replace(plainReply, "small-2506", "small-2603", 1), plainReply[:len(plainReply)-1]}
	rt := newRecorder().transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		next := replies[0]
		replies = replies[1:]
		return answering(jsonType, bodyOf(next))(req)
	}), m.option())
	for range replies {
		resp, err := rt.RoundTrip(chatRequest(t, plainRequest))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
	}
	got := m.collect(t)
	assert.Len(t, got["gen_ai.client.operation.duration"].(metricdata.Histogram[float64]).DataPoints, 3)
	assert.Len(t, got["otelmistral.calls"].(metricdata.Sum[int64]).DataPoints, 2, "completed, truncated")
}
