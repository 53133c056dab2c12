// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"testing"

	"github.com/cloudwego/eino/schema"
	anyllm "github.com/mozilla-ai/any-llm-go"
	"github.com/openai/openai-go/v3"
	goopenai "github.com/sashabaranov/go-openai"
	"github.com/stretchr/testify/require"
)

// The streams below go out of sight when these functions return.

//go:noinline
func forgetOpenAI(t *testing.T, o openAI) {
	t.Helper()
	stream := o.client.Chat.Completions.NewStreaming(t.Context(), openai.ChatCompletionNewParams{
		Model:    asked.model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(asked.text)},
	})
	for stream.Next() {
		for _, choice := range stream.Current().Choices {
			if choice.Delta.Content != "" {
				return
			}
		}
	}
	require.NoError(t, stream.Err())
}

//go:noinline
func forgetGoOpenAI(t *testing.T, o goOpenAI) {
	t.Helper()
	stream, err := o.client.CreateChatCompletionStream(t.Context(), goopenai.ChatCompletionRequest{
		Model:    asked.model,
		Messages: []goopenai.ChatCompletionMessage{{Role: goopenai.ChatMessageRoleUser, Content: asked.text}},
	})
	require.NoError(t, err)
	for {
		chunk, err := stream.Recv()
		require.NoError(t, err)
		for _, choice := range chunk.Choices {
			if choice.Delta.Content != "" {
				return
			}
		}
	}
}

//go:noinline
func forgetAnyLLM(ctx context.Context, t *testing.T, a anyLLM) {
	t.Helper()
	chunks, _ := a.provider.CompletionStream(ctx, anyllm.CompletionParams{
		Model: asked.model, Messages: anyLLMMessages(asked), Stream: true,
	})
	for chunk := range chunks {
		if chunk.Choices[0].Delta.Content != "" {
			return
		}
	}
	t.Error("the stream has ended")
}

//go:noinline
func forgetEino(ctx context.Context, t *testing.T, e eino) {
	t.Helper()
	stream, err := e.model.Stream(ctx, []*schema.Message{schema.UserMessage(asked.text)})
	require.NoError(t, err)
	_, err = stream.Recv() // the first message has text
	require.NoError(t, err)
}
