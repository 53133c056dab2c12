// SPDX-License-Identifier: Apache-2.0

package testserver

// conversationEvent is the data of one event, of any type, as [entry] is.
type conversationEvent struct {
	Type              string             `json:"type"`
	CreatedAt         string             `json:"created_at"`
	OutputIndex       *int               `json:"output_index,omitempty"`
	ID                string             `json:"id,omitempty"`
	ContentIndex      *int               `json:"content_index,omitempty"`
	Model             string             `json:"model,omitempty"`
	AgentID           string             `json:"agent_id,omitempty"`
	Role              string             `json:"role,omitempty"`
	Content           any                `json:"content,omitempty"`
	Name              string             `json:"name,omitempty"`
	ToolCallID        string             `json:"tool_call_id,omitempty"`
	Arguments         *string            `json:"arguments,omitempty"`
	Function          string             `json:"function,omitempty"`
	Info              any                `json:"info,omitempty"`
	PreviousAgentID   string             `json:"previous_agent_id,omitempty"`
	PreviousAgentName string             `json:"previous_agent_name,omitempty"`
	NextAgentID       string             `json:"next_agent_id,omitempty"`
	NextAgentName     string             `json:"next_agent_name,omitempty"`
	ConversationID    string             `json:"conversation_id,omitempty"`
	Usage             *conversationUsage `json:"usage,omitempty"`
}

func (e conversationEvent) step() Step { return NamedEvent(e.Type, encode(e)) }

// stream returns the events of the reply.
func (t *transcript) stream(id string, used conversationUsage) []Step {
	steps := []Step{conversationEvent{
		Type: "conversation.response.started", CreatedAt: t.entries[0].CreatedAt, ConversationID: id,
	}.step()}
	for i, e := range t.entries {
		for _, event := range e.events() {
			event.OutputIndex, event.ID = &i, e.ID
			steps = append(steps, event.step())
		}
	}
	return append(steps, conversationEvent{Type: "conversation.response.done", CreatedAt: t.tick(), Usage: &used}.step())
}

// events returns what a stream says instead of e. The last event is as late as e
// was complete, the others as late as it was created.
func (e entry) events() []conversationEvent {
	var out []conversationEvent
	add := func(event conversationEvent) {
		event.CreatedAt = e.CreatedAt
		out = append(out, event)
	}
	switch e.Type {
	case "tool.execution":
		none := ""
		add(conversationEvent{Type: "tool.execution.started", Model: e.Model, AgentID: e.AgentID, Name: e.Name, Arguments: &none, Function: e.Function})
		for _, piece := range pieces(e.Arguments) {
			add(conversationEvent{Type: "tool.execution.delta", Name: e.Name, Arguments: &piece, Function: e.Function})
		}
		add(conversationEvent{Type: "tool.execution.done", Name: e.Name, Function: e.Function, Info: e.Info})
	case "agent.handoff":
		add(conversationEvent{Type: "agent.handoff.started", PreviousAgentID: e.PreviousAgentID, PreviousAgentName: e.PreviousAgentName})
		add(conversationEvent{Type: "agent.handoff.done", NextAgentID: e.NextAgentID, NextAgentName: e.NextAgentName})
	case "function.call":
		for _, piece := range pieces(e.Arguments) {
			add(conversationEvent{
				Type: "function.call.delta", Model: e.Model, AgentID: e.AgentID, Name: e.Name, ToolCallID: e.ToolCallID, Arguments: &piece,
			})
		}
	default:
		first := 0
		for _, piece := range e.pieces {
			add(conversationEvent{
				Type: "message.output.delta", ContentIndex: &first, Model: e.Model, AgentID: e.AgentID, Role: e.Role, Content: piece,
			})
		}
	}
	if len(out) > 0 { // a message may be empty
		out[len(out)-1].CreatedAt = e.CompletedAt
	}
	return out
}

// pieces cuts JSON text in two, as arguments arrive.
func pieces(arguments string) []string {
	runes := []rune(arguments)
	half := len(runes) / 2
	return []string{string(runes[:half]), string(runes[half:])}
}
