// SPDX-License-Identifier: Apache-2.0

package main

// Spans of an application's own functions around its calls to Mistral:
// "Decorators" of Respan's page on Mistral, where @workflow and @task are Observe
// with AsWorkflow and AsTask. In Langfuse's Mistral cookbook it is @observe.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/otelmistral/otelmistral/instrumentation"
)

// writer writes short texts.
type writer struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string
	most    int // words of a text
}

// pipeline makes this tree. Input, output and error of each function are on its
// span; on the right is its path, by which Respan groups.
//
//	content_pipeline      workflow
//	├─ generate_outline   task      generate_outline
//	│  └─ chat ...
//	└─ editor             agent     editor
//	   ├─ chat ...
//	   ├─ count_words     tool      editor.count_words
//	   └─ chat ...
func (w writer) pipeline(ctx context.Context, topic string) (string, error) {
	return instrumentation.Observe(ctx, "content_pipeline", topic, func(ctx context.Context, topic string) (string, error) {
		// What lies below the workflow is made with the ctx of this function.
		outline, err := instrumentation.Observe(ctx, "generate_outline", topic, w.outline, instrumentation.AsTask())
		if err != nil {
			return "", err
		}
		return instrumentation.Observe(ctx, "editor", outline, w.edit, instrumentation.AsAgent())
	}, instrumentation.AsWorkflow())
}

func (w writer) outline(ctx context.Context, topic string) (string, error) {
	return w.ask(ctx, "Create a brief outline about: "+topic)
}

// edit is an agent: what it does next depends on what it got.
func (w writer) edit(ctx context.Context, outline string) (string, error) {
	text, err := w.ask(ctx, "Write content from this outline: "+outline)
	if err != nil {
		return "", err
	}
	words, err := instrumentation.Observe(ctx, "count_words", text, countWords, instrumentation.AsTool())
	if err != nil || words <= w.most {
		return text, err
	}
	// Something to know about this run that is neither input nor output.
	instrumentation.ObservationFromContext(ctx).SetMetadata("words_of_draft", words)
	return w.ask(ctx, fmt.Sprintf("Say this in at most %d words: %s", w.most, text))
}

func countWords(_ context.Context, text string) (int, error) { return len(strings.Fields(text)), nil }

// ask asks Mistral one question.
func (w writer) ask(ctx context.Context, question string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"model":    w.model,
		"messages": []map[string]string{{"role": "user", "content": question}},
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.baseURL+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+w.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.client.Do(req)
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
