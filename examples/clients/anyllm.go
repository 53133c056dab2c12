// SPDX-License-Identifier: Apache-2.0

package main

// github.com/mozilla-ai/any-llm-go, one interface to many providers, with its
// provider for Mistral.
//
// It takes an http.Client with anyllm.WithHTTPClient. It hands on the context:
// the spans of the calls are children of the span in ctx, and a cancelled ctx
// ends a call as "cancelled".
//
// What its users see is what those of openai.go see, whose first version it
// wraps, and besides:
//
//   - A goroutine of its own receives a stream. Only the end of the stream or of
//     ctx ends that, so give each stream a ctx that you cancel, as below: who
//     stops earlier sees "cancelled". Without it goroutine, connection and span
//     stay open until the client's timeout, or for good.
//   - After a cancellation the channel of errors may be empty: ask ctx.
//   - An assistant "OK" goes between the answer of a tool and a user's message.
//     So the spans say.

import (
	"context"
	"fmt"
	"net/http"

	anyllm "github.com/mozilla-ai/any-llm-go"
	"github.com/mozilla-ai/any-llm-go/providers/mistral"
)

type anyLLM struct{ provider anyllm.Provider }

// newAnyLLM makes a client of the API at baseURL, such as
// https://api.mistral.ai. Its calls are observed if httpClient observes:
//
//	httpClient := &http.Client{Transport: roundtripper.New(nil)}
func newAnyLLM(httpClient *http.Client, baseURL, key string) (anyLLM, error) {
	provider, err := mistral.New(
		anyllm.WithHTTPClient(httpClient),
		anyllm.WithBaseURL(baseURL+"/v1"),
		anyllm.WithAPIKey(key),
	)
	return anyLLM{provider}, err
}

func (a anyLLM) chat(ctx context.Context, q question) (reply, error) {
	answer, err := a.provider.Completion(ctx, anyllm.CompletionParams{Model: q.model, Messages: anyLLMMessages(q)})
	if err != nil {
		return reply{}, err
	}
	return anyLLMReply(answer), nil
}

func (a anyLLM) stream(ctx context.Context, q question, each func(text string) error) (reply, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the goroutine
	chunks, errs := a.provider.CompletionStream(ctx, anyllm.CompletionParams{
		Model:    q.model,
		Messages: anyLLMMessages(q),
		Stream:   true,
	})
	var r reply
	for chunk := range chunks {
		for _, choice := range chunk.Choices {
			r.text += choice.Delta.Content
			r.finish = choice.FinishReason
			if err := each(choice.Delta.Content); err != nil {
				return r, err
			}
		}
		if chunk.Usage != nil {
			r.in, r.out = chunk.Usage.PromptTokens, chunk.Usage.CompletionTokens
		}
	}
	if err := <-errs; err != nil {
		return r, err
	}
	return r, ctx.Err()
}

// tools offers a tool and calls it for the model until that has its answer.
func (a anyLLM) tools(ctx context.Context, q question) (reply, error) {
	messages := anyLLMMessages(q)
	var calls []string
	for range maxTurns {
		answer, err := a.provider.Completion(ctx, anyllm.CompletionParams{
			Model:    q.model,
			Messages: messages,
			Tools: []anyllm.Tool{{Type: "function", Function: anyllm.Function{
				Name:        weather.name,
				Description: weather.description,
				Parameters:  weather.parameters,
			}}},
		})
		if err != nil {
			return reply{calls: calls}, err
		}
		r := anyLLMReply(answer)
		if len(answer.Choices) == 0 || len(answer.Choices[0].Message.ToolCalls) == 0 {
			r.calls = calls
			return r, nil
		}
		messages = append(messages, answer.Choices[0].Message)
		for _, call := range answer.Choices[0].Message.ToolCalls {
			calls = append(calls, fmt.Sprintf("%s(%s)", call.Function.Name, call.Function.Arguments))
			messages = append(messages, anyllm.Message{
				Role:       anyllm.RoleTool,
				Content:    weather.run(call.Function.Arguments),
				ToolCallID: call.ID,
			})
		}
	}
	return reply{calls: calls}, errTurns
}

func anyLLMMessages(q question) []anyllm.Message {
	return []anyllm.Message{{Role: anyllm.RoleUser, Content: q.text}}
}

func anyLLMReply(answer *anyllm.ChatCompletion) reply {
	var r reply
	for _, choice := range answer.Choices {
		r.text += choice.Message.ContentString()
		r.finish = choice.FinishReason
	}
	if answer.Usage != nil {
		r.in, r.out = answer.Usage.PromptTokens, answer.Usage.CompletionTokens
	}
	return r
}
