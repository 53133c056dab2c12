// SPDX-License-Identifier: Apache-2.0

package semconv_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/semconv/v1.41.0/genaiconv"

	"github.com/otelmistral/otelmistral/semconv"
)

var vocabularies = []semconv.Vocabulary{semconv.Released, semconv.Newest}

func TestReleasedMetricsAreThoseOfTheConventions(t *testing.T) {
	units := map[string]string{}
	for _, m := range semconv.Metrics(semconv.Released) {
		if strings.HasPrefix(m.Name, "gen_ai.") {
			assert.Equal(t, semconv.InstrumentHistogram, m.Instrument, m.Name)
			units[m.Name] = m.Unit
		}
	}
	assert.Equal(t, map[string]string{
		genaiconv.ClientOperationDuration{}.Name():           genaiconv.ClientOperationDuration{}.Unit(),
		genaiconv.ClientOperationTimeToFirstChunk{}.Name():   genaiconv.ClientOperationTimeToFirstChunk{}.Unit(),
		genaiconv.ClientOperationTimePerOutputChunk{}.Name(): genaiconv.ClientOperationTimePerOutputChunk{}.Unit(),
		genaiconv.ClientTokenUsage{}.Name():                  genaiconv.ClientTokenUsage{}.Unit(),
	}, units)
}

// The Go package of the conventions sets no boundaries, so these are compared
// with their text: seconds double from 0.01, tokens quadruple from 1.
func TestBucketsAreThoseOfTheConventions(t *testing.T) {
	series := func(first, factor float64) []float64 {
		s := []float64{first}
		for len(s) < 14 {
			s = append(s, s[len(s)-1]*factor)
		}
		return s
	}
	for _, v := range vocabularies {
		for _, m := range semconv.Metrics(v) {
			switch {
			case m.Instrument == semconv.InstrumentCounter:
				assert.Empty(t, m.Buckets, m.Name)
			case m.Unit == semconv.UnitSeconds:
				assert.InDeltaSlice(t, series(0.01, 2), m.Buckets, 1e-9, m.Name)
				assert.Len(t, m.Buckets, 14, m.Name)
			default:
				assert.Equal(t, series(1, 4), m.Buckets, m.Name)
			}
		}
	}
}

func TestMetricsCarryNothingOfHighCardinality(t *testing.T) {
	common := []attribute.Key{
		"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model",
		"server.address", "server.port",
	}
	for _, v := range vocabularies {
		for _, m := range semconv.Metrics(v) {
			want := common
			switch {
			case m.Name == "otelmistral.calls":
				want = []attribute.Key{"mistral_ai.outcome"}
			case strings.HasPrefix(m.Name, "otelmistral."):
				want = nil
			case strings.HasSuffix(m.Name, ".duration"):
				want = append(slices.Clip(common), "error.type")
			}
			assert.Equal(t, want, m.Attributes, m.Name)
		}
	}
}

// A row of the same metric differs in what the instrument is not made of.
func TestEachMetricIsDescribedOnce(t *testing.T) {
	for _, v := range vocabularies {
		made, rows := map[string]semconv.Metric{}, map[string]bool{}
		for _, m := range semconv.Metrics(v) {
			row := m.Name + " " + m.With.Value.AsString()
			assert.False(t, rows[row], row)
			rows[row] = true
			first, ok := made[m.Name]
			if !ok {
				made[m.Name], first = m, m
			}
			assert.Equal(t, []any{first.Instrument, first.Type, first.Unit, first.Brief}, []any{m.Instrument, m.Type, m.Unit, m.Brief}, m.Name)
			assert.NotEmpty(t, m.Brief, m.Name)
			assert.NotEmpty(t, m.Link, m.Name)
			released := v == semconv.Released
			assert.False(t, released && m.With.Key == semconv.GenAITokenModalityKey, m.Name)
			assert.False(t, !released && m.With.Key == semconv.GenAITokenTypeKey, m.Name)
		}
	}
}

func TestSchemaURLFollowsTheVocabulary(t *testing.T) {
	assert.Equal(t, semconv.SchemaURL, semconv.Released.SchemaURL())
	assert.Equal(t, "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev", semconv.Newest.SchemaURL())
	assert.Equal(t, semconv.Released, semconv.Vocabulary(0), "the default")
}
