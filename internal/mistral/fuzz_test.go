// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

// fuzzed are the limits under which fuzzed bytes are read: far off, near, and
// without content.
var fuzzed = []Limits{
	withContent,
	{Content: true, Part: 16, Total: 100, Base64: true},
	withoutContent,
}

// cut cuts data into pieces whose lengths are the bytes of how.
func cut(data, how []byte) (pieces [][]byte) {
	for _, n := range how {
		if int(n) >= len(data) {
			break
		}
		pieces = append(pieces, data[:n])
		data = data[n:]
	}
	return append(pieces, data)
}

func FuzzRequest(f *testing.F) {
	for _, tt := range parameters {
		f.Add([]byte(`{"`+tt.member+`":`+tt.value+`}`), []byte{1, 2, 3})
	}
	f.Add([]byte(`{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":"AAAA"},{"type":"image_url","image_url":"data:image/png;base64,AAAA"}]},{"role":"tool","content":[1]}],"tools":[{"type":"connector","connector_id":"c","authorization":"a"}]}`), []byte{40})
	f.Add([]byte("{\"model\":\"\xff\\ud83d\",\"metadata\":{\"a\":\"\xff\"}}"), []byte{9})
	f.Add([]byte(everyIdentity), []byte{9})
	f.Fuzz(func(t *testing.T, body, how []byte) {
		for _, l := range fuzzed {
			for _, route := range []*Route{chatRoute, gatewayRoute} {
				whole := parseRequestOf(route, l, body)
				assertReadable(t, &whole)
				require.Equal(t, whole, parseRequestOf(route, l, cut(body, how)...))
			}
		}
		peekedModel(body)
	})
}

func FuzzReply(f *testing.F) {
	for _, tt := range streams {
		f.Add([]byte(tt.unary), []byte{1, 2, 3})
	}
	f.Add([]byte(`{"choices":[{"messages":[{"role":"tool","content":"a"}]}],"error":{"message":"m"}}`), []byte{9})
	f.Fuzz(func(t *testing.T, body, how []byte) {
		for _, l := range fuzzed {
			whole, wholeComplete := parseJSON(l, body)
			assertReadable(t, &whole)
			got, complete := parseJSON(l, cut(body, how)...)
			require.Equal(t, whole, got)
			require.Equal(t, wholeComplete, complete)
		}
	})
}

// FuzzRoutes reads the same bytes as the request, the reply and the stream of
// every route.
func FuzzRoutes(f *testing.F) {
	for _, tt := range conversations {
		f.Add([]byte(tt.unary), []byte{1, 2, 3})
		f.Add([]byte(named(tt.events...)), []byte{200, 3})
	}
	for _, body := range []string{
		`{"agent_id":"a","agent_version":1,"model":"m","inputs":[{"type":"function.result","result":[1]},"a",{"content":["a"]}],"instructions":"i","completion_args":{"stop":["a"]}}`,
		`{"id":"ag","name":"n","version":"1","description":"d","arguments":{"a":1},"content":[{"type":"image","data":"AAAA"}],"results":[{"a":{"scores":{"b":1}}}]}`,
		`{"input":[{"messages":[]}],"prompt":"p","suffix":"s","document":{"type":"file"},"pages":[{"markdown":"a"}],"usage_info":{"pages_processed":1}}`,
	} {
		f.Add([]byte(body), []byte{9})
	}
	f.Fuzz(func(t *testing.T, body, how []byte) {
		for i := range routes {
			for _, l := range fuzzed {
				readAll := func(pieces ...[]byte) (requested, replied, streamed genai.Call) {
					parseReply(routes[i].NewReply(&replied, false, time.Time{}, l), pieces...)
					parseReply(routes[i].NewReply(&streamed, true, time.Time{}, l), pieces...)
					return parseRequestOf(&routes[i], l, pieces...), replied, streamed
				}
				requested, replied, streamed := readAll(body)
				for _, call := range []*genai.Call{&requested, &replied, &streamed} {
					assertReadable(t, call)
				}
				again, repliedAgain, streamedAgain := readAll(cut(body, how)...)
				require.Equal(t, requested, again)
				require.Equal(t, replied, repliedAgain)
				require.Equal(t, streamed, streamedAgain)
			}
			routes[i].Peek("/v1/a/b/c", body)
			var call genai.Call
			routes[i].ReadPath(string(body), &call)
			assertReadable(t, &call)
		}
	})
}

func FuzzFailure(f *testing.F) {
	for _, tt := range testserver.Errors() {
		f.Add([]byte(tt.Body), []byte{1, 2, 3})
	}
	f.Fuzz(func(t *testing.T, body, how []byte) {
		for _, l := range fuzzed {
			whole := parseFailure(l, body)
			require.True(t, utf8.ValidString(whole.Failure.Description()))
			require.Equal(t, whole, parseFailure(l, cut(body, how)...))
			require.True(t, l.Content || whole.Failure.Message == "")
		}
	})
}

func FuzzStream(f *testing.F) {
	for _, tt := range streams {
		f.Add([]byte(event(strings.Join(tt.events, "\n\ndata: "))), []byte{1, 2, 3})
		f.Add([]byte(tt.events[0]), []byte{})
	}
	f.Add([]byte("event: error\ndata: x\n\n"), []byte{9})
	f.Add([]byte(`{"id":"1","id":null,"choices":[{"delta":{"content":[]},"message":5}],"error":""}`), []byte{9})
	f.Fuzz(func(t *testing.T, body, how []byte) {
		for _, l := range fuzzed {
			whole, wholeComplete := parseStream(l, body)
			assertReadable(t, &whole)
			got, complete := parseStream(l, cut(body, how)...)
			require.Equal(t, whole, got)
			require.Equal(t, wholeComplete, complete)
			got, complete = parseEachChunk(l, body)
			require.Equal(t, whole, got, "without templates")
			require.Equal(t, wholeComplete, complete)
		}
		checkChunk(t, body)
	})
}

// checkChunk compares what chunk.parse reads with what encoding/json reads.
func checkChunk(t *testing.T, data []byte) {
	t.Helper()
	var ch chunk
	parsed := ch.parse(data)
	if bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > 500 {
		return // one of them goes deeper than the other
	}
	isObject := bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
	require.Equal(t, json.Valid(data) && isObject, parsed, "%q", data)
	if !parsed || hasDuplicates(data) {
		return
	}
	var want map[string]any
	require.NoError(t, json.Unmarshal(data, &want))
	require.Equal(t, str(want["id"]), ch.id.String())
	require.Equal(t, str(want["model"]), ch.model.String())
	require.Equal(t, str(want["object"]) == "error" || str(want["object"]) == "Error" || tells(want["error"]), ch.failure, "%q", data)
	requireRaw(t, want, "usage", ch.usage)
	i := 0
	choices, _ := want["choices"].([]any)
	for _, c := range choices {
		choice, ok := c.(map[string]any)
		if !ok {
			continue
		}
		got := ch.choices[i]
		i++
		require.Equal(t, str(choice["finish_reason"]), got.finish.String())
		if _, both := choice["message"]; both && choice["delta"] != nil {
			continue // they are merged
		}
		delta, ok := choice["delta"].(map[string]any)
		if !ok {
			delta, _ = choice["message"].(map[string]any)
		}
		require.Equal(t, str(delta["content"]), got.text.String())
		if _, isText := delta["content"].(string); isText {
			require.Nil(t, got.content)
		} else {
			requireRaw(t, delta, "content", got.content)
		}
		requireRaw(t, delta, "tool_calls", got.toolCalls)
	}
	require.Len(t, ch.choices, i)
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

func tells(v any) bool {
	o, _ := v.(map[string]any)
	return str(v) != "" || len(o) > 0
}

func requireRaw(t *testing.T, object map[string]any, name string, raw []byte) {
	t.Helper()
	want, ok := object[name]
	if !ok {
		require.Nil(t, raw)
		return
	}
	var got any
	require.NoError(t, json.Unmarshal(raw, &got))
	require.Equal(t, want, got)
}

// hasDuplicates tells whether an object names a member twice, of which
// encoding/json keeps the last only.
func hasDuplicates(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	type level struct {
		object, value bool // value: the next token of the object is one
		seen          map[string]bool
	}
	var stack []level
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		top := len(stack) - 1
		if top >= 0 && stack[top].object {
			if key, ok := token.(string); ok && !stack[top].value {
				if stack[top].seen[key] {
					return true
				}
				stack[top].seen[key] = true
				stack[top].value = true
				continue
			}
			stack[top].value = false
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, level{object: true, seen: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, level{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:top]
		}
	}
}

// TestAChunkNestedTooDeeplyIsRefused is where chunk.parse and encoding/json
// differ on purpose.
func TestAChunkNestedTooDeeplyIsRefused(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(`{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`)
	}
	var ch chunk
	require.True(t, ch.parse(nested(511)))
	require.False(t, ch.parse(nested(512)))
}

func TestReadersSurviveWritesAfterTheirEnd(t *testing.T) {
	var call genai.Call
	for _, r := range []Reply{chatRoute.NewReply(&call, true, time.Time{}, withContent), chatRoute.NewReply(&call, false, time.Time{}, withContent), NewFailure(&call, withContent)} {
		r.Write(nil)
		r.Fill()
		r.Write([]byte(event(done)))
		r.Complete()
	}
	r := chatRoute.NewRequest(nil, withContent)
	r.Fill(&call)
	r.Write([]byte("{"))
}
