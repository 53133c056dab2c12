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

func of(env *instrumentationtest.Env) mistral {
	return mistral{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
}

func TestStreamsThatOverlapAreRecordedApart(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	said := map[string]string{}
	err := of(env).findBestMusicians(env.Context(), []string{"France", "Spain"}, func(country, piece string) {
		said[country] += piece
	})
	require.NoError(t, err)

	spans := env.Spans()
	require.Equal(t, []string{
		"find_best_musicians",
		"find_best_musicians > find_best_five_musicians_from",
		"find_best_musicians > find_best_five_musicians_from",
		"find_best_musicians > find_best_five_musicians_from > chat mistral-small-latest",
		"find_best_musicians > find_best_five_musicians_from > chat mistral-small-latest",
	}, exampletest.Paths(spans))
	heard := map[string]string{}
	for _, call := range exampletest.Named(spans, "chat mistral-small-latest") {
		assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
		assert.Positive(t, call.Attr(semconv.GenAIUsageOutputTokensKey).AsInt64())
		for country := range said {
			if strings.Contains(call.Input()[0].Text(), country) {
				heard[country] = call.Output()[0].Text()
			}
		}
	}
	assert.Equal(t, said, heard)
}

func TestOneStreamThatFailsDoesNotEndTheOther(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Error(500, ""), instrumentationtest.Text("All of it."))
	var said string
	err := of(env).findBestMusicians(env.Context(), []string{"France", "Spain"}, func(_, piece string) { said += piece })
	require.Error(t, err)
	assert.Equal(t, "All of it.", said)
	whole := exampletest.Named(env.Spans(), "find_best_musicians")
	require.Len(t, whole, 1)
	assert.Equal(t, codes.Error, whole[0].Status().Code)
}

func TestProgramPrintsPiecesAndTrace(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Regexp(t, `(?m)^Spain +Segovia,`, out)
	assert.Contains(t, out, "find_best_musicians")
}
