// SPDX-License-Identifier: Apache-2.0

package main

// A question that is checked before a model sees it. Langfuse's cookbook and
// Respan's page have no such section.
//
// OpenTelemetry has no operation for a moderation, so its span is named after
// Mistral's, and mistral_ai.moderation.flagged lists the categories. In Langfuse
// and Respan it is a guardrail.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/otelmistral/otelmistral/instrumentation"
)

const moderationModel = "mistral-moderation-latest"

// mistral calls Mistral's API.
type mistral struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string // that answers
}

// answer is a span, with the check and the call to the model below it.
func (m mistral) answer(ctx context.Context, question string) (string, error) {
	return instrumentation.Observe(ctx, "answer", question, m.answerIfHarmless, instrumentation.AsWorkflow())
}

// answerIfHarmless refuses what it should not answer. That is no error.
func (m mistral) answerIfHarmless(ctx context.Context, question string) (string, error) {
	flagged, err := m.moderate(ctx, question)
	if err != nil {
		return "", err
	}
	if len(flagged) > 0 {
		return "I do not answer that: " + strings.Join(flagged, ", "), nil
	}
	return m.chat(ctx, question)
}

// moderate returns the categories that text falls into, sorted.
func (m mistral) moderate(ctx context.Context, text string) ([]string, error) {
	var reply struct {
		Results []struct {
			Categories map[string]bool `json:"categories"`
		} `json:"results"`
	}
	err := m.post(ctx, "/v1/moderations", map[string]any{"model": moderationModel, "input": []string{text}}, &reply)
	if err != nil {
		return nil, err
	}
	if len(reply.Results) != 1 {
		return nil, errors.New("mistral answered without a result")
	}
	var flagged []string
	for category, yes := range reply.Results[0].Categories {
		if yes {
			flagged = append(flagged, category)
		}
	}
	slices.Sort(flagged)
	return flagged, nil
}

// chat returns what the model says.
func (m mistral) chat(ctx context.Context, question string) (string, error) {
	var reply struct {
		Choices []struct {
			Message struct{ Content string } `json:"message"`
		} `json:"choices"`
	}
	err := m.post(ctx, "/v1/chat/completions", map[string]any{
		"model":    m.model,
		"messages": []map[string]string{{"role": "user", "content": question}},
	}, &reply)
	if err != nil {
		return "", err
	}
	if len(reply.Choices) == 0 {
		return "", errors.New("mistral answered without a choice")
	}
	return reply.Choices[0].Message.Content, nil
}

// post sends ask and reads the reply.
func (m mistral) post(ctx context.Context, path string, ask, reply any) error {
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.baseURL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+m.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := m.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("mistral answered %s", resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(reply)
}
