// SPDX-License-Identifier: Apache-2.0

//go:build sdk

package main

// Mistral's TypeScript SDK calls a small Mistral by way of the proxy: "make
// test-sdk". It needs Node, and the network for npm the first time, so it is not
// part of "make test". The SDK checks each reply against its schema, so what it
// rejects is a bug of internal/testserver.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/internal/testenv"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

const (
	paris   = "The capital of France is **Paris**."
	sum     = "\n    return a + b\n"
	smaller = "mistral-small-latest"
)

// calls are those of sdk/calls.mjs, in its order: what the script tells of each,
// beside tokens, and the span that it makes.
var calls = []struct {
	name string
	told told
	span string
}{
	{"chat", told{Text: paris, Finish: "stop"}, "chat " + smaller},
	{"chat stream", told{Text: paris, Finish: "stop"}, "chat " + smaller},
	{"tool call", told{Finish: "tool_calls", Tool: "get_weather", Arguments: `{"city": "Paris"}`}, "chat " + smaller},
	{"tool result", told{Text: "The weather is **sunny**.", Finish: "stop"}, "chat " + smaller},
	{"tool call stream", told{Text: "", Finish: "tool_calls", Tool: "get_weather"}, "chat " + smaller},
	{"embeddings", told{Vectors: 2, Dimension: 1024}, "embeddings mistral-embed"},
	{"fim", told{Text: sum, Finish: "stop"}, "text_completion codestral-latest"},
	{"fim stream", told{Text: sum, Finish: "stop"}, "text_completion codestral-latest"},
	{"agent created", told{Agent: "guide"}, "create_agent guide"},
	{"agent", told{Text: paris, Finish: "stop"}, "invoke_agent"},
	{"agent stream", told{Text: paris, Finish: "stop"}, "invoke_agent"},
	{"conversation", told{Outputs: []string{"tool.execution", "tool.execution", "message.output"}, Text: paris}, "chat " + smaller},
	{"conversation append", told{Same: true, Outputs: []string{"message.output"}, Text: paris}, "chat"},
	{"conversation function", told{Outputs: []string{"function.call"}, Tool: "get_weather"}, "invoke_agent"},
	{"conversation stream", told{Text: paris, Events: []string{
		"conversation.response.started", "tool.execution.started", "tool.execution.delta", "tool.execution.done",
		"message.output.delta", "conversation.response.done",
	}}, "chat " + smaller},
	{"conversation append stream", told{Text: paris, Events: []string{
		"conversation.response.started", "message.output.delta", "conversation.response.done",
	}}, "chat"},
	{"conversation handoff stream", told{Text: `I am a test server. You said "Please hand off to Ada.", and this is all I know about it.`, Events: []string{
		"conversation.response.started", "agent.handoff.started", "agent.handoff.done", "message.output.delta", "conversation.response.done",
	}}, "invoke_agent"},
	{"conversation function stream", told{Events: []string{
		"conversation.response.started", "function.call.delta", "conversation.response.done",
	}}, "chat " + smaller},
	{"conversation restart", told{Outputs: []string{"message.output"}, Text: paris}, "chat"},
	{"thinking", told{Outputs: []string{"thinking", "text"}}, "chat magistral-medium-latest"},
	{"moderation", told{Outputs: []string{"violence_and_threats"}}, "moderations mistral-moderation-latest"},
	{"classification", told{Outputs: []string{"intent"}}, "classifications ministral-3b-latest"},
	{"ocr", told{Pages: 1}, "generate_content mistral-ocr-latest"},
	{"transcription", told{Seconds: 1}, "audio.transcriptions voxtral-mini-latest"},
	{"speech", told{Same: true}, "audio.speech voxtral-mini-tts-latest"},
	{"models", told{Same: true}, ""},
	{"unknown model", told{Error: "SDKError", Status: 400}, "chat no-such-model"},
	{"no choices", told{Error: "HTTPValidationError", Status: 422}, "chat " + smaller},
	{"reply against the schema", told{Error: "ResponseValidationError", Status: 200}, "chat mistral-broken"},
	{"left", told{Text: "Hel"}, "chat mistral-endless"},
}

// told is what the script tells of a call. It leaves out what does not apply.
type told struct {
	Text, Finish, Tool, Arguments, Agent, Error string
	Outputs, Events                             []string
	Same                                        bool
	Vectors, Dimension, Pages, Seconds, Status  int
	Input, Output                               *int64 // tokens
}

// unlikeMistral are replies that a Mistral would not give.
func unlikeMistral(r testserver.Request) (testserver.Reply, bool) {
	switch {
	case bytes.Contains(r.Body, []byte("mistral-broken")):
		return testserver.JSON(200, `{"id":"1","object":"chat.completion","model":"mistral-broken","created":1,"choices":[]}`), true
	case bytes.Contains(r.Body, []byte("mistral-endless")):
		return testserver.Stream(testserver.Event(`{"id":"1","object":"chat.completion.chunk","model":"mistral-endless",`+
			`"choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}`), testserver.Hang()), true
	default:
		return testserver.Reply{}, false
	}
}

func TestSDKCallsByWayOfTheProxyAreTraced(t *testing.T) {
	npmInstall(t)
	r := start(t, 10*time.Second, testserver.WithHandler(unlikeMistral))
	names, all := runScript(t, r.url)
	r.signal()
	require.NoError(t, <-r.ended)

	var wantNames []string
	for _, c := range calls {
		wantNames = append(wantNames, c.name)
	}
	require.Equal(t, wantNames, names)
	spans, tools := r.calls()
	assert.Equal(t, []string{
		"execute_tool code_interpreter", "execute_tool image_generation", "execute_tool web_search", "execute_tool web_search",
	}, tools)
	for i, c := range calls {
		got := all[i]
		input, output := got.Input, got.Output
		got.Input, got.Output = nil, nil
		assert.Equal(t, c.told, got, c.name)
		if c.span == "" {
			continue
		}
		require.NotEmpty(t, spans, c.name)
		span := spans[0]
		spans = spans[1:]
		assert.Equal(t, c.span, span.Name, c.name)
		assert.Equal(t, "b7ad6b7169203331", span.Parent.SpanID().String(), c.name)
		attrs := attribute.NewSet(span.Attributes...)
		value := func(k attribute.Key) any {
			v, _ := attrs.Value(k)
			return v.AsInterface()
		}
		assert.Equal(t, "ada", value(semconv.UserIDKey), c.name)
		assert.Equal(t, "s-1", value(semconv.SessionIDKey), c.name)
		assert.Equal(t, []string{"typescript"}, value(semconv.TagsKey), c.name)
		outcomes := []string{semconv.OutcomeCompleted}
		switch {
		case c.name == "left":
			outcomes = []string{semconv.OutcomeCancelled, semconv.OutcomeClosedEarly}
		case c.told.Status >= 400:
			outcomes = []string{semconv.OutcomeRefused}
		}
		assert.Contains(t, outcomes, value(semconv.MistralOutcomeKey), c.name)
		if c.told.Finish != "" {
			assert.Equal(t, []string{c.told.Finish}, value(semconv.GenAIResponseFinishReasonsKey), c.name)
			require.NotNil(t, output, c.name)
		}
		if input != nil {
			assert.Equal(t, *input, value(semconv.GenAIUsageInputTokensKey), c.name)
		}
		if output != nil {
			assert.Equal(t, *output, value(semconv.GenAIUsageOutputTokensKey), c.name)
		}
	}
	assert.Empty(t, spans, "no call has two")
}

// calls returns the calls that the receiver has heard of, in the order in which
// they began, and the names of the tools below them, sorted.
func (r *running) calls() (calls tracetest.SpanStubs, tools []string) {
	for _, span := range r.receiver.Spans() {
		if strings.HasPrefix(span.Name, "execute_tool ") {
			tools = append(tools, span.Name)
		} else {
			calls = append(calls, span)
		}
	}
	slices.SortFunc(calls, func(a, b tracetest.SpanStub) int {
		return cmp.Compare(a.StartTime.UnixNano(), b.StartTime.UnixNano())
	})
	slices.Sort(tools)
	return calls, tools
}

// npmInstall installs what the lock file says, unless it is there.
func npmInstall(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			testenv.Missing(t, tool, "install Node.js 18 or newer, with npm")
		}
	}
	if npm("ls").Run() == nil {
		return
	}
	out, err := npm("ci").CombinedOutput()
	require.NoError(t, err, "npm ci: %s", out)
}

func npm(args ...string) *exec.Cmd {
	cmd := exec.Command("npm", args...)
	cmd.Dir = "sdk"
	return cmd
}

// runScript returns the names of the calls and what the script told of them.
func runScript(t *testing.T, proxy string) (names []string, all []told) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "calls.mjs")
	cmd.Dir = "sdk"
	cmd.Env = append(os.Environ(), "PROXY_URL="+proxy, "MISTRAL_API_KEY="+key, "TRACEPARENT="+traceparent)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "what the SDK rejects is a bug of internal/testserver:\n%s\n%s", out, &stderr)
	for line := range strings.Lines(string(out)) {
		var call struct {
			Call string
			told
		}
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&call), line)
		names, all = append(names, call.Call), append(all, call.told)
	}
	return names, all
}
