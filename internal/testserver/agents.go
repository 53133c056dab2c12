// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"net/http"
)

// createAgent answers with what the agent would be that the request makes.
func (m model) createAgent(r *Request, _ []string) Reply {
	return m.agentReply(r, r.id(agentPrefix, 0), 0, "model", "name")
}

// updateAgent answers with the next version of the agent, of which the server
// knows what is in the request.
func (m model) updateAgent(r *Request, ids []string) Reply {
	return m.agentReply(r, ids[0], 1)
}

func (m model) agentReply(r *Request, id string, version int, required ...string) Reply {
	var req struct {
		Model        string                     `json:"model"`
		Name         string                     `json:"name"`
		Instructions *string                    `json:"instructions"`
		Description  *string                    `json:"description"`
		Tools        []json.RawMessage          `json:"tools"`
		Handoffs     []string                   `json:"handoffs"`
		Guardrails   []json.RawMessage          `json:"guardrails"`
		Metadata     map[string]json.RawMessage `json:"metadata"`
		Args         map[string]json.RawMessage `json:"completion_args"`
	}
	if refused, ok := parse(r, &req, invalidForAgents, required...); !ok {
		return refused
	}
	if !isAgent(id) {
		return ErrorNamed("404 not found").Reply()
	}
	if req.Model == "" {
		req.Model = agentModel
	}
	if req.Name == "" {
		req.Name = "agent"
	}
	if refused, ok := m.knows(req.Model); !ok {
		return refused
	}
	args := map[string]any{"tool_choice": "auto"}
	for _, name := range []string{
		"frequency_penalty", "max_tokens", "prediction", "presence_penalty", "random_seed", "reasoning_effort",
		"response_format", "stop", "temperature", "top_p",
	} {
		args[name] = nil
	}
	for name, value := range req.Args {
		args[name] = value
	}
	now := timestamp(m.time())
	return m.whole(r, encode(map[string]any{
		"object": "agent", "id": id, "name": req.Name, "model": req.Model, "version": version, "versions": []int{}, "version_message": nil,
		"instructions": req.Instructions, "description": req.Description, "tools": orEmpty(req.Tools), "handoffs": req.Handoffs,
		"guardrails": orEmpty(req.Guardrails), "metadata": req.Metadata, "completion_args": args, "created_at": now, "updated_at": now,
		"deployment_chat": false, "source": "api",
	}))
}

// deleteAgent answers that the agent is gone.
func (m model) deleteAgent(_ *Request, ids []string) Reply {
	if !isAgent(ids[0]) {
		return ErrorNamed("404 not found").Reply()
	}
	return Reply{Status: http.StatusNoContent, Gateway: true, Header: noContentType}
}

// orEmpty writes an absent list as an empty one.
func orEmpty(list []json.RawMessage) []json.RawMessage {
	if list == nil {
		return []json.RawMessage{}
	}
	return list
}
