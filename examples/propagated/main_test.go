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

// said returns what s says of the visitor.
func said(s instrumentationtest.Span) map[string]any {
	all := map[string]any{}
	for _, kv := range s.Attributes() {
		if isPropagated(kv.Key) {
			all[string(kv.Key)] = kv.Value.AsInterface()
		}
	}
	return all
}

func TestInnerValuesWinOverOuterOnesAndBothOverDefaults(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t, defaults())
	d := desk{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
	_, err := d.visit(env.Context(), "session-7", questions)
	require.NoError(t, err)

	anonymous := map[string]any{
		"user.id":                      "anonymous",
		"session.id":                   "session-7",
		"otelmistral.trace.name":       "a visit",
		"otelmistral.tags":             []string{"web"},
		"otelmistral.environment":      "preview",
		"otelmistral.release":          "2.4.0",
		"otelmistral.metadata.service": "help-desk",
		"otelmistral.metadata.plan":    "none",
	}
	signedIn := map[string]any{
		"user.id":                      "ada",
		"session.id":                   "session-7",
		"otelmistral.trace.name":       "a visit",
		"otelmistral.tags":             []string{"web", "member"},
		"otelmistral.environment":      "preview",
		"otelmistral.release":          "2.4.0",
		"otelmistral.metadata.service": "help-desk",
		"otelmistral.metadata.plan":    "pro",
	}
	spans := env.Spans()
	require.Equal(t, []string{
		"visit",
		"visit > chat mistral-small-latest",
		"visit > chat mistral-small-latest",
	}, exampletest.Paths(spans))
	calls := exampletest.Named(spans, "chat mistral-small-latest")
	assert.Equal(t, anonymous, said(calls[0]), "the call before the sign-in")
	assert.Equal(t, signedIn, said(calls[1]), "the call after it")
	assert.Equal(t, signedIn, said(exampletest.Named(spans, "visit")[0]), "the workflow that both lie in")
	for i, call := range calls {
		assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
		assert.Equal(t, questions[i], call.Input()[0].Text())
	}
}

func TestDefaultsAreOnSpansOfWhichNothingElseIsKnown(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t, defaults())
	d := desk{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
	_, err := d.ask(env.Context(), questions[0])
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"otelmistral.environment":      "production",
		"otelmistral.release":          "2.4.0",
		"otelmistral.metadata.service": "help-desk",
	}, said(env.Spans()[0]))
}

func TestProgramPrintsWhatTheSpansSay(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Regexp(t, `user\.id +anonymous\n`, out)
	assert.Regexp(t, `user\.id +ada\n`, out)
	assert.Contains(t, out, program.Answers[questions[1]])
}
