// SPDX-License-Identifier: Apache-2.0

package testserver

import "strings"

// fim completes code: as a chat does, except for the request.
func (m model) fim(r *Request, _ []string) Reply {
	var req struct {
		Model     string `json:"model"`
		Prompt    string `json:"prompt"`
		Suffix    string `json:"suffix"`
		MaxTokens *int   `json:"max_tokens"`
		Stream    bool   `json:"stream"`
	}
	if refused, ok := parse(r, &req, invalid, "model", "prompt"); !ok {
		return refused
	}
	return m.complete(r, chatRequest{
		Model: &req.Model, MaxTokens: req.MaxTokens, Stream: req.Stream,
		// The suffix costs tokens, yet it is the prompt that is answered.
		Messages: []chatMessage{{Role: "system", Content: req.Suffix}, {Role: "user", Content: req.Prompt}},
	})
}

// agentModel is the model of every agent, and of a conversation that goes on: the
// server remembers none.
const agentModel = "mistral-small-2506"

// agent completes a chat with an agent, whose model only the reply names.
func (m model) agent(r *Request, _ []string) Reply {
	var req struct {
		chatRequest
		AgentID string `json:"agent_id"`
	}
	if refused, ok := parse(r, &req, invalid, "agent_id", "messages"); !ok {
		return refused
	}
	if !isAgent(req.AgentID) {
		return ErrorNamed("404 not found").Reply()
	}
	name := agentModel
	req.Model = &name
	return m.complete(r, req.chatRequest)
}

// agentPrefix is how the id of each agent starts.
const agentPrefix = "ag_"

func isAgent(id string) bool { return strings.HasPrefix(id, agentPrefix) }
