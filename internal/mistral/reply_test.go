// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
)

func TestRepliesAreTheSameAtEverySplit(t *testing.T) {
	for _, tt := range streams {
		t.Run(tt.name, func(t *testing.T) {
			want, _ := parseJSON(withContent, []byte(tt.unary))
			eachSplit([]byte(tt.unary), func(how string, pieces ...[]byte) {
				got, complete := parseJSON(withContent, pieces...)
				require.Equal(t, want, got, how)
				require.True(t, complete, how)
			})
		})
	}
}

func TestOneOddMemberOfAReplyDoesNotCostTheOthers(t *testing.T) {
	members := map[string]string{
		"id":      `"1"`,
		"model":   `"m"`,
		"usage":   `{"prompt_tokens":5}`,
		"choices": `[{"index":0,"finish_reason":"stop","message":{"content":"a"}}]`,
	}
	whole := genai.Call{
		Response: genai.Response{ID: "1", Model: "m", Choices: []genai.Choice{assistant("stop", textPart("a"))}},
		Usage:    genai.Usage{Input: genai.Some(int64(5))},
	}
	for odd := range members {
		for _, value := range []string{`null`, `5`, `"odd"`, `{}`, `[]`, `true`} {
			body, want := `{"`+odd+`":`+value, whole
			switch odd {
			case "id":
				want.Response.ID = strings.Trim(value, `{}[]true5nl"`)
			case "model":
				want.Response.Model = strings.Trim(value, `{}[]true5nl"`)
			case "usage":
				want.Usage = genai.Usage{}
			case "choices":
				want.Response.Choices = nil
			}
			for name, v := range members {
				if name != odd {
					body += `,"` + name + `":` + v
				}
			}
			got, complete := parseJSON(withContent, []byte(body+"}"))
			assert.Equal(t, want, got, body)
			assert.True(t, complete)
		}
	}
}

func TestOddChoicesCostOnlyThemselves(t *testing.T) {
	for _, tt := range []struct {
		name, choices string
		want          []genai.Choice
		errors        int
	}{
		{"no message", `[{"index":0,"finish_reason":"stop"}]`, []genai.Choice{assistant("stop")}, 0},
		{"odd members", `[{"index":"x","finish_reason":5,"message":"a"}]`, []genai.Choice{assistant("")}, 0},
		{"null members", `[{"index":null,"finish_reason":null,"message":null}]`, []genai.Choice{assistant("")}, 0},
		{"odd choices", `[5,null,{"finish_reason":"stop","message":{"content":"a"}},"x"]`, []genai.Choice{assistant("stop", textPart("a"))}, 3},
		{"out of order", `[{"index":2,"finish_reason":"c"},{"index":0,"finish_reason":"a"},{"index":1,"finish_reason":"b"}]`, []genai.Choice{assistant("a"), assistant("b"), assistant("c")}, 0},
		{"without an index", `[{"finish_reason":"a"},{"finish_reason":"b"}]`, []genai.Choice{assistant("a"), assistant("b")}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, complete := parseJSON(withContent, []byte(`{"choices":`+tt.choices+`}`))
			for i := range tt.want {
				tt.want[i].Index = int64(i)
			}
			assert.Equal(t, tt.want, got.Response.Choices)
			assert.Equal(t, tt.errors, got.DecodeErrors)
			assert.True(t, complete)
		})
	}
}

func TestMessagesInsteadOfAMessageBecomeOne(t *testing.T) {
	got, _ := parseJSON(withContent, []byte(`{"choices":[{"finish_reason":"stop","messages":[`+
		`{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"web_search","arguments":"{}"}}]},`+
		`{"role":"tool","tool_call_id":"a","content":"found"},5,{"role":"assistant","content":"answer"}]}]}`))
	assert.Equal(t, []genai.Choice{assistant("stop",
		genai.Part{Type: genai.PartToolCall, ID: "a", Name: "web_search", JSON: []byte(`{}`)},
		genai.Part{Type: genai.PartToolCallResponse, ID: "a", JSON: quoted("found")},
		textPart("answer"),
	)}, got.Response.Choices)
}

func TestARepliesEndIsTheEndOfItsValue(t *testing.T) {
	var call genai.Call
	r := chatRoute.NewReply(&call, false, time.Now(), withContent)
	r.Write([]byte(`{"id":"1"`))
	assert.False(t, r.Done())
	r.Write([]byte(`}`))
	assert.True(t, r.Done())
	r.Write([]byte(` trailing`))
	r.Fill()
	assert.True(t, r.Complete())
	call.Held = nil
	assert.Equal(t, genai.Call{Response: genai.Response{ID: "1"}}, call)
}

func TestAReplyThatWasCutKeepsWhatCame(t *testing.T) {
	got, complete := parseJSON(withContent, []byte(`{"id":"1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hel`))
	assert.False(t, complete)
	assert.Equal(t, "m", got.Response.Model)
	assert.Equal(t, []genai.Choice{assistant("", textPart("Hel"))}, got.Response.Choices)
	assert.Zero(t, got.DecodeErrors)
}

func TestWhatIsNoReplyIsCounted(t *testing.T) {
	for body, want := range map[string]int{
		`<html>`: 1, `null`: 1, `[]`: 1, `5`: 1, `{`: 0, ``: 0, `{}`: 0, `{"id":"1",}`: 1,
	} {
		got, _ := parseJSON(withContent, []byte(body))
		assert.Equal(t, want, got.DecodeErrors, "%q", body)
	}
}
