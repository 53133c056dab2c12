// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/semconv"
)

var conversationRoute = func() *Route {
	route, _ := matchAt("POST", "api.mistral.ai", "/v1/conversations", nil)
	return route
}()

// named are events that have the name of their type.
func named(events ...string) string {
	var b strings.Builder
	for _, data := range events {
		var e struct{ Type string }
		_ = json.Unmarshal([]byte(data), &e)
		fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", e.Type, data)
	}
	return b.String()
}

const (
	startEvent = `{"type":"conversation.response.started","created_at":"2026-06-29T14:13:26Z","conversation_id":"c1"}`
	usageEvent = `{"type":"conversation.response.done","usage":{"prompt_tokens":5,"completion_tokens":2,"connector_tokens":0,"connectors":{"b":2,"a":1}}}`
)

// said is the data of an event with a piece of a message.
func said(output, at int, content string) string {
	return fmt.Sprintf(`{"type":"message.output.delta","output_index":%d,"id":"m%d","content_index":%d,"model":"m","role":"assistant","content":%s}`, output, output, at, content)
}

func ran(event string, output int, members string) string {
	return fmt.Sprintf(`{"type":"tool.execution.%s","created_at":"2026-06-29T14:13:%02dZ","output_index":%d,"id":"t%d","name":"web_search"%s}`, event, 27+len(event)/5, output, output, members)
}

func answered(outputs string) string {
	return `{"conversation_id":"c1","outputs":` + outputs + `,"usage":{"prompt_tokens":5,"completion_tokens":2,"connector_tokens":0,"connectors":{"b":2,"a":1}}}`
}

// conversations are streams with the reply in one piece that says the same.
var conversations = []struct {
	name   string
	events []string
	unary  string
}{
	{"nothing", []string{startEvent, usageEvent}, answered(`[]`)},
	{
		"text",
		[]string{startEvent, said(0, 0, `""`), said(0, 0, `"Hel"`), said(0, 0, `"lo \"w\u00f6rld\""`), usageEvent},
		answered(`[{"type":"message.output","model":"m","content":"Hello \"wörld\""}]`),
	},
	{
		"contents in their order",
		[]string{startEvent, said(1, 1, `"c"`), said(0, 0, `{"type":"thinking","thinking":[{"type":"text","text":"a"}]}`), said(1, 0, `"b"`), said(1, 1, `"d"`), said(0, 0, `{"type":"thinking","thinking":[{"type":"text","text":"!"}]}`), said(0, 1, `{"type":"tool_file","tool":"x","file_id":"f"}`), usageEvent},
		answered(`[{"type":"message.output","model":"m","content":[{"type":"thinking","thinking":[{"type":"text","text":"a!"}]},{"type":"tool_file","tool":"x","file_id":"f"}]},{"type":"message.output","content":[{"type":"text","text":"b"},{"type":"text","text":"cd"}]}]`),
	},
	{
		"function calls",
		[]string{
			startEvent,
			`{"type":"function.call.delta","output_index":0,"id":"fc_1","model":"m","agent_id":"ag","name":"f","tool_call_id":"x","arguments":"{\"a\":"}`,
			`{"type":"function.call.delta","output_index":1,"id":"fc_2","model":"m","agent_id":"ag","name":"f","tool_call_id":"y","arguments":{"b":2}}`,
			`{"type":"function.call.delta","output_index":0,"id":"fc_1","model":"m","agent_id":"ag","name":"f","tool_call_id":"x","arguments":"1}"}`,
			usageEvent,
		},
		answered(`[{"type":"function.call","model":"m","agent_id":"ag","name":"f","tool_call_id":"x","arguments":"{\"a\":1}"},{"type":"function.call","name":"f","tool_call_id":"y","arguments":"{\"b\":2}"}]`),
	},
	{
		"tools of the server",
		[]string{
			startEvent,
			ran("started", 0, `,"model":"m","arguments":""`), ran("delta", 0, `,"arguments":"{\"q\""`), ran("started", 1, `,"arguments":{"q":2}`),
			ran("delta", 0, `,"arguments":":1}"`), ran("done", 0, `,"info":{"r":[1]}`), ran("done", 1, `,"info":{}`),
			said(2, 0, `"a"`), usageEvent,
		},
		answered(`[{"type":"tool.execution","id":"t0","name":"web_search","model":"m","arguments":"{\"q\":1}","info":{"r":[1]},"created_at":"2026-06-29T14:13:28Z","completed_at":"2026-06-29T14:13:27Z"},` +
			`{"type":"tool.execution","id":"t1","name":"web_search","arguments":{"q":2},"info":{},"created_at":"2026-06-29T14:13:28Z","completed_at":"2026-06-29T14:13:27Z"},{"type":"message.output","content":"a"}]`),
	},
	{
		"a tool between texts",
		[]string{startEvent, said(0, 0, `"a"`), ran("started", 1, ""), ran("done", 1, ""), said(2, 0, `"b"`), usageEvent},
		answered(`[{"type":"message.output","model":"m","content":"a"},{"type":"tool.execution","id":"t1","name":"web_search","created_at":"2026-06-29T14:13:28Z","completed_at":"2026-06-29T14:13:27Z"},{"type":"message.output","content":"b"}]`),
	},
	{
		"handoffs",
		[]string{
			startEvent,
			`{"type":"agent.handoff.started","output_index":0,"id":"h","previous_agent_id":"a","previous_agent_name":"A"}`,
			`{"type":"agent.handoff.done","output_index":0,"id":"h","next_agent_id":"b","next_agent_name":"B \"2\""}`,
			said(1, 0, `"a"`), usageEvent,
		},
		answered(`[{"type":"agent.handoff","id":"h","next_agent_id":"b","next_agent_name":"B \"2\"","previous_agent_id":"a","previous_agent_name":"A"},{"type":"message.output","model":"m","content":"a"}]`),
	},
}

func parseConversation(l Limits, stream bool, pieces ...[]byte) (call genai.Call, complete bool) {
	complete = parseReply(conversationRoute.NewReply(&call, stream, time.Time{}, l), pieces...)
	return call, complete
}

func TestAConversationSaysTheSameStreamedAndWhole(t *testing.T) {
	for _, tt := range conversations {
		t.Run(tt.name, func(t *testing.T) {
			for _, l := range []Limits{withContent, withoutContent} {
				want, complete := parseConversation(l, false, []byte(tt.unary))
				require.True(t, complete)
				eachSplit([]byte(named(tt.events...)), func(how string, pieces ...[]byte) {
					got, complete := parseConversation(l, true, pieces...)
					require.True(t, complete, how)
					require.Equal(t, len(tt.events), got.Chunks, how)
					got.Chunks = 0
					require.Equal(t, want, got, how)
				})
			}
		})
	}
}

func TestAConversationIsRecorded(t *testing.T) {
	call, _ := parseConversation(withContent, true, []byte(named(conversations[4].events...)))
	at := func(second int) time.Time { return time.Date(2026, 6, 29, 14, 13, second, 0, time.UTC) }
	assert.Equal(t, []genai.Execution{
		{ToolCall: genai.ToolCall{Name: "web_search", ID: "t0", Type: "extension", Arguments: `{"q":1}`, Result: `{"r":[1]}`}, Start: at(28), End: at(27)},
		{ToolCall: genai.ToolCall{Name: "web_search", ID: "t1", Type: "extension", Arguments: `{"q":2}`}, Start: at(28), End: at(27)},
	}, call.Executions)
	assert.Equal(t, "c1", call.ConversationID)
	assert.Equal(t, "m", call.Response.Model)
	assert.Equal(t, semconv.OperationChat, call.Operation)
	assert.Equal(t, genai.Usage{Input: genai.Some[int64](5), Output: genai.Some[int64](2)}, call.Usage)
	assert.Contains(t, call.Extra, semconv.MistralUsageConnectorTokensKey.Int64(0))
	assert.Contains(t, call.Extra, semconv.MistralUsageConnectorsKey.StringSlice([]string{"a=1", "b=2"}))
	require.Len(t, call.Response.Choices, 1)
	assert.Len(t, call.Response.Choices[0].Message.Parts, 4)
	assert.Empty(t, call.Response.Choices[0].FinishReason)

	call, _ = parseConversation(withContent, true, []byte(named(conversations[3].events...)))
	assert.Equal(t, semconv.OperationInvokeAgent, call.Operation)
	assert.Equal(t, "ag", call.Agent.ID)
}

func TestTheEndOfAConversationsStream(t *testing.T) {
	long := strings.Repeat("x", maxEvent)
	for _, tt := range []struct {
		name, body    string
		done, whole   bool
		failure, code string
		broken        int
	}{
		{"done", named(startEvent, usageEvent), true, true, "", "", 0},
		{"none", named(startEvent, said(0, 0, `"a"`)), false, false, "", "", 0},
		{"cut off", named(startEvent) + "event: conversation.response.done\ndata: {\"type\":", false, false, "", "", 0},
		{"too long", "event: conversation.response.done\ndata: {\"a\":\"" + long + "\"}\n\n", true, true, "", "", 1},
		{"error", named(`{"type":"conversation.response.error","message":"m","code":500}`), true, false, streamError, "500", 0},
		{"error by its name", "event: error\ndata: {\"code\":7}\n\n", true, false, streamError, "7", 0},
		{"error of a gateway", event(`{"error":{"code":8}}`), true, false, streamError, "8", 0},
		{"error that is none", named(ran("done", 0, `,"error":"not found"`), usageEvent), true, true, "", "", 0},
		{"broken event", "data: {\n\n" + named(usageEvent), true, true, "", "", 1},
		{"types by the names of their events", "event: conversation.response.done\ndata: {}\n\n", true, true, "", "", 0},
		{"events that are not known", named(`{"type":"future","output_index":7}`, usageEvent), true, true, "", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var call genai.Call
			r := conversationRoute.NewReply(&call, true, time.Time{}, withContent)
			r.Write([]byte(tt.body))
			assert.Equal(t, tt.done, r.Done())
			r.Fill()
			assert.Equal(t, tt.whole, r.Complete())
			assert.Equal(t, tt.failure, call.Failure.Type)
			assert.Equal(t, tt.code, call.Failure.Code)
			assert.Empty(t, call.Failure.ProviderType)
			assert.Equal(t, tt.broken, call.DecodeErrors)
		})
	}
}

func TestAHostileConversationIsBounded(t *testing.T) {
	var events, outputs []string
	for i := range 3 * maxExecutions {
		events = append(events, ran("started", i, `,"arguments":"`+strings.Repeat("x", 1000)+`"`), said(i+9999, 0, `"a"`))
		outputs = append(outputs, `{"type":"tool.execution","name":"n"}`)
	}
	for _, l := range []Limits{withoutContent, {Content: true, Part: 100, Total: 5000}} {
		var call genai.Call
		r := newConversationStream(&call, time.Time{}, l).(*conversationStream)
		parseReply(r, []byte(named(append(events, usageEvent)...)))
		assert.Len(t, r.steps, maxExecutions)
		assert.Len(t, call.Executions, maxExecutions)
		assert.NotZero(t, call.DecodeErrors)
		assert.True(t, call.Usage.Input.Set)
		size := 0
		for i := range call.Executions {
			size += len(call.Executions[i].Arguments)
		}
		assert.Less(t, size, 5000+maxExecutions*64) // with a note on each

		call, _ = parseConversation(l, false, []byte(answered("["+strings.Join(outputs, ",")+"]")))
		assert.Len(t, call.Executions, maxExecutions)
		assert.Equal(t, 2*maxExecutions, call.DecodeErrors)
		assert.True(t, call.Usage.Input.Set)
	}
}

func TestExecutionsAreKnownBeyondTheLimitsOfTheContent(t *testing.T) {
	text := `"` + strings.Repeat("long ", 1000) + `"`
	call, _ := parseConversation(Limits{Content: true, Part: 100, Total: 200}, false,
		[]byte(answered(`[{"type":"message.output","content":`+text+`},{"type":"message.output","content":`+text+`},{"type":"tool.execution","id":"t","name":"n","info":{"a":`+text+`}}]`)))
	require.Len(t, call.Executions, 1)
	assert.Equal(t, "n", call.Executions[0].Name)
	assert.NotZero(t, call.DroppedBytes)
}

func TestDeltasOfAConversationDoNotAllocate(t *testing.T) {
	for _, l := range []Limits{withoutContent, {Content: true, Part: 100, Total: 200}} {
		for _, data := range []string{
			said(0, 0, `"a"`), said(0, 0, `{"type":"thinking","thinking":[{"type":"text","text":"a"}]}`),
			ran("delta", 0, `,"arguments":"a"`),
			`{"type":"function.call.delta","output_index":0,"id":"fc","name":"f","tool_call_id":"x","arguments":"a"}`,
		} {
			body := []byte(named(data))
			r := conversationRoute.NewReply(&genai.Call{}, true, time.Now(), l)
			for range 300 { // until the limit is reached, so that no text grows
				r.Write(body)
			}
			assert.Zero(t, testing.AllocsPerRun(100, func() { r.Write(body) }), "%s", data)
		}
	}
}

func TestTimesOfAConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var call genai.Call
		r := conversationRoute.NewReply(&call, true, time.Now(), withoutContent)
		for _, data := range []string{startEvent, ran("started", 0, ""), said(1, 0, `""`), said(1, 0, `"a"`), said(1, 0, `"b"`), usageEvent} {
			<-time.After(time.Second)
			r.Write([]byte(named(data)))
		}
		r.Fill()
		assert.Equal(t, genai.Some(time.Second), call.TimeToFirstChunk)
		assert.Equal(t, genai.Some(4*time.Second), call.TimeToFirstToken)
	})
}

func TestWhoAnswersAConversation(t *testing.T) {
	const chat, agent = semconv.OperationChat, semconv.OperationInvokeAgent
	for _, tt := range []struct{ request, reply, peeked, want string }{
		{`{"model":"m"}`, `{}`, chat, chat},
		{`{"agent_id":"a"}`, answered(`[{"model":"m"}]`), agent, agent},
		{`{"agent_id":null,"model":"m"}`, `{}`, chat, chat},
		{`{"model":null,"agent_id":"a"}`, `{}`, agent, agent},
		{`{"inputs":"a"}`, `{}`, agent, agent},
		{`{"inputs":"a"}`, answered(`[{"model":"m"}]`), agent, chat},
		{`{"inputs":"a"}`, answered(`[{"model":"m","agent_id":"a"}]`), agent, agent},
		{``, answered(`[{"model":"m"}]`), agent, chat},
	} {
		route, _ := conversationRoute.Peek("/v1/conversations", []byte(tt.request))
		assert.Equal(t, tt.peeked, route.Operation, tt.request)
		call := genai.Call{Operation: route.Operation}
		request := route.NewRequest(nil, withoutContent)
		request.Write([]byte(tt.request))
		request.Fill(&call)
		parseReply(route.NewReply(&call, false, time.Time{}, withoutContent), []byte(tt.reply))
		assert.Equal(t, tt.want, call.Operation, "%s, %s", tt.request, tt.reply)
	}
}

func TestPathsNameWhatIsCalled(t *testing.T) {
	for _, tt := range []struct {
		method, path string
		want         genai.Call
	}{
		{"POST", "/v1/conversations/c1", genai.Call{ConversationID: "c1"}},
		{"POST", "/v1/conversations/c1/restart", genai.Call{ConversationID: "c1"}},
		{"POST", "/v1/conversations/c\xff/restart", genai.Call{ConversationID: "c\uFFFD"}},
		{"PATCH", "/v1/agents/a1", genai.Call{Agent: genai.Agent{ID: "a1"}}},
		{"POST", "/v1/connectors/c1/tools/t1/call", genai.Call{Tool: genai.ToolCall{Name: "t1", Type: "extension"}}},
		{"POST", "/v1/workflows/" + strings.Repeat("w", 1000) + "/execute", genai.Call{Workflow: strings.Repeat("w", maxName)}},
	} {
		route, ok := matchAt(tt.method, "api.mistral.ai", tt.path, nil)
		require.True(t, ok, tt.path)
		var call genai.Call
		route.ReadPath(tt.path, &call)
		assert.Equal(t, tt.want, call, tt.path)
	}
}
