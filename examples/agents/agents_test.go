// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"strings"
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

// steps are the requests so far, without the id of the agent.
func steps(env *instrumentationtest.Env) []string {
	var all []string
	for _, r := range env.Requests() {
		path, _, _ := strings.Cut(r.Path, "/ag_")
		all = append(all, r.Method+" "+path)
	}
	return all
}

func TestTraceShowsHowTheAgentIsMadeAndAsked(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	translation, err := of(env).translate(env.Context(), text)
	require.NoError(t, err)
	assert.Contains(t, translation, text, "the test server repeats what it does not know")

	spans := env.Spans()
	require.Equal(t, []string{
		"translate",
		"translate > create_agent translator",
		"translate > invoke_agent",
	}, exampletest.Paths(spans))
	made, asked := spans[0], spans[1]
	assert.Equal(t, semconv.OperationCreateAgent, made.Attr(semconv.GenAIOperationNameKey).AsString())
	assert.Equal(t, "translator", made.Attr(semconv.GenAIAgentNameKey).AsString())
	assert.Equal(t, "mistral-small-latest", made.Attr(semconv.GenAIRequestModelKey).AsString())
	assert.Contains(t, made.Attr(semconv.GenAISystemInstructionsKey).AsString(), "Translate what you are given")

	assert.Equal(t, semconv.OperationInvokeAgent, asked.Attr(semconv.GenAIOperationNameKey).AsString())
	assert.NotEmpty(t, asked.Attr(semconv.GenAIAgentIDKey).AsString())
	assert.Equal(t, made.Attr(semconv.GenAIAgentIDKey), asked.Attr(semconv.GenAIAgentIDKey))
	assert.Equal(t, attribute.Value{}, asked.Attr(semconv.GenAIRequestModelKey))
	assert.NotEmpty(t, asked.Attr(semconv.GenAIResponseModelKey).AsString())
	assert.Equal(t, text, asked.Input()[0].Text())
	assert.Equal(t, translation, asked.Output()[0].Text())
	for _, call := range []instrumentationtest.Span{made, asked} {
		assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
	}
	assert.Equal(t, []string{"POST /v1/agents", "POST /v1/agents/completions", "DELETE /v1/agents"}, steps(env))
}

func TestAgentIsDeletedAlsoWhenItDoesNotAnswer(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.JSON(`{"id":"ag_1"}`), instrumentationtest.Error(http.StatusTooManyRequests, ""))
	_, err := of(env).translate(env.Context(), text)
	require.ErrorContains(t, err, "429")
	assert.Equal(t, []string{"POST /v1/agents", "POST /v1/agents/completions", "DELETE /v1/agents"}, steps(env))
	workflow := exampletest.Named(env.Spans(), "translate")[0]
	assert.Equal(t, codes.Error, workflow.Status().Code)
}

func TestAgentThatCannotBeMadeIsNotAsked(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Error(http.StatusTooManyRequests, ""))
	_, err := of(env).translate(env.Context(), text)
	require.ErrorContains(t, err, "429")
	assert.Equal(t, []string{"POST /v1/agents"}, steps(env))
}

func TestProgramPrintsTheTranslation(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Contains(t, out, text+"\n  Où est la bibliothèque ?\n")
	assert.Contains(t, out, "create_agent translator")
	assert.Contains(t, out, "invoke_agent")
}
