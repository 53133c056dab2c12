// SPDX-License-Identifier: Apache-2.0

package main

// github.com/cloudwego/eino-ext/components/model/openai, the OpenAI model of
// Eino, against Mistral's API.
//
// It takes an http.Client in ChatModelConfig.HTTPClient, and the address of the
// API in ChatModelConfig.BaseURL. It hands on the context: the spans of the calls
// are children of the span in ctx, and a cancelled ctx ends a call as
// "cancelled".
//
// What its users see is what those of goopenai.go see, of which it contains a
// fork, and besides:
//
//   - A goroutine of its own receives a stream, some messages ahead of you. Close
//     of the reader does not end it while the model is silent, so give each
//     stream a ctx that you cancel, as below: who stops earlier sees "cancelled".
//   - Each stream asks for its usage with stream_options. So the spans say.
//   - It builds with Go 1.26 if go.mod names github.com/bytedance/sonic v1.15 or
//     later, as the one here does.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	einoopenai "github.com/cloudwego/eino-ext/components/model/openai"
	einomodel "github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"
)

type eino struct {
	model einomodel.ToolCallingChatModel
}

// newEino makes a model of the API at baseURL, such as https://api.mistral.ai.
// Its calls are observed if httpClient observes:
//
//	httpClient := &http.Client{Transport: roundtripper.New(nil)}
func newEino(ctx context.Context, httpClient *http.Client, baseURL, key string) (eino, error) {
	chatModel, err := einoopenai.NewChatModel(ctx, &einoopenai.ChatModelConfig{
		HTTPClient: httpClient,
		BaseURL:    baseURL + "/v1",
		APIKey:     key,
		Model:      model,
	})
	return eino{chatModel}, err
}

func (e eino) chat(ctx context.Context, q question) (reply, error) {
	answer, err := e.model.Generate(ctx, []*schema.Message{schema.UserMessage(q.text)}, einomodel.WithModel(q.model))
	if err != nil {
		return reply{}, err
	}
	return einoReply(answer), nil
}

func (e eino) stream(ctx context.Context, q question, each func(text string) error) (reply, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the goroutine
	stream, err := e.model.Stream(ctx, []*schema.Message{schema.UserMessage(q.text)}, einomodel.WithModel(q.model))
	if err != nil {
		return reply{}, err
	}
	defer stream.Close()
	var r reply
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return r, err
		}
		part := einoReply(message)
		r.text += part.text
		r.finish, r.in, r.out = part.finish, part.in, part.out
		if err := each(part.text); err != nil {
			return r, err
		}
	}
}

// tools offers a tool and calls it for the model until that has its answer.
func (e eino) tools(ctx context.Context, q question) (reply, error) {
	withTools, err := e.model.WithTools([]*schema.ToolInfo{{
		Name: weather.name,
		Desc: weather.description,
		ParamsOneOf: schema.NewParamsOneOfByParams(map[string]*schema.ParameterInfo{
			"city": {Type: schema.String, Required: true},
		}),
	}})
	if err != nil {
		return reply{}, err
	}
	messages := []*schema.Message{schema.UserMessage(q.text)}
	var calls []string
	for range maxTurns {
		answer, err := withTools.Generate(ctx, messages, einomodel.WithModel(q.model))
		if err != nil {
			return reply{calls: calls}, err
		}
		if len(answer.ToolCalls) == 0 {
			r := einoReply(answer)
			r.calls = calls
			return r, nil
		}
		messages = append(messages, answer)
		for _, call := range answer.ToolCalls {
			calls = append(calls, fmt.Sprintf("%s(%s)", call.Function.Name, call.Function.Arguments))
			messages = append(messages, schema.ToolMessage(weather.run(call.Function.Arguments), call.ID))
		}
	}
	return reply{calls: calls}, errTurns
}

func einoReply(message *schema.Message) reply {
	r := reply{text: message.Content}
	if meta := message.ResponseMeta; meta != nil {
		r.finish = meta.FinishReason
		if meta.Usage != nil {
			r.in, r.out = meta.Usage.PromptTokens, meta.Usage.CompletionTokens
		}
	}
	return r
}
