// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// Reply reads the body of a response in pieces, as the caller reads it. It is
// not safe for concurrent use.
type Reply interface {
	// Write reads the next piece. It keeps no reference to p.
	Write(p []byte)
	// Done tells whether the reply has come to its end: the terminal event of
	// a stream, an error event, the end of the JSON value. What follows is of
	// no interest.
	Done() bool
	// Fill records what was read, once, after the last Write.
	Fill()
	// Complete tells, after Fill, whether everything that was asked for has
	// come, even if the end itself was not seen.
	Complete() bool
}

// NewReply returns the reader for a successful response that fills call, which
// must not be read before Fill. start is when the call began: streams measure
// the times to the first chunk and token from there; if it is zero they
// measure none.
func NewReply(call *genai.Call, stream bool, start time.Time, l Limits) Reply {
	if stream {
		return newStream(call, start, l)
	}
	r := &jsonReply{call: call, limits: l}
	shape := chatReply
	if l.Content {
		shape = chatReplyWithContent
	}
	r.trimmer.Reset(shape, l.trim())
	return r
}

// chatReply is what is kept of a reply without its content. error, object,
// message, type, code and detail tell an error that came with status 200.
func chatReplyShape(message *jsontrim.Shape) *jsontrim.Shape {
	failure := map[string]*jsontrim.Shape{}
	for _, name := range []string{"object", "message", "type", "code", "detail", "error"} {
		failure[name] = jsontrim.Keep
	}
	failure["id"] = jsontrim.Keep
	failure["model"] = jsontrim.Keep
	failure["usage"] = jsontrim.Keep
	failure["choices"] = jsontrim.Members(map[string]*jsontrim.Shape{
		"index":         jsontrim.Keep,
		"finish_reason": jsontrim.Keep,
		"message":       message,
		"messages":      message,
	})
	return jsontrim.Members(failure)
}

var (
	chatReply            = chatReplyShape(nil)
	chatReplyWithContent = chatReplyShape(content)
)

// jsonReply reads a reply that is one JSON value.
type jsonReply struct {
	call    *genai.Call
	limits  Limits
	trimmer jsontrim.Trimmer
}

func (r *jsonReply) Write(p []byte) { _, _ = r.trimmer.Write(p) }

func (r *jsonReply) Done() bool { return r.trimmer.Done() }

func (r *jsonReply) Complete() bool { return r.trimmer.Done() }

func (r *jsonReply) Fill() {
	doc := r.trimmer.End()
	if r.limits.Content {
		r.call.DroppedBytes += r.trimmer.Dropped()
	}
	if r.trimmer.Failed() {
		r.call.DecodeErrors++
	}
	c := jsonscan.New(doc)
	if len(doc) == 0 {
		return
	}
	if !c.Object() {
		r.call.DecodeErrors++
		return
	}
	p := parts{limits: r.limits}
	for c.Member() {
		switch string(c.Key()) {
		case "id":
			t, _ := c.Text()
			r.call.Response.ID = name(t)
		case "model":
			t, _ := c.Text()
			r.call.Response.Model = name(t)
		case "usage":
			readUsage(&c, r.call)
		case "choices":
			r.choices(&c, &p)
		default:
			c.Skip()
		}
	}
	if p.over() {
		r.call.DecodeErrors++
	}
	if isFailure(doc) {
		r.call.Failure.Type = streamError
		readFailure(doc, &r.call.Failure, r.limits)
	}
	failOnFinishReason(r.call)
}

func (r *jsonReply) choices(c *jsonscan.Cursor, p *parts) {
	if !c.Array() {
		return
	}
	type indexed struct {
		index int64
		genai.Choice
	}
	var choices []indexed
	for c.Element() {
		if c.Kind() != jsonscan.KindObject || len(choices) >= maxChoices {
			r.call.DecodeErrors++
			c.Skip()
			continue
		}
		index, choice := readChoice(c, p, int64(len(choices)))
		choices = append(choices, indexed{index, choice})
	}
	// Replies have them in order; servers that answer in parallel may not.
	slices.SortStableFunc(choices, func(a, b indexed) int { return cmp.Compare(a.index, b.index) })
	for i := range choices {
		r.call.Response.Choices = append(r.call.Response.Choices, choices[i].Choice)
	}
}

func readChoice(c *jsonscan.Cursor, p *parts, index int64) (int64, genai.Choice) {
	choice := genai.Choice{Message: genai.Message{Role: "assistant"}}
	c.Object()
	for c.Member() {
		switch string(c.Key()) {
		case "index":
			if i, ok := c.Int(); ok {
				index = i
			}
		case "finish_reason":
			t, _ := c.Text()
			choice.FinishReason = name(t)
		case "message":
			w := readMessage(c)
			appendAnswer(&choice.Message, &w, p)
		case "messages": // instead of message, when built-in tools have run
			if c.Array() {
				for c.Element() {
					w := readMessage(c)
					appendAnswer(&choice.Message, &w, p)
				}
			}
		default:
			c.Skip()
		}
	}
	return index, choice
}

// appendAnswer adds a message of a reply to the one message that a choice has
// in the record.
func appendAnswer(m *genai.Message, w *wireMessage, p *parts) {
	if w.role.Is("tool") {
		m.Parts = append(m.Parts, p.toolResponse(w))
		return
	}
	m.Parts = p.appendMessage(m.Parts, w)
}
