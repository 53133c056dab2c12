// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

const reply = "They are Velázquez, Goya, Picasso, Dalí and Miró."

func of(env *instrumentationtest.Env) mistral {
	return mistral{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
}

func TestSpanOfAStreamHasWhatAllItsPiecesSay(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Text(reply))
	var pieces []string
	for piece, err := range of(env).findBestPainters(env.Context(), "Spain") {
		require.NoError(t, err)
		pieces = append(pieces, piece)
	}
	assert.Greater(t, len(pieces), 1)
	assert.Equal(t, reply, strings.Join(pieces, ""))

	spans := env.Spans()
	require.Equal(t, []string{
		"find_best_five_painters_from",
		"find_best_five_painters_from > chat mistral-small-latest",
	}, exampletest.Paths(spans))
	call := spans[0]
	assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
	assert.Equal(t, reply, call.Output()[0].Text())
	assert.True(t, call.Attr(semconv.GenAIRequestStreamKey).AsBool())
	assert.Positive(t, call.Attr(semconv.GenAIUsageOutputTokensKey).AsInt64())
	assert.Positive(t, call.Attr(semconv.MistralResponseTimeToFirstTokenKey).AsFloat64())
}

func TestLeavingTheLoopClosesTheStream(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Text(strings.Repeat(reply+" ", 1000))) // more than is read at once
	for _, err := range of(env).findBestPainters(env.Context(), "Spain") {
		require.NoError(t, err)
		break
	}
	spans := env.Wait(2)
	assert.Equal(t, semconv.OutcomeClosedEarly, spans[0].Outcome())
	assert.Equal(t, codes.Unset, spans[1].Status().Code, "that is no error")
}

func TestStreamThatIsCutIsAnError(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Text(reply).Cut())
	var failed error
	for _, err := range of(env).findBestPainters(env.Context(), "Spain") {
		failed = err
	}
	require.Error(t, failed)
	spans := env.Spans()
	assert.Equal(t, semconv.OutcomeCut, spans[0].Outcome())
	assert.Equal(t, codes.Error, spans[1].Status().Code)
}

func TestProgramPrintsAnswerAndTrace(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Contains(t, out, "Picasso, Dalí and Miró.\n")
	assert.Contains(t, out, "first token after")
}
