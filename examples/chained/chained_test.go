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

func TestAnswerOfTheFirstCallIsInTheSecond(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Text("Albrecht Dürer"), instrumentationtest.Text("His Self-Portrait."))
	m := mistral{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
	painting, err := m.findBestPainting(env.Context(), "Germany")
	require.NoError(t, err)
	assert.Equal(t, "His Self-Portrait.", painting)

	spans := env.Spans()
	require.Equal(t, []string{
		"find_best_painting_from",
		"find_best_painting_from > chat mistral-small-latest",
		"find_best_painting_from > chat mistral-small-latest",
	}, exampletest.Paths(spans))
	first, second, whole := spans[0], spans[1], spans[2]
	assert.Equal(t, "Albrecht Dürer", first.Output()[0].Text())
	assert.Equal(t, "What is the most famous painting of Albrecht Dürer? Answer in one short sentence.", second.Input()[0].Text())
	assert.False(t, second.StartTime().Before(first.EndTime()), "one after the other")
	assert.Equal(t, semconv.ObservationWorkflow, whole.Attr(semconv.ObservationTypeKey).AsString())
	assert.Equal(t, "find_best_painting_from", second.Attr(semconv.WorkflowNameKey).AsString(), "calls know their workflow")
}

func TestFailureOfTheFirstCallEndsTheChain(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Error(500, ""))
	m := mistral{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
	_, err := m.findBestPainting(env.Context(), "Germany")
	require.Error(t, err)
	assert.Len(t, env.Spans(), 2)
}

func TestProgramPrintsAnswerAndTrace(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Contains(t, out, "Self-Portrait at Twenty-Eight.\n")
	assert.Contains(t, out, "find_best_painting_from")
}
