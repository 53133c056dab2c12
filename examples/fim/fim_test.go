// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

func of(env *instrumentationtest.Env) editor {
	return editor{client: env.Client(), baseURL: env.URL, key: "any", model: "codestral-latest"}
}

func TestSpanHasPromptSuffixAndCompletion(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Text("return a + b"))
	middle, err := of(env).complete(env.Context(), before, after)
	require.NoError(t, err)
	assert.Equal(t, "return a + b", middle)

	spans := env.Spans()
	require.Equal(t, []string{"text_completion codestral-latest"}, exampletest.Paths(spans))
	call := spans[0]
	assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
	assert.Equal(t, semconv.OperationTextCompletion, call.Attr(semconv.GenAIOperationNameKey).AsString())
	require.Len(t, call.Input(), 1)
	assert.Equal(t, before, call.Input()[0].Text())
	require.Len(t, call.Input()[0].Parts, 2)
	assert.Equal(t, after, call.Input()[0].Parts[1].Content)
	require.Len(t, call.Output(), 1)
	assert.Equal(t, middle, call.Output()[0].Text())
	assert.Equal(t, []string{"\n\n"}, call.Attr(semconv.GenAIRequestStopSequencesKey).AsStringSlice())
	assert.Positive(t, call.Attr(semconv.GenAIUsageOutputTokensKey).AsInt64())
}

func TestRefusedCompletionIsAnError(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Error(429, ""))
	_, err := of(env).complete(env.Context(), before, after)
	require.ErrorContains(t, err, "429")
	assert.Equal(t, semconv.OutcomeRefused, env.Spans()[0].Outcome())
}

func TestProgramPrintsTheWholeFunction(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Contains(t, out, before+"return a + b"+after)
	assert.Contains(t, out, "text_completion codestral-latest")
}
