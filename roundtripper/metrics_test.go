// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
