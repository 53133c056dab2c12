// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"fmt"
	"net/http"
	"strings"
)

const completionsURL = "https://api.mistral.ai/v1/chat/completions"

// secret stands in the exchanges below wherever credentials may, and must not
// occur in any span.
const secret = "s3cret-connector-token"

// handmade are exchanges with what no recording holds.
func handmade() []exchange {
	const hello = `[{"role":"user","content":"hello"}]`
	chat := func(name, request, reply string) exchange {
		return exchange{
			name: "handmade/" + name, method: http.MethodPost, url: completionsURL, status: http.StatusOK,
			requestHeader: http.Header{"Content-Type": {"application/json"}},
			replyHeader:   http.Header{"Content-Type": {"application/json"}},
			request:       []byte(request), reply: []byte(reply),
		}
	}
	asking := func(name, messages string) exchange {
		return chat(name, `{"model":"mistral-small-latest","messages":`+messages+`}`, answer(`{"role":"assistant","content":"ok"}`))
	}
	offering := func(name, tools string) exchange {
		return chat(name, `{"model":"mistral-small-latest","messages":`+hello+`,"tools":`+tools+`}`, answer(`{"role":"assistant","content":"ok"}`))
	}
	answering := func(name, message string) exchange {
		return chat(name, `{"model":"mistral-small-latest","messages":`+hello+`}`, answer(message))
	}
	streaming := func(name string, events ...string) exchange {
		x := chat(name, `{"model":"mistral-small-latest","stream":true,"messages":`+hello+`}`, "data: "+strings.Join(events, "\n\ndata: ")+"\n\n")
		x.stream = true
		x.replyHeader.Set("Content-Type", "text/event-stream")
		return x
	}
	user := func(chunks string) string { return `[{"role":"user","content":` + chunks + `}]` }
	called := func(arguments string) string {
		return `{"role":"assistant","content":null,"tool_calls":[{"id":"a1b2c3d4e","type":"function","function":{"name":"f","arguments":` + arguments + `}}]}`
	}

	posting := func(path, request, reply string) exchange {
		x := chat(path, request, reply)
		x.url = "https://api.mistral.ai" + path
		return x
	}

	conversing := func(inputs, outputs string) exchange {
		return posting("/v1/conversations", `{"model":"m","inputs":`+inputs+`,"tools":[{"type":"connector","connector_id":"c","authorization":"`+secret+`"}]}`,
			`{"conversation_id":"c1","outputs":`+outputs+`,"usage":{"connectors":{"b":2,"a":"x","c":null}}}`)
	}
	updating := posting("/v1/agents/ag_1", `{"description":"d","instructions":"i","completion_args":{"temperature":0}}`, `{"id":"ag_1","name":"n","version":7,"description":null}`)
	updating.method = http.MethodPatch

	all := []exchange{
		chat("every parameter", everyParameter, everyAnswer),
		posting("/v1/embeddings", `{"model":"codestral-embed","input":["a","b"],"output_dimension":256,"encoding_format":"base64"}`, `{"model":"codestral-embed","data":[]}`),
		posting("/v1/moderations", `{"model":"m","input":"a"}`, `{"id":"1","model":"m","results":[{"categories":{"pii":true,"law":false}}]}`),
		posting("/v1/audio/transcriptions", `{"model":"m","language":"de","file_id":"f","temperature":0}`, `{"model":"m","text":"a","language":"de"}`),
		posting("/v1/audio/speech", `{"model":"m","input":"a","voice_id":"v","response_format":"wav","ref_audio":"`+secret+`"}`, `{"audio_data":"`+secret+`"}`),
		updating,
		posting("/v1/conversations", `{"agent_id":"ag_1","agent_version":"v","inputs":"a","instructions":"i"}`, `{"conversation_id":"c1"}`),
		conversing(`[null,5,"a",{},{"type":7},{"type":"message.input"},{"type":"function.call"},{"type":"function.result"},{"type":"function.result","result":{"a":1}},{"type":"tool.execution"},{"type":"agent.handoff"},{"type":"future","authorization":"`+secret+`"}]`,
			`[null,5,"a",{},{"type":7},{"type":"message.output","content":[7,{"type":"tool_file","file_id":"f"}]},{"type":"function.call","arguments":[1]},{"type":"function.result"},{"type":"agent.handoff","next_agent_name":"n"},{"type":"future","content":{"authorization":"`+secret+`"}}]`),
		conversing(`7`, `[{"type":"tool.execution"},{"type":"tool.execution","name":"n","arguments":"[","info":[],"created_at":"later"},{"type":"tool.execution","name":"n","arguments":{"api_key":"`+secret+`"},"info":{"authorization":"`+secret+`","url":"data:image/png;base64,iVBORw0KGgo="}}]`),
		posting("/v1/connectors/c/tools/t/call", `{"arguments":{"a":1,"authorization":"`+secret+`"}}`, `{"content":[{"type":"image","data":"iVBORw0KGgo="}]}`),
		posting("/v1/workflows/w/execute", `{"input":{"a":1}}`, `{"result":{"a":1}}`),
		posting("/v1/classifications", `{"model":"m","input":["a"]}`, `{"id":"1","model":"m","results":[{"mood":{"scores":{"calm":0.9,"angry":0.1}}}]}`),
		asking("text", user(`[{"type":"text","text":"a"},{"type":"text","text":""}]`)),
		asking("plain strings in a list", user(`["a","","b"]`)),
		asking("null content", `[{"role":"user","content":null},{"role":"assistant"},{"content":"no role"},{"role":"user","content":[]}]`),
		asking("odd content", user(`[5,null,[],{"type":7},{"type":"text","text":7},{"type":"text"},{"type":"thinking"},{"type":"thinking","thinking":"plain"},{"type":"image_url"},{"type":"file"},true]`)),
		asking("odd messages", `["text",5,null,{},{"role":7,"content":7},{"role":"tool"},{"role":"assistant","tool_calls":[null,{},{"function":null},{"function":{"name":null,"arguments":null}}]}]`),
		asking("a name", `[{"role":"user","name":"ann","content":"hello"}]`),
		asking("reasoning", `[{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"},{"type":"reference","reference_ids":[1]}]},{"type":"text","text":"a"}]},{"role":"assistant","reasoning_content":"hm","content":"a","prefix":true}]`),
		asking("uri", user(`[{"type":"image_url","image_url":"https://example.com/a.png"},{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}},{"type":"document_url","document_url":"https://example.com/a.pdf","document_name":"a"}]`)),
		asking("blob", user(`[{"type":"image_url","image_url":"data:image/png;base64,iVBORw0KGgo="},{"type":"document_url","document_url":"data:application/pdf;base64,!!!"}]`)),
		asking("file", user(`[{"type":"file","file_id":"f1"}]`)),
		asking("audio as a URL", user(`[{"type":"input_audio","input_audio":"https://example.com/a.mp3"}]`)),
		asking("audio as base64", user(`[{"type":"input_audio","input_audio":"SUQzBAAAAAAA"},{"type":"input_audio","input_audio":"data:audio/mpeg;base64,SUQzBAAAAAAA"}]`)),
		asking("audio as OpenAI's object", user(`[{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}]`)),
		asking("reference", user(`[{"type":"reference","reference_ids":[1,"b"]},{"type":"tool_reference","tool":"web_search","title":"t"},{"type":"future","x":{"y":[1]}}]`)),
		asking("credentials in messages", user(`[{"type":"future","authorization":{"token":"`+secret+`"},"Api_Key":"`+secret+`"}]`)),
		asking("tool results", `[{"role":"tool","tool_call_id":"a","name":"f","content":"21"},{"role":"tool","tool_call_id":"b","content":[{"type":"text","text":"2"},{"type":"text","text":"1"}]},`+
			`{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":"https://example.com/a.png"}]},{"role":"tool","tool_call_id":"d","content":null},{"role":"tool","tool_call_id":"e","content":{"type":"x"}}]`),
		asking("long and foreign text", user(`"`+strings.Repeat("日本語 ", 60_000)+`"`)),
		asking("more messages than the limit", `[`+strings.Repeat(`{"role":"user","content":"`+strings.Repeat("x", 100_000)+`"},`, 15)+`{"role":"user","content":"last"}]`),
		asking("escapes and invalid UTF-8", user("\"\\ud83d\\u0000\\\"\xff\xfe\"")),
		offering("function tools", `[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}},"strict":true}},{"function":{"name":"g"}},{"type":"function","function":{"name":"h","parameters":null}}]`),
		offering("built-in tools", `[{"type":"web_search"},{"type":"code_interpreter"},{"type":"document_library","library_ids":["l1"]},{"type":"connector","connector_id":"c1","authorization":{"type":"oauth2-token","value":"`+secret+`"}}]`),
		offering("no tools", `[]`),
		offering("odd tools", `[null,5,"web_search",{},{"type":7},{"function":null},{"type":"function"},{"type":"function","function":{"name":null,"parameters":"x"}}]`),
		answering("a tool call with an object", called(`{"a":[1,"b"]}`)),
		answering("a tool call with an object as text", called(`"{\"a\": [1,\"b\"]}"`)),
		answering("a tool call with broken arguments", called(`"{\"a\": [1,"`)),
		answering("a tool call with arguments that are no object", called(`"[1]"`)),
		answering("a tool call with a list", called(`[1]`)),
		answering("a tool call with empty arguments", called(`""`)),
		answering("a tool call with null arguments", called(`null`)),
		answering("an answer of every kind", `{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}],"closed":true},{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]},{"type":"image_url","image_url":"data:image/png;base64,iVBORw0KGgo="}]}`),
		answering("no answer", `null`),
		chat("messages instead of a message", `{"model":"mistral-small-latest","messages":`+hello+`}`,
			`{"id":"1","choices":[{"index":0,"finish_reason":"stop","messages":[{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"web_search","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"found"},{"role":"assistant","content":"answer"}]}]}`),
		chat("choices without a reason", `{"model":"mistral-small-latest","n":2,"messages":`+hello+`}`,
			`{"choices":[{"index":1,"message":{"content":"b"}},{"index":0,"finish_reason":"model_length","message":{"content":"a"}}]}`),
		chat("no JSON", `{"model":`, `<html>`),
		chat("nothing at all", "", ""),
		streaming("a stream of every kind",
			`{"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`,
			`{"id":"1","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}}]}`,
			`{"id":"1","choices":[{"index":0,"delta":{"content":["plain",{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]},{"type":"image_url","image_url":"data:image/png;base64,iVBORw0KGgo="},7,null]}}]}`,
			`{"id":"1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\":"}}]}}]}`,
			`{"id":"1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}},{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}]},"finish_reason":"tool_calls"}]}`,
			`{broken`,
			`[DONE]`),
		streaming("a stream that ends early", `{"id":"1","choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"},"finish_reason":"length"}]}`),
		streaming("an error in a stream", `{"id":"1","choices":[{"index":0,"delta":{"content":"a"}}]}`, `{"error":{"message":"m","type":"t","code":5}}`),
	}

	refused := chat("every header", `{"model":"mistral-small-latest","messages":`+hello+`}`,
		`{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}`)
	refused.status = http.StatusTooManyRequests
	refused.replyHeader.Set("Retry-After", "12")
	refused.replyHeader.Set("Mistral-Correlation-Id", "01a01a72-91a2-772a-a526-e4ca2c550fc3")
	for i, limit := range []string{"req-minute", "tokens-minute", "req-10-second", "tokens-month", "ocr-pages-minute", "audio-seconds-minute", "input-characters-minute", "code-interpreter-minute", "code-interpreter-day"} {
		refused.replyHeader.Set("X-Ratelimit-Limit-"+limit, fmt.Sprint(100*i))
		refused.replyHeader.Set("X-Ratelimit-Remaining-"+limit, fmt.Sprint(i))
	}
	refused.replyHeader.Set("X-Ratelimit-Tokens-Query-Cost", "32")
	declared := refused
	declared.name += ", declared length"
	declared.replyHeader = refused.replyHeader.Clone()
	declared.replyHeader.Set("Content-Length", fmt.Sprint(len(declared.reply)))
	gateway := chat("through Respan's gateway", `{"model":"mistral/mistral-small-latest","messages":`+hello+`,`+everyIdentity+`}`, answer(`{"role":"assistant","content":"ok"}`))
	gateway.url = "https://api.respan.ai/api/chat/completions"
	gateway.replyHeader.Set("X-Respan-Log-Id", "log-1")
	gateway.replyHeader.Set("X-Respan-Gateway-Request-Id", "req-1")
	return append(all, refused, declared, gateway)
}

func answer(message string) string {
	return `{"id":"1","object":"chat.completion","created":1,"model":"mistral-small-latest","choices":[{"index":0,"finish_reason":"stop","message":` + message + `}]}`
}

const everyParameter = `{"model":"mistral-small-latest","messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"A","prefix":true}],` +
	`"temperature":0,"top_p":0.5,"top_k":40,"presence_penalty":0,"frequency_penalty":-1,"max_tokens":100,"min_tokens":0,"stop":"end","random_seed":0,"n":2,` +
	`"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{}}},"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,` +
	`"safe_prompt":false,"prediction":{"type":"content","content":"p"},"reasoning_effort":"none","prompt_mode":"reasoning","guardrails":[{"block_on_error":true}],` +
	`"prompt_cache_key":"user-7","service_tier":"auto","metadata":{"user":"ann"}}`

// everyIdentity is what Respan's gateway may be told of whom a call is for.
const everyIdentity = `"customer_identifier":"u1","customer_params":{"name":"Ann","email":"ann@example.com"},"thread_identifier":"t1",` +
	`"group_identifier":"g1","custom_identifier":"c1","metadata":{"step":1},"customer_credentials":{"mistral":{"api_key":"` + secret + `"}}`

const everyAnswer = `{"id":"1","model":"mistral-small-2506","choices":[{"index":0,"finish_reason":"stop","message":{"content":"a"}},{"index":1,"finish_reason":"stop","message":{"content":"b"}}],` +
	`"usage":{"prompt_tokens":11,"completion_tokens":15,"total_tokens":401,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":375},"prompt_audio_seconds":30,"completion_tokens_details":{"reasoning_tokens":0},"service_tier":"standard"}}`
