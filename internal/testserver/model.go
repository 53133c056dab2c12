// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// model answers requests that nobody scripted.
type model struct {
	answer         func(prompt string) string
	fixed          *answer // what every choice is, if not nil
	gateway        bool    // answer as Respan's gateway does
	first, between time.Duration
	clock          func() time.Time // nil: it stands still
}

// chatRequest is what the model looks at in a request. Pointers and raw fields
// tell absent from zero.
type chatRequest struct {
	Model             *string       `json:"model"`
	Messages          []chatMessage `json:"messages"`
	Stream            bool          `json:"stream"`
	N                 *int          `json:"n"`
	MaxTokens         *int          `json:"max_tokens"`
	Tools             []chatTool    `json:"tools"`
	ToolChoice        any           `json:"tool_choice"`
	ParallelToolCalls bool          `json:"parallel_tool_calls"`
	ReasoningEffort   string        `json:"reasoning_effort"`
	RequestBreakdown  bool          `json:"request_breakdown"`
	StreamOptions     struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	ResponseFormat responseFormat `json:"response_format"`
}

type responseFormat struct {
	Type       string `json:"type"`
	JSONSchema struct {
		Schema *schema `json:"schema"`
	} `json:"json_schema"`
}

type chatMessage struct {
	Role    string `json:"role"`
	Content any    `json:"content"`
	Name    string `json:"name"`
}

type chatTool struct {
	Type        string `json:"type"`
	ConnectorID string `json:"connector_id"`
	Function    struct {
		Name       string  `json:"name"`
		Parameters *schema `json:"parameters"`
	} `json:"function"`
}

// families are the prefixes of the model names that exist.
var families = []string{
	"codestral", "devstral", "ft:", "labs-", "leanstral", "magistral", "mathstral", "ministral", "mistral",
	"open-codestral", "open-mistral", "open-mixtral", "pixtral", "voxtral",
}

// Answer is what a [Mistral] without options answers to r, whoever asks. A script
// changes it: see [Reply.Until] and [Reply.With].
func Answer(r Request) Reply { return model{answer: knownAnswer}.to(&r) }

// Saying answers r with that text where the endpoint says something, for a model
// of any name: each choice of a completion, the message of a conversation, the
// transcript of a recording. On a path that is not Mistral's it is a chat. A
// request that is not sound is refused.
func Saying(r Request, text string) Reply {
	return model{answer: knownAnswer, fixed: &answer{text: tokens(text), finish: "stop"}}.to(&r)
}

// Calling is [Saying] with one tool call instead of text, where the endpoint has
// such. The arguments are JSON text.
func Calling(r Request, name, arguments string) Reply {
	return model{answer: knownAnswer, fixed: &answer{calls: []call{{name, arguments}}, finish: "tool_calls"}}.to(&r)
}

// to answers r wherever it went.
func (m model) to(r *Request) Reply {
	if answer, found := routed(r); found {
		return answer(m)
	}
	return m.chat(r, nil)
}

// chat answers one chat request: refused as Mistral refuses it, or with an answer
// that depends on nothing but the request.
func (m model) chat(r *Request, _ []string) Reply {
	var req chatRequest
	if refused, ok := parse(r, &req, invalid, "model", "messages"); !ok {
		return refused
	}
	return m.complete(r, req)
}

// complete answers r, whose request is req or stands for it.
func (m model) complete(r *Request, req chatRequest) Reply {
	if req.N != nil && *req.N < 1 {
		return invalid(r.Body, validation{Type: "greater_than_equal", Loc: []any{"body", "n"}, Msg: "Input should be greater than or equal to 1"})
	}
	if refused, ok := m.knows(*req.Model); !ok {
		return refused
	}
	choices := m.choices(req)
	wire := newEnvelope(*req.Model, r.Body)
	used := count(req, choices)
	if req.Stream {
		var events []Step
		for _, data := range wire.stream(choices, used, *req.Model) {
			events = append(events, Event(data))
		}
		return Stream(append(m.paced(events), Done())...)
	}
	return m.whole(r, wire.whole(choices, used)).With(queryCost, strconv.Itoa(used.Total))
}

// queryCost is the header that says how many tokens a call took from the limit.
const queryCost = "X-Ratelimit-Tokens-Query-Cost"

// whole answers r in one piece of JSON, compressed if the client takes that.
func (m model) whole(r *Request, body string) Reply {
	reply := JSON(http.StatusOK, body).Chunked()
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		reply = reply.Compressed("gzip")
	}
	reply.Steps = slices.Concat(m.pause(m.first), reply.Steps)
	return reply
}

// paced puts the pauses of [WithPace] between the events.
func (m model) paced(events []Step) []Step {
	steps := m.pause(m.first)
	for i, event := range events {
		if i > 0 {
			steps = append(steps, m.pause(m.between)...)
		}
		steps = append(steps, event)
	}
	return steps
}

func (model) pause(d time.Duration) []Step {
	if d <= 0 {
		return nil
	}
	return []Step{Pause(d)}
}

// says is what the model says to prompt where it does nothing but talk.
func (m model) says(prompt string) string {
	if m.fixed != nil {
		return strings.Join(m.fixed.text, "")
	}
	return m.answer(prompt)
}

// knows refuses the name of a model that Mistral does not have.
func (m model) knows(name string) (refused Reply, ok bool) {
	if m.fixed != nil || slices.ContainsFunc(families, func(family string) bool { return strings.HasPrefix(name, family) }) {
		return Reply{}, true
	}
	return wireError{
		Message: "Invalid model: " + name, Type: "invalid_model", Code: "1500", RawStatus: http.StatusBadRequest,
	}.reply(http.StatusBadRequest), false
}
