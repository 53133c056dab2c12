// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// fimEndpoint reads /v1/fim/completions. Replies are those of a chat.
//
// https://docs.mistral.ai/api/endpoint/fim
var fimEndpoint = endpoint{request: fimRequest, reply: chatReply, stream: chatStream}

// partSuffix is what the completion is to lead to. The conventions have no
// part for it.
const partSuffix = "suffix"

func fimShape(text *jsontrim.Shape) *jsontrim.Shape {
	m := chatParameters()
	delete(m, "messages")
	for _, name := range []string{"prompt", "suffix", "metadata", "prompt_cache_key"} {
		m[name] = text
	}
	return jsontrim.Members(m)
}

var fimRequest = document{lean: fimShape(nil), full: fimShape(content), member: fimRequestMember}

func fimRequestMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "prompt":
		r.say(appendQuoted(nil, genai.PartText, c.Quoted()))
	case "suffix":
		if c.Kind() == jsonscan.KindString {
			r.say([]genai.Part{{Type: genai.PartGeneric, Name: partSuffix, JSON: c.Raw()}})
		} else {
			c.Skip()
		}
	default:
		chatRequestMember(r, c)
	}
}

// say adds parts to the one message that stands for a request without messages.
func (r *reading) say(parts []genai.Part) {
	req := &r.call.Request
	if len(parts) == 0 {
		return
	}
	if len(req.Messages) == 0 {
		req.Messages = []genai.Message{{Role: "user"}}
	}
	req.Messages[0].Parts = append(req.Messages[0].Parts, parts...)
}
