// SPDX-License-Identifier: Apache-2.0

package main

// github.com/sashabaranov/go-openai, the community's OpenAI client, against
// Mistral's API.
//
// It takes an http.Client in ClientConfig.HTTPClient, and the address of the API
// in ClientConfig.BaseURL. It hands on the context: the spans of the calls are
// children of the span in ctx, and a cancelled ctx ends a call as "cancelled".
//
// What its users see:
//
//   - It never retries. One call is one span.
//   - It reads a JSON reply to the end of its value and a stream to [DONE], and
//     neither to EOF. Both are "completed".
//   - It leaves the body of a refused stream open; the span has ended by then.
//   - It does not know Mistral's thinking. A plain reply has no text, though
//     the span has reasoning and text. A stream fails at the first thought;
//     when you close it, as you should, the span ends as "closed_early".

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	goopenai "github.com/sashabaranov/go-openai"
)

type goOpenAI struct{ client *goopenai.Client }

// newGoOpenAI makes a client of the API at baseURL, such as
// https://api.mistral.ai. Its calls are observed if httpClient observes:
//
//	httpClient := &http.Client{Transport: roundtripper.New(nil)}
func newGoOpenAI(httpClient *http.Client, baseURL, key string) goOpenAI {
	config := goopenai.DefaultConfig(key)
	config.HTTPClient = httpClient
	config.BaseURL = baseURL + "/v1"
	return goOpenAI{goopenai.NewClientWithConfig(config)}
}

func (o goOpenAI) chat(ctx context.Context, q question) (reply, error) {
	answer, err := o.client.CreateChatCompletion(ctx, goopenai.ChatCompletionRequest{
		Model:    q.model,
		Messages: []goopenai.ChatCompletionMessage{{Role: goopenai.ChatMessageRoleUser, Content: q.text}},
	})
	if err != nil {
		return reply{}, err
	}
	return goOpenAIReply(answer), nil
}

func (o goOpenAI) stream(ctx context.Context, q question, each func(text string) error) (reply, error) {
	stream, err := o.client.CreateChatCompletionStream(ctx, goopenai.ChatCompletionRequest{
		Model:    q.model,
		Messages: []goopenai.ChatCompletionMessage{{Role: goopenai.ChatMessageRoleUser, Content: q.text}},
	})
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = stream.Close() }()
	var r reply
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return r, err
		}
		for _, choice := range chunk.Choices {
			r.text += choice.Delta.Content
			r.finish = string(choice.FinishReason)
			if err := each(choice.Delta.Content); err != nil {
				return r, err
			}
		}
		if chunk.Usage != nil {
			r.in, r.out = chunk.Usage.PromptTokens, chunk.Usage.CompletionTokens
		}
	}
}

// tools offers a tool and calls it for the model until that has its answer.
func (o goOpenAI) tools(ctx context.Context, q question) (reply, error) {
	messages := []goopenai.ChatCompletionMessage{{Role: goopenai.ChatMessageRoleUser, Content: q.text}}
	var calls []string
	for range maxTurns {
		answer, err := o.client.CreateChatCompletion(ctx, goopenai.ChatCompletionRequest{
			Model:    q.model,
			Messages: messages,
			Tools: []goopenai.Tool{{Type: goopenai.ToolTypeFunction, Function: &goopenai.FunctionDefinition{
				Name:        weather.name,
				Description: weather.description,
				Parameters:  weather.parameters,
			}}},
		})
		if err != nil {
			return reply{calls: calls}, err
		}
		r := goOpenAIReply(answer)
		if len(answer.Choices) == 0 || len(answer.Choices[0].Message.ToolCalls) == 0 {
			r.calls = calls
			return r, nil
		}
		messages = append(messages, answer.Choices[0].Message)
		for _, call := range answer.Choices[0].Message.ToolCalls {
			calls = append(calls, fmt.Sprintf("%s(%s)", call.Function.Name, call.Function.Arguments))
			messages = append(messages, goopenai.ChatCompletionMessage{
				Role:       goopenai.ChatMessageRoleTool,
				Content:    weather.run(call.Function.Arguments),
				ToolCallID: call.ID,
			})
		}
	}
	return reply{calls: calls}, errTurns
}

func goOpenAIReply(answer goopenai.ChatCompletionResponse) reply {
	r := reply{in: answer.Usage.PromptTokens, out: answer.Usage.CompletionTokens}
	for _, choice := range answer.Choices {
		r.text += choice.Message.Content
		r.finish = string(choice.FinishReason)
	}
	return r
}
