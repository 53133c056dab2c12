// SPDX-License-Identifier: Apache-2.0

package main

// github.com/openai/openai-go/v3, OpenAI's own client, against Mistral's API.
//
// It takes an http.Client with option.WithHTTPClient, and the address of the API
// with option.WithBaseURL. It hands on the context: the spans of the calls are
// children of the span in ctx, and a cancelled ctx ends a call as "cancelled".
//
// What its users see:
//
//   - It retries twice by default, after 408, 409, 429, 5xx and failed
//     connections. Each attempt is a span. It closes the reply of an attempt
//     that it will repeat without reading it, so that span has the status and
//     the headers, and Mistral's error code only where the reply declared its
//     length.
//   - A stream closes itself at [DONE]. Leave the loop earlier and forget Close,
//     and the span ends as "abandoned", once the garbage collector has found the
//     stream; its connection stays open for good.
//   - Thinking arrives as the JSON text of Mistral's chunks instead of a string;
//     on the span it is a reasoning part.

import (
	"context"
	"fmt"
	"net/http"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

type openAI struct{ client openai.Client }

// newOpenAI makes a client of the API at baseURL, such as
// https://api.mistral.ai. Its calls are observed if httpClient observes:
//
//	httpClient := &http.Client{Transport: roundtripper.New(nil)}
func newOpenAI(httpClient *http.Client, baseURL, key string) openAI {
	return openAI{openai.NewClient(
		option.WithHTTPClient(httpClient),
		option.WithBaseURL(baseURL+"/v1"),
		option.WithAPIKey(key),
	)}
}

func (o openAI) chat(ctx context.Context, q question) (reply, error) {
	return o.ask(ctx, openai.ChatCompletionNewParams{
		Model:    q.model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(q.text)},
	})
}

func (o openAI) stream(ctx context.Context, q question, each func(text string) error) (reply, error) {
	stream := o.client.Chat.Completions.NewStreaming(ctx, openai.ChatCompletionNewParams{
		Model:    q.model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(q.text)},
	})
	defer func() { _ = stream.Close() }()
	var r reply
	for stream.Next() {
		chunk := stream.Current()
		for _, choice := range chunk.Choices {
			r.text += choice.Delta.Content
			r.finish = choice.FinishReason
			if err := each(choice.Delta.Content); err != nil {
				return r, err
			}
		}
		r.in, r.out = int(chunk.Usage.PromptTokens), int(chunk.Usage.CompletionTokens)
	}
	return r, stream.Err()
}

// tools offers a tool and calls it for the model until that has its answer.
func (o openAI) tools(ctx context.Context, q question) (reply, error) {
	messages := []openai.ChatCompletionMessageParamUnion{openai.UserMessage(q.text)}
	var calls []string
	for range maxTurns {
		answer, err := o.client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
			Model:    q.model,
			Messages: messages,
			Tools: []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{
				Name:        weather.name,
				Description: openai.String(weather.description),
				Parameters:  weather.parameters,
			})},
		})
		if err != nil {
			return reply{calls: calls}, err
		}
		r := openAIReply(answer)
		if len(answer.Choices) == 0 || len(answer.Choices[0].Message.ToolCalls) == 0 {
			r.calls = calls
			return r, nil
		}
		messages = append(messages, answer.Choices[0].Message.ToParam())
		for _, call := range answer.Choices[0].Message.ToolCalls {
			calls = append(calls, fmt.Sprintf("%s(%s)", call.Function.Name, call.Function.Arguments))
			messages = append(messages, openai.ToolMessage(weather.run(call.Function.Arguments), call.ID))
		}
	}
	return reply{calls: calls}, errTurns
}

func (o openAI) ask(ctx context.Context, params openai.ChatCompletionNewParams) (reply, error) {
	answer, err := o.client.Chat.Completions.New(ctx, params)
	if err != nil {
		return reply{}, err
	}
	return openAIReply(answer), nil
}

func openAIReply(answer *openai.ChatCompletion) reply {
	r := reply{in: int(answer.Usage.PromptTokens), out: int(answer.Usage.CompletionTokens)}
	for _, choice := range answer.Choices {
		r.text += choice.Message.Content
		r.finish = choice.FinishReason
	}
	return r
}
