// SPDX-License-Identifier: Apache-2.0

package mistral

import (
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

// delta is the data of an event for choice 0.
func delta(fields string) string {
	return `{"id":"1","object":"chat.completion.chunk","created":1,"model":"mistral-small-latest","choices":[{"index":0,"delta":` + fields + `,"finish_reason":null}],"p":"abc"}`
}

// last is the data of the last event of choice 0.
func last(fields, finish string) string {
	return `{"id":"1","model":"mistral-small-latest","choices":[{"index":0,"delta":` + fields + `,"finish_reason":"` + finish + `"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}`
}

// unary is a reply in one piece that says the same as a stream.
func unary(message, finish string) string {
	return `{"id":"1","object":"chat.completion","created":1,"model":"mistral-small-latest","choices":[{"index":0,"message":` + message + `,"finish_reason":"` + finish + `"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}`
}

const done = "[DONE]"

// streams are streams with the reply in one piece that says the same.
var streams = []struct {
	name   string
	events []string
	unary  string
}{
	{
		"text",
		[]string{delta(`{"role":"assistant","content":""}`), delta(`{"content":"Hel"}`), delta(`{"content":"lo\n\"w\u00f6rld\" 😀"}`), last(`{"content":"!"}`, "stop"), done},
		unary(`{"role":"assistant","content":"Hello\n\"wörld\" 😀!"}`, "stop"),
	},
	{
		"null content",
		[]string{delta(`{"role":"assistant","content":null}`), last(`{"content":null,"tool_calls":null}`, "stop"), done},
		unary(`{"role":"assistant","content":null,"tool_calls":null}`, "stop"),
	},
	{
		"content as a list",
		[]string{delta(`{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`), last(`{"content":[]}`, "stop"), done},
		unary(`{"content":"ab"}`, "stop"),
	},
	{
		"content of every form in one stream",
		[]string{delta(`{"content":"a"}`), delta(`{"content":[{"type":"text","text":"b"}]}`), delta(`{"content":["c"]}`), delta(`{"content":{"type":"text","text":"d"}}`), last(`{"content":"e"}`, "stop"), done},
		unary(`{"content":"abcde"}`, "stop"),
	},
	{
		"thinking as magistral streams it",
		[]string{
			delta(`{"role":"assistant","content":""}`),
			delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}`),
			delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":", yes"}],"closed":false}]}`),
			delta(`{"content":[{"type":"thinking","thinking":[],"closed":true}]}`),
			delta(`{"content":"Yes"}`), last(`{"content":"."}`, "stop"), done,
		},
		unary(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm, yes"}],"closed":true},{"type":"text","text":"Yes."}]}`, "stop"),
	},
	{
		"thinking and text in one delta",
		[]string{
			delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}`),
			delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"."}],"closed":true},{"type":"text","text":"Y"}]}`),
			last(`{"content":"es"}`, "stop"), done,
		},
		unary(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"},{"type":"text","text":"."}]},{"type":"text","text":"Yes"}]}`, "stop"),
	},
	{
		"empty chunks say nothing",
		[]string{delta(`{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":""},""]}`), last(`{"content":"a"}`, "stop"), done},
		unary(`{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":""},"","a"]}`, "stop"),
	},
	{
		"reasoning of other servers",
		[]string{delta(`{"reasoning_content":"H"}`), delta(`{"reasoning":"m","content":""}`), last(`{"content":"Yes"}`, "stop"), done},
		unary(`{"reasoning_content":"Hm","content":"Yes"}`, "stop"),
	},
	{
		"several tool calls in one delta",
		[]string{
			delta(`{"role":"assistant","content":""}`),
			last(`{"content":"","tool_calls":[{"id":"a1","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"},"index":0},{"id":"b2","function":{"name":"g","arguments":"{}"},"index":1}]}`, "tool_calls"), done,
		},
		unary(`{"content":"","tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{\"x\": 1}"}},{"id":"b2","function":{"name":"g","arguments":"{}"}}]}`, "tool_calls"),
	},
	{
		"tool calls without an index, as in 2024",
		[]string{last(`{"content":"","tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{}"}},{"id":"b2","function":{"name":"f","arguments":"{}"}}]}`, "tool_calls"), done},
		unary(`{"content":"","tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{}"}},{"id":"b2","function":{"name":"f","arguments":"{}"}}]}`, "tool_calls"),
	},
	{
		"tool calls spread with an index",
		[]string{
			delta(`{"content":null,"tool_calls":[{"id":"a1","type":"function","function":{"name":"f","arguments":""},"index":0}]}`),
			delta(`{"tool_calls":[{"type":"function","function":{"name":"","arguments":"{\"x\""},"index":0}]}`),
			delta(`{"tool_calls":[{"id":"b2","function":{"name":"g","arguments":"{"},"index":1}]}`),
			delta(`{"tool_calls":[{"function":{"arguments":":1}"},"index":0},{"id":null,"function":{"name":null,"arguments":"}"},"index":1}]}`),
			last(`{"content":""}`, "tool_calls"), done,
		},
		unary(`{"content":null,"tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b2","function":{"name":"g","arguments":"{}"}}]}`, "tool_calls"),
	},
	{
		"tool calls spread without an index",
		[]string{
			delta(`{"tool_calls":[{"id":"a1","function":{"name":"f","arguments":""}}]}`),
			delta(`{"tool_calls":[{"function":{"arguments":"{\"x\""}}]}`),
			delta(`{"tool_calls":[{"function":{"arguments":":1}"}}]}`),
			delta(`{"tool_calls":[{"id":"b2","function":{"name":"g","arguments":"{"}}]}`),
			delta(`{"tool_calls":[{"id":"b2","function":{"arguments":"}"}}]}`),
			last(`{}`, "tool_calls"), done,
		},
		unary(`{"tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b2","function":{"name":"g","arguments":"{}"}}]}`, "tool_calls"),
	},
	{
		"tool calls spread without an id",
		[]string{
			delta(`{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{"}},{"index":1,"function":{"name":"g","arguments":"{"}}]}`),
			delta(`{"tool_calls":[{"index":1,"function":{"arguments":"}"}},{"index":0,"function":{"arguments":"}"}}]}`),
			last(`{}`, "tool_calls"), done,
		},
		unary(`{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"g","arguments":"{}"}}]}`, "tool_calls"),
	},
	{
		"tool calls with neither index nor id",
		[]string{
			delta(`{"tool_calls":[{"function":{"name":"f","arguments":"{"}}]}`),
			delta(`{"tool_calls":[{"function":{"arguments":"}"}}]}`),
			delta(`{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}`),
			last(`{}`, "tool_calls"), done,
		},
		unary(`{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"f","arguments":"{}"}}]}`, "tool_calls"),
	},
	{
		"tool calls with one index and two ids",
		[]string{
			delta(`{"tool_calls":[{"index":0,"id":"a1","function":{"name":"f","arguments":"{}"}}]}`),
			delta(`{"tool_calls":[{"index":0,"id":"b2","function":{"name":"f","arguments":"{"}}]}`),
			delta(`{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}`),
			last(`{}`, "tool_calls"), done,
		},
		unary(`{"tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{}"}},{"id":"b2","function":{"name":"f","arguments":"{}"}}]}`, "tool_calls"),
	},
	{
		"a tool call whose id is the word null and whose arguments are an object",
		[]string{last(`{"tool_calls":[{"id":"null","type":"function","function":{"name":"f","arguments":{"a":1}},"index":0}]}`, "tool_calls"), done},
		unary(`{"tool_calls":[{"id":"null","function":{"name":"f","arguments":{"a":1}}}]}`, "tool_calls"),
	},
	{
		"a tool call whose arguments are no object",
		[]string{last(`{"tool_calls":[{"id":"a1","function":{"name":"f","arguments":[1]}},{"id":"b2","function":{"name":"g","arguments":"[1]"}},{"id":"c3","function":{"name":"h","arguments":null}}]}`, "tool_calls"), done},
		unary(`{"tool_calls":[{"id":"a1","function":{"name":"f","arguments":[1]}},{"id":"b2","function":{"name":"g","arguments":"[1]"}},{"id":"c3","function":{"name":"h","arguments":null}}]}`, "tool_calls"),
	},
	{
		"a tool call cut by the token limit",
		[]string{delta(`{"content":"I call"}`), last(`{"tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{\"x\":"}}]}`, "length"), done},
		unary(`{"content":"I call","tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{\"x\":"}}]}`, "length"),
	},
	{
		"chunks that are neither text nor thinking",
		[]string{
			delta(`{"content":[{"type":"text","text":"see "},{"type":"reference","reference_ids":[1,"b"]}]}`),
			delta(`{"content":[{"type":"reference","reference_ids":[2]},7,null,{"type":"text","text":7}]}`),
			delta(`{"content":[{"type":"image_url","image_url":"https://example.com/a.png"},{"type":"file","file_id":"f1"}]}`),
			last(`{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}},{"type":"future","authorization":"secret"}]}`, "stop"), done,
		},
		unary(`{"content":[{"type":"text","text":"see "},{"type":"reference","reference_ids":[1,"b"]},{"type":"reference","reference_ids":[2]},7,null,{"type":"text","text":7},`+
			`{"type":"image_url","image_url":"https://example.com/a.png"},{"type":"file","file_id":"f1"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}},{"type":"future","authorization":"secret"}]}`, "stop"),
	},
	{
		"two choices, interleaved",
		[]string{
			`{"id":"1","model":"mistral-small-latest","choices":[{"index":1,"delta":{"role":"assistant","content":""}}]}`,
			`{"choices":[{"index":0,"delta":{"content":"a"}}]}`,
			`{"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]}`,
			`{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}]}`,
			`{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`, done,
		},
		`{"id":"1","model":"mistral-small-latest","choices":[{"index":1,"message":{"content":"bb"},"finish_reason":"length"},{"index":0,"message":{"content":"aa"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`,
	},
	{
		"usage in a chunk of its own",
		[]string{delta(`{"content":"a"}`), `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}`, `{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}`, done},
		unary(`{"content":"a"}`, "stop"),
	},
	{
		"usage in a chunk whose delta is odd",
		[]string{delta(`{"content":"a"}`), last(`"odd"`, "stop"), done},
		unary(`{"content":"a"}`, "stop"),
	},
	{
		"usage in a chunk whose choices are odd",
		[]string{delta(`{"content":"a"}`), last(`{}`, "stop"), `{"choices":"odd","usage":{"prompt_tokens":5,"completion_tokens":2}}`, `{"choices":[5,null],"usage":5}`, done},
		unary(`{"content":"a"}`, "stop"),
	},
	{
		"the end marker inside the text",
		[]string{delta(`{"content":"[DONE]"}`), delta(`{"content":"\n\ndata: [DONE]\n\n"}`), last(`{"content":"a"}`, "stop"), done},
		unary(`{"content":"[DONE]\n\ndata: [DONE]\n\na"}`, "stop"),
	},
	{
		"whole messages instead of deltas",
		[]string{`{"id":"1","model":"mistral-small-latest","choices":[{"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`, done},
		unary(`{"content":"a"}`, "stop"),
	},
	{
		"another role, and fields of the wrong type",
		[]string{`{"id":5,"model":[],"choices":[{"index":"x","delta":{"role":"model","content":"a","tool_calls":{},"reasoning":5},"finish_reason":7}]}`, last(`{}`, "stop"), done},
		unary(`{"role":"model","content":"a","tool_calls":{},"reasoning":5}`, "stop"),
	},
	{
		"chunks of a gateway at the end",
		[]string{delta(`{"content":"a"}`), last(`{}`, "stop"), `{"id":"other","model":"other","choices":[]}`, done},
		unary(`{"content":"a"}`, "stop"),
	},
}

func TestStreamsFoldIntoTheReplyThatSaysTheSame(t *testing.T) {
	for _, tt := range streams {
		t.Run(tt.name, func(t *testing.T) {
			want, _ := parseJSON(withContent, []byte(tt.unary))
			require.NotEmpty(t, want.Response.Choices)
			require.True(t, want.Usage.Input.Set)
			body := []byte(event(strings.Join(tt.events, "\n\ndata: ")))
			eachSplit(body, func(how string, pieces ...[]byte) {
				got, complete := parseStream(withContent, pieces...)
				require.Equal(t, want.Response, got.Response, how)
				require.Equal(t, want.Usage, got.Usage, how)
				require.Zero(t, got.Failure, how)
				require.True(t, complete, how)
			})
		})
	}
}

func TestStreamsWithoutContentCaptureKeepEverythingElse(t *testing.T) {
	for _, tt := range streams {
		t.Run(tt.name, func(t *testing.T) {
			want, _ := parseJSON(withoutContent, []byte(tt.unary))
			got, complete := parseStream(withoutContent, inPieces([]byte(event(strings.Join(tt.events, "\n\ndata: "))), 50)...)
			assert.Equal(t, want.Response, got.Response)
			assert.Equal(t, want.Usage, got.Usage)
			assert.True(t, complete)
			for _, choice := range got.Response.Choices {
				assert.Empty(t, choice.Message.Parts)
			}
		})
	}
}

func TestBrokenEventsLoseOnlyTheirOwnData(t *testing.T) {
	for name, broken := range map[string]string{
		"not JSON":            `{"choices":[{"index":0,"delta":{"content":"LOST"}}]`,
		"behind the value":    delta(`{"content":"LOST"}`) + "x",
		"in the middle":       `{"choices":[{"index":0,"delta":{"content":"LOST"}} 5]}`,
		"invalid escape":      delta(`{"content":"LOST\x"}`),
		"an array":            `[` + delta(`{"content":"LOST"}`) + `]`,
		"a string":            `"LOST"`,
		"text":                `LOST`,
		"nested too deeply":   `{"a":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `,"id":"LOST"}`,
		"longer than allowed": delta(`{"content":"` + strings.Repeat("LOST", maxEvent/4) + `"}`),
	} {
		t.Run(name, func(t *testing.T) {
			body := event(delta(`{"content":"a"}`)) + event(broken) + event(last(`{"content":"b"}`, "stop")) + event(done)
			for _, pieces := range [][][]byte{{[]byte(body)}, inPieces([]byte(body), 1000)} {
				got, complete := parseStream(withContent, pieces...)
				assert.Equal(t, []genai.Choice{assistant("stop", textPart("ab"))}, got.Response.Choices)
				assert.Equal(t, "1", got.Response.ID)
				assert.Equal(t, genai.Some(int64(5)), got.Usage.Input)
				assert.Equal(t, 1, got.DecodeErrors)
				assert.Zero(t, got.Failure)
				assert.True(t, complete)
			}
		})
	}
}

func TestErrorsInsideAStreamEndIt(t *testing.T) {
	const vLLM = `{"object":"error","message":"worker died","type":"InternalServerError","param":null,"code":500}`
	for _, tt := range []struct {
		name, events             string
		providerType, code, text string
	}{
		{"as vLLM sends them", event(vLLM) + event(done), "InternalServerError", "500", "worker died"},
		{"as gateways send them", event(`{"error":{"message":"worker died","type":"server_error","code":"boom"}}`), "server_error", "boom", "worker died"},
		{"as a text", event(`{"error":"worker died"}`) + event(done), "", "", "worker died"},
		{"as an event of that name", "event: error\n" + event(`{"message":"worker died","type":"server_error"}`), "server_error", "", "worker died"},
		{"as an event of that name with mere text", "event: error\n" + event(`worker died`), "", "", "worker died"},
		{"without a blank line behind", "data: " + vLLM, "InternalServerError", "500", "worker died"},
		{"spelled like Mistral's", event(`{"object":"Error","message":"worker died","code":3001}`), "", "3001", "worker died"},
		{"in a chunk", event(`{"id":"1","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"worker died"}}`), "", "502", "worker died"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := []byte(event(delta(`{"content":"a"}`)) + tt.events)
			if strings.HasSuffix(tt.events, "\n\n") {
				body = append(body, event(delta(`{"content":"behind the end"}`))...)
			}
			eachSplit(body, func(how string, pieces ...[]byte) {
				got, complete := parseStream(withContent, pieces...)
				require.Equal(t, genai.Failure{Type: semconv.ErrorTypeStreamError, ProviderType: tt.providerType, Code: tt.code, Message: tt.text}, got.Failure, how)
				require.Equal(t, []genai.Part{textPart("a")}, got.Response.Choices[0].Message.Parts, how)
				require.Zero(t, got.DecodeErrors, how)
				require.False(t, complete, how)
			})
			got, _ := parseStream(withoutContent, body)
			assert.Empty(t, got.Failure.Message, "the message is content")
			assert.Equal(t, tt.code, got.Failure.Code)
		})
	}
}

func TestWhatComesWithAnErrorIsKept(t *testing.T) {
	got, _ := parseStream(withContent, []byte(event(`{"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"error"}],"error":{"message":"m"},"usage":{"prompt_tokens":5}}`)))
	assert.Equal(t, "1", got.Response.ID)
	assert.Equal(t, "m", got.Response.Model)
	assert.Equal(t, []genai.Choice{assistant("error", textPart("a"))}, got.Response.Choices)
	assert.Equal(t, genai.Some(int64(5)), got.Usage.Input)
}

func TestMembersNamedErrorThatTellNoneAreIgnored(t *testing.T) {
	for _, member := range []string{`null`, `""`, `{}`, `false`, `0`, `[]`} {
		chunk := `{"id":"1","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"error":` + member + `}`
		got, complete := parseStream(withContent, []byte(event(chunk)+event(done)))
		assert.Zero(t, got.Failure, member)
		assert.True(t, complete, member)
		assert.Equal(t, []genai.Choice{assistant("stop", textPart("a"))}, got.Response.Choices, member)

		got, complete = parseJSON(withContent, []byte(strings.Replace(chunk, "delta", "message", 1)))
		assert.Zero(t, got.Failure, member)
		assert.True(t, complete, member)
	}
}

func TestAChoiceThatFinishesWithAnErrorFailsTheCall(t *testing.T) {
	for _, stream := range []bool{true, false} {
		body := event(last(`{"content":"a"}`, "error")) + event(done)
		parse := parseStream
		if !stream {
			body, parse = unary(`{"content":"a"}`, "error"), parseJSON
		}
		got, _ := parse(withoutContent, []byte(body))
		assert.Equal(t, genai.Failure{Type: semconv.ErrorTypeStreamError}, got.Failure, "stream: %t", stream)
	}
}

func TestAStreamIsCompleteAtItsEndMarkerOrWhenEveryChoiceHasFinished(t *testing.T) {
	finished := func(index int) string {
		return event(fmt.Sprintf(`{"choices":[{"index":%d,"delta":{},"finish_reason":"stop"}]}`, index))
	}
	open := event(`{"choices":[{"index":0,"delta":{"content":"a"}}]}`)
	for _, tt := range []struct {
		name     string
		body     string
		n        int64
		done     bool
		complete bool
	}{
		{"nothing", "", 0, false, false},
		{"an open choice", open, 0, false, false},
		{"a finished choice", open + finished(0), 0, false, true},
		{"one of two choices that came", open + finished(1), 0, false, false},
		{"one of two choices that were asked for", open + finished(0), 2, false, false},
		{"two of two", finished(1) + finished(0), 2, false, true},
		{"the marker", event(done), 0, true, true},
		{"the marker without a blank line", "data: [DONE]", 0, false, true},
		{"the marker with an open choice", open + event(done), 0, true, true},
		{"half of the marker", open + "data: [DO", 0, false, false},
		{"a finished choice cut off", open + strings.TrimSpace(finished(0)), 0, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			call := genai.Call{}
			r := chatRoute.NewReply(&call, true, time.Time{}, withContent)
			r.Write([]byte(tt.body))
			assert.Equal(t, tt.done, r.Done())
			if tt.n > 0 {
				call.Request.ChoiceCount = genai.Some(tt.n)
			}
			r.Fill()
			assert.Equal(t, tt.complete, r.Complete())
			assert.Zero(t, call.DecodeErrors, "an event that was cut off is not a broken one")
		})
	}
}

func TestTimesOfAStreamCountFromItsStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var call genai.Call
		r := chatRoute.NewReply(&call, true, time.Now(), withoutContent)
		write := func(data string) {
			<-time.After(time.Second)
			r.Write([]byte(data))
		}
		write(": a comment is no chunk\n\n")
		write(event(delta(`{"role":"assistant","content":""}`)))
		write(event(delta(`{"content":null}`)))
		write(event(delta(`{"content":[{"type":"thinking","thinking":[]}]}`)))
		write(event(delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}`)))
		write(event(delta(`{"content":"a"}`)))
		r.Fill()
		assert.Equal(t, genai.Some(2*time.Second), call.TimeToFirstChunk)
		assert.Equal(t, genai.Some(5*time.Second), call.TimeToFirstToken)
	})
}

func TestTheFirstTokenIsAnyWordOfTheModel(t *testing.T) {
	for _, fields := range []string{
		`{"content":"a"}`, `{"content":["a"]}`, `{"content":[{"type":"text","text":"a"}]}`, `{"reasoning_content":"a"}`,
		`{"tool_calls":[{"function":{"name":"f"}}]}`,
	} {
		for _, l := range []Limits{withContent, withoutContent} {
			synctest.Test(t, func(t *testing.T) {
				var call genai.Call
				r := chatRoute.NewReply(&call, true, time.Now(), l)
				<-time.After(time.Second)
				r.Write([]byte(event(delta(fields))))
				r.Fill()
				assert.Equal(t, genai.Some(time.Second), call.TimeToFirstToken, fields)
			})
		}
	}
}

func TestAStreamWithoutAStartHasNoTimes(t *testing.T) {
	got, _ := parseStream(withContent, []byte(event(delta(`{"content":"a"}`))))
	assert.Zero(t, got.TimeToFirstChunk)
	assert.Zero(t, got.TimeToFirstToken)
}

func TestHostileStreamsAreBounded(t *testing.T) {
	t.Run("choices", func(t *testing.T) {
		var body strings.Builder
		for i := range maxChoices + 10 {
			fmt.Fprintf(&body, "data: {\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"a\"}}]}\n\n", i)
		}
		got, _ := parseStream(withContent, []byte(body.String()))
		assert.Len(t, got.Response.Choices, maxChoices)
		assert.Equal(t, 10, got.DecodeErrors)
	})
	t.Run("parts and tool calls", func(t *testing.T) {
		const chunk = `{"choices":[{"index":%d,"delta":{"content":[{"type":"reference","reference_ids":[1]}],` +
			`"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]}`
		var body strings.Builder
		for i := range maxPieces/2 + 5 {
			body.WriteString(event(fmt.Sprintf(chunk, i%maxChoices)))
		}
		got, _ := parseStream(withContent, []byte(body.String()))
		kept := 0
		for i := range got.Response.Choices {
			kept += len(got.Response.Choices[i].Message.Parts)
		}
		assert.Equal(t, maxPieces, kept)
		assert.Equal(t, 10, got.DecodeErrors)
	})
	t.Run("memory", func(t *testing.T) {
		// Each choice gets one delta far beyond the limit of a part.
		var call genai.Call
		s := newStream(&call, time.Time{}, Limits{Content: true, Part: 100, Total: 1000})
		long := strings.Repeat("a", maxEvent/2)
		for i := range maxChoices {
			s.Write(fmt.Appendf(nil, "data: {\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"%s\"}}]}\n\n", i, long))
		}
		kept := 0
		for i := range s.fold.choices {
			for _, part := range s.fold.choices[i].parts {
				kept += cap(part.text.buf)
			}
		}
		assert.Less(t, kept, 100_000)
		s.Fill()
		assert.Equal(t, int64(maxChoices*maxEvent/2-1000), call.DroppedBytes)
	})
}

func TestChunksDoNotAllocate(t *testing.T) {
	for name, fields := range map[string]string{
		"text":      `{"content":" world"}`,
		"escaped":   `{"content":"\"\n\u00e9"}`,
		"thinking":  `{"content":[{"type":"thinking","thinking":[{"type":"text","text":" world"}]}]}`,
		"arguments": `{"tool_calls":[{"index":0,"function":{"arguments":" world"}}]}`,
	} {
		chunk := []byte(event(delta(fields)))
		for _, tt := range []struct {
			name   string
			limits Limits
			most   float64
		}{
			{"without content", withoutContent, 0},
			// A few bytes each: the buffer of the text grows now and then.
			{"with content", withContent, 0.01},
		} {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				var call genai.Call
				s := newStream(&call, time.Now(), tt.limits)
				for range 100 {
					s.Write(chunk)
				}
				assert.LessOrEqual(t, testing.AllocsPerRun(1, func() {
					for range 1000 {
						s.Write(chunk)
					}
				})/1000, tt.most)
			})
		}
	}
}
