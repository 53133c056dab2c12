// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/sse"
)

// The events of a conversation that are no piece of an output.
const (
	conversationStarted = "conversation.response.started"
	conversationDone    = "conversation.response.done"
	conversationError   = "conversation.response.error"
)

// conversationStream reads the stream of a conversation. Each output is folded as
// if it were a choice of its own; in the end they are the parts of the one answer
// that a reply in one piece would have.
type conversationStream struct {
	events
	entry entry // reused
	fold  fold
	steps []step
}

// step is an output that is no message: a tool that the server ran, or a handoff
// to another agent.
type step struct {
	output     int64
	handedOver bool
	handoff    handoff
	tool       foldedTool
	info       []byte
	start, end time.Time
}

func newConversationStream(call *genai.Call, start time.Time, l Limits) Reply {
	s := &conversationStream{events: newEvents(call, start, l), fold: newFold(l)}
	s.begin(s.event)
	return s
}

func (s *conversationStream) Complete() bool { return s.done && !s.failed }

// event takes one event; it returns false when the stream is at its end.
func (s *conversationStream) event(e sse.Event) bool {
	s.came()
	understood := !e.Oversize && s.entry.read(e.Data)
	if !understood {
		s.misunderstood()
		s.entry = entry{}
	}
	kind := s.entry.kind.Bytes()
	if len(kind) == 0 {
		kind = []byte(e.Name)
	}
	switch {
	// Every event has a name; what has none is an error of a gateway.
	case string(kind) == conversationError, e.Name == "error", e.Name == "" && s.entry.failure:
		s.fail(e.Data)
		if f := &s.call.Failure; f.ProviderType == conversationError {
			f.ProviderType = "" // of the event, not of the error
		}
	case !understood: // the last event may be too long, but not cut off
		s.done = string(kind) == conversationDone && !s.ending
	case string(kind) == conversationDone:
		c := jsonscan.New(s.entry.usage)
		readConversationUsage(&c, s.call)
		s.done = true
	default:
		s.take(kind, &s.entry)
	}
	return !s.done
}

// take takes a piece of an output. Of events that are not known it takes nothing.
func (s *conversationStream) take(kind []byte, e *entry) {
	e.readSource(s.call)
	switch string(kind) {
	case conversationStarted:
		if !e.conversation.Empty() {
			s.call.ConversationID = name(e.conversation)
		}
	case "message.output.delta":
		delta := chunkChoice{index: e.output, at: e.at, content: e.content}
		if c := jsonscan.New(e.content); c.Kind() == jsonscan.KindString {
			delta.text, _ = c.Text()
			delta.content = nil
		}
		if s.fold.add(&delta, s.call) {
			s.spoke()
		}
	case "function.call.delta":
		s.spoke()
		w := wireToolCall{id: e.toolCallID, name: e.name, arguments: e.arguments, index: genai.Some(e.output)}
		if choice := s.fold.choice(e.output); choice != nil {
			s.fold.addToolCall(choice, &w, s.call)
		} else {
			s.fold.fail(s.call)
		}
	case "tool.execution.started", "tool.execution.delta", "tool.execution.done":
		if step := s.step(e); step != nil {
			s.run(step, e)
			if string(kind) == "tool.execution.done" {
				step.end = readTime(e.created)
			}
		}
	case "agent.handoff.started", "agent.handoff.done":
		if step := s.step(e); step != nil {
			step.handedOver = true
			step.handoff.take(e)
		}
	}
}

// step finds the step that an event is a piece of; nil if there are too many.
func (s *conversationStream) step(e *entry) *step {
	for i := len(s.steps) - 1; i >= 0; i-- {
		if st := &s.steps[i]; st.output == e.output && (e.id.Empty() || e.id.Is(st.tool.id)) {
			return st
		}
	}
	if len(s.steps) >= maxExecutions {
		s.fold.fail(s.call)
		return nil
	}
	s.steps = append(s.steps, step{output: e.output, start: readTime(e.created), tool: foldedTool{id: name(e.id)}})
	return &s.steps[len(s.steps)-1]
}

// run takes what an event tells of the run of a tool.
func (s *conversationStream) run(st *step, e *entry) {
	if st.tool.name == "" {
		st.tool.name = name(e.name)
	}
	if !s.limits.Content {
		return
	}
	s.fold.addArguments(&st.tool, e.arguments)
	if e.info != nil {
		st.info = s.fold.trim(e.info, s.call)
	}
}

func (s *conversationStream) Fill() {
	s.flush()
	settleConversation(nil, s.call)
	choices := s.fold.result(s.call)
	slices.SortStableFunc(s.steps, func(a, b step) int { return cmp.Compare(a.output, b.output) })
	var answer []genai.Part
	for i := range s.steps {
		st := &s.steps[i]
		for len(choices) > 0 && choices[0].Index < st.output {
			answer = append(answer, choices[0].Message.Parts...)
			choices = choices[1:]
		}
		answer = append(answer, s.stepParts(st)...)
	}
	for i := range choices {
		answer = append(answer, choices[i].Message.Parts...)
	}
	if len(answer) > 0 {
		s.call.Response.Choices = []genai.Choice{{Message: genai.Message{Role: "assistant", Parts: answer}}}
	}
}

// stepParts gives the parts of a step, and records it if a tool was run.
func (s *conversationStream) stepParts(st *step) (steps []genai.Part) {
	if st.handedOver {
		if s.limits.Content {
			steps = append(steps, st.handoff.part())
		}
		return steps
	}
	s.call.DroppedBytes += st.tool.arguments.cut
	asked := st.tool.part()
	asked.Type = genai.PartServerToolCall
	answered := serverToolResponse(asked, st.info)
	recordExecution(s.call, asked, answered, st.start, st.end)
	if s.limits.Content {
		steps = appendExecution(steps, asked, answered)
	}
	return steps
}
