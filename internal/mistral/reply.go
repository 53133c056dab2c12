// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"cmp"
	"slices"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// chatChoices is the shape of the choices of a reply.
func chatChoices(message *jsontrim.Shape) map[string]*jsontrim.Shape {
	return map[string]*jsontrim.Shape{
		"choices": jsontrim.Members(map[string]*jsontrim.Shape{
			"index":         jsontrim.Keep,
			"finish_reason": jsontrim.Keep,
			"message":       message,
			"messages":      message,
		}),
	}
}

var chatReply = document{
	lean:   replyShape(chatChoices(nil)),
	full:   replyShape(chatChoices(content)),
	member: chatReplyMember,
	direct: true,
}

func chatReplyMember(r *reading, c *jsonscan.Cursor) {
	if string(c.Key()) == "choices" {
		r.choices(c)
	} else {
		replyMember(r, c)
	}
}

func (r *reading) choices(c *jsonscan.Cursor) {
	if !c.Array() {
		return
	}
	choices := &r.call.Response.Choices
	for c.Element() {
		if c.Kind() != jsonscan.KindObject || len(*choices) >= maxChoices {
			r.call.DecodeErrors++
			c.Skip()
			continue
		}
		*choices = append(*choices, readChoice(c, &r.parts, int64(len(*choices))))
	}
	// Replies have them in order; servers that answer in parallel may not.
	slices.SortStableFunc(*choices, func(a, b genai.Choice) int { return cmp.Compare(a.Index, b.Index) })
}

func readChoice(c *jsonscan.Cursor, p *parts, index int64) genai.Choice {
	choice := genai.Choice{Index: index, Message: genai.Message{Role: "assistant"}}
	c.Object()
	for c.Member() {
		switch string(c.Key()) {
		case "index":
			if i, ok := c.Int(); ok {
				choice.Index = i
			}
		case "finish_reason":
			choice.FinishReason = readName(c, "stop", "tool_calls", "length")
		case "message", "messages":
			if p.limits.Content {
				p.answers(&choice.Message, c)
			} else {
				c.Skip()
			}
		default:
			c.Skip()
		}
	}
	return choice
}

// answers reads the message of a choice, or the messages that stand there instead
// when built-in tools have run.
func (p *parts) answers(m *genai.Message, c *jsonscan.Cursor) {
	if string(c.Key()) == "message" {
		w := readMessage(c)
		appendAnswer(m, &w, p)
		return
	}
	if c.Array() {
		for c.Element() {
			w := readMessage(c)
			appendAnswer(m, &w, p)
		}
	}
}

// appendAnswer adds a message of a reply to the one message that a choice has
// in the record.
func appendAnswer(m *genai.Message, w *wireMessage, p *parts) {
	if w.role.Is("tool") {
		m.Parts = append(m.Parts, p.toolResponse(w))
		return
	}
	if m.Parts != nil {
		m.Parts = p.appendMessage(m.Parts, w)
	} else if one := p.appendMessage(p.single(), w); len(one) > 0 {
		m.Parts = one
	}
}
