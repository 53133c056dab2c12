// SPDX-License-Identifier: Apache-2.0

package main

// Two calls, the answer of the first in the question of the second: "Chained
// Completions" of Langfuse's Mistral cookbook.
//
// Both calls have the context of the function that makes them, so both are its
// children and the trace shows the chain as a whole.

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

// findBestPainting is a span around two calls.
func (m mistral) findBestPainting(ctx context.Context, country string) (string, error) {
	return instrumentation.Observe(ctx, "find_best_painting_from", country, m.bestPainting, instrumentation.AsWorkflow())
}

func (m mistral) bestPainting(ctx context.Context, country string) (string, error) {
	painter, err := m.chat(ctx, m.question("Who is the best painter from %s? Only provide the name.", country))
	if err != nil {
		return "", err
	}
	return m.chat(ctx, m.question("What is the most famous painting of %s? Answer in one short sentence.", painter))
}

func (m mistral) question(format, about string) request {
	return request{
		Model:     m.model,
		MaxTokens: 1024,
		Messages:  []message{{Role: "user", Content: fmt.Sprintf(format, about)}},
	}
}

// chat returns what the model says.
func (m mistral) chat(ctx context.Context, ask request) (string, error) {
	body, err := json.Marshal(ask)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.baseURL+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+m.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := m.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("mistral answered %s", resp.Status)
	}
	var reply struct {
		Choices []struct{ Message message }
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return "", err
	}
	if len(reply.Choices) == 0 {
		return "", errors.New("mistral answered without a choice")
	}
	return reply.Choices[0].Message.Content, nil
}

// The parts of Mistral's API that this program uses.
type (
	request struct {
		Model     string    `json:"model"`
		Messages  []message `json:"messages"`
		MaxTokens int       `json:"max_tokens"`
	}
	message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
)
