// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func readConversation(t *testing.T, r *reading, x *exchange) {
	var request object
	require.NoError(t, json.Unmarshal(x.request, &request))
	r.set("gen_ai.request.model", request["model"])
	r.set("gen_ai.agent.id", request["agent_id"])
	if request["stream"] == true {
		r.attributes["gen_ai.request.stream"] = true
	}
	r.input = []message{{Role: "user", Text: request["inputs"].(string)}} // see INDEX.md
	for _, tool := range list(request["tools"]) {
		kind := tool.(object)["type"]
		r.tools = append(r.tools, object{"type": kind, "name": kind})
	}
	reply := object{}
	if x.stream {
		reply = r.addUp(t, string(x.reply))
	} else {
		require.NoError(t, json.Unmarshal(x.reply, &reply))
	}
	r.set("gen_ai.conversation.id", reply["conversation_id"])
	r.readUsage(reply["usage"])
	if usage, ok := reply["usage"].(object); ok {
		r.setInt("mistral_ai.usage.connector_tokens", usage["connector_tokens"])
		if connectors, ok := usage["connectors"].(object); ok {
			var calls []string
			for _, name := range slices.Sorted(maps.Keys(connectors)) {
				calls = append(calls, fmt.Sprintf("%s=%v", name, connectors[name]))
			}
			r.attributes["mistral_ai.usage.connectors"] = calls
		}
	}
	answer := message{Role: "assistant", Finish: "stop"}
	if r.attributes["error.type"] != nil {
		answer.Finish = "error"
	}
	for _, o := range list(reply["outputs"]) {
		r.readOutput(&answer, o.(object))
	}
	if len(list(reply["outputs"])) > 0 {
		r.output = []message{answer}
	}
	if r.attributes["gen_ai.agent.id"] != nil {
		r.call("invoke_agent", nil)
	} else {
		r.call("chat", request["model"])
	}
}

func (r *reading) readOutput(answer *message, output object) {
	if r.attributes["gen_ai.response.model"] == nil {
		r.set("gen_ai.response.model", output["model"])
	}
	switch output["type"] {
	case "message.output":
		answer.Text += output["content"].(string)
	case "function.call":
		answer.Calls = append(answer.Calls, toolCall{output["tool_call_id"].(string), output["name"].(string), parsed(output["arguments"])})
	case "tool.execution":
		call := object{"type": "server_tool_call", "id": output["id"], "name": output["name"], "arguments": parsed(output["arguments"])}
		result := object{"type": "server_tool_call_response", "id": output["id"], "name": output["name"], "result": output["info"]}
		answer.Media = append(answer.Media, call, result)
		r.executions = append(r.executions, object{
			"name": "execute_tool " + output["name"].(string), "gen_ai.operation.name": "execute_tool",
			"gen_ai.tool.name": output["name"], "gen_ai.tool.call.id": output["id"], "gen_ai.tool.type": "extension",
			"gen_ai.tool.call.arguments": call["arguments"], "gen_ai.tool.call.result": result["result"],
		})
	case "agent.handoff":
		who := object{}
		for k, v := range output {
			if strings.Contains(k, "_agent_") {
				who[k] = v
			}
		}
		answer.Media = append(answer.Media, object{"type": "generic", "generic_type": "agent.handoff", "content": who})
	}
}

// addUp makes the reply in one piece that says the same as a stream.
func (r *reading) addUp(t *testing.T, body string) object {
	reply, outputs := object{}, map[float64]object{}
	r.attributes["mistral_ai.outcome"] = "truncated"
	for line := range strings.Lines(body) {
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var e object
		require.NoError(t, json.Unmarshal([]byte(data), &e))
		kind := e["type"].(string)
		switch kind {
		case "conversation.response.started":
			reply["conversation_id"] = e["conversation_id"]
			continue
		case "conversation.response.done":
			reply["usage"] = e["usage"]
			r.attributes["mistral_ai.outcome"] = "completed"
			continue
		case "conversation.response.error":
			r.fail("stream_error", "stream_error")
			r.attributes["mistral_ai.error.code"] = fmt.Sprint(e["code"])
			continue
		}
		o := outputs[e["output_index"].(float64)]
		if o == nil {
			o = object{"type": kind[:strings.LastIndex(kind, ".")]}
			outputs[e["output_index"].(float64)] = o
			reply["outputs"] = append(list(reply["outputs"]), o) // they come in order
		}
		for k, v := range e {
			if k == "content" || k == "arguments" {
				before, _ := o[k].(string)
				v = before + v.(string)
			}
			if k != "type" {
				o[k] = v
			}
		}
		r.token = r.token || o["type"] == "message.output" || o["type"] == "function.call"
	}
	return reply
}

// parsed is the object that arguments hold.
func parsed(arguments any) any {
	var o object
	if s, ok := arguments.(string); ok && json.Unmarshal([]byte(s), &o) == nil {
		return o
	}
	return arguments
}

// executed reads the spans of the tools that the server ran.
func executed(t *testing.T, spans tracetest.SpanStubs) (all []object) {
	t.Helper()
	for i := range spans {
		o := attributes(&spans[i])
		o["name"] = spans[i].Name
		for _, key := range []string{"gen_ai.tool.call.arguments", "gen_ai.tool.call.result"} {
			var v any
			require.NoError(t, json.Unmarshal([]byte(o[key].(string)), &v))
			o[key] = v
		}
		all = append(all, o)
	}
	return all
}

func readCreateAgent(t *testing.T, r *reading, x *exchange) {
	request, reply := r.decode(t, x)
	r.call("create_agent", request["name"])
	r.attributes["gen_ai.agent.id"] = reply["id"]
	r.attributes["gen_ai.agent.name"] = reply["name"]
	r.attributes["gen_ai.agent.version"] = fmt.Sprint(reply["version"])
	delete(r.attributes, "gen_ai.response.id")
	delete(r.attributes, "gen_ai.response.model")
}
