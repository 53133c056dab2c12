// SPDX-License-Identifier: Apache-2.0

package main

// Code between what stands before the cursor and what stands behind it: Mistral's
// "fill in the middle". Langfuse's cookbook and Respan's page have no such section.
//
// The span is a text_completion. Prompt and suffix are the two parts of its one
// message.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// editor completes code.
type editor struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string // of the codestral family
}

// complete returns the code that belongs between before and after.
func (e editor) complete(ctx context.Context, before, after string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"model":       e.model,
		"prompt":      before,
		"suffix":      after,
		"temperature": 0,
		"max_tokens":  64,
		"stop":        []string{"\n\n"},
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.baseURL+"/v1/fim/completions", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+e.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := e.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("mistral answered %s", resp.Status)
	}
	var reply struct {
		Choices []struct {
			Message struct{ Content string } `json:"message"`
		} `json:"choices"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return "", err
	}
	if len(reply.Choices) == 0 {
		return "", errors.New("mistral answered without a choice")
	}
	return reply.Choices[0].Message.Content, nil
}
