// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// agentCompletionEndpoint reads /v1/agents/completions: a chat with an agent
// instead of a model. The reply names the model.
//
// https://docs.mistral.ai/api/endpoint/agents
var agentCompletionEndpoint = endpoint{
	request: agentCompletionRequest,
	reply:   chatReply,
	stream:  chatStream,
	peek:    peekNothing,
}

var agentCompletionRequest = document{
	lean:   jsontrim.Members(withAgent(chatParameters())),
	full:   jsontrim.Members(withAgent(chatContent())),
	member: agentCompletionMember,
}

func withAgent(members map[string]*jsontrim.Shape) map[string]*jsontrim.Shape {
	members["agent_id"] = jsontrim.Keep
	return members
}

func agentCompletionMember(r *reading, c *jsonscan.Cursor) {
	if string(c.Key()) == "agent_id" {
		r.call.Agent.ID = readName(c)
	} else {
		chatRequestMember(r, c)
	}
}

// peekNothing is for requests that name no model.
func peekNothing(r *Route, _ string, _ []byte) (*Route, []byte) { return r, nil }
