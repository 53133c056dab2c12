// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// The types below write replies with the keys, and in the key order, that
// recordings of the real API show.

// envelope is what all parts of one reply share.
type envelope struct {
	id      string // 32 hex digits
	created int64  // seconds since 1970
	model   string
}

type wholeReply struct {
	ID      string        `json:"id"`
	Created int64         `json:"created"`
	Model   string        `json:"model"`
	Usage   usage         `json:"usage"`
	Object  string        `json:"object"`
	Choices []wholeChoice `json:"choices"`
}

type wholeChoice struct {
	Index        int          `json:"index"`
	FinishReason string       `json:"finish_reason"`
	Message      wholeMessage `json:"message"`
}

type wholeMessage struct {
	Role      string     `json:"role"`
	ToolCalls []wireCall `json:"tool_calls"` // null when there are none
	Content   any        `json:"content"`
}

type wireCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function wireFunction `json:"function"`
	Index    int          `json:"index"`
}

type wireFunction struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

type chunk struct {
	ID      string        `json:"id"`
	Object  string        `json:"object"`
	Created int64         `json:"created"`
	Model   string        `json:"model"`
	Choices []deltaChoice `json:"choices"`
	Usage   *usage        `json:"usage,omitempty"`
	Padding string        `json:"p,omitempty"`
}

type deltaChoice struct {
	Index        int     `json:"index"`
	Delta        delta   `json:"delta"`
	FinishReason *string `json:"finish_reason"`
}

type delta struct {
	Role      string     `json:"role,omitempty"`
	Content   any        `json:"content,omitempty"` // "" is written, nil is not
	ToolCalls []wireCall `json:"tool_calls,omitempty"`
}

type textChunk struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type thinkingChunk struct {
	Type     string      `json:"type"`
	Thinking []textChunk `json:"thinking"`
	Closed   bool        `json:"closed,omitempty"`
}

func text(tokens []string) textChunk { return textChunk{"text", strings.Join(tokens, "")} }

func thinking(tokens []string, closed bool) thinkingChunk {
	chunk := thinkingChunk{Type: "thinking", Thinking: []textChunk{}, Closed: closed}
	if len(tokens) > 0 {
		chunk.Thinking = append(chunk.Thinking, text(tokens))
	}
	return chunk
}

// newEnvelope derives the id from the request, so that the same request has the
// same reply.
func newEnvelope(model string, request []byte) envelope {
	sum := sha256.Sum256(request)
	return envelope{id: hex.EncodeToString(sum[:16]), created: created, model: model}
}

// created is when all replies are made, in seconds since 1970.
const created = 1789000000

// whole is the reply that is not streamed.
func (e envelope) whole(choices []answer, used usage) string {
	reply := wholeReply{ID: e.id, Created: e.created, Model: e.model, Usage: used, Object: "chat.completion"}
	for i, a := range choices {
		message := wholeMessage{Role: "assistant", ToolCalls: e.calls(i, a.calls), Content: strings.Join(a.text, "")}
		if len(a.thinking) > 0 {
			message.Content = []any{thinking(a.thinking, true), text(a.text)}
		}
		reply.Choices = append(reply.Choices, wholeChoice{Index: i, FinishReason: a.finish, Message: message})
	}
	return encode(reply)
}

// stream is the reply as the data of its events, without [DONE]: each choice
// starts with an empty delta, the choices take turns, and the usage is in the
// last chunk.
func (e envelope) stream(choices []answer, used usage, model string) []string {
	var chunks []chunk
	add := func(index int, d delta, finish string) {
		choice := deltaChoice{Index: index, Delta: d}
		if finish != "" {
			choice.FinishReason = &finish
		}
		chunks = append(chunks, chunk{
			ID: e.id, Object: "chat.completion.chunk", Created: e.created, Model: e.model, Choices: []deltaChoice{choice},
		})
	}

	rest := make([][]delta, len(choices))
	for i, a := range choices {
		add(i, delta{Role: "assistant", Content: ""}, "")
		rest[i] = e.deltas(i, a, isMagistral(model))
	}
	for turn, more := 0, true; more; turn++ {
		more = false
		for i, deltas := range rest {
			if turn >= len(deltas) {
				continue
			}
			finish := ""
			if turn == len(deltas)-1 {
				finish = choices[i].finish
			}
			add(i, deltas[turn], finish)
			more = true
		}
	}

	chunks[len(chunks)-1].Usage = &used
	events := make([]string, len(chunks))
	for i := range chunks {
		if i >= len(choices) { // the first deltas carry no padding
			chunks[i].Padding = padding(i)
		}
		events[i] = encode(chunks[i])
	}
	return events
}

// deltas is what follows the empty first delta of one choice: at least one
// delta, since the last one carries the finish reason.
func (e envelope) deltas(index int, a answer, magistral bool) []delta {
	if len(a.calls) > 0 {
		return []delta{{ToolCalls: e.calls(index, a.calls)}} // every call whole, all in one chunk
	}
	var out []delta
	said := pairs(a.text)
	if len(a.thinking) > 0 {
		out = append(out, delta{Content: ""})
		thought := pairs(a.thinking)
		for i, piece := range thought {
			out = append(out, delta{Content: []any{thinking(piece, i > 0)}})
		}
		switch {
		case len(said) == 0:
		case magistral: // ends with an empty list
			out = append(out, delta{Content: []any{thinking(nil, true)}})
		default: // the last thought and the first words share a list
			last := thought[len(thought)-1]
			out[len(out)-1] = delta{Content: []any{thinking(last, true), text(said[0])}}
			said = said[1:]
		}
	}
	for _, piece := range said {
		out = append(out, delta{Content: strings.Join(piece, "")})
	}
	if len(said) == 0 {
		out = append(out, delta{Content: ""})
	}
	return out
}

// calls gives each call an id of nine letters and digits.
func (e envelope) calls(choice int, calls []call) []wireCall {
	var out []wireCall
	for i, c := range calls {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d", e.id, choice, i))
		out = append(out, wireCall{
			ID: hex.EncodeToString(sum[:])[:9], Type: "function", Function: wireFunction{c.name, c.arguments}, Index: i,
		})
	}
	return out
}

// pairs groups tokens by two, the size of a chunk.
func pairs(tokens []string) [][]string {
	var out [][]string
	for len(tokens) > 0 {
		n := min(2, len(tokens))
		out = append(out, tokens[:n])
		tokens = tokens[n:]
	}
	return out
}

// padding stands for the random padding of the i-th chunk.
func padding(i int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	return alphabet[:1+(i*11)%len(alphabet)]
}

// encode writes JSON as Mistral's servers do: no HTML escapes.
func encode(v any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic("testserver: " + err.Error()) // only types of this package get here
	}
	return strings.TrimSuffix(b.String(), "\n")
}
