// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// model answers chat requests that nobody scripted.
type model struct {
	answer         func(prompt string) string
	fixed          *answer // what every choice is, if not nil
	gateway        bool    // answer as Respan's gateway does
	first, between time.Duration
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
	ResponseFormat struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Schema *schema `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

type chatMessage struct {
	Role    string `json:"role"`
	Content any    `json:"content"`
	Name    string `json:"name"`
}

type chatTool struct {
	Type     string `json:"type"`
	Function struct {
		Name       string  `json:"name"`
		Parameters *schema `json:"parameters"`
	} `json:"function"`
}

// families are the prefixes of the model names that exist.
var families = []string{
	"codestral", "devstral", "labs-", "leanstral", "magistral", "mathstral", "ministral", "mistral",
	"open-codestral", "open-mistral", "open-mixtral", "pixtral", "voxtral",
}

// Saying answers the chat request r with that text in each choice, for a model of
// any name. A request that is not sound is refused.
func Saying(r Request, text string) Reply {
	return model{fixed: &answer{text: tokens(text), finish: "stop"}}.reply(&r)
}

// Calling is [Saying] with one tool call instead of text. The arguments are JSON
// text.
func Calling(r Request, name, arguments string) Reply {
	return model{fixed: &answer{calls: []call{{name, arguments}}, finish: "tool_calls"}}.reply(&r)
}

// reply answers one chat request: refused as Mistral refuses it, or with an
// answer that depends on nothing but the request.
func (m model) reply(r *Request) Reply {
	var req chatRequest
	if err := json.Unmarshal(r.Body, &req); err != nil {
		return invalid(nil, validation{Type: "json_invalid", Loc: []any{"body", 0}, Msg: "JSON decode error: " + err.Error()})
	}
	if refused, ok := validate(req, r.Body); !ok {
		return refused
	}
	if m.fixed == nil && !isKnown(*req.Model) {
		return wireError{
			Message: "Invalid model: " + *req.Model, Type: "invalid_model", Code: "1500", RawStatus: http.StatusBadRequest,
		}.reply(http.StatusBadRequest)
	}

	choices := m.choices(req)
	wire := newEnvelope(*req.Model, r.Body)
	used := count(req, choices)
	if req.Stream {
		return Stream(append(m.paced(wire.stream(choices, used, *req.Model)), Done())...)
	}
	reply := JSON(http.StatusOK, wire.whole(choices, used)).
		With("X-Ratelimit-Tokens-Query-Cost", strconv.Itoa(used.Total)).
		Chunked()
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		reply = reply.Compressed("gzip")
	}
	reply.Steps = slices.Concat(m.pause(m.first), reply.Steps)
	return reply
}

// paced puts the pauses of [WithPace] between the events.
func (m model) paced(events []string) []Step {
	steps := m.pause(m.first)
	for i, event := range events {
		if i > 0 {
			steps = append(steps, m.pause(m.between)...)
		}
		steps = append(steps, Event(event))
	}
	return steps
}

func (model) pause(d time.Duration) []Step {
	if d <= 0 {
		return nil
	}
	return []Step{Pause(d)}
}

// validation is one entry of a 422: what is wrong, where, and the input again.
type validation struct {
	Type  string          `json:"type"`
	Loc   []any           `json:"loc"`
	Msg   string          `json:"msg"`
	Input json.RawMessage `json:"input,omitempty"`
}

func validate(req chatRequest, body []byte) (Reply, bool) {
	missing := func(field string) validation {
		return validation{Type: "missing", Loc: []any{"body", field}, Msg: "Field required"}
	}
	var wrong []validation
	if req.Model == nil {
		wrong = append(wrong, missing("model"))
	}
	if req.Messages == nil {
		wrong = append(wrong, missing("messages"))
	}
	if req.N != nil && *req.N < 1 {
		wrong = append(wrong, validation{Type: "greater_than_equal", Loc: []any{"body", "n"}, Msg: "Input should be greater than or equal to 1"})
	}
	if len(wrong) > 0 {
		return invalid(body, wrong...), false
	}
	return Reply{}, true
}

// isKnown tells whether Mistral has a model of that name.
func isKnown(model string) bool {
	return slices.ContainsFunc(families, func(family string) bool { return strings.HasPrefix(model, family) })
}

// invalid is Mistral's 422. It repeats the input, as the real one does.
func invalid(body []byte, wrong ...validation) Reply {
	for i := range wrong {
		wrong[i].Input = body
	}
	return wireError{Message: map[string]any{"detail": wrong}, Type: "invalid_request_error"}.reply(http.StatusUnprocessableEntity)
}

// wireError is an error of Mistral's model servers.
type wireError struct {
	Object    string `json:"object"`
	Message   any    `json:"message"`
	Type      string `json:"type"`
	Param     any    `json:"param"`
	Code      any    `json:"code"`
	RawStatus int    `json:"raw_status_code,omitempty"`
}

func (e wireError) reply(status int) Reply {
	e.Object = "error"
	return JSON(status, encode(e)).Chunked()
}
