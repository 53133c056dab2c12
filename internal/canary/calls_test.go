// SPDX-License-Identifier: Apache-2.0

package canary_test

import (
	"encoding/base64"
	"strings"
)

// call is a request to one endpoint, and what it is answered. Everything in
// there that a person or a model said is a canary of content, and everything
// that opens a door a canary of a secret.
type call struct {
	// route is the row of internal/mistral's table that it proves.
	route   string
	method  string // POST if empty
	host    string // api.mistral.ai if empty
	path    string
	request string
	form    bool   // with the boundary x
	reply   string // as JSON
	stream  string // as events; "" where the endpoint has none
}

// Of a message every place that holds something.
const messages = `[
	{"role":"system","content":"canary-content-system"},
	{"role":"user","name":"canary-content-author","content":[
		{"type":"text","text":"canary-content-prompt"},
		{"type":"image_url","image_url":{"url":"https://user:canary-secret-image-userinfo@files.example/canary-content-image-path?X-Amz-Signature=canary-secret-image-signature#canary-secret-image-fragment"}},
		{"type":"document_url","document_url":"https://files.example/canary-content-document-path?sig=canary-secret-document-signature","document_name":"canary-content-never-document-name"},
		{"type":"input_audio","input_audio":"Y2FuYXJ5LWNvbnRlbnQtbmV2ZXItYXVkaW8="},
		{"type":"unheard_of","url":"https://files.example/canary-content-unknown-part","authorization":"canary-secret-unknown-authorization"}
	]},
	{"role":"assistant","content":"","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":{"q":"canary-content-tool-argument","Authorization":"canary-secret-tool-argument"}}}]},
	{"role":"tool","tool_call_id":"t1","name":"f","content":"canary-content-tool-result"}
]`

const tools = `[
	{"type":"function","function":{"name":"f","description":"canary-content-tool-description","parameters":{"type":"object","properties":{"q":{"type":"string","description":"canary-content-tool-parameter"}}}}},
	{"type":"connector","connector_id":"c1","authorization":{"type":"api-key","value":"canary-secret-connector-key"}},
	{"type":"mcp","server_url":"https://mcp.example/?key=canary-secret-mcp-query","headers":{"X-Key":"canary-secret-mcp-header"}}
]`

const metadata = `{"note":"canary-content-metadata","api_key":"canary-secret-metadata-key","customer_credentials":{"mistral":{"api_key":"canary-secret-metadata-credentials"}},
	"Api-Key":"canary-secret-metadata-api-key","access_token":"canary-secret-metadata-token","client_secret":"canary-secret-metadata-client","password":"canary-secret-metadata-password"}`

// parameters are what a chat request has besides its messages.
const parameters = `"tools":` + tools + `,"metadata":` + metadata + `,"prompt_cache_key":"canary-content-cache-key",` +
	`"response_format":{"type":"json_schema","json_schema":{"name":"canary-content-never-schema"}},` +
	`"prediction":{"type":"content","content":"canary-content-never-prediction"},` +
	`"customer_credentials":{"mistral":{"api_key":"canary-secret-customer-credentials"}},` +
	`"credential_override":{"mistral/x":{"api_key":"canary-secret-credential-override"}},` +
	`"api_key":"canary-secret-provider-key"`

const usage = `"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}`

const chatReply = `{"id":"r1","object":"chat.completion","model":"mistral-small-2506",` + usage + `,"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",
	"content":[{"type":"thinking","thinking":[{"type":"text","text":"canary-content-thought"}]},{"type":"text","text":"canary-content-answer"},
		{"type":"reference","title":"canary-content-reference","url":"https://found.example/"}],
	"tool_calls":[{"id":"t2","type":"function","function":{"name":"f","arguments":"{\"q\":\"canary-content-proposed-argument\"}"}}]}}]}`

var chatStream = events(
	`{"id":"r1","model":"mistral-small-2506","choices":[{"index":0,"delta":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"canary-content-thought"}]}]}}]}`,
	`{"id":"r1","model":"mistral-small-2506","choices":[{"index":0,"delta":{"content":"canary-content-answer"}}]}`,
	`{"id":"r1","model":"mistral-small-2506","choices":[{"index":0,"delta":{"tool_calls":[{"id":"t2","index":0,"function":{"name":"f","arguments":"{\"q\":\"canary-content-proposed-argument\"}"}}]},"finish_reason":"stop"}],`+usage+`}`,
	`[DONE]`,
)

const conversation = `"inputs":[
	{"type":"message.input","role":"user","content":"canary-content-prompt"},
	{"type":"function.result","tool_call_id":"t1","result":"canary-content-tool-result"},
	{"type":"tool.execution","id":"x0","name":"web_search","arguments":"{\"q\":\"canary-content-earlier-argument\"}","info":{"found":"canary-content-earlier-info"}}
],"instructions":"canary-content-instructions","tools":` + tools + `,"metadata":` + metadata + `,"completion_args":{"temperature":0}`

const conversationReply = `{"object":"conversation.response","conversation_id":"conv_1",` + usage + `,"outputs":[
	{"type":"tool.execution","id":"x1","name":"web_search","arguments":{"q":"canary-content-execution-argument","authorization":"canary-secret-execution-argument"},"info":{"found":"canary-content-execution-info"},"created_at":"2026-01-01T00:00:00Z","completed_at":"2026-01-01T00:00:01Z"},
	{"type":"agent.handoff","id":"h1","previous_agent_name":"canary-content-previous-agent","next_agent_name":"canary-content-next-agent"},
	{"type":"function.call","id":"f1","tool_call_id":"t2","name":"f","arguments":"{\"q\":\"canary-content-proposed-argument\"}"},
	{"type":"message.output","id":"m1","model":"mistral-small-2506","role":"assistant","content":"canary-content-answer"}
]}`

var conversationStream = named(
	"conversation.response.started", `{"type":"conversation.response.started","conversation_id":"conv_1"}`,
	"tool.execution.started", `{"type":"tool.execution.started","output_index":0,"id":"x1","name":"web_search","arguments":"{\"q\":\"canary-content-execution-argument\"}","created_at":"2026-01-01T00:00:00Z"}`,
	"tool.execution.done", `{"type":"tool.execution.done","output_index":0,"id":"x1","name":"web_search","info":{"found":"canary-content-execution-info"},"created_at":"2026-01-01T00:00:01Z"}`,
	"agent.handoff.started", `{"type":"agent.handoff.started","output_index":1,"id":"h1","previous_agent_id":"ag_0","previous_agent_name":"canary-content-previous-agent"}`,
	"agent.handoff.done", `{"type":"agent.handoff.done","output_index":1,"id":"h1","next_agent_id":"ag_1","next_agent_name":"canary-content-next-agent"}`,
	"function.call.delta", `{"type":"function.call.delta","output_index":2,"id":"f1","tool_call_id":"t2","name":"f","arguments":"{\"q\":\"canary-content-proposed-argument\"}"}`,
	"message.output.delta", `{"type":"message.output.delta","output_index":3,"id":"m1","model":"mistral-small-2506","role":"assistant","content":"canary-content-answer"}`,
	"conversation.response.done", `{"type":"conversation.response.done",`+usage+`}`,
)

const (
	texts    = `{"model":"mistral-embed","input":["canary-content-text","canary-content-other-text"],"metadata":` + metadata + `}`
	chats    = `{"model":"mistral-moderation-latest","input":[{"messages":` + messages + `}],"metadata":` + metadata + `}`
	flagged  = `{"id":"r1","model":"mistral-moderation-2411","results":[{"categories":{"violence":true},"category_scores":{"violence":1}}]}`
	labelled = `{"id":"r1","model":"ft:classifier","results":[{"intent":{"scores":{"question":1}}}]}`
	agent    = `{"model":"mistral-small-latest","name":"clerk","description":"canary-content-description","instructions":"canary-content-instructions","tools":` + tools + `,"metadata":` + metadata + `}`
	document = `{"model":"mistral-ocr-latest","document":{"type":"document_url","document_url":"https://files.example/canary-content-document-path?sig=canary-secret-document-signature","document_name":"canary-content-never-document-name"},"metadata":` + metadata + `}`
	pages    = `{"model":"mistral-ocr-2512","usage_info":{"pages_processed":1},"document_annotation":"canary-content-annotation","pages":[{"index":0,"markdown":"canary-content-page","images":[{"id":"i","image_base64":"canary-content-never-image","image_annotation":"canary-content-never-image-annotation"}]}]}`
	recorded = `{"model":"voxtral-mini-2507","language":"en","text":"canary-content-transcript","segments":[{"text":"canary-content-never-segment"}],` + usage + `}`
	spoken   = `{"model":"voxtral-mini-tts-2603","audio_data":"Y2FuYXJ5LWNvbnRlbnQtbmV2ZXItYXVkaW8="}`
)

// calls has at least one for each row of the table of routes.
var calls = []call{
	{
		route: "POST /chat/completions compatible", path: "/v1/chat/completions",
		request: `{"model":"mistral-small-latest","messages":` + messages + `,` + parameters + `}`, reply: chatReply, stream: chatStream,
	},
	{
		// Metadata of Respan's gateway is meant for telemetry, and no content there.
		route: "POST /chat/completions respan", host: "api.respan.ai", path: "/api/chat/completions",
		request: `{"model":"mistral-small-latest","messages":` + messages + `,"respan_params":{"customer_identifier":"u1","customer_api_keys":{"x":"canary-secret-respan-keys"},` +
			`"metadata":{"api_key":"canary-secret-respan-metadata"}},` + strings.ReplaceAll(parameters, "canary-content-metadata", "plan") + `}`,
		reply: chatReply, stream: chatStream,
	},
	{
		route: "POST /fim/completions compatible", path: "/v1/fim/completions",
		request: `{"model":"codestral-latest","prompt":"canary-content-prompt","suffix":"canary-content-suffix","metadata":` + metadata + `}`, reply: chatReply, stream: chatStream,
	},
	{
		route: "POST /v1/agents/completions own", path: "/v1/agents/completions",
		request: `{"agent_id":"ag_1","messages":` + messages + `,` + parameters + `}`, reply: chatReply, stream: chatStream,
	},
	{
		route: "POST /v1/conversations own", path: "/v1/conversations",
		request: `{"model":"mistral-small-latest",` + conversation + `}`, reply: conversationReply, stream: conversationStream,
	},
	{
		route: "POST /v1/conversations own", path: "/v1/conversations",
		request: `{"agent_id":"ag_1","inputs":"canary-content-only-input"}`, reply: conversationReply, stream: conversationStream,
	},
	{
		route: "POST /v1/conversations/* own", path: "/v1/conversations/conv_1",
		request: `{` + conversation + `}`, reply: conversationReply, stream: conversationStream,
	},
	{
		route: "POST /v1/conversations/*/restart own", path: "/v1/conversations/conv_1/restart",
		request: `{` + conversation + `}`, reply: conversationReply, stream: conversationStream,
	},
	{
		route: "POST /v1/agents own", path: "/v1/agents", request: agent,
		reply: `{"id":"ag_1","version":0,"name":"clerk","description":"canary-content-new-description","instructions":"canary-content-never-repeated"}`,
	},
	{
		route: "PATCH /v1/agents/* own", method: "PATCH", path: "/v1/agents/ag_1", request: agent,
		reply: `{"id":"ag_1","version":1,"name":"clerk","description":"canary-content-new-description","instructions":"canary-content-never-repeated"}`,
	},
	{
		route: "POST /v1/connectors/*/tools/*/call own", path: "/v1/connectors/crm/tools/look_up/call",
		request: `{"arguments":{"name":"canary-content-argument","authorization":"canary-secret-argument"},"authorization":{"value":"canary-secret-connector"}}`,
		reply:   `{"content":[{"type":"text","text":"canary-content-result"},{"type":"image","data":"Y2FuYXJ5LWNvbnRlbnQtbmV2ZXItYXVkaW8="}],"metadata":{"x":"canary-content-never-result"}}`,
	},
	{
		route: "POST /v1/workflows/*/execute own", path: "/v1/workflows/invoice/execute",
		request: `{"input":{"name":"canary-content-never-input"},"wait_for_result":true}`, reply: `{"result":"canary-content-never-result"}`,
	},
	{route: "POST /embeddings compatible", path: "/v1/embeddings", request: texts, reply: `{"id":"r1","model":"mistral-embed",` + usage + `,"data":[{"embedding":[0.1],"index":0}]}`},
	{route: "POST /v1/ocr own", path: "/v1/ocr", request: document, reply: pages},
	{route: "POST /providers/mistral/azure/ocr azure", host: "x.services.ai.azure.com", path: "/providers/mistral/azure/ocr", request: document, reply: pages},
	{route: "POST /v1/moderations own", path: "/v1/moderations", request: texts, reply: flagged},
	{route: "POST /v1/chat/moderations own", path: "/v1/chat/moderations", request: chats, reply: flagged},
	{route: "POST /v1/classifications own", path: "/v1/classifications", request: texts, reply: labelled},
	{route: "POST /v1/chat/classifications own", path: "/v1/chat/classifications", request: chats, reply: labelled},
	{
		route: "POST /v1/audio/transcriptions own", path: "/v1/audio/transcriptions", form: true,
		request: field("model", "voxtral-mini-latest") + field("file_url", "https://files.example/canary-content-audio-path?sig=canary-secret-audio-signature") +
			field("api_key", "canary-secret-form-key") + field("context_bias", "canary-content-never-bias") +
			field(`file"; filename="canary-content-never-file-name`, "canary-content-never-audio") + "--x--\r\n",
		reply: recorded,
		stream: named(
			"transcription.text.delta", `{"type":"transcription.text.delta","text":"canary-content-transcript"}`,
			"transcription.done", `{"type":"transcription.done",`+recorded[1:],
		),
	},
	{
		route: "POST /v1/audio/speech own", path: "/v1/audio/speech",
		request: `{"model":"voxtral-mini-tts-2603","input":"canary-content-speech","metadata":` + metadata + `,"ref_audio":"canary-content-never-voice"}`, reply: spoken,
		stream: named("speech.audio.delta", `{"type":"speech.audio.delta","audio_data":"canary-content-never-audio"}`, "speech.audio.done", `{"type":"speech.audio.done",`+usage+`}`),
	},
	{
		route: "POST /publishers/mistralai/models/*:rawPredict vertex", host: "europe-west4-aiplatform.googleapis.com", path: "/v1/projects/p/locations/l/publishers/mistralai/models/mistral-small:rawPredict",
		request: `{"messages":` + messages + `,` + parameters + `}`, reply: chatReply, stream: chatStream,
	},
	{
		route: "POST /publishers/mistralai/models/*:streamRawPredict vertex", host: "europe-west4-aiplatform.googleapis.com", path: "/v1/projects/p/locations/l/publishers/mistralai/models/codestral:streamRawPredict",
		request: `{"prompt":"canary-content-prompt","suffix":"canary-content-suffix","metadata":` + metadata + `}`, reply: chatReply, stream: chatStream,
	},
}

// respanParams is the header of Respan's gateway.
var respanParams = base64.StdEncoding.EncodeToString([]byte(
	`{"customer_identifier":"u1","customer_api_keys":{"x":"canary-secret-respan-header"},"metadata":{"api_key":"canary-secret-respan-header-metadata"}}`))

func field(name, value string) string {
	return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
}

func events(data ...string) string {
	return "data: " + strings.Join(data, "\n\ndata: ") + "\n\n"
}

// named has the names of events, each with its data behind it.
func named(pairs ...string) string {
	var all strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		all.WriteString("event: " + pairs[i] + "\ndata: " + pairs[i+1] + "\n\n")
	}
	return all.String()
}
