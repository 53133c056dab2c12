// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConversationsHaveTheRecordedShape(t *testing.T) {
	for _, path := range []string{"/conversations", "/conversations/conv_019f820a34fa742382aad9291cd1c969", "/restart"} {
		assertRecordedShape(t, path)
	}
}

// outputs returns the entries of a reply in one piece.
func outputs(t *testing.T, got answered) []any {
	require.Equal(t, 200, got.StatusCode, got.body)
	return at(t, decoded(t, got.body), "outputs").([]any)
}

func TestAConversationKeepsItsIDAndARestartHasItsOwn(t *testing.T) {
	m := newMistral(t)
	id := func(path, extra string) string {
		got := decoded(t, request(t, m, "POST /v1/conversations"+path, `{"inputs":"2 + 2"`+extra+`}`).body)
		assert.Equal(t, "2 + 2 equals **4**.", at(t, got, "outputs", 0, "content"))
		return got["conversation_id"].(string)
	}
	started := id("", `,"model":"mistral-small-latest"`)
	assert.Regexp(t, `^conv_[0-9a-f]{32}$`, started)
	assert.Equal(t, started, id("/"+started, ""))
	restarted := id("/"+started+"/restart", `,"from_entry_id":"msg_1"`)
	assert.Regexp(t, `^conv_[0-9a-f]{32}$`, restarted)
	assert.NotEqual(t, started, restarted)
}

// both sends one request as JSON and as a stream.
func both(t *testing.T, m *Mistral, body string) (whole []any, streamed []serverEvent) {
	whole = outputs(t, request(t, m, "POST /v1/conversations", "{"+body+"}"))
	stream := request(t, m, "POST /v1/conversations", `{"stream":true,`+body+"}")
	assert.Equal(t, "text/event-stream; charset=utf-8", stream.Header.Get("Content-Type"))
	streamed = eventsOf(t, stream.body)
	for _, e := range streamed {
		assert.Equal(t, e.name, at(t, e.data, "type"), "the event's name is in its data")
	}
	return whole, streamed
}

// names lists the events, each once where it is repeated.
func names(events []serverEvent) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.name)
	}
	return slices.Compact(out)
}

// joined is a member of all events of that name, one after another.
func joined(t *testing.T, events []serverEvent, name, member string) string {
	var b strings.Builder
	for _, e := range events {
		if e.name == name {
			b.WriteString(at(t, e.data, member).(string))
		}
	}
	return b.String()
}

func TestTheServerRunsItsTools(t *testing.T) {
	m := newMistral(t)
	whole, streamed := both(t, m, `"model":"mistral-small-latest","inputs":"What is 21 * 2?","tools":[{"type":"code_interpreter"},{"type":"connector","connector_id":"wiki"}]`)

	require.Len(t, whole, 3)
	assert.Equal(t, "code_interpreter", at(t, whole, 0, "name"))
	assert.JSONEq(t, `{"code":"print(\"What is 21 * 2?\")"}`, at(t, whole, 0, "arguments").(string))
	assert.Equal(t, "42\n", at(t, whole, 0, "info", "code_output"))
	assert.Equal(t, "wiki", at(t, whole, 1, "name"))
	assert.Equal(t, "42", at(t, whole, 2, "content"))

	assert.Equal(t, []string{
		"conversation.response.started",
		"tool.execution.started", "tool.execution.delta", "tool.execution.done",
		"tool.execution.started", "tool.execution.delta", "tool.execution.done",
		"message.output.delta", "conversation.response.done",
	}, names(streamed))
	assert.Equal(t, at(t, whole, 0, "arguments").(string)+at(t, whole, 1, "arguments").(string), joined(t, streamed, "tool.execution.delta", "arguments"))
	assert.Equal(t, "42", joined(t, streamed, "message.output.delta", "content"))

	used := at(t, streamed[len(streamed)-1].data, "usage")
	assert.EqualValues(t, 10, at(t, used, "connector_tokens"))
	assert.Equal(t, map[string]any{"code_interpreter": 1.0, "wiki": 1.0}, at(t, used, "connectors"))
	assert.InDelta(t, at(t, used, "prompt_tokens").(float64)+at(t, used, "completion_tokens").(float64)+10, at(t, used, "total_tokens"), 0)
}

func TestToolsOfTheServerLeaveTheirMarkInTheMessage(t *testing.T) {
	m := newMistral(t)
	for tool, want := range map[string]string{"web_search": "tool_reference", "image_generation": "tool_file"} {
		whole, streamed := both(t, m, `"model":"mistral-small-latest","inputs":"2 + 2","tools":[{"type":"`+tool+`"}]`)
		content := at(t, whole, 1, "content")
		assert.Equal(t, "2 + 2 equals **4**.", at(t, content, 0, "text"))
		assert.Equal(t, want, at(t, content, 1, "type"))
		assert.Equal(t, tool, at(t, content, 1, "tool"))
		last := streamed[len(streamed)-2]
		assert.Equal(t, want, at(t, last.data, "content", "type"), "one chunk, not a list")
	}
}

func TestTheCallerRunsFunctions(t *testing.T) {
	m := newMistral(t)
	const tools = `,"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]`
	whole, streamed := both(t, m, `"model":"mistral-small-latest","inputs":"What is the weather in Lyon?"`+tools)
	require.Len(t, whole, 1)
	assert.Equal(t, "function.call", at(t, whole, 0, "type"))
	assert.Equal(t, "get_weather", at(t, whole, 0, "name"))
	assert.Equal(t, `{"city": "Lyon"}`, at(t, whole, 0, "arguments"))
	assert.Regexp(t, `^[0-9a-f]{9}$`, at(t, whole, 0, "tool_call_id"))
	assert.Equal(t, []string{"conversation.response.started", "function.call.delta", "conversation.response.done"}, names(streamed))
	assert.Equal(t, `{"city": "Lyon"}`, joined(t, streamed, "function.call.delta", "arguments"))

	next := outputs(t, request(t, m, "POST /v1/conversations/conv_1", `{"inputs":[{"type":"function.result","tool_call_id":"a","result":"rain"}]}`))
	assert.Equal(t, "The tool says: rain", at(t, next, 0, "content"))
}

func TestAgentsHandOff(t *testing.T) {
	m := newMistral(t)
	whole, streamed := both(t, m, `"agent_id":"ag_a","inputs":[{"role":"user","content":"Please hand off to Berta"}]`)
	require.Len(t, whole, 2)
	assert.Equal(t, "agent.handoff", at(t, whole, 0, "type"))
	assert.Equal(t, "ag_a", at(t, whole, 0, "previous_agent_id"))
	assert.Equal(t, "Berta", at(t, whole, 0, "next_agent_name"))
	assert.Equal(t, at(t, whole, 0, "next_agent_id"), at(t, whole, 1, "agent_id"))
	assert.Equal(t, []string{
		"conversation.response.started", "agent.handoff.started", "agent.handoff.done", "message.output.delta", "conversation.response.done",
	}, names(streamed))
}

// The hand-written case is made from the published schema, as our events are.
func TestHandoffsAndFunctionCallsHaveThePublishedShape(t *testing.T) {
	m := newMistral(t)
	got := request(t, m, "POST /v1/conversations", `{"agent_id":"ag_a","stream":true,"inputs":"hand off to Berta","tools":[{"function":{"name":"f"}}]}`)
	want := answered{got.Response, handwritten(t, "conversation-stream-function-call-handoff.response.sse")}
	assert.Equal(t, shapeOf(t, want), shapeOf(t, got))
}

func TestConversationsFollowTheParameters(t *testing.T) {
	m := newMistral(t)
	cases := map[string]struct {
		extra string
		want  any
	}{
		"max_tokens":       {`"max_tokens":3`, "2 + 2"},
		"response_format":  {`"response_format":{"type":"json_object"}`, `{"answer": "2 + 2 equals **4**."}`},
		"tool_choice none": {`"tool_choice":"none"`, "2 + 2 equals **4**."},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			whole, streamed := both(t, m, `"model":"mistral-small-latest","inputs":"2 + 2","completion_args":{`+c.extra+`}`)
			require.Len(t, whole, 1)
			assert.Equal(t, c.want, at(t, whole, 0, "content"))
			assert.Equal(t, c.want, joined(t, streamed, "message.output.delta", "content"))
		})
	}
	t.Run("reasoning_effort", func(t *testing.T) {
		whole, streamed := both(t, m, `"model":"mistral-small-latest","inputs":"2 + 2","completion_args":{"reasoning_effort":"high"}`)
		assert.Equal(t, "thinking", at(t, whole, 0, "content", 0, "type"))
		assert.Equal(t, "thinking", at(t, streamed[1].data, "content", "type"))
	})
}

func TestEntriesAreDatedByTheClock(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	m := newMistral(t, WithClock(func() time.Time { return now }))
	whole, streamed := both(t, m, `"model":"mistral-small-latest","inputs":"a","tools":[{"type":"web_search"}]`)
	var times []any
	for _, e := range whole {
		times = append(times, at(t, e, "created_at"), at(t, e, "completed_at"))
	}
	assert.Equal(t, []any{
		"2030-01-02T03:04:05.001000Z", "2030-01-02T03:04:05.002000Z", "2030-01-02T03:04:05.003000Z", "2030-01-02T03:04:05.004000Z",
	}, times)
	assert.Equal(t, times[0], at(t, streamed[1].data, "created_at"))
	assert.Equal(t, "tool.execution.done", streamed[4].name)
	assert.Equal(t, times[1], at(t, streamed[4].data, "created_at"), "a stream tells the end of a tool by its last event")
}

func TestAConversationCanFailHalfWay(t *testing.T) {
	want := eventsOf(t, handwritten(t, "conversation-stream-error.response.sse"))
	m := newMistral(t, WithHandler(func(r Request) (Reply, bool) {
		failed := NamedEvent("conversation.response.error", `{"type":"conversation.response.error","created_at":"2026-06-29T14:13:29Z","message":"internal error","code":500}`)
		return Answer(r).Until(1, failed), true
	}))
	got := request(t, m, "POST /v1/conversations", `{"model":"mistral-small-latest","inputs":"a","stream":true}`)
	events := eventsOf(t, got.body)
	assert.Equal(t, names(want), names(events))
	assert.Equal(t, want[1], events[1])
}

func TestConversationsRefuse(t *testing.T) {
	const missing = `{"object":"Error","detail":[{"type":"missing","loc":["body","%s"],"msg":"Field required","input":%s}],` +
		`"message":[{"type":"missing","loc":["body","%[1]s"],"msg":"Field required","input":%[2]s}],"type":"invalid_request_error","code":3001}`
	cases := map[string]struct {
		path, body string
		wantStatus int
		wantPart   string
	}{
		"no inputs":            {"", `{"model":"mistral-tiny"}`, 422, fmt.Sprintf(missing, "inputs", `{"model":"mistral-tiny"}`)},
		"neither model nor":    {"", `{"inputs":"a"}`, 422, fmt.Sprintf(missing, "model", `{"inputs":"a"}`)},
		"inputs of no type":    {"", `{"inputs":5,"model":"mistral-tiny"}`, 422, `"type":"string_type","loc":["body","inputs"]`},
		"a nested type":        {"", `{"inputs":"a","model":"mistral-tiny","completion_args":{"max_tokens":"a"}}`, 422, `"type":"int_type","loc":["body","completion_args","max_tokens"]`},
		"an unknown model":     {"", `{"inputs":"a","model":"gpt-4o"}`, 400, `"type":"invalid_model"`},
		"an unknown agent":     {"", `{"inputs":"a","agent_id":"x"}`, 404, `Not Found`},
		"unknown conversation": {"/x", `{"inputs":"a"}`, 404, `Not Found`},
		"restart from nowhere": {"/conv_1/restart", `{"inputs":"a"}`, 422, `"loc":["body","from_entry_id"]`},
	}
	m := newMistral(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := request(t, m, "POST /v1/conversations"+c.path, c.body)
			assert.Equal(t, c.wantStatus, got.StatusCode)
			assert.Contains(t, got.body, c.wantPart)
		})
	}
}
