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

const question = "Who is the best painter from France? Answer in one short sentence."

func TestCallIsRecordedBelowTheFunctionThatMadeIt(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Text("Claude Monet."))
	m := mistral{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
	painter, err := m.findBestPainter(env.Context(), "France")
	require.NoError(t, err)
	assert.Equal(t, "Claude Monet.", painter)

	spans := env.Spans()
	require.Equal(t, []string{
		"find_best_painter_from",
		"find_best_painter_from > chat mistral-small-latest",
	}, exampletest.Paths(spans))
	call, function := spans[0], spans[1]
	assert.JSONEq(t, `"France"`, function.Attr(semconv.ObservationInputKey).AsString())
	assert.JSONEq(t, `"Claude Monet."`, function.Attr(semconv.ObservationOutputKey).AsString())

	assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
	require.Len(t, call.Messages(), 2)
	assert.Equal(t, question, call.Messages()[0].Text())
	assert.Equal(t, "Claude Monet.", call.Messages()[1].Text())
	assert.Equal(t, int64(1024), call.Attr(semconv.GenAIRequestMaxTokensKey).AsInt64())
	assert.InDelta(t, 0.4, call.Attr(semconv.GenAIRequestTemperatureKey).AsFloat64(), 0)
	assert.Positive(t, call.Attr(semconv.GenAIUsageInputTokensKey).AsInt64())
	assert.Positive(t, call.Attr(semconv.GenAIUsageOutputTokensKey).AsInt64())
}

func TestRefusedCallMakesTheFunctionFail(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Error(429, ""))
	m := mistral{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
	_, err := m.findBestPainter(env.Context(), "France")
	require.ErrorContains(t, err, "429")

	spans := env.Spans()
	require.Len(t, spans, 2)
	assert.Equal(t, semconv.OutcomeRefused, spans[0].Outcome())
	assert.Equal(t, codes.Error, spans[1].Status().Code)
}

func TestProgramPrintsAnswerAndTrace(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Contains(t, out, program.Answers[question])
	assert.Contains(t, out, "find_best_painter_from")
}
