// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// goldenMetric is a metric as it stands in a golden file.
type goldenMetric struct {
	Name   string        `json:"name"`
	Kind   string        `json:"kind"`
	Unit   string        `json:"unit"`
	Points []goldenPoint `json:"points"`
}

type goldenPoint struct {
	Attributes map[string]any `json:"attributes"`
	Count      uint64         `json:"count,omitempty"` // of a histogram
	Sum        float64        `json:"sum"`
}

func point(set attribute.Set, count uint64, sum float64) goldenPoint {
	p := goldenPoint{Attributes: map[string]any{}, Count: count, Sum: sum}
	for _, kv := range set.ToSlice() {
		p.Attributes[string(kv.Key)] = kv.Value.AsInterface()
	}
	return p
}

func (m *metrics) golden(t *testing.T) string {
	t.Helper()
	var got metricdata.ResourceMetrics
	require.NoError(t, m.reader.Collect(t.Context(), &got))
	var all []goldenMetric
	for _, m := range got.ScopeMetrics[0].Metrics {
		g := goldenMetric{Name: m.Name, Unit: m.Unit}
		switch data := m.Data.(type) {
		case metricdata.Histogram[float64]:
			g.Kind = "histogram of double"
			for _, p := range data.DataPoints {
				g.Points = append(g.Points, point(p.Attributes, p.Count, p.Sum))
			}
		case metricdata.Histogram[int64]:
			g.Kind = "histogram of int"
			for _, p := range data.DataPoints {
				g.Points = append(g.Points, point(p.Attributes, p.Count, float64(p.Sum)))
			}
		case metricdata.Sum[int64]:
			g.Kind = "counter"
			assert.True(t, data.IsMonotonic)
			for _, p := range data.DataPoints {
				g.Points = append(g.Points, point(p.Attributes, 0, float64(p.Value)))
			}
		}
		all = append(all, g)
	}
	// An attribute with several values has a point for each, in no order.
	for _, g := range all {
		slices.SortFunc(g.Points, func(a, b goldenPoint) int {
			return cmp.Compare(fmt.Sprint(a.Attributes), fmt.Sprint(b.Attributes))
		})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(all))
	return b.String()
}

const (
	embeddingsURL     = "https://api.mistral.ai/v1/embeddings"
	embeddingsRequest = `{"model":"mistral-embed","input":["a","b"]}`
	embeddingsReply   = `{"id":"e1","object":"list","model":"mistral-embed-2312","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":6,"completion_tokens":0,"total_tokens":6}}`
	audioReply        = `{"id":"r1","model":"voxtral-small","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":""}}],` +
		`"usage":{"prompt_tokens":5,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":9},"completion_tokens_details":{"reasoning_tokens":0}}}`
	moderationURL = "https://api.mistral.ai/v1/moderations"
)

func TestGoldenMetrics(t *testing.T) {
	streamed := func() http.RoundTripper {
		return answering(streamType, &script{
			{time.Second, firstChunk}, {250 * time.Millisecond, textChunk}, {250 * time.Millisecond, lastChunk}, {time.Second, doneEvent},
		})
	}
	answered := func(body string) func() http.RoundTripper {
		return func() http.RoundTripper { return answering(jsonType, &script{{2 * time.Second, body}}) }
	}
	tests := []struct {
		name, url, request string
		base               func() http.RoundTripper
		unsampled          bool
		cancel             bool
	}{
		{name: "plain", url: chatURL, request: plainRequest, base: answered(plainReply)},
		{name: "without_usage", url: chatURL, request: plainRequest, base: answered(`{"model":"m","choices":[]}`)},
		{name: "audio_and_zeros", url: chatURL, request: plainRequest, base: answered(audioReply)},
		{name: "zero_input", url: chatURL, request: plainRequest, base: answered(`{"model":"m","choices":[],"usage":{"prompt_tokens":0}}`)},
		{name: "stream", url: chatURL, request: streamRequest, base: streamed},
		{name: "stream", url: chatURL, request: streamRequest, base: streamed, unsampled: true},
		{name: "plain", url: chatURL, request: plainRequest, base: answered(plainReply), unsampled: true},
		{name: "cancelled", url: chatURL, request: streamRequest, cancel: true, base: func() http.RoundTripper {
			return answering(streamType, &script{{time.Second, firstChunk}, {time.Second, textChunk}, {time.Hour, lastChunk}})
		}},
		{name: "refused", url: chatURL, request: plainRequest, base: func() http.RoundTripper {
			return roundTripFunc(func(req *http.Request) (*http.Response, error) {
				<-time.After(time.Second)
				resp, err := answering(jsonType, bodyOf(`{"message":"slow down"}`))(req)
				resp.StatusCode = http.StatusTooManyRequests
				return resp, err
			})
		}},
		{name: "failed", url: chatURL, request: plainRequest, base: func() http.RoundTripper {
			return roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
		}},
		{name: "embeddings", url: embeddingsURL, request: embeddingsRequest, base: answered(embeddingsReply)},
		{name: "embeddings", url: embeddingsURL, request: embeddingsRequest, base: answered(embeddingsReply), unsampled: true},
		// The conventions have no operation for it, so only we count it.
		{name: "moderation", url: moderationURL, request: `{"model":"m","input":["a"]}`, base: answered(`{"id":"m1","model":"m","results":[]}`)},
	}
	for vocabulary, suffix := range map[semconv.Vocabulary]string{semconv.Released: "released", semconv.Newest: "newest"} {
		for _, tt := range tests {
			name := tt.name + "." + suffix
			if tt.unsampled {
				name += "/not sampled"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sampler := sdktrace.AlwaysSample()
					if tt.unsampled {
						sampler = sdktrace.NeverSample()
					}
					var m metrics
					rt := newRecorder(sdktrace.WithSampler(sampler)).transport(tt.base(), m.option(), roundtripper.InVocabulary(vocabulary))
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if resp, err := rt.RoundTrip(requestTo(t, tt.url, tt.request).WithContext(ctx)); err == nil {
						if tt.cancel {
							readUntil(t, resp.Body, "Hello")
							cancel()
							synctest.Wait()
						} else {
							_, err = io.ReadAll(resp.Body)
							require.NoError(t, err)
						}
						require.NoError(t, resp.Body.Close())
					}
					file := "testdata/metrics/" + tt.name + "." + suffix + ".json"
					got := m.golden(t)
					if *update && !tt.unsampled {
						require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
					}
					want, err := os.ReadFile(file)
					require.NoError(t, err)
					assert.Equal(t, string(want), got)
				})
			})
		}
	}
}
