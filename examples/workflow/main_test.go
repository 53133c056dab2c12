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

func TestEveryFunctionIsASpanInTheRightPlace(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(
		instrumentationtest.Text("One, two."),
		instrumentationtest.Text("one two three four"),
		instrumentationtest.Text("one two"),
	)
	w := writer{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest", most: 3}
	text, err := w.pipeline(env.Context(), "Numbers")
	require.NoError(t, err)
	assert.Equal(t, "one two", text)

	spans := env.Spans()
	require.Equal(t, []string{
		"content_pipeline",
		"content_pipeline > editor",
		"content_pipeline > editor > chat mistral-small-latest",
		"content_pipeline > editor > chat mistral-small-latest",
		"content_pipeline > editor > count_words",
		"content_pipeline > generate_outline",
		"content_pipeline > generate_outline > chat mistral-small-latest",
	}, exampletest.Paths(spans))

	for _, want := range []struct{ name, kind, workflow, path, input, output string }{
		{"content_pipeline", "workflow", "content_pipeline", "", `"Numbers"`, `"one two"`},
		{"generate_outline", "task", "content_pipeline", "generate_outline", `"Numbers"`, `"One, two."`},
		{"editor", "agent", "editor", "editor", `"One, two."`, `"one two"`},
		{"count_words", "tool", "editor", "editor.count_words", `"one two three four"`, `4`},
	} {
		s := exampletest.Named(spans, want.name)[0]
		assert.Equal(t, want.kind, s.Attr(semconv.ObservationTypeKey).AsString(), want.name)
		assert.Equal(t, want.workflow, s.Attr(semconv.WorkflowNameKey).AsString(), want.name)
		assert.Equal(t, want.path, s.Attr(semconv.ObservationPathKey).AsString(), want.name)
		assert.Equal(t, want.input, s.Attr(semconv.ObservationInputKey).AsString(), want.name)
		assert.Equal(t, want.output, s.Attr(semconv.ObservationOutputKey).AsString(), want.name)
		assert.Equal(t, codes.Unset, s.Status().Code, want.name)
	}
	editor := exampletest.Named(spans, "editor")[0]
	assert.Equal(t, int64(4), editor.Attr(semconv.ObservationMetadataPrefix+"words_of_draft").AsInt64())
	calls := exampletest.Named(spans, "chat mistral-small-latest")
	for i, path := range []string{"generate_outline", "editor", "editor"} {
		assert.Equal(t, path, calls[i].Attr(semconv.ObservationPathKey).AsString(), "a call has the path of what it lies in")
		assert.Equal(t, semconv.OutcomeCompleted, calls[i].Outcome())
	}
}

func TestAgentStopsWhenTheDraftIsShortEnough(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Text("One, two."), instrumentationtest.Text("one two three"))
	w := writer{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest", most: 3}
	text, err := w.pipeline(env.Context(), "Numbers")
	require.NoError(t, err)
	assert.Equal(t, "one two three", text)
	assert.Len(t, exampletest.Named(env.Spans(), "chat mistral-small-latest"), 2)
}

func TestErrorIsOnEverySpanThatItPassed(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Error(429, ""))
	w := writer{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest", most: 3}
	_, err := w.pipeline(env.Context(), "Numbers")
	require.ErrorContains(t, err, "429")
	spans := env.Spans()
	require.Equal(t, []string{
		"content_pipeline",
		"content_pipeline > generate_outline",
		"content_pipeline > generate_outline > chat mistral-small-latest",
	}, exampletest.Paths(spans), "the agent never began")
	for _, s := range spans {
		assert.Equal(t, codes.Error, s.Status().Code, s.Name())
	}
}

func TestProgramShortensItsDraft(t *testing.T) {
	assert.Contains(t, exampletest.Run(t, program), "\n"+program.Answers["Say this in at most 10 words: "+draft]+"\n")
}
