// SPDX-License-Identifier: Apache-2.0

package main

// Several calls at the same time: "Async Completion" of Langfuse's Mistral
// cookbook.
//
// Go needs no other client for that, only goroutines. The context says which span
// is the parent, so calls that overlap do not get mixed up. An http.Client may be
// used by many goroutines.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/otelmistral/otelmistral/instrumentation"
)

// mistral calls Mistral's chat API.
type mistral struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string
}

// findBestMusicians asks about all countries at once. The answers are in the order
// of the countries.
func (m mistral) findBestMusicians(ctx context.Context, countries []string) ([]string, error) {
	return instrumentation.Observe(ctx, "find_best_musicians", countries, m.askAll, instrumentation.AsWorkflow())
}

func (m mistral) askAll(ctx context.Context, countries []string) ([]string, error) {
	answers := make([]string, len(countries))
	errs := make([]error, len(countries))
	var all sync.WaitGroup
	for i, country := range countries {
		all.Go(func() {
			answers[i], errs[i] = instrumentation.Observe(ctx, "find_best_musician_from", country, m.bestMusician,
				instrumentation.AsTask())
		})
	}
	all.Wait()
	return answers, errors.Join(errs...)
}

func (m mistral) bestMusician(ctx context.Context, country string) (string, error) {
	return m.chat(ctx, request{
		Model:     m.model,
		MaxTokens: 1024,
		Messages: []message{{
			Role:    "user",
			Content: fmt.Sprintf("Who is the best musician from %s? Answer in one short sentence.", country),
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
		Model     string    `json:"model"`
		Messages  []message `json:"messages"`
		MaxTokens int       `json:"max_tokens"`
	}
	message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
)
