// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// conversationRequest is what the model looks at when a conversation is started,
// appended to or restarted.
type conversationRequest struct {
	Model        string     `json:"model"`
	AgentID      string     `json:"agent_id"`
	Inputs       any        `json:"inputs"`
	Stream       bool       `json:"stream"`
	Instructions string     `json:"instructions"`
	Tools        []chatTool `json:"tools"`
	Args         struct {
		MaxTokens       *int           `json:"max_tokens"`
		ToolChoice      any            `json:"tool_choice"`
		ReasoningEffort string         `json:"reasoning_effort"`
		ResponseFormat  responseFormat `json:"response_format"`
	} `json:"completion_args"`
}

// conversationPrefix is how the id of each conversation starts.
const conversationPrefix = "conv_"

// startConversation answers with a new conversation.
func (m model) startConversation(r *Request, _ []string) Reply {
	var req conversationRequest
	if refused, ok := parse(r, &req, invalidForAgents, "inputs"); !ok {
		return refused
	}
	if req.Model == "" && req.AgentID == "" {
		return invalidForAgents(r.Body, missing("model"))
	}
	return m.converse(r, req, r.id(conversationPrefix, 0))
}

// appendToConversation goes on with any conversation, as if nothing had been said
// before.
func (m model) appendToConversation(r *Request, ids []string) Reply {
	return m.goOn(r, ids[0], ids[0])
}

// restartConversation goes on in a conversation of its own.
func (m model) restartConversation(r *Request, ids []string) Reply {
	return m.goOn(r, ids[0], r.id(conversationPrefix, 0), "from_entry_id")
}

func (m model) goOn(r *Request, from, id string, required ...string) Reply {
	var req conversationRequest
	if refused, ok := parse(r, &req, invalidForAgents, required...); !ok {
		return refused
	}
	if !strings.HasPrefix(from, conversationPrefix) {
		return ErrorNamed("404 not found").Reply()
	}
	return m.converse(r, req, id)
}

// converse answers req as a chat would, plus what only conversations have: tools
// of the server, and handoffs.
func (m model) converse(r *Request, req conversationRequest, id string) Reply {
	messages, ok := inputMessages(req.Inputs)
	switch {
	case !ok:
		return invalidForAgents(r.Body, validation{Type: "string_type", Loc: []any{"body", "inputs"}, Msg: "Input should be a valid string"})
	case req.AgentID != "" && !isAgent(req.AgentID):
		return ErrorNamed("404 not found").Reply()
	case req.Model == "":
		req.Model = "mistral-small-latest"
	}
	if refused, ok := m.knows(req.Model); !ok {
		return refused
	}
	asked := chatRequest{
		Model: &req.Model, Messages: messages, MaxTokens: req.Args.MaxTokens, ToolChoice: req.Args.ToolChoice,
		ReasoningEffort: req.Args.ReasoningEffort, ResponseFormat: req.Args.ResponseFormat,
	}
	if req.Instructions != "" {
		asked.Messages = append([]chatMessage{{Role: "system", Content: req.Instructions}}, messages...)
	}
	for _, tool := range req.Tools {
		if tool.Function.Name != "" {
			asked.Tools = append(asked.Tools, tool)
		}
	}

	said := m.choose(asked, 0)
	t := transcript{r: r, model: req.Model, agent: req.AgentID, at: m.time()}
	prompt := lastText(asked, "user")
	if req.AgentID != "" && strings.Contains(strings.ToLower(prompt), "hand off") {
		t.handOff(properName(prompt))
	}
	used := conversationUsage{}
	isUser := lastMessage(asked).Role == "user"
	for _, tool := range req.Tools {
		if tool.Function.Name == "" && isUser && req.Args.ToolChoice != "none" {
			t.execute(tool, prompt, m.says(prompt))
			used.count(tool)
		}
	}
	t.say(said)

	counted := count(asked, []answer{said})
	used.Prompt, used.Completion = counted.Prompt, counted.Completion
	used.Total = counted.Total + used.ConnectorTokens
	if req.Stream {
		return Stream(m.paced(t.stream(id, used))...)
	}
	return m.whole(r, encode(struct {
		Object     string            `json:"object"`
		ID         string            `json:"conversation_id"`
		Outputs    []entry           `json:"outputs"`
		Usage      conversationUsage `json:"usage"`
		Guardrails any               `json:"guardrails"`
	}{"conversation.response", id, t.entries, used, nil}))
}

// inputMessages returns inputs, a text or a list of entries, as a chat would have
// them. There may be none.
func inputMessages(inputs any) (messages []chatMessage, ok bool) {
	switch inputs := inputs.(type) {
	case nil:
		return nil, true
	case string:
		return []chatMessage{{Role: "user", Content: inputs}}, true
	case []any:
		for _, input := range inputs {
			entry, _ := input.(map[string]any)
			switch entry["type"] {
			case nil, "message.input":
				role, _ := entry["role"].(string)
				messages = append(messages, chatMessage{Role: role, Content: entry["content"]})
			case "message.output":
				messages = append(messages, chatMessage{Role: "assistant", Content: entry["content"]})
			case "function.result":
				messages = append(messages, chatMessage{Role: "tool", Content: entry["result"]})
			}
		}
		return messages, true
	default:
		return nil, false
	}
}

// conversationUsage counts the tokens and calls of the server's tools apart, yet
// in the total.
type conversationUsage struct {
	Prompt          int            `json:"prompt_tokens"`
	Completion      int            `json:"completion_tokens"`
	Total           int            `json:"total_tokens"`
	ConnectorTokens int            `json:"connector_tokens,omitempty"`
	Connectors      map[string]int `json:"connectors,omitempty"`
}

func (u *conversationUsage) count(tool chatTool) {
	const each = 5
	u.ConnectorTokens += each
	if u.Connectors == nil {
		u.Connectors = map[string]int{}
	}
	u.Connectors[tool.serverName()]++
}

// id makes up the n-th id of that kind for the reply to r: the same for the same
// request.
func (r *Request) id(prefix string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %s", r.Target, prefix, n, r.Body))
	return prefix + hex.EncodeToString(sum[:16])
}

// time is when an answer begins: the same for each, or as [WithClock] says.
func (m model) time() time.Time {
	if m.clock == nil {
		return time.Unix(created, 0)
	}
	return m.clock()
}
