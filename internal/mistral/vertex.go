// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"strings"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// vertexEndpoint reads calls by way of Vertex AI. What stands behind rawPredict
// is a chat, or a FIM completion if it has a prompt. The path names the model.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral
var vertexEndpoint = endpoint{request: vertexRequest, reply: chatReply, stream: chatStream, peek: peekVertex}

// vertexFIM is the route of a request that has a prompt.
var vertexFIM = Route{
	Operation: semconv.OperationTextCompletion,
	endpoint:  &endpoint{request: vertexRequest, reply: chatReply, stream: chatStream},
}

var vertexRequest = document{
	lean:   jsontrim.Members(withPrompt(chatParameters(), jsontrim.Count)),
	full:   jsontrim.Members(withPrompt(chatContent(), content)),
	member: vertexMember,
}

func withPrompt(members map[string]*jsontrim.Shape, prompt *jsontrim.Shape) map[string]*jsontrim.Shape {
	members["prompt"] = prompt
	if prompt == content {
		members["suffix"] = content
	}
	return members
}

func vertexMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "model":
		if model := readName(c, r.call.Request.Model); model != "" {
			r.call.Request.Model = model // or that of the path stays
		}
	case "prompt":
		if c.Kind() != jsonscan.KindNull {
			r.call.Operation = semconv.OperationTextCompletion // if nobody could peek
		}
		fimRequestMember(r, c)
	default:
		fimRequestMember(r, c)
	}
}

func peekVertex(r *Route, path string, body []byte) (*Route, []byte) {
	_, model := peekFirst(body, "model")
	if len(model) == 0 {
		_, last := cutLast(path)
		name, _, _ := strings.Cut(last, ":")
		model = clip([]byte(strings.ToValidUTF8(name, "\uFFFD")))
	}
	if what, _ := peekFirst(body, "messages", "prompt"); what == "prompt" {
		r = &vertexFIM
	}
	return r, model
}
