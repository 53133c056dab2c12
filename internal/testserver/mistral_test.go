// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newMistral(t testing.TB, opts ...MistralOption) *Mistral {
	m := NewMistral(opts...)
	t.Cleanup(m.Close)
	return m
}

// answered is a response that was read to its end.
type answered struct {
	*http.Response
	body string
}

// chat posts body to the chat route with a valid key.
func chat(t testing.TB, m *Mistral, body string, header ...string) answered {
	return post(t, newClient(t), m.URL+"/v1/chat/completions", body, append([]string{"Authorization", "Bearer key"}, header...)...)
}

func post(t testing.TB, client *http.Client, url, body string, header ...string) answered {
	return exchange(t, client, http.MethodPost, url, body, header...)
}

func exchange(t testing.TB, client *http.Client, method, url, body string, header ...string) answered {
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return answered{resp, string(text)}
}

// The independent reading of replies: plain maps, so that a wrong key name in
// the server's own types shows.
func decoded(t testing.TB, text string) map[string]any {
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

// at walks into v by keys and indexes.
func at(t testing.TB, v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := v.(map[string]any)
			require.True(t, ok, "%v has no key %s", v, step)
			v = object[step]
		case int:
			list, ok := v.([]any)
			require.True(t, ok && step < len(list), "%v has no index %d", v, step)
			v = list[step]
		}
	}
	return v
}

// chunksOf checks the framing of a chat stream, byte for byte, and returns its
// chunks: each event is "data: ", one line of JSON and a blank line; the last is
// [DONE]; nothing else is there.
func chunksOf(t testing.TB, body string) []map[string]any {
	rest, ok := strings.CutSuffix(body, "\n\ndata: [DONE]\n\n")
	require.True(t, ok, "the stream ends otherwise: %q", body)
	var chunks []map[string]any
	for _, event := range strings.Split(rest, "\n\n") {
		data, ok := strings.CutPrefix(event, "data: ")
		require.True(t, ok, event)
		require.NotContains(t, data, "\n")
		chunks = append(chunks, decoded(t, data))
	}
	return chunks
}

func TestMistralAnswersAChat(t *testing.T) {
	m := newMistral(t)
	resp := chat(t, m, `{"model":"mistral-small-latest","messages":[{"role":"user","content":"What is the capital of France?"}]}`)

	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	assert.Equal(t, []string{"chunked"}, resp.TransferEncoding)
	assert.Regexp(t, `^\{"id":"[0-9a-f]{32}","created":1789000000,"model":"mistral-small-latest",`+
		`"usage":\{"prompt_tokens":10,"total_tokens":16,"completion_tokens":6,"prompt_tokens_details":\{"cached_tokens":0\},"service_tier":"standard"\},`+
		`"object":"chat.completion","choices":\[\{"index":0,"finish_reason":"stop",`+
		`"message":\{"role":"assistant","tool_calls":null,"content":"The capital of France is \*\*Paris\*\*\."\}\}\]\}$`, resp.body)

	assert.Equal(t, "01a01a72-91a2-7000-8000-000000000001", resp.Header.Get("mistral-correlation-id"))
	assert.Equal(t, resp.Header.Get("mistral-correlation-id"), resp.Header.Get("x-kong-request-id"))
	assert.Equal(t, "16", resp.Header.Get("x-ratelimit-tokens-query-cost"))
	assert.Equal(t, "100", resp.Header.Get("x-ratelimit-limit-req-minute"))
}

func TestMistralStreamsAsOnTheWire(t *testing.T) {
	m := newMistral(t)
	resp := chat(t, m, `{"model":"mistral-small-latest","stream":true,"messages":[{"role":"user","content":"What is the capital of France?"}]}`)

	assert.Equal(t, "text/event-stream; charset=utf-8", resp.Header.Get("Content-Type"))
	assert.Equal(t, []string{"chunked"}, resp.TransferEncoding)
	assert.NotEmpty(t, resp.Header.Get("mistral-correlation-id"))
	for key := range resp.Header {
		assert.NotContains(t, strings.ToLower(key), "ratelimit", "rate limits are never on a stream")
	}

	id := chunksOf(t, resp.body)[0]["id"].(string)
	assert.Regexp(t, `^[0-9a-f]{32}$`, id)
	chunk := func(choice, rest string) string {
		return `data: {"id":"` + id + `","object":"chat.completion.chunk","created":1789000000,"model":"mistral-small-latest","choices":[` + choice + `]` + rest + "}\n\n"
	}
	want := chunk(`{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}`, "") +
		chunk(`{"index":0,"delta":{"content":"The capital"},"finish_reason":null}`, `,"p":"abcdefghijkl"`) +
		chunk(`{"index":0,"delta":{"content":" of France"},"finish_reason":null}`, `,"p":"abcdefghijklmnopqrstuvw"`) +
		chunk(`{"index":0,"delta":{"content":" is **Paris**."},"finish_reason":"stop"}`,
			`,"usage":{"prompt_tokens":10,"total_tokens":16,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":0},"service_tier":"standard"},"p":"abcdefghijklmnopqrstuvwxyz01234567"`) +
		"data: [DONE]\n\n"
	assert.Equal(t, want, resp.body)
}

func TestMistralServesAnyBasePath(t *testing.T) {
	m := newMistral(t)
	const body = `{"model":"mistral-tiny","messages":[]}`
	for path, want := range map[string]int{
		"/v1/chat/completions":                  200,
		"/chat/completions":                     200,
		"/gateway/mistral/chat/completions?a=b": 200,
		"/v1/no-such":                           404,
		"/":                                     404,
	} {
		resp := post(t, newClient(t), m.URL+path, body, "Authorization", "Bearer key")
		assert.Equal(t, want, resp.StatusCode, path)
	}
}

func TestMistralRefuses(t *testing.T) {
	const sound = `{"model":"mistral-tiny","messages":[{"role":"user","content":"hi"}]}`
	cases := map[string]struct {
		key, body  string
		wantStatus int
		wantBody   string
	}{
		"no key":      {"", sound, 401, `{"detail":"Unauthorized"}`},
		"not a key":   {"Basic a2V5", sound, 401, `{"detail":"Unauthorized"}`},
		"invalid key": {"Bearer invalid-key", sound, 401, `{"detail":"Invalid API Key"}` + "\n"},
		"no model": {"Bearer key", `{"messages":[]}`, 422, `{"object":"error","message":{"detail":[{"type":"missing","loc":["body","model"],` +
			`"msg":"Field required","input":{"messages":[]}}]},"type":"invalid_request_error","param":null,"code":null}`},
		"no messages": {"Bearer key", `{"model":"mistral-tiny"}`, 422, `{"object":"error","message":{"detail":[{"type":"missing","loc":["body","messages"],` +
			`"msg":"Field required","input":{"model":"mistral-tiny"}}]},"type":"invalid_request_error","param":null,"code":null}`},
		"n is 0": {"Bearer key", `{"model":"mistral-tiny","messages":[],"n":0}`, 422, `{"object":"error","message":{"detail":[{"type":"greater_than_equal",` +
			`"loc":["body","n"],"msg":"Input should be greater than or equal to 1","input":{"model":"mistral-tiny","messages":[],"n":0}}]},"type":"invalid_request_error","param":null,"code":null}`},
		"broken JSON": {"Bearer key", `{"model":`, 422, `{"object":"error","message":{"detail":[{"type":"json_invalid","loc":["body",0],` +
			`"msg":"JSON decode error: unexpected end of JSON input"}]},"type":"invalid_request_error","param":null,"code":null}`},
		"an unknown model":           {"Bearer key", `{"model":"gpt-4o","messages":[]}`, 400, `{"object":"error","message":"Invalid model: gpt-4o","type":"invalid_model","param":null,"code":"1500","raw_status_code":400}`},
		"an unknown model, streamed": {"Bearer key", `{"model":"gpt-4o","messages":[],"stream":true}`, 400, `{"object":"error","message":"Invalid model: gpt-4o","type":"invalid_model","param":null,"code":"1500","raw_status_code":400}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMistral(t)
			resp := post(t, newClient(t), m.URL+"/v1/chat/completions", c.body, "Authorization", c.key)
			assert.Equal(t, c.wantStatus, resp.StatusCode)
			assert.Equal(t, c.wantBody, resp.body)
			assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
			assert.NotEmpty(t, resp.Header.Get("mistral-correlation-id"))
		})
	}
}

const toolRequest = `{"model":"mistral-large-latest","stream":%t,"messages":[{"role":"user","content":"What is the weather in Lyon today?"}],` +
	`"tools":[{"type":"web_search"},{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":` +
	`{"unit":{"type":"string","enum":["celsius","fahrenheit"]},"city":{"type":"string"},"days":{"type":"integer"}},"required":["city","unit"]}}},` +
	`{"function":{"name":"get_time"}}]%s}`

func TestMistralCallsTools(t *testing.T) {
	const weather = `get_weather {"city": "Lyon", "unit": "celsius"}`
	cases := map[string]struct {
		extra string
		want  []string
	}{
		"the first function":    {"", []string{weather}},
		"the one that is asked": {`,"tool_choice":{"type":"function","function":{"name":"get_time"}}`, []string{"get_time {}"}},
		"several in parallel":   {`,"parallel_tool_calls":true`, []string{weather, "get_time {}"}},
		"none":                  {`,"tool_choice":"none"`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMistral(t)
			whole := decoded(t, chat(t, m, fmt.Sprintf(toolRequest, false, c.extra)).body)
			chunks := chunksOf(t, chat(t, m, fmt.Sprintf(toolRequest, true, c.extra)).body)

			if c.want == nil {
				assert.Equal(t, "stop", at(t, whole, "choices", 0, "finish_reason"))
				assert.Nil(t, at(t, whole, "choices", 0, "message", "tool_calls"))
				return
			}
			require.Len(t, chunks, 2, "own models send the whole call in one chunk")
			assert.NotNil(t, at(t, whole, "choices", 0, "message", "content"))
			assert.Empty(t, at(t, whole, "choices", 0, "message", "content"))
			message := at(t, whole, "choices", 0, "message", "tool_calls")
			streamed := at(t, chunks[1], "choices", 0, "delta", "tool_calls")
			for _, calls := range []any{message, streamed} {
				var got []string
				for i, call := range calls.([]any) {
					assert.Regexp(t, `^[0-9a-zA-Z]{9}$`, at(t, call, "id"))
					assert.Equal(t, "function", at(t, call, "type"))
					assert.EqualValues(t, i, at(t, call, "index"))
					got = append(got, fmt.Sprint(at(t, call, "function", "name"), " ", at(t, call, "function", "arguments")))
				}
				assert.Equal(t, c.want, got)
			}
			assert.Equal(t, "tool_calls", at(t, whole, "choices", 0, "finish_reason"))
			assert.Equal(t, "tool_calls", at(t, chunks[1], "choices", 0, "finish_reason"))
			assert.NotNil(t, at(t, chunks[1], "usage"))
		})
	}
}

func TestMistralAnswersAToolResultAndCachesTheEarlierTurns(t *testing.T) {
	m := newMistral(t)
	whole := decoded(t, chat(t, m, `{"model":"mistral-large-latest","tools":[{"function":{"name":"get_weather"}}],"messages":[`+
		`{"role":"user","content":[{"type":"text","text":"What is the weather in Lyon?"}]},`+
		`{"role":"assistant","tool_calls":[{"id":"abcdefghi","function":{"name":"get_weather","arguments":"{}"}}]},`+
		`{"role":"tool","tool_call_id":"abcdefghi","name":"get_weather","content":"19 degrees, sunny"}]}`).body)
	assert.Equal(t, "The tool says: 19 degrees, sunny", at(t, whole, "choices", 0, "message", "content"))
	assert.EqualValues(t, 16, at(t, whole, "usage", "prompt_tokens_details", "cached_tokens"))
	assert.EqualValues(t, 38, at(t, whole, "usage", "prompt_tokens"))
}

func TestMistralThinks(t *testing.T) {
	// shape names the content of a delta.
	shape := func(content any) string {
		list, ok := content.([]any)
		if !ok {
			return fmt.Sprintf("%T", content)
		}
		var parts []string
		for _, item := range list {
			part := at(t, item, "type").(string)
			if part == "thinking" && len(at(t, item, "thinking").([]any)) == 0 {
				part = "empty thinking"
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, "+")
	}
	cases := map[string]struct {
		request  string
		wantSeam string // between the last thought and the first word
	}{
		"magistral":              {`"model":"magistral-small-latest"`, "thinking empty thinking string"},
		"reasoning effort, high": {`"model":"mistral-small-latest","reasoning_effort":"high"`, "thinking thinking+text string"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMistral(t)
			request := c.request + `,"messages":[{"role":"user","content":"2 + 2"}]}`

			whole := decoded(t, chat(t, m, "{"+request).body)
			content := at(t, whole, "choices", 0, "message", "content")
			require.Equal(t, "thinking+text", shape(content))
			thought := at(t, content, 0, "thinking", 0, "text")
			said := at(t, content, 1, "text")
			assert.Equal(t, `The user says "2 + 2". That is easy to answer.`, thought)
			assert.Equal(t, "2 + 2 equals **4**.", said)

			var shapes []string
			var streamedThought, streamedText strings.Builder
			unclosed := 0
			for _, chunk := range chunksOf(t, chat(t, m, `{"stream":true,`+request).body) {
				delta := at(t, chunk, "choices", 0, "delta", "content")
				shapes = append(shapes, shape(delta))
				if text, ok := delta.(string); ok {
					streamedText.WriteString(text)
					continue
				}
				for _, item := range delta.([]any) {
					if at(t, item, "type") == "text" {
						streamedText.WriteString(at(t, item, "text").(string))
						continue
					}
					if at(t, item, "closed") == nil {
						unclosed++
					}
					for _, inner := range at(t, item, "thinking").([]any) {
						streamedThought.WriteString(at(t, inner, "text").(string))
					}
				}
			}
			assert.Contains(t, strings.Join(shapes, " "), c.wantSeam)
			assert.Equal(t, 1, unclosed, "only the first thought is not closed")
			assert.Equal(t, thought, streamedThought.String())
			assert.Equal(t, said, streamedText.String())
		})
	}
}

func TestMistralInterleavesChoices(t *testing.T) {
	m := newMistral(t)
	const request = `"model":"mistral-tiny","n":2,"messages":[{"role":"user","content":"2 + 2"}]}`
	want := []string{"2 + 2 equals **4**.", "2 + 2 equals **4**. That is answer 2."}

	whole := decoded(t, chat(t, m, "{"+request).body)
	for i, text := range want {
		assert.Equal(t, text, at(t, whole, "choices", i, "message", "content"))
		assert.EqualValues(t, i, at(t, whole, "choices", i, "index"))
	}

	var order []int
	texts := make([]string, 2)
	finished := make([]any, 2)
	chunks := chunksOf(t, chat(t, m, `{"stream":true,`+request).body)
	for i, chunk := range chunks {
		require.Len(t, chunk["choices"], 1, "one choice per chunk")
		index := int(at(t, chunk, "choices", 0, "index").(float64))
		order = append(order, index)
		texts[index] += at(t, chunk, "choices", 0, "delta", "content").(string)
		if finish := at(t, chunk, "choices", 0, "finish_reason"); finish != nil {
			finished[index] = finish
		}
		assert.Equal(t, i >= 2, chunk["p"] != nil, "the empty first deltas carry no padding")
		assert.Equal(t, i == len(chunks)-1, chunk["usage"] != nil, "usage is on the choice that finishes last")
	}
	assert.Equal(t, []int{0, 1, 0, 1, 0, 1, 0, 1, 1, 1}, order)
	assert.Equal(t, want, texts)
	assert.Equal(t, []any{"stop", "stop"}, finished)
}

func TestMistralFollowsTheParameters(t *testing.T) {
	cases := map[string]struct{ extra, want, wantFinish string }{
		"max_tokens":        {`"max_tokens":3`, "2 + 2", "length"},
		"max_tokens of 0":   {`"max_tokens":0`, "", "length"},
		"enough max_tokens": {`"max_tokens":5`, "2 + 2 equals **4**.", "stop"},
		"json_object":       {`"response_format":{"type":"json_object"}`, `{"answer": "2 + 2 equals **4**."}`, "stop"},
		"json_schema": {`"response_format":{"type":"json_schema","json_schema":{"name":"sum","schema":{"type":"object","properties":` +
			`{"sum":{"type":"number"},"exact":{"type":"boolean"},"terms":{"type":"array"},"note":{"type":["string","null"]}}}}}`,
			`{"exact": true, "note": "example", "sum": 1, "terms": []}`, "stop"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMistral(t)
			request := c.extra + `,"model":"mistral-tiny","messages":[{"role":"user","content":"2 + 2"}]}`
			whole := decoded(t, chat(t, m, "{"+request).body)
			assert.Equal(t, c.want, at(t, whole, "choices", 0, "message", "content"))
			assert.Equal(t, c.wantFinish, at(t, whole, "choices", 0, "finish_reason"))

			var text strings.Builder
			chunks := chunksOf(t, chat(t, m, `{"stream":true,`+request).body)
			for _, chunk := range chunks {
				text.WriteString(at(t, chunk, "choices", 0, "delta", "content").(string))
			}
			assert.Equal(t, c.want, text.String())
			assert.Equal(t, c.wantFinish, at(t, chunks[len(chunks)-1], "choices", 0, "finish_reason"))
		})
	}
}

func TestMistralCompressesJSONOnRequestAndNeverAStream(t *testing.T) {
	m := newMistral(t)
	const request = `"model":"mistral-tiny","messages":[{"role":"user","content":"2 + 2"}]}`
	plain := chat(t, m, "{"+request, "Accept-Encoding", "identity")
	assert.Empty(t, plain.Header.Get("Content-Encoding"))

	packed := chat(t, m, "{"+request, "Accept-Encoding", "gzip, deflate")
	assert.Equal(t, "gzip", packed.Header.Get("Content-Encoding"))
	reader, err := gzip.NewReader(strings.NewReader(packed.body))
	require.NoError(t, err)
	body, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.Equal(t, plain.body, string(body))

	stream := chat(t, m, `{"stream":true,`+request, "Accept-Encoding", "gzip, deflate")
	assert.Empty(t, stream.Header.Get("Content-Encoding"))
	chunksOf(t, stream.body)
}

func TestMistralIsDeterministic(t *testing.T) {
	const request = `{"model":"magistral-small-latest","messages":[{"role":"user","content":"Why?"}],"stream":true,"n":3}`
	first, second := chat(t, newMistral(t), request), chat(t, newMistral(t), request)
	assert.Equal(t, first.body, second.body)
}

func TestMistralTakesAnswersFromTheCaller(t *testing.T) {
	m := newMistral(t, WithAnswer(strings.ToUpper))
	whole := decoded(t, chat(t, m, `{"model":"mistral-tiny","messages":[{"role":"user","content":"louder"},{"role":"assistant","content":"","prefix":true}]}`).body)
	assert.Equal(t, "LOUDER", at(t, whole, "choices", 0, "message", "content"))
}
