// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

func of(env *instrumentationtest.Env) mistral {
	return mistral{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
}

func TestHarmlessQuestionIsCheckedAndAnswered(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	answer, err := of(env).answer(env.Context(), harmless)
	require.NoError(t, err)
	assert.Contains(t, answer, "Paris")

	spans := env.Spans()
	require.Equal(t, []string{
		"answer",
		"answer > chat mistral-small-latest",
		"answer > moderations mistral-moderation-latest",
	}, exampletest.Paths(spans))
	check := spans[0]
	assert.Equal(t, semconv.RouteModeration, check.Attr(semconv.MistralOperationKey).AsString())
	assert.Equal(t, attribute.Value{}, check.Attr(semconv.MistralModerationFlaggedKey))
}

func TestSpanOfTheCheckSaysWhyAQuestionIsRefused(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	answer, err := of(env).answer(env.Context(), harmful)
	require.NoError(t, err)
	assert.Contains(t, answer, "violence_and_threats")

	spans := env.Spans()
	require.Equal(t, []string{
		"answer",
		"answer > moderations mistral-moderation-latest",
	}, exampletest.Paths(spans), "the model never saw it")
	check := spans[0]
	assert.Equal(t, semconv.OutcomeCompleted, check.Outcome())
	assert.Equal(t, []string{"violence_and_threats"}, check.Attr(semconv.MistralModerationFlaggedKey).AsStringSlice())
	assert.Equal(t, harmful, check.Input()[0].Text())
	assert.Equal(t, codes.Unset, spans[1].Status().Code, "to refuse is no error")
}

func TestQuestionThatCannotBeCheckedIsNotAnswered(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	for want, reply := range map[string]instrumentationtest.Reply{
		"429":              instrumentationtest.Error(429, ""),
		"without a result": instrumentationtest.JSON(`{"results":[]}`),
	} {
		env.Reset()
		env.Reply(reply)
		_, err := of(env).answer(env.Context(), harmless)
		require.ErrorContains(t, err, want)
		require.Len(t, env.Spans(), 2, want)
		assert.Equal(t, codes.Error, env.Spans()[1].Status().Code, want)
	}
}

func TestProgramPrintsAnswerAndRefusal(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Contains(t, out, harmless+"\n  The capital of France is **Paris**.\n")
	assert.Contains(t, out, harmful+"\n  I do not answer that: violence_and_threats\n")
	assert.Contains(t, out, "moderations mistral-moderation-latest")
}
