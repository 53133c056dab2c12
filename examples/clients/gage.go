// SPDX-License-Identifier: Apache-2.0

package main

// github.com/gage-technologies/mistral-go, a client for Mistral alone.
//
// It makes an http.Client of its own for each call, so it cannot be given one.
// Replace the default transport, once, where your program starts:
//
//	http.DefaultTransport = roundtripper.New(nil)
//
// That is safe for all else that uses the default transport: requests that are
// no calls to a model pass as they are.
//
// What its users see:
//
//   - It knows no context. Each call is a trace of its own, not a child of your
//     span, and nothing but the client's timeout (120 s by default) can end it.
//   - It retries up to four times after 429, 500, 502, 503 and 504, but with a
//     request body that has been read already. After the refused attempt, whose
//     reply is neither read nor closed, come four that fail before anything is
//     sent: five spans, and all that the caller is told is the last error. Where
//     net/http happens to have another idle connection it mends the second
//     attempt; the span of that one has the reply and lacks the request.
//   - A stream must be received to its end: who stops earlier leaves a goroutine
//     behind for good. The span of such a stream ends as "deadline", at the
//     client's timeout.
//   - Thinking is an error: of the whole reply, or of each chunk of a stream.
//     The span is "completed" all the same, with reasoning and text.
//   - Each request says temperature 1, top_p 1, max_tokens 4000 and seed 42069
//     unless you say otherwise, and so do the spans.

import (
	"context"
	"fmt"
	"time"

	gagemistral "github.com/gage-technologies/mistral-go"
)

type gage struct{ client *gagemistral.MistralClient }

// newGage makes a client of the API at baseURL, such as https://api.mistral.ai.
// A timeout of 0 means 120 seconds.
func newGage(baseURL, key string, timeout time.Duration) gage {
	return gage{gagemistral.NewMistralClient(key, baseURL, gagemistral.DefaultMaxRetries, timeout)}
}

// chat cannot make use of the context, for this client takes none.
func (g gage) chat(_ context.Context, q question) (reply, error) {
	answer, err := g.client.Chat(q.model, gageMessages(q), nil)
	if err != nil {
		return reply{}, err
	}
	return gageReply(answer), nil
}

func (g gage) stream(_ context.Context, q question, each func(text string) error) (reply, error) {
	chunks, err := g.client.ChatStream(q.model, gageMessages(q), nil)
	if err != nil {
		return reply{}, err
	}
	var r reply
	for chunk := range chunks { // to the end, also after an error
		if err == nil {
			err = chunk.Error
		}
		for _, choice := range chunk.Choices {
			r.text += choice.Delta.Content
			r.finish = string(choice.FinishReason)
			if err == nil {
				err = each(choice.Delta.Content)
			}
		}
		r.in, r.out = chunk.Usage.PromptTokens, chunk.Usage.CompletionTokens
	}
	return r, err
}

// tools tells which tool the model wants. This client has no place for the id of
// a call in the message that answers it, which Mistral asks for.
func (g gage) tools(_ context.Context, q question) (reply, error) {
	params := gagemistral.DefaultChatRequestParams
	params.Tools = []gagemistral.Tool{{Type: gagemistral.ToolTypeFunction, Function: gagemistral.Function{
		Name:        weather.name,
		Description: weather.description,
		Parameters:  weather.parameters,
	}}}
	answer, err := g.client.Chat(q.model, gageMessages(q), &params)
	if err != nil {
		return reply{}, err
	}
	return gageReply(answer), nil
}

func gageMessages(q question) []gagemistral.ChatMessage {
	return []gagemistral.ChatMessage{{Role: gagemistral.RoleUser, Content: q.text}}
}

func gageReply(answer *gagemistral.ChatCompletionResponse) reply {
	r := reply{in: answer.Usage.PromptTokens, out: answer.Usage.CompletionTokens}
	for _, choice := range answer.Choices {
		r.text += choice.Message.Content
		r.finish = string(choice.FinishReason)
		for _, call := range choice.Message.ToolCalls {
			r.calls = append(r.calls, fmt.Sprintf("%s(%s)", call.Function.Name, call.Function.Arguments))
		}
	}
	return r
}
