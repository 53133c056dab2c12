// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelmistral/otelmistral/internal/genai"
)

// Mistral's 422 repeats what it does not like, credentials included.
func TestErrorsThatRepeatTheInputTellNoSecret(t *testing.T) {
	const detail = `[{"type":"extra","loc":["body"],"msg":"no","input":{"connector_id":"c","authorization":{"value":"SECRET"}}}]`
	quoted := strings.ReplaceAll(detail, `"`, `\"`)
	for name, body := range map[string]string{
		"detail":            `{"detail":` + detail + `}`,
		"message object":    `{"object":"error","message":{"detail":` + detail + `},"type":"invalid_request_error"}`,
		"message list":      `{"object":"error","message":` + detail + `}`,
		"message with JSON": `{"object":"error","message":"` + quoted + `"}`,
		"inner error":       `{"error":{"message":{"detail":` + detail + `}}}`,
		"a list":            detail,
		"base64":            `{"object":"error","detail":[{"input":"data:image/png;base64,U0VDUkVU"}]}`,
	} {
		read := map[string]func(*genai.Call) Reply{
			"status": func(call *genai.Call) Reply {
				call.Response.Status = http.StatusUnprocessableEntity
				return NewFailure(call, withContent)
			},
			"JSON":   func(call *genai.Call) Reply { return chatRoute.NewReply(call, false, time.Time{}, withContent) },
			"stream": func(call *genai.Call) Reply { return chatRoute.NewReply(call, true, time.Time{}, withContent) },
		}
		for kind, reader := range read {
			sent := body
			if kind == "stream" {
				sent = "event: error\ndata: " + body + "\n\n"
			}
			var call genai.Call
			r := reader(&call)
			r.Write([]byte(sent))
			r.Fill()
			assert.NotContains(t, call.Failure.Message, "SECRET", "%s, %s", name, kind)
			assert.NotContains(t, call.Failure.Message, "U0VDUkVU", "%s, %s", name, kind)
			if kind == "status" {
				assert.NotEmpty(t, call.Failure.Message, name)
			}
		}
	}
}

func TestMessageThatLooksLikeJSONIsKept(t *testing.T) {
	var call genai.Call
	r := NewFailure(&call, withContent)
	r.Write([]byte(`{"message":"[ERROR] {x} went wrong"}`))
	r.Fill()
	assert.Equal(t, "[ERROR] {x} went wrong", call.Failure.Message)
}

func TestStreamedArgumentsThatAreAnObjectTellNoSecret(t *testing.T) {
	const call = `{"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"authorization":"SECRET","x":1}}}]}`
	streamed, _ := parseStream(withContent, []byte(event(delta(call))))
	assert.JSONEq(t, `{"x":1}`, string(streamed.Response.Choices[0].Message.Parts[0].JSON))
}

func TestRepliesAndRequestsAreBoundedInItems(t *testing.T) {
	many := func(item string) string { return strings.TrimSuffix(strings.Repeat(item+",", 100_000), ",") }
	for name, message := range map[string]string{
		"tool calls": `{"tool_calls":[` + many("{}") + `]}`,
		"parts":      `{"content":[` + many(`"a"`) + `]}`,
	} {
		var call genai.Call
		r := chatRoute.NewReply(&call, false, time.Time{}, Limits{Content: true, Part: 1 << 20, Total: 1 << 20})
		r.Write([]byte(`{"choices":[{"message":` + message + `}]}`))
		r.Fill()
		assert.Len(t, call.Response.Choices[0].Message.Parts, maxItems, name)
		assert.Equal(t, 1, call.DecodeErrors, name)
	}
	var call genai.Call
	r := chatRoute.NewReply(&call, false, time.Time{}, Limits{})
	r.Write([]byte(`{"choices":[` + many("{}") + `]}`))
	r.Fill()
	assert.Len(t, call.Response.Choices, maxChoices)

	for name, body := range map[string]string{
		"messages": `{"messages":[` + many(`{}`) + `]}`,
		"tools":    `{"tools":[` + many(`{"type":"x"}`) + `]}`,
	} {
		var call genai.Call
		r := chatRoute.NewRequest(nil, Limits{Content: true, Part: 1 << 20, Total: 4 << 20})
		r.Write([]byte(body))
		r.End()
		r.Fill(&call)
		assert.Equal(t, maxItems, len(call.Request.Messages)+len(call.Request.Tools), name)
		assert.Equal(t, 1, call.DecodeErrors, name)
	}
}
