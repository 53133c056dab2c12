// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/sse"
)

// stream reads the stream of a chat. Its chunks are folded into the choices
// that a reply in one piece would have.
type stream struct {
	events
	chunk chunk // reused
	fold  fold
	// template is like the last chunk if that did nothing but make a text
	// longer.
	template template
}

func newStream(call *genai.Call, start time.Time, l Limits) *stream {
	s := &stream{events: newEvents(call, start, l), fold: newFold(l)}
	s.begin(s.event)
	return s
}

func (s *stream) Complete() bool {
	return !s.failed && (s.done || s.fold.complete(s.call.Request.ChoiceCount.Value))
}

func (s *stream) Fill() {
	s.flush()
	s.call.Response.Choices = s.fold.result(s.call)
	failOnFinishReason(s.call)
}

// event takes one event; it returns false when the stream is at its end.
func (s *stream) event(e sse.Event) bool {
	if string(e.Data) == "[DONE]" {
		s.done = true
		return false
	}
	s.came()
	if e.Name != "error" && !e.Oversize {
		if text, ok := s.template.read(e.Data); ok {
			s.fold.repeat(text)
			return true
		}
	}
	understood := !e.Oversize && s.chunk.parse(e.Data)
	if understood {
		s.apply(&s.chunk) // an error may come with usage
		s.template.learn(e.Data, s.fold.effect.growth(), s.chunk.padding)
	}
	switch {
	case e.Name == "error", understood && s.chunk.failure:
		s.fail(e.Data)
		return false
	case !understood:
		s.misunderstood()
	}
	return true
}

func (s *stream) apply(ch *chunk) {
	r := &s.call.Response
	// The first id and model count: gateways append chunks of their own.
	if r.ID == "" && !ch.id.Empty() {
		r.ID = name(ch.id)
	}
	if r.Model == "" && !ch.model.Empty() {
		r.Model = name(ch.model)
	}
	if ch.usage != nil {
		c := jsonscan.New(ch.usage)
		readUsage(&c, s.call)
	}
	s.fold.effect = effect{}
	spoke := false
	for i := range ch.choices {
		if s.fold.add(&ch.choices[i], s.call) {
			spoke = true
		}
	}
	if spoke {
		s.spoke()
	}
}

// chunk is one chat.completion.chunk. Its fields lie in the event's data.
type chunk struct {
	id      jsonscan.Text
	model   jsonscan.Text
	usage   []byte
	choices []chunkChoice
	failure bool
	padding jsonscan.Text // the last string that is skipped
}

// chunkChoice is the part of a chunk that belongs to one choice.
type chunkChoice struct {
	index  int64
	at     int64 // the place of its content among several; 0 in a chat
	finish jsonscan.Text
	// text is the content of the delta if it is a string, content if it is
	// anything else.
	text      jsonscan.Text
	content   []byte
	reasoning jsonscan.Text
	toolCalls []byte
}

// parse reads the data of one event. Data that is not wholly valid gives
// false: a broken chunk must not count in parts.
func (ch *chunk) parse(data []byte) bool {
	*ch = chunk{choices: ch.choices[:0]}
	c := jsonscan.New(data)
	if c.Kind() != jsonscan.KindObject {
		return false
	}
	c.Object()
	for c.Member() {
		switch string(c.Key()) {
		case "id":
			ch.id, _ = c.Text()
		case "model":
			ch.model, _ = c.Text()
		case "usage":
			ch.usage = c.Raw()
		case "choices":
			if c.Array() {
				for c.Element() {
					ch.parseChoice(&c)
				}
			}
		case "object", "error":
			ch.failure = tellsFailure(&c) || ch.failure
		default:
			if t, ok := c.Text(); ok {
				ch.padding = t
			}
		}
	}
	return c.End()
}

func (ch *chunk) parseChoice(c *jsonscan.Cursor) {
	if !c.Object() {
		return
	}
	choice := chunkChoice{}
	for c.Member() {
		switch string(c.Key()) {
		case "index":
			choice.index, _ = c.Int()
		case "finish_reason":
			choice.finish, _ = c.Text()
		case "delta", "message": // some servers send a whole message
			choice.parseDelta(c)
		default:
			c.Skip()
		}
	}
	ch.choices = append(ch.choices, choice)
}

func (choice *chunkChoice) parseDelta(c *jsonscan.Cursor) {
	if !c.Object() {
		return
	}
	for c.Member() {
		switch string(c.Key()) {
		case "content":
			if c.Kind() == jsonscan.KindString {
				choice.text, _ = c.Text()
			} else {
				choice.content = c.Raw()
			}
		case "reasoning_content", "reasoning": // servers other than Mistral's
			if t, ok := c.Text(); ok {
				choice.reasoning = t
			}
		case "tool_calls":
			choice.toolCalls = c.Raw()
		default:
			c.Skip()
		}
	}
}
