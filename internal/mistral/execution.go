// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// connectorEndpoint reads /v1/connectors/{id}/tools/{tool}/call, which runs one
// tool of a connector.
//
// https://docs.mistral.ai/api/endpoint/beta/connectors
var connectorEndpoint = endpoint{
	request: document{
		lean:   jsontrim.Members(nil),
		full:   jsontrim.Members(map[string]*jsontrim.Shape{"arguments": content}),
		member: func(r *reading, c *jsonscan.Cursor) { readToolValue(c, "arguments", &r.call.Tool.Arguments) },
	},
	reply: document{
		lean:   replyShape(nil),
		full:   replyShape(map[string]*jsontrim.Shape{"content": toolResult}),
		member: func(r *reading, c *jsonscan.Cursor) { readToolValue(c, "content", &r.call.Tool.Result) },
	},
	peek: peekNothing,
	path: func(path string, call *genai.Call) {
		call.Tool.Name, call.Tool.Type = segment(path, 2), semconv.ToolTypeExtension
	},
}

// toolResult is the shape of what comes out of a tool: in the protocol of tools,
// images and the like are base64 in members of these names.
var toolResult = jsontrim.Keep.Without(genai.Secrets...).Base64("data", "blob").Bulk()

// readToolValue keeps the JSON of the current member if it has that name.
func readToolValue(c *jsonscan.Cursor, name string, dst *string) {
	if string(c.Key()) == name && c.Kind() != jsonscan.KindNull {
		*dst = string(c.Raw())
	} else {
		c.Skip()
	}
}

// workflowEndpoint reads /v1/workflows/{id}/execute. The conventions have no
// attribute for what goes into a workflow or comes out of it.
//
// https://docs.mistral.ai/workflows
var workflowEndpoint = endpoint{
	request: document{lean: jsontrim.Members(nil), full: jsontrim.Members(nil), member: skipMember},
	reply:   document{lean: replyShape(nil), full: replyShape(nil), member: skipMember},
	peek:    peekNothing,
	path:    func(path string, call *genai.Call) { call.Workflow = segment(path, 2) },
}

func skipMember(_ *reading, c *jsonscan.Cursor) { c.Skip() }
