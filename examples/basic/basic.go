// SPDX-License-Identifier: Apache-2.0

package main

// One call to Mistral below a span of the application: "Completions" and "Simple
// Example" of Langfuse's Mistral cookbook.
//
// There the call to the model is wrapped by hand, to record messages, parameters
// and usage. Here the http.Client does that: the only function to wrap is one of
// your own, and only if you want to see it.

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

// findBestPainter is a span, and the call to the model is its child.
func (m mistral) findBestPainter(ctx context.Context, country string) (string, error) {
	return instrumentation.Observe(ctx, "find_best_painter_from", country, m.bestPainter)
}

func (m mistral) bestPainter(ctx context.Context, country string) (string, error) {
	return m.chat(ctx, request{
		Model:       m.model,
		MaxTokens:   1024,
		Temperature: 0.4,
		Messages: []message{{
			Role:    "user",
			Content: fmt.Sprintf("Who is the best painter from %s? Answer in one short sentence.", country),
		}},
	})
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
		Model       string    `json:"model"`
		Messages    []message `json:"messages"`
		MaxTokens   int       `json:"max_tokens"`
		Temperature float64   `json:"temperature"`
	}
	message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
)
