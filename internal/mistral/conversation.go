// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"strconv"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// These read /v1/conversations and, below it, {id} and {id}/restart. Whether an
// agent answers or a model, only the request tells that starts a conversation;
// of the others the reply does.
//
// https://docs.mistral.ai/api/endpoint/beta/conversations
var (
	conversationEndpoint = endpoint{
		request: conversationRequest, reply: conversationReply, stream: newConversationStream,
		peek: peekConversation,
	}
	conversationAppendEndpoint = endpoint{
		request: conversationRequest, reply: conversationReply, stream: newConversationStream,
		peek: peekNothing, path: conversationAt(1),
	}
	conversationRestartEndpoint = endpoint{
		request: conversationRequest, reply: conversationReply, stream: newConversationStream,
		peek: peekNothing, path: conversationAt(2),
	}
)

// conversationAt takes the id of the conversation that the request goes on with.
// A reply that names another one wins: to restart makes a new one.
func conversationAt(fromEnd int) func(string, *genai.Call) {
	return func(path string, call *genai.Call) { call.ConversationID = segment(path, fromEnd) }
}

// modelConversation is the route of a request that names a model.
var modelConversation = Route{
	Operation: semconv.OperationChat,
	endpoint:  &endpoint{request: conversationRequest, reply: conversationReply, stream: newConversationStream},
}

func peekConversation(r *Route, _ string, body []byte) (*Route, []byte) {
	name, value := peekFirst(body, "model", "agent_id")
	if name != "model" {
		return r, nil
	}
	return &modelConversation, value
}

// settleConversation finds the operation as soon as a body tells it.
func settleConversation(_ []byte, call *genai.Call) {
	switch {
	case call.Agent.ID != "":
		call.Operation = semconv.OperationInvokeAgent
	case call.Request.Model != "" || call.Response.Model != "":
		call.Operation = semconv.OperationChat
	}
}

// completionArgs is the shape of the parameters, which are one level down where
// there are agents.
var completionArgs = func() *jsontrim.Shape {
	m := chatParameters()
	for _, name := range []string{"model", "stream", "messages"} {
		delete(m, name)
	}
	return jsontrim.Members(m)
}()

// readCompletionArgs consumes them.
func readCompletionArgs(c *jsonscan.Cursor, req *genai.Request) {
	eachMember(c, func() { readParameter(c, req) })
}

func conversationShape(text *jsontrim.Shape) *jsontrim.Shape {
	m := map[string]*jsontrim.Shape{
		"model": jsontrim.Keep, "agent_id": jsontrim.Keep, "agent_version": jsontrim.Keep,
		"stream": jsontrim.Keep, "completion_args": completionArgs, "guardrails": jsontrim.Members(nil),
	}
	for _, name := range []string{"inputs", "instructions", "tools", "metadata"} {
		m[name] = text
	}
	return jsontrim.Members(m)
}

var conversationRequest = document{
	lean:   conversationShape(nil),
	full:   conversationShape(content),
	member: conversationRequestMember,
	whole:  settleConversation,
}

func conversationRequestMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "agent_id":
		r.call.Agent.ID = readName(c)
	case "agent_version":
		r.call.Agent.Version = readVersion(c)
	case "completion_args":
		readCompletionArgs(c, &r.call.Request)
	case "inputs":
		r.entries(c)
	case "instructions":
		r.instructions(c)
	default:
		chatRequestMember(r, c)
	}
}

func (r *reading) instructions(c *jsonscan.Cursor) {
	r.call.Request.Instructions = appendQuoted(nil, genai.PartText, c.Quoted())
}

// readVersion reads the version of an agent: a number, or an alias.
func readVersion(c *jsonscan.Cursor) string {
	if c.Kind() == jsonscan.KindString {
		return readName(c)
	}
	if v, ok := c.Int(); ok {
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// entries reads what is new to the conversation: a text, or entries. Each becomes
// a message.
func (r *reading) entries(c *jsonscan.Cursor) {
	if c.Kind() == jsonscan.KindString {
		r.say(appendQuoted(nil, genai.PartText, c.Quoted()))
		return
	}
	if !c.Array() {
		return
	}
	req := &r.call.Request
	for c.Element() {
		var e entry
		if raw := c.Raw(); e.read(raw) && r.parts.room() {
			req.Messages = append(req.Messages, genai.Message{Role: e.speaker(), Parts: r.parts.appendEntry(nil, &e)})
		}
	}
}

// outputShape is that of an entry of a reply. What tells which tools have run is
// kept beyond the limits of the content.
func outputShape(text *jsontrim.Shape) *jsontrim.Shape {
	m := map[string]*jsontrim.Shape{}
	for _, name := range []string{"type", "id", "name", "model", "agent_id", "created_at", "completed_at"} {
		m[name] = jsontrim.Keep
	}
	for _, name := range []string{
		"role", "content", "tool_call_id", "arguments", "info", "result",
		"previous_agent_id", "previous_agent_name", "next_agent_id", "next_agent_name",
	} {
		m[name] = text
	}
	return jsontrim.Members(m)
}

func conversationReplyShape(text *jsontrim.Shape) *jsontrim.Shape {
	return replyShape(map[string]*jsontrim.Shape{
		"conversation_id": jsontrim.Keep, "outputs": outputShape(text),
	})
}

var conversationReply = document{
	lean:   conversationReplyShape(nil),
	full:   conversationReplyShape(content),
	member: conversationReplyMember,
	whole:  settleConversation,
}

func conversationReplyMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "conversation_id":
		readInto(c, &r.call.ConversationID)
	case "outputs":
		r.outputs(c)
	case "usage":
		readConversationUsage(c, r.call)
	default:
		replyMember(r, c)
	}
}

// outputs reads the entries that are new to the conversation as the one answer
// that they are, in their order.
func (r *reading) outputs(c *jsonscan.Cursor) {
	if !c.Array() {
		return
	}
	for c.Element() {
		var e entry
		if raw := c.Raw(); !e.read(raw) || !r.parts.room() {
			continue
		}
		e.readSource(r.call)
		if e.kind.Is(toolExecution) {
			asked, answered := r.parts.execution(&e)
			recordExecution(r.call, asked, answered, readTime(e.created), readTime(e.completed))
		}
		if r.parts.limits.Content {
			r.answer(r.parts.appendEntry(nil, &e))
		}
	}
}

// readConversationUsage reads the usage, and what the connectors used.
func readConversationUsage(c *jsonscan.Cursor, call *genai.Call) {
	raw := c.Raw()
	usage := jsonscan.New(raw)
	readUsage(&usage, call)
	var tokens genai.Opt[int64]
	var calls []string
	connectors := jsonscan.New(raw)
	eachMember(&connectors, func() {
		switch string(connectors.Key()) {
		case "connector_tokens":
			setCount(&connectors, &tokens)
		case "connectors":
			eachMember(&connectors, func() {
				name := clip(string(validUTF8(connectors.Key())))
				if n, ok := connectors.Int(); ok {
					calls = append(calls, name+"="+strconv.FormatInt(n, 10))
				}
			})
		default:
			connectors.Skip()
		}
	})
	if tokens.Set {
		call.Extra = append(call.Extra, semconv.MistralUsageConnectorTokensKey.Int64(tokens.Value))
	}
	if calls = unique(calls); len(calls) > 0 {
		call.Extra = append(call.Extra, semconv.MistralUsageConnectorsKey.StringSlice(calls))
	}
}
