// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
)

// parameters has each member of a request with what is read of it, and with
// values of which nothing is read.
var parameters = []struct {
	member string
	value  string
	want   func(*genai.Request)
	odd    []string
}{
	{"model", `"mistral-small-latest"`, func(r *genai.Request) { r.Model = "mistral-small-latest" }, []string{`null`, `5`, `""`, `{}`}},
	{"stream", `true`, func(r *genai.Request) { r.Stream = true }, []string{`false`, `null`, `"true"`, `1`}},
	{"temperature", `0.7`, func(r *genai.Request) { r.Temperature = genai.Some(0.7) }, []string{`null`, `"0.7"`, `{}`, `1e999`}},
	{"temperature", `0`, func(r *genai.Request) { r.Temperature = genai.Some(0.0) }, nil},
	{"top_p", `0`, func(r *genai.Request) { r.TopP = genai.Some(0.0) }, []string{`null`, `true`}},
	{"top_k", `40`, func(r *genai.Request) { r.TopK = genai.Some(40.0) }, []string{`null`, `[]`}},
	{"frequency_penalty", `0`, func(r *genai.Request) { r.FrequencyPenalty = genai.Some(0.0) }, []string{`null`, `"x"`}},
	{"presence_penalty", `-2`, func(r *genai.Request) { r.PresencePenalty = genai.Some(-2.0) }, []string{`null`, `"x"`}},
	{"max_tokens", `0`, func(r *genai.Request) { r.MaxTokens = genai.Some(int64(0)) }, []string{`null`, `1.5`, `"9"`, `99999999999999999999`}},
	{"max_tokens", `1e3`, func(r *genai.Request) { r.MaxTokens = genai.Some(int64(1000)) }, nil},
	{"max_completion_tokens", `9`, func(r *genai.Request) { r.MaxTokens = genai.Some(int64(9)) }, []string{`null`, `"9"`}},
	{"min_tokens", `0`, func(r *genai.Request) { r.MinTokens = genai.Some(int64(0)) }, []string{`null`, `{}`}},
	{"random_seed", `0`, func(r *genai.Request) { r.Seed = genai.Some(int64(0)) }, []string{`null`, `"0"`}},
	{"seed", `0`, func(r *genai.Request) { r.Seed = genai.Some(int64(0)) }, []string{`null`, `"0"`}},
	{"n", `2`, func(r *genai.Request) { r.ChoiceCount = genai.Some(int64(2)) }, []string{`null`, `"2"`}},
	{"stop", `"end"`, func(r *genai.Request) { r.StopSequences = []string{"end"} }, []string{`null`, `5`, `{}`, `[]`, `[5,null]`}},
	{"stop", `["a",5,"b\n",null]`, func(r *genai.Request) { r.StopSequences = []string{"a", "b\n"} }, nil},
	{"response_format", `{"type":"text"}`, func(r *genai.Request) { r.OutputType = "text" }, []string{`null`, `"text"`, `{}`, `{"type":"x"}`, `{"type":null}`, `[]`}},
	{"response_format", `{"type":"json_object"}`, func(r *genai.Request) { r.OutputType = "json" }, nil},
	{"response_format", `{"json_schema":{"name":"a","schema":{"type":"x"}},"type":"json_schema"}`, func(r *genai.Request) { r.OutputType = "json" }, nil},
	{"tool_choice", `"auto"`, func(r *genai.Request) { r.ToolChoice = "auto" }, []string{`null`, `5`, `{}`, `{"type":"function"}`, `{"function":null}`, `{"function":{"name":5}}`}},
	{"tool_choice", `{"type":"function","function":{"name":"f"}}`, func(r *genai.Request) { r.ToolChoice = "function:f" }, nil},
	{"parallel_tool_calls", `false`, func(r *genai.Request) { r.ParallelToolCalls = genai.Some(false) }, []string{`null`, `"false"`}},
	{"safe_prompt", `false`, func(r *genai.Request) { r.SafePrompt = genai.Some(false) }, []string{`null`, `0`}},
	{"prompt_mode", `"reasoning"`, func(r *genai.Request) { r.PromptMode = "reasoning" }, []string{`null`, `5`}},
	{"reasoning_effort", `"none"`, func(r *genai.Request) { r.ReasoningEffort = "none" }, []string{`null`, `{}`}},
	{"service_tier", `"auto"`, func(r *genai.Request) { r.ServiceTier = "auto" }, []string{`null`, `1`}},
	{"prediction", `{"type":"content","content":"p"}`, func(r *genai.Request) { r.Prediction = true }, []string{`null`, `"p"`}},
	{"guardrails", `[{"block_on_error":true}]`, func(r *genai.Request) { r.Guardrails = true }, []string{`null`, `{}`}},
	{"messages", `[{"role":"user","content":"a"},{"role":"assistant","prefix":true,"content":"b"}]`, func(r *genai.Request) {
		r.Prefix = true
		r.Messages = []genai.Message{{Role: "user", Parts: []genai.Part{textPart("a")}}, {Role: "assistant", Parts: []genai.Part{textPart("b")}}}
	}, []string{`null`, `"a"`, `{}`, `[]`, `["a",5,null]`}},
	{"tools", `[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}]`, func(r *genai.Request) {
		r.Tools = []genai.Tool{{Type: "function", Name: "f", Description: "d", Parameters: []byte(`{"type":"object"}`)}}
	}, []string{`null`, `"f"`, `[]`, `[5,null,{}]`}},
	{"metadata", `{"user":"ann"}`, func(r *genai.Request) { r.Metadata = `{"user":"ann"}` }, []string{`null`, `"ann"`, `[]`}},
	{"prompt_cache_key", `"k"`, func(r *genai.Request) { r.PromptCacheKey = "k" }, []string{`null`, `{}`}},
	{"a_member_of_the_future", `{"temperature":1,"model":"x"}`, func(*genai.Request) {}, nil},
}

func TestEveryParameterIsReadByItself(t *testing.T) {
	for _, tt := range parameters {
		t.Run(tt.member+" "+tt.value, func(t *testing.T) {
			var want genai.Request
			tt.want(&want)
			eachSplit([]byte(`{"`+tt.member+`":`+tt.value+`}`), func(how string, pieces ...[]byte) {
				got := parseRequest(withContent, pieces...)
				require.Equal(t, want, got.Request, how)
				require.Zero(t, got.DecodeErrors, how)
			})
			for _, odd := range tt.odd {
				got := parseRequest(withContent, []byte(`{"`+tt.member+`":`+odd+`}`))
				assert.Equal(t, genai.Request{}, got.Request, odd)
			}
		})
	}
}

func TestOneOddParameterDoesNotCostTheOthers(t *testing.T) {
	for _, tt := range parameters {
		for _, odd := range tt.odd {
			var want genai.Request
			body := `{"` + tt.member + `":` + odd
			seen := map[string]bool{tt.member: true, "seed": true, "max_completion_tokens": true}
			for _, other := range parameters {
				if seen[other.member] {
					continue
				}
				seen[other.member] = true
				other.want(&want)
				body += `,"` + other.member + `":` + other.value
			}
			got := parseRequest(withContent, []byte(body+"}"))
			assert.Equal(t, want, got.Request, body)
		}
	}
}

func TestNamesOfOtherServersAreFallbacksInAnyOrder(t *testing.T) {
	for body, want := range map[string]genai.Request{
		`{"max_tokens":1,"max_completion_tokens":2}`:    {MaxTokens: genai.Some(int64(1))},
		`{"max_completion_tokens":2,"max_tokens":1}`:    {MaxTokens: genai.Some(int64(1))},
		`{"max_completion_tokens":2,"max_tokens":0}`:    {MaxTokens: genai.Some(int64(0))},
		`{"max_tokens":null,"max_completion_tokens":2}`: {MaxTokens: genai.Some(int64(2))},
		`{"max_completion_tokens":2,"max_tokens":null}`: {MaxTokens: genai.Some(int64(2))},
		`{"random_seed":1,"seed":2}`:                    {Seed: genai.Some(int64(1))},
		`{"seed":2,"random_seed":1}`:                    {Seed: genai.Some(int64(1))},
		`{"random_seed":"x","seed":2}`:                  {Seed: genai.Some(int64(2))},
		`{"seed":2,"random_seed":null}`:                 {Seed: genai.Some(int64(2))},
	} {
		assert.Equal(t, want, parseRequest(withoutContent, []byte(body)).Request, body)
	}
}

func TestWithoutContentCaptureNoContentIsRead(t *testing.T) {
	for _, tt := range parameters {
		var want genai.Request
		tt.want(&want)
		want.Messages, want.Tools, want.Metadata, want.PromptCacheKey = nil, nil, "", ""
		got := parseRequest(withoutContent, []byte(`{"`+tt.member+`":`+tt.value+`}`))
		assert.Equal(t, want, got.Request, tt.member)
	}
}

func TestMessagesAreReadInTheShapeOfTheConventions(t *testing.T) {
	toolCall := func(id, name string, arguments string) genai.Part {
		return genai.Part{Type: genai.PartToolCall, ID: id, Name: name, JSON: []byte(arguments)}
	}
	for _, tt := range []struct {
		name, message string
		want          genai.Message
	}{
		{"text", `{"role":"user","name":"ann","content":"a\u00e9"}`, genai.Message{Role: "user", Name: "ann", Parts: []genai.Part{textPart("aé")}}},
		{"no content", `{"role":"assistant"}`, genai.Message{Role: "assistant", Parts: []genai.Part{}}},
		{"null content", `{"role":"user","content":null}`, genai.Message{Role: "user", Parts: []genai.Part{}}},
		{"a list", `{"role":"user","content":[{"type":"text","text":"a"},"b",{"type":"text","text":""}]}`, genai.Message{Role: "user", Parts: []genai.Part{textPart("a"), textPart("b")}}},
		{"one chunk", `{"role":"user","content":{"type":"text","text":"a"}}`, genai.Message{Role: "user", Parts: []genai.Part{textPart("a")}}},
		{"thinking", `{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]},{"type":"text","text":"b"}],"closed":true},{"type":"text","text":"c"}]}`, genai.Message{Role: "assistant", Parts: []genai.Part{reasoningPart("ab"), textPart("c")}}},
		{"thinking as a string", `{"role":"assistant","content":[{"type":"thinking","thinking":"a"}]}`, genai.Message{Role: "assistant", Parts: []genai.Part{reasoningPart("a")}}},
		{"reasoning of other servers", `{"content":"b","reasoning_content":"a","role":"assistant"}`, genai.Message{Role: "assistant", Parts: []genai.Part{reasoningPart("a"), textPart("b")}}},
		{"an image", `{"content":[{"type":"image_url","image_url":"https://x/a.png"},{"type":"image_url","image_url":{"detail":"low","url":"https://x/b.png"}}]}`, genai.Message{Parts: []genai.Part{
			{Type: genai.PartURI, Modality: "image", Text: "https://x/a.png"}, {Type: genai.PartURI, Modality: "image", Text: "https://x/b.png"},
		}}},
		{"a document", `{"content":[{"type":"document_url","document_url":"https://x/a.pdf","document_name":"a"}]}`, genai.Message{Parts: []genai.Part{{Type: genai.PartURI, Modality: "document", Text: "https://x/a.pdf"}}}},
		{"a file", `{"content":[{"type":"file","file_id":"f1"}]}`, genai.Message{Parts: []genai.Part{{Type: genai.PartFile, Modality: "document", Text: "f1"}}}},
		{"audio by URL", `{"content":[{"type":"input_audio","input_audio":"https://x/a.mp3"}]}`, genai.Message{Parts: []genai.Part{{Type: genai.PartURI, Modality: "audio", Text: "https://x/a.mp3"}}}},
		{"a reference", `{"content":[{"type":"reference","reference_ids":[1,"b"]}]}`, genai.Message{Parts: []genai.Part{{Type: genai.PartGeneric, Name: "reference", JSON: []byte(`{"type":"reference","reference_ids":[1,"b"]}`)}}}},
		{"a chunk with members named like other types", `{"content":[{"type":"image_url","image_url":"https://x/a.png","text":"alt"},{"text":"a","type":"text","thinking":"b"}]}`, genai.Message{Parts: []genai.Part{
			{Type: genai.PartURI, Modality: "image", Text: "https://x/a.png"}, textPart("a"),
		}}},
		{"a chunk without a type", `{"content":[{"text":"a"}]}`, genai.Message{Parts: []genai.Part{{Type: genai.PartGeneric, Name: "unknown", JSON: []byte(`{"text":"a"}`)}}}},
		{"tool calls", `{"role":"assistant","content":"","tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{\"x\": 1}"}},{"id":"null","function":{"name":"g","arguments":{"x":1}}}]}`, genai.Message{Role: "assistant", Parts: []genai.Part{
			toolCall("a1", "f", `{"x": 1}`), toolCall("", "g", `{"x":1}`),
		}}},
		{"broken and empty arguments", `{"tool_calls":[{"function":{"name":"f","arguments":"{\"x\":"}},{"function":{"name":"g","arguments":""}},{"function":{"name":"h"}},{"function":{"name":"i","arguments":"{} x"}}]}`, genai.Message{Parts: []genai.Part{
			{Type: genai.PartToolCall, Name: "f", JSON: quoted(`{"x":`)}, {Type: genai.PartToolCall, Name: "g"}, {Type: genai.PartToolCall, Name: "h"}, {Type: genai.PartToolCall, Name: "i", JSON: quoted(`{} x`)},
		}}},
		{"a tool's answer", `{"role":"tool","tool_call_id":"a1","name":"f","content":"21"}`, genai.Message{Role: "tool", Parts: []genai.Part{{Type: genai.PartToolCallResponse, ID: "a1", Name: "f", JSON: quoted("21")}}}},
		{"a tool's answer as a list of texts", `{"role":"tool","tool_call_id":"a1","content":[{"type":"text","text":"2"},"1"]}`, genai.Message{Role: "tool", Parts: []genai.Part{{Type: genai.PartToolCallResponse, ID: "a1", JSON: quoted("21")}}}},
		{"a tool's answer with an image", `{"role":"tool","content":["a",{"type":"image_url","image_url":"https://x/a.png"}]}`, genai.Message{Role: "tool", Parts: []genai.Part{{Type: genai.PartToolCallResponse, JSON: []byte(`["a",{"type":"image_url","image_url":"https://x/a.png"}]`)}}}},
		{"no answer of a tool", `{"role":"tool","content":null}`, genai.Message{Role: "tool", Parts: []genai.Part{{Type: genai.PartToolCallResponse, JSON: quoted("")}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := parseRequest(withContent, inPieces([]byte(`{"messages":[`+tt.message+`]}`), 5)...)
			assert.Equal(t, []genai.Message{tt.want}, got.Request.Messages)
		})
	}
}

func TestToolsAreFlattenedAndHaveAName(t *testing.T) {
	for _, tt := range []struct {
		name, tool string
		want       genai.Tool
	}{
		{"a function without a type", `{"function":{"name":"f"}}`, genai.Tool{Type: "function", Name: "f"}},
		{"null parameters", `{"type":"function","function":{"name":"f","parameters":null,"description":null}}`, genai.Tool{Type: "function", Name: "f"}},
		{"a built-in tool", `{"type":"web_search"}`, genai.Tool{Type: "web_search", Name: "web_search"}},
		{"a library", `{"type":"document_library","library_ids":["l1"]}`, genai.Tool{Type: "document_library", Name: "document_library", Extra: []byte(`{"library_ids":["l1"]}`)}},
		{"a connector", `{"type":"connector","authorization":{"value":"secret"},"connector_id":"c1"}`, genai.Tool{Type: "connector", Name: "connector", Extra: []byte(`{"connector_id":"c1"}`)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := parseRequest(withContent, []byte(`{"tools":[`+tt.tool+`]}`))
			assert.Equal(t, []genai.Tool{tt.want}, got.Request.Tools)
		})
	}
}

func TestCredentialsAreNeverRead(t *testing.T) {
	t.Run("by Mistral", func(t *testing.T) { credentialsAreNeverRead(t, chatRoute) })
	t.Run("by a gateway", func(t *testing.T) { credentialsAreNeverRead(t, gatewayRoute) })
}

func credentialsAreNeverRead(t *testing.T, route *Route) {
	for _, name := range genai.Secrets {
		for _, spelled := range []string{name, strings.ToUpper(name), strings.ToLower(name)} {
			member := `"` + spelled + `":{"value":"SECRET"},"` + spelled + `":"SECRET"`
			body := `{"messages":[{"role":"user","content":[{"type":"x",` + member + `,"deep":[{` + member + `}]}],"tool_calls":[{"function":{"name":"f","arguments":{` + member + `}}}]}],` +
				`"tools":[{"type":"connector",` + member + `}],"metadata":{` + member + `},"properties":{"deep":[{` + member + `}]},` +
				`"respan_params":{"metadata":{` + member + `},` + member + `},"customer_params":{` + member + `},` + member + `}`
			call := parseRequestOf(route, withContent, []byte(body))
			for _, kv := range call.AppendEnd(nil) {
				assert.NotContains(t, kv.Value.AsString(), "SECRET", "%s: %s", spelled, kv.Key)
			}
		}
	}
}

func TestOfTheURLOfMediaOnlyThePlaceIsRead(t *testing.T) {
	for sent, want := range map[string]string{
		"https://files.example/a/b.png":                                        "https://files.example/a/b.png",
		"https://files.example/a.pdf?se=1&sig=SECRET#SECRET":                   "https://files.example/a.pdf",
		"https://user:SECRET@files.example:444/a@b.pdf?X-Amz-Signature=SECRET": "https://files.example:444/a@b.pdf",
		"https://user:SECRET@files.example":                                    "https://files.example",
		"https://files.example?sig=https://SECRET":                             "https://files.example",
		"gs://bucket/a.pdf":                                                    "gs://bucket/a.pdf",
		"a.pdf?sig=SECRET":                                                     "a.pdf",
	} {
		for _, part := range []string{
			`{"type":"image_url","image_url":"` + sent + `"}`,
			`{"type":"image_url","image_url":{"url":"` + sent + `"}}`,
			`{"type":"document_url","document_url":"` + sent + `"}`,
			`{"type":"video_url","video_url":{"url":"` + sent + `"}}`,
			`{"type":"audio_url","audio_url":"` + sent + `"}`,
		} {
			got := parseRequest(withContent, []byte(`{"messages":[{"role":"user","content":[`+part+`]}]}`))
			assert.Equal(t, want, got.Request.Messages[0].Parts[0].Text, part)
		}
	}
}

func TestWhatIsNoRequestIsCounted(t *testing.T) {
	for body, want := range map[string]int{
		``: 1, ` `: 1, `x`: 1, `{"model":"a"`: 1, `{"model":"a"}}`: 0, `{}`: 0, `[]`: 1, `5`: 1, `"a"`: 1, `null`: 1, `{"model":"a",}`: 1,
	} {
		assert.Equal(t, want, parseRequest(withContent, []byte(body)).DecodeErrors, "%q", body)
	}
}

func TestABrokenRequestKeepsWhatCameBefore(t *testing.T) {
	got := parseRequest(withContent, []byte(`{"model":"a","temperature":0.5,"messages":[{"role":"user","content":"cut of`))
	assert.Equal(t, "a", got.Request.Model)
	assert.Equal(t, genai.Some(0.5), got.Request.Temperature)
	assert.Equal(t, []genai.Message{{Role: "user", Parts: []genai.Part{textPart("cut of")}}}, got.Request.Messages)
	assert.Equal(t, 1, got.DecodeErrors)
}

func TestARequestThatWasNotSentToItsEndIsNotBroken(t *testing.T) {
	var call genai.Call
	r := chatRoute.NewRequest(nil, withContent)
	r.Write([]byte(`{"model":"a","mess`))
	r.Fill(&call)
	assert.Equal(t, "a", call.Request.Model)
	assert.Zero(t, call.DecodeErrors)
}

func TestTheModelIsKnownBeforeTheRequestIsSent(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"a"}`: "a",
		`{"messages":[{"model":"b"}],"model":"a"}`: "a",
		`{"m\u006fdel":"a"}`:                       "a",
		`{"model":null}`:                           "",
		`{"model":5}`:                              "",
		`{"messages":[}`:                           "",
		`[{"model":"a"}]`:                          "",
		``:                                         "",
		`{"model":"` + strings.Repeat("a", 300) + `"}`: strings.Repeat("a", maxName),
	} {
		assert.Equal(t, want, peekedModel([]byte(body)), body)
	}
}
