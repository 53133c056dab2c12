// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

func of(env *instrumentationtest.Env) *index {
	return &index{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-embed"}
}

func TestSpansSayWhatWasEmbeddedAndFound(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	x := of(env)
	require.NoError(t, x.add(env.Context(), texts...))
	found, err := x.search(env.Context(), texts[1]) // the same text is the nearest one
	require.NoError(t, err)
	assert.Equal(t, texts[1], found)

	spans := env.Spans()
	require.Equal(t, []string{
		"embeddings mistral-embed",
		"search",
		"search > embeddings mistral-embed",
	}, exampletest.Paths(spans))
	for i, embedded := range [][]string{texts, texts[1:2]} {
		call := spans[i]
		assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
		assert.Equal(t, int64(len(embedded)), call.Attr(semconv.MistralRequestInputCountKey).AsInt64())
		assert.Positive(t, call.Attr(semconv.GenAIUsageInputTokensKey).AsInt64())
		require.Len(t, call.Input(), 1)
		require.Len(t, call.Input()[0].Parts, len(embedded))
		for j, text := range embedded {
			assert.Equal(t, text, call.Input()[0].Parts[j].Content)
		}
		assert.Nil(t, call.Output(), "vectors are not recorded")
	}
	search := spans[2]
	assert.Equal(t, semconv.ObservationRetriever, search.Attr(semconv.ObservationTypeKey).AsString())
	assert.JSONEq(t, `"`+texts[1]+`"`, search.Attr(semconv.ObservationOutputKey).AsString())
}

func TestSearchFailsWithTheCall(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	for want, reply := range map[string]instrumentationtest.Reply{
		"429":                    instrumentationtest.Error(429, ""),
		"1 texts with 0 vectors": instrumentationtest.JSON(`{"data":[]}`),
	} {
		env.Reset()
		env.Reply(reply)
		_, err := of(env).search(env.Context(), "x")
		require.ErrorContains(t, err, want)
		assert.Equal(t, codes.Error, exampletest.Named(env.Spans(), "search")[0].Status().Code, want)
	}
}

func TestNothingIsFoundInAnEmptyIndex(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	found, err := of(env).search(env.Context(), "x")
	require.NoError(t, err)
	assert.Empty(t, found)
}

func TestProgramPrintsWhatItFound(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Contains(t, out, question+"\n  "+texts[0]+"\n")
	assert.Contains(t, out, "embeddings mistral-embed")
}
