// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

func of(env *instrumentationtest.Env) mistral {
	return mistral{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
}

func TestTraceShowsTheWholeLoop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ question, tool, arguments, result string }{
		{
			"What's the status of my transaction T1005?",
			"retrieve_payment_status", `{"transaction_id":"T1005"}`, `{"status":"Pending"}`,
		},
		{
			"When was the payment of my transaction T1001?",
			"retrieve_payment_date", `{"transaction_id":"T1001"}`, `{"date":"2021-10-05"}`,
		},
	} {
		t.Run(c.tool, func(t *testing.T) {
			t.Parallel()
			env := instrumentationtest.New(t)
			answer, err := of(env).ask(env.Context(), c.question)
			require.NoError(t, err)
			var result map[string]string
			require.NoError(t, json.Unmarshal([]byte(c.result), &result))
			for _, value := range result {
				assert.Contains(t, answer, value)
			}

			spans := env.Spans()
			require.Equal(t, []string{
				"check_transaction",
				"check_transaction > chat mistral-small-latest",
				"check_transaction > chat mistral-small-latest",
				"check_transaction > " + c.tool,
			}, exampletest.Paths(spans))
			wants, tool, answers := spans[0], spans[1], spans[2]
			require.Len(t, wants.Output()[0].ToolCalls(), 1)
			wanted := wants.Output()[0].ToolCalls()[0]

			assert.Equal(t, semconv.ObservationTool, tool.Attr(semconv.ObservationTypeKey).AsString())
			assert.Equal(t, c.tool, tool.Attr(semconv.GenAIToolNameKey).AsString())
			assert.Equal(t, wanted.ID, tool.Attr(semconv.GenAIToolCallIDKey).AsString())
			assert.JSONEq(t, c.arguments, tool.Attr(semconv.ObservationInputKey).AsString())
			assert.JSONEq(t, c.result, tool.Attr(semconv.ObservationOutputKey).AsString())

			given := answers.Input()[2].Parts[0]
			assert.Equal(t, wanted.ID, given.ID, "the model is told which call it is")
			assert.Equal(t, answer, answers.Output()[0].Text())
			assert.Equal(t, semconv.OutcomeCompleted, answers.Outcome())
		})
	}
}

func TestModelThatNeverAnswersIsStopped(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	for range maxTurns {
		env.Reply(instrumentationtest.ToolCall("retrieve_payment_date", `{"transaction_id":"T1001"}`))
	}
	_, err := of(env).ask(env.Context(), "When?")
	require.ErrorContains(t, err, "does not answer")
	assert.Len(t, env.Requests(), maxTurns)
}

func TestModelIsToldWhatIsWrongWithItsCall(t *testing.T) {
	for name, c := range map[string]struct{ tool, arguments, want string }{
		"unknown transaction": {"retrieve_payment_date", `{"transaction_id":"T9"}`, "transaction id not found"},
		"unknown function":    {"refund", `{"transaction_id":"T1001"}`, "there is no function refund"},
		"no JSON":             {"retrieve_payment_date", `T1001`, "the arguments are not as the schema says"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, map[string]string{"error": c.want}, retrieve(c.tool, json.RawMessage(c.arguments)))
		})
	}
}

func TestProgramPrintsAnswersAndTraces(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Contains(t, out, "The status of T1005 is **Pending**.\n")
	assert.Contains(t, out, "The date of T1001 is **2021-10-05**.\n")
	assert.Contains(t, out, "retrieve_payment_status")
}
