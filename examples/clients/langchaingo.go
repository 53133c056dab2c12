// SPDX-License-Identifier: Apache-2.0

package main

// github.com/tmc/langchaingo/llms/mistral, the Mistral model of LangChain Go.
//
// It wraps the client of gage.go and takes no transport either. Replace the
// default transport, once, where your program starts:
//
//	http.DefaultTransport = roundtripper.New(nil)
//
// What its users see is what those of gage see, and besides:
//
//   - The context reaches callbacks and the streaming function, not the request:
//     each call is a trace of its own, and a cancelled context ends none.
//   - It returns from a stream at the first error, be it of the streaming
//     function or of a chunk that it cannot read, such as Mistral's thinking. A
//     goroutine stays behind for good, and the span ends as "deadline", at the
//     client's timeout.
//   - Each request has a list of tools, if only an empty one, and top_p 1,
//     whatever you ask for. So the spans say.

import (
	"context"
	"fmt"
	"time"

	gagemistral "github.com/gage-technologies/mistral-go"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/mistral"
)

type langchain struct{ llm llms.Model }

// newLangchain makes a model of the API at baseURL, such as
// https://api.mistral.ai. A timeout of 0 means 120 seconds.
func newLangchain(baseURL, key string, timeout time.Duration) (langchain, error) {
	llm, err := mistral.New(
		mistral.WithEndpoint(baseURL),
		mistral.WithAPIKey(key),
		mistral.WithTimeout(timeout),
	)
	return langchain{llm}, err
}

func (l langchain) chat(ctx context.Context, q question) (reply, error) {
	return l.generate(ctx, q)
}

func (l langchain) stream(ctx context.Context, q question, each func(text string) error) (reply, error) {
	return l.generate(ctx, q, llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
		return each(string(chunk))
	}))
}

// tools tells which tool the model wants. As with gage, there is no way to answer
// a call under its id.
func (l langchain) tools(ctx context.Context, q question) (reply, error) {
	return l.generate(ctx, q, llms.WithTools([]llms.Tool{{
		Type: "function",
		Function: &llms.FunctionDefinition{
			Name:        weather.name,
			Description: weather.description,
			Parameters:  weather.parameters,
		},
	}}))
}

func (l langchain) generate(ctx context.Context, q question, opts ...llms.CallOption) (reply, error) {
	answer, err := l.llm.GenerateContent(ctx,
		[]llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, q.text)},
		append(opts, llms.WithModel(q.model))...)
	if answer == nil {
		return reply{}, err
	}
	var r reply
	for _, choice := range answer.Choices {
		r.text += choice.Content
		r.finish = choice.StopReason
		for _, call := range choice.ToolCalls {
			r.calls = append(r.calls, fmt.Sprintf("%s(%s)", call.FunctionCall.Name, call.FunctionCall.Arguments))
		}
		if usage, ok := choice.GenerationInfo["usage"].(gagemistral.UsageInfo); ok {
			r.in, r.out = usage.PromptTokens, usage.CompletionTokens
		}
	}
	return r, err
}
