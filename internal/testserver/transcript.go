// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"strings"
	"time"
)

// transcript collects the entries of one reply of a conversation. Each takes a
// millisecond, and so do the pauses between them.
type transcript struct {
	r            *Request
	model, agent string
	at           time.Time
	entries      []entry
}

// entry is one output, of any type: the members of other types are empty, and not
// written. They are in the order of the recordings.
type entry struct {
	Object            string `json:"object"`
	Type              string `json:"type"`
	CreatedAt         string `json:"created_at"`
	CompletedAt       string `json:"completed_at"`
	Model             string `json:"model,omitempty"`
	AgentID           string `json:"agent_id,omitempty"`
	ID                string `json:"id"`
	ToolCallID        string `json:"tool_call_id,omitempty"`
	Role              string `json:"role,omitempty"`
	Content           any    `json:"content,omitempty"`
	Name              string `json:"name,omitempty"`
	Arguments         string `json:"arguments,omitempty"`
	Function          string `json:"function,omitempty"`
	Info              any    `json:"info,omitempty"`
	PreviousAgentID   string `json:"previous_agent_id,omitempty"`
	PreviousAgentName string `json:"previous_agent_name,omitempty"`
	NextAgentID       string `json:"next_agent_id,omitempty"`
	NextAgentName     string `json:"next_agent_name,omitempty"`

	pieces []any // of the content, as it is streamed
}

// add completes e and appends it.
func (t *transcript) add(kind, idPrefix string, e entry) {
	e.Object, e.Type, e.ID = "entry", kind, t.r.id(idPrefix, len(t.entries))
	e.CreatedAt, e.CompletedAt = t.tick(), t.tick()
	t.entries = append(t.entries, e)
}

func (t *transcript) tick() string {
	t.at = t.at.Add(time.Millisecond)
	return timestamp(t.at)
}

// timestamp writes a time as agents and conversations do.
func timestamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }

// handOff lets another agent go on.
func (t *transcript) handOff(name string) {
	next := t.r.id(agentPrefix, 0)
	t.add("agent.handoff", "handoff_", entry{
		PreviousAgentID: t.agent, PreviousAgentName: "First", NextAgentID: next, NextAgentName: name,
	})
	t.agent = next
}

// execute runs a tool of the server, which puts out result.
func (t *transcript) execute(tool chatTool, prompt, result string) {
	e := entry{Model: t.model, AgentID: t.agent, Name: tool.serverName(), Function: tool.serverName(), Info: map[string]any{}}
	switch tool.Type {
	case "code_interpreter":
		code := "print(" + encode(prompt) + ")"
		e.Arguments = object([]string{"code"}, []string{encode(code)})
		e.Info = interpreted{Result: []textChunk{{"text", result + "\n"}}, Code: code, Output: result + "\n"}
	case "image_generation":
		e.Arguments = object([]string{"prompt"}, []string{encode(prompt)})
	default:
		e.Arguments = object([]string{"query"}, []string{encode(prompt)})
	}
	t.add("tool.execution", "tool_exec_", e)
}

type interpreted struct {
	Result []textChunk `json:"result"`
	Code   string      `json:"code"`
	Output string      `json:"code_output"`
}

// serverName is what the server calls a tool that it runs itself.
func (tool chatTool) serverName() string {
	if tool.ConnectorID != "" {
		return tool.ConnectorID
	}
	return tool.Type
}

// say adds what the model says, or the functions that it wants called.
func (t *transcript) say(said answer) {
	if len(said.calls) > 0 {
		calls := envelope{id: t.r.id("", 0)}.calls(0, said.calls)
		for _, c := range calls {
			t.add("function.call", "fc_", entry{
				Model: t.model, AgentID: t.agent, ToolCallID: c.ID, Name: c.Function.Name, Arguments: c.Function.Arguments,
			})
		}
		return
	}

	var list, pieces []any
	if len(said.thinking) > 0 {
		list = append(list, thinking(said.thinking, true))
		for _, thought := range pairs(said.thinking) {
			pieces = append(pieces, thinking(thought, true))
		}
	}
	list = append(list, text(said.text))
	for _, words := range pairs(said.text) {
		pieces = append(pieces, strings.Join(words, ""))
	}
	for _, e := range t.entries {
		if source := e.source(); source != nil {
			list, pieces = append(list, source), append(pieces, source)
		}
	}
	var content any = list
	if len(list) == 1 {
		content = strings.Join(said.text, "")
	}
	t.add("message.output", "msg_", entry{Model: t.model, AgentID: t.agent, Role: "assistant", Content: content, pieces: pieces})
}

type toolReference struct {
	Type        string `json:"type"`
	Tool        string `json:"tool"`
	Title       string `json:"title"`
	URL         string `json:"url"`
	Favicon     any    `json:"favicon"`
	Description string `json:"description"`
}

type toolFile struct {
	Type     string `json:"type"`
	Tool     string `json:"tool"`
	FileID   string `json:"file_id"`
	FileName string `json:"file_name"`
	FileType string `json:"file_type"`
}

// source is what a message refers to after the server ran a tool; nil if nothing.
func (e entry) source() any {
	switch e.Name {
	case "web_search", "web_search_premium":
		return toolReference{Type: "tool_reference", Tool: e.Name, Title: "A page", URL: "https://example.com/page", Description: "What it is about."}
	case "image_generation":
		return toolFile{Type: "tool_file", Tool: e.Name, FileID: "file-" + e.ID[len("tool_exec_"):], FileName: "image_generated_0", FileType: "png"}
	default:
		return nil
	}
}
