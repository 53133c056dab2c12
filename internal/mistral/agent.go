// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// agentEndpoint and agentVersionEndpoint read POST /v1/agents, which makes an
// agent, and PATCH /v1/agents/{id}, which makes another version of it.
//
// https://docs.mistral.ai/api/endpoint/beta/agents
var (
	agentEndpoint        = endpoint{request: agentRequest, reply: agentReply}
	agentVersionEndpoint = endpoint{
		request: agentRequest, reply: agentReply,
		path: func(path string, call *genai.Call) { call.Agent.ID = segment(path, 1) },
	}
)

func agentShape(text *jsontrim.Shape) *jsontrim.Shape {
	return jsontrim.Members(map[string]*jsontrim.Shape{
		"model": jsontrim.Keep, "name": jsontrim.Keep, "completion_args": completionArgs, "guardrails": jsontrim.Members(nil),
		"description": text, "instructions": text, "tools": text, "metadata": text,
	})
}

var agentRequest = document{lean: agentShape(nil), full: agentShape(content), member: agentRequestMember}

func agentRequestMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "name":
		r.call.Agent.Name = readName(c)
	case "description":
		r.call.Agent.Description = c.String()
	case "instructions":
		r.instructions(c)
	case "completion_args":
		readCompletionArgs(c, &r.call.Request)
	default:
		chatRequestMember(r, c)
	}
}

func agentReplyShape(text *jsontrim.Shape) *jsontrim.Shape {
	return replyShape(map[string]*jsontrim.Shape{
		"name": jsontrim.Keep, "version": jsontrim.Keep, "description": text,
	})
}

var agentReply = document{lean: agentReplyShape(nil), full: agentReplyShape(content), member: agentReplyMember}

// agentReplyMember takes what the agent is called. Its model has not answered, so
// it is no model of a response.
func agentReplyMember(r *reading, c *jsonscan.Cursor) {
	a := &r.call.Agent
	switch string(c.Key()) {
	case "id":
		readInto(c, &a.ID)
	case "name":
		readInto(c, &a.Name)
	case "version":
		a.Version = readVersion(c)
	case "description":
		if s := c.String(); s != "" {
			a.Description = s
		}
	default:
		c.Skip()
	}
}

// readInto reads a short value over dst, unless it tells nothing.
func readInto(c *jsonscan.Cursor, dst *string) {
	if s := readName(c); s != "" {
		*dst = s
	}
}
