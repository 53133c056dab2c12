// SPDX-License-Identifier: Apache-2.0

package main

// The model calls functions of the application: "Tool Calling" of Langfuse's
// Mistral cookbook, with its payments.
//
// The trace shows the whole loop: what the model wanted, what the function was
// given and gave back, and what the model made of it. The span of a function has
// the id of the call that asked for it.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/otelmistral/otelmistral/instrumentation"
)

// mistral calls Mistral's chat API.
type mistral struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string
}

// maxTurns is how often the model may call functions before it has to answer.
const maxTurns = 5

// ask answers a question about payments.
func (m mistral) ask(ctx context.Context, question string) (string, error) {
	return instrumentation.Observe(ctx, "check_transaction", question, m.converse, instrumentation.AsAgent())
}

func (m mistral) converse(ctx context.Context, question string) (string, error) {
	ask := request{
		Model:       m.model,
		MaxTokens:   512,
		Temperature: 0.1,
		Messages:    []message{{Role: "user", Content: question}},
		Tools:       tools,
		ToolChoice:  "any", // look it up first, then answer
	}
	for range maxTurns {
		said, err := m.chat(ctx, ask)
		if err != nil {
			return "", err
		}
		if len(said.ToolCalls) == 0 {
			return said.Content, nil
		}
		ask.Messages = append(ask.Messages, said)
		for _, call := range said.ToolCalls {
			result, err := execute(ctx, call)
			if err != nil {
				return "", err
			}
			ask.Messages = append(ask.Messages, message{
				Role: "tool", Name: call.Function.Name, ToolCallID: call.ID, Content: result,
			})
		}
		ask.ToolChoice = "auto"
	}
	return "", errors.New("the model calls functions and does not answer")
}

// execute runs the function that the model calls, in a span of its own, and
// returns its result as JSON.
func execute(ctx context.Context, call toolCall) (string, error) {
	result, err := instrumentation.Observe(ctx, call.Function.Name, json.RawMessage(call.Function.Arguments),
		func(_ context.Context, arguments json.RawMessage) (map[string]string, error) {
			return retrieve(call.Function.Name, arguments), nil
		}, instrumentation.AsTool(), instrumentation.WithToolCall(call.ID))
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(result)
	return string(data), err
}

// chat returns the message of the model.
func (m mistral) chat(ctx context.Context, ask request) (message, error) {
	body, err := json.Marshal(ask)
	if err != nil {
		return message{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.baseURL+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return message{}, err
	}
	req.Header.Set("Authorization", "Bearer "+m.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := m.client.Do(req)
	if err != nil {
		return message{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return message{}, fmt.Errorf("mistral answered %s", resp.Status)
	}
	var reply struct {
		Choices []struct{ Message message }
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return message{}, err
	}
	if len(reply.Choices) == 0 {
		return message{}, errors.New("mistral answered without a choice")
	}
	return reply.Choices[0].Message, nil
}

// The parts of Mistral's API that this program uses.
type (
	request struct {
		Model       string    `json:"model"`
		Messages    []message `json:"messages"`
		MaxTokens   int       `json:"max_tokens"`
		Temperature float64   `json:"temperature"`
		Tools       []tool    `json:"tools"`
		ToolChoice  string    `json:"tool_choice"`
	}
	message struct {
		Role       string     `json:"role"`
		Content    string     `json:"content"`
		Name       string     `json:"name,omitempty"`
		ToolCalls  []toolCall `json:"tool_calls,omitempty"`
		ToolCallID string     `json:"tool_call_id,omitempty"`
	}
	toolCall struct {
		ID       string `json:"id"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	}
	tool struct {
		Type     string   `json:"type"`
		Function function `json:"function"`
	}
	function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	}
)
