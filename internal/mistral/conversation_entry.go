// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"slices"
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/semconv"
)

// The types of entries that are not read by their content alone. One without a
// type is a message.
const (
	functionCall   = "function.call"
	functionResult = "function.result"
	toolExecution  = "tool.execution"
	agentHandoff   = "agent.handoff"
	messageInput   = "message.input"
	messageOutput  = "message.output"
)

// maxExecutions bounds the tools that the server ran, each of which becomes a
// span, and the handoffs of a stream.
const maxExecutions = 128

// entry is one entry of a conversation, or an event of a stream, which is a piece
// of one. Its fields lie in the document.
type entry struct {
	raw  []byte
	kind jsonscan.Text // message.output, tool.execution, …; of events with .delta and the like
	id   jsonscan.Text
	// output and at are the place of an event's entry, and of its content in
	// there.
	output, at         int64
	role               jsonscan.Text
	name               jsonscan.Text
	toolCallID         jsonscan.Text
	model              jsonscan.Text
	agent              jsonscan.Text
	created, completed jsonscan.Text
	content            []byte
	arguments          []byte
	info               []byte // what a tool of the server gave
	result             []byte // what a function of the caller gave
	handoff            [len(handoffMembers)]jsonscan.Text
	conversation       jsonscan.Text
	usage              []byte
	failure            bool
}

// handoffMembers are what tells who hands over to whom.
var handoffMembers = [...]string{"previous_agent_id", "previous_agent_name", "next_agent_id", "next_agent_name"}

// read tells whether raw is an entry and wholly valid.
func (e *entry) read(raw []byte) bool {
	*e = entry{raw: raw}
	c := jsonscan.New(raw)
	if c.Kind() != jsonscan.KindObject {
		return false
	}
	c.Object()
	for c.Member() {
		switch string(c.Key()) {
		case "type":
			e.kind, _ = c.Text()
		case "id":
			e.id, _ = c.Text()
		case "output_index":
			e.output, _ = c.Int()
		case "content_index":
			e.at, _ = c.Int()
		case "role":
			e.role, _ = c.Text()
		case "name":
			e.name, _ = c.Text()
		case "tool_call_id":
			e.toolCallID, _ = c.Text()
		case "model":
			e.model, _ = c.Text()
		case "agent_id":
			e.agent, _ = c.Text()
		case "created_at":
			e.created, _ = c.Text()
		case "completed_at":
			e.completed, _ = c.Text()
		case "content":
			e.content = c.Raw()
		case "arguments":
			e.arguments = c.Raw()
		case "info":
			e.info = c.Raw()
		case "result":
			e.result = c.Raw()
		case "conversation_id":
			e.conversation, _ = c.Text()
		case "usage":
			e.usage = c.Raw()
		case "object", "error":
			e.failure = tellsFailure(&c) || e.failure
		default:
			if i := slices.Index(handoffMembers[:], string(c.Key())); i >= 0 {
				e.handoff[i], _ = c.Text()
			} else {
				c.Skip()
			}
		}
	}
	return c.End()
}

// speaker is the role of the message that an entry of the inputs becomes.
func (e *entry) speaker() string {
	switch {
	case !e.role.Empty():
		return name(e.role, "user", "assistant", "system", "tool")
	case e.kind.Is(functionResult):
		return "tool"
	case e.kind.Empty(), e.kind.Is(messageInput):
		return "user"
	}
	return "assistant"
}

// readSource records who made an entry of a reply. The first one counts: an agent
// may hand over to another.
func (e *entry) readSource(call *genai.Call) {
	if call.Response.Model == "" && !e.model.Empty() {
		call.Response.Model = name(e.model, call.Request.Model)
	}
	if call.Agent.ID == "" && !e.agent.Empty() {
		call.Agent.ID = name(e.agent)
	}
}

// appendEntry appends the parts of a message that stand for an entry.
func (p *parts) appendEntry(dst []genai.Part, e *entry) []genai.Part {
	switch string(e.kind.Bytes()) {
	case "", messageInput, messageOutput:
		return p.appendContent(dst, e.content)
	case functionCall:
		call := wireToolCall{id: e.toolCallID, name: e.name, arguments: e.arguments}
		part := genai.Part{Type: genai.PartToolCall, ID: name(call.idText()), Name: name(e.name)}
		p.setArguments(&part, e.arguments)
		return append(dst, part)
	case functionResult:
		return append(dst, p.toolResponse(&wireMessage{toolCallID: e.toolCallID, content: e.result}))
	case toolExecution:
		asked, answered := p.execution(e)
		return appendExecution(dst, asked, answered)
	case agentHandoff:
		var h handoff
		h.take(e)
		return append(dst, h.part())
	}
	return append(dst, genericPart(&wireChunk{kind: e.kind, raw: e.raw}))
}

// execution is the run of a tool of the server: what it was asked, and what it
// answered if that is anything.
func (p *parts) execution(e *entry) (asked, answered genai.Part) {
	asked = genai.Part{Type: genai.PartServerToolCall, ID: name(e.id), Name: name(e.name)}
	p.setArguments(&asked, e.arguments)
	return asked, serverToolResponse(asked, e.info)
}

// serverToolResponse is the answer to asked. It has no JSON if info tells nothing.
func serverToolResponse(asked genai.Part, info []byte) genai.Part {
	answered := genai.Part{Type: genai.PartServerToolCallResponse, ID: asked.ID, Name: asked.Name}
	c := jsonscan.New(info)
	switch c.Kind() {
	case jsonscan.KindNone, jsonscan.KindNull:
	case jsonscan.KindObject:
		if c.Object(); c.Member() {
			answered.JSON = info
		}
	default:
		answered.JSON = info
	}
	return answered
}

func appendExecution(dst []genai.Part, asked, answered genai.Part) []genai.Part {
	if dst = append(dst, asked); answered.JSON != nil {
		dst = append(dst, answered)
	}
	return dst
}

// recordExecution records the run of a tool of the server as one that gets a span
// of its own.
func recordExecution(call *genai.Call, asked, answered genai.Part, start, end time.Time) {
	if len(call.Executions) >= maxExecutions {
		call.DecodeErrors++
		return
	}
	call.Executions = append(call.Executions, genai.Execution{
		ToolCall: genai.ToolCall{
			Name: asked.Name, ID: asked.ID, Type: semconv.ToolTypeExtension,
			Arguments: string(asked.JSON), Result: string(answered.JSON),
		},
		Start: start, End: end,
	})
}

// readTime is zero if t is no time.
func readTime(t jsonscan.Text) time.Time {
	at, _ := time.Parse(time.RFC3339, t.String())
	return at
}

// handoff has the values of handoffMembers.
type handoff [len(handoffMembers)]string

func (h *handoff) take(e *entry) {
	for i, t := range e.handoff {
		if !t.Empty() {
			h[i] = name(t)
		}
	}
}

// part tells a handoff in the API's own words: the conventions have none.
func (h *handoff) part() genai.Part {
	members := []byte{'{'}
	for i, value := range h {
		if value == "" {
			continue
		}
		if len(members) > 1 {
			members = append(members, ',')
		}
		members = append(jsonscan.AppendQuoted(members, handoffMembers[i]), ':')
		members = jsonscan.AppendQuoted(members, value)
	}
	return genai.Part{Type: genai.PartGeneric, Name: agentHandoff, JSON: append(members, '}')}
}
