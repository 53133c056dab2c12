// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

func of(env *instrumentationtest.Env) *conversation {
	return &conversation{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest", tool: "web_search"}
}

// turns are the two ways to ask.
var turns = map[string]func(*conversation, *instrumentationtest.Env, string) (string, error){
	"streamed": func(c *conversation, env *instrumentationtest.Env, input string) (string, error) {
		var answer strings.Builder
		for piece, err := range c.stream(env.Context(), input) {
			if err != nil {
				return answer.String(), err
			}
			answer.WriteString(piece)
		}
		return answer.String(), nil
	},
	"in one piece": func(c *conversation, env *instrumentationtest.Env, input string) (string, error) {
		return c.say(env.Context(), input)
	},
}

func TestToolOfTheServerIsASpanBelowTheCall(t *testing.T) {
	t.Parallel()
	for name, ask := range turns {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := instrumentationtest.New(t)
			answer, err := ask(of(env), env, "What is the capital of France?")
			require.NoError(t, err)
			assert.Equal(t, "The capital of France is **Paris**.", answer)

			spans := env.Spans()
			require.Equal(t, []string{
				"chat mistral-small-latest",
				"chat mistral-small-latest > execute_tool web_search",
			}, exampletest.Paths(spans))
			call := exampletest.Named(spans, "chat mistral-small-latest")[0]
			tool := exampletest.Named(spans, "execute_tool web_search")[0]
			assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
			assert.Equal(t, "What is the capital of France?", call.Input()[0].Text())
			assert.Equal(t, answer, call.Output()[0].Text())
			assert.Positive(t, call.Attr(semconv.GenAIUsageOutputTokensKey).AsInt64())
			assert.Equal(t, semconv.OperationExecuteTool, tool.Attr(semconv.GenAIOperationNameKey).AsString())
			assert.Equal(t, semconv.ToolTypeExtension, tool.Attr(semconv.GenAIToolTypeKey).AsString())
			assert.JSONEq(t, `{"query":"What is the capital of France?"}`, tool.Attr(semconv.GenAIToolCallArgumentsKey).AsString())
			assert.False(t, tool.StartTime().Before(call.StartTime()))
			assert.False(t, tool.EndTime().After(call.EndTime()))
		})
	}
}

func TestTurnsHaveTheSameConversationID(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	c := of(env)
	for _, name := range []string{"streamed", "in one piece", "streamed"} {
		_, err := turns[name](c, env, "What is the capital of France?")
		require.NoError(t, err)
	}
	require.NotEmpty(t, c.id)
	calls := slices.DeleteFunc(env.Spans(), func(s instrumentationtest.Span) bool { return s.Outcome() == "" })
	require.Len(t, calls, 3)
	for _, call := range calls {
		assert.Equal(t, c.id, call.Attr(semconv.GenAIConversationIDKey).AsString())
	}
	assert.Equal(t, "/v1/conversations/"+c.id, env.Requests()[2].Path)
}

func TestTurnFails(t *testing.T) {
	t.Parallel()
	for name, ask := range turns {
		env := instrumentationtest.New(t)
		env.Reply(instrumentationtest.Error(429, ""))
		_, err := ask(of(env), env, "Hello")
		require.ErrorContains(t, err, "429", name)
		assert.Equal(t, semconv.OutcomeRefused, env.Spans()[0].Outcome(), name)
	}
}

func TestErrorInsideTheStreamIsAnError(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Stream(
		`{"type":"conversation.response.started","conversation_id":"conv_1"}`,
		`{"type":"conversation.response.error","message":"on fire","code":500}`,
	))
	_, err := turns["streamed"](of(env), env, "Hello")
	require.EqualError(t, err, "mistral failed: on fire")
	assert.Equal(t, semconv.OutcomeStreamError, env.Spans()[0].Outcome())
}

func TestTextOfContent(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`"a"`:                                   "a",
		`{"type":"text","text":"a"}`:            "a",
		`{"type":"tool_reference","title":"a"}`: "",
		`[{"type":"text","text":"a"},{"type":"x","text":"b"},{"type":"text","text":"c"}]`: "ac",
		`null`: "",
		``:     "",
		`7`:    "",
	} {
		assert.Equal(t, want, textOf(json.RawMessage(content)), content)
	}
}

func TestProgramPrintsBothAnswersAndTheTool(t *testing.T) {
	out := exampletest.Run(t, program)
	for _, question := range questions {
		assert.Contains(t, out, question+"\n"+program.Answers[question]+"\n")
	}
	assert.Contains(t, out, "execute_tool web_search")
}
