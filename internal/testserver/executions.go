// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"time"
)

// callConnector runs a tool of a connector: what the model says to its arguments.
func (m model) callConnector(r *Request, _ []string) Reply {
	var req struct {
		Arguments map[string]json.RawMessage `json:"arguments"`
	}
	if refused, ok := parse(r, &req, invalidDetail); !ok {
		return refused
	}
	return m.whole(r, encode(struct {
		Content  []textChunk `json:"content"`
		Metadata any         `json:"metadata"`
	}{[]textChunk{{"text", m.says(encode(req.Arguments))}}, nil}))
}

// executeWorkflow starts a workflow, or runs it to its end if the request waits
// for the result: its input.
func (m model) executeWorkflow(r *Request, ids []string) Reply {
	var req struct {
		ExecutionID string                     `json:"execution_id"`
		Input       map[string]json.RawMessage `json:"input"`
		Wait        bool                       `json:"wait_for_result"`
	}
	if refused, ok := parse(r, &req, invalidDetail); !ok {
		return refused
	}
	if req.ExecutionID == "" {
		req.ExecutionID = r.id("", 0)
	}
	if req.Wait {
		return m.whole(r, encode(struct {
			Name   string `json:"workflow_name"`
			ID     string `json:"execution_id"`
			Result any    `json:"result"`
		}{ids[0], req.ExecutionID, req.Input}))
	}
	return m.whole(r, encode(struct {
		Name     string    `json:"workflow_name"`
		ID       string    `json:"execution_id"`
		Parent   any       `json:"parent_execution_id"`
		Root     string    `json:"root_execution_id"`
		Status   string    `json:"status"`
		Start    time.Time `json:"start_time"`
		End      any       `json:"end_time"`
		Duration any       `json:"total_duration_ms"`
		Result   any       `json:"result"`
	}{Name: ids[0], ID: req.ExecutionID, Root: req.ExecutionID, Status: "RUNNING", Start: m.time().UTC()}))
}
