// SPDX-License-Identifier: Apache-2.0

package main

// User, session, tags and the like on every span of a request, calls to Mistral
// included: "Attributes" of Respan's page on Mistral, where "In Respan()" is
// WithDefaults and "With propagate_attributes" is Propagate. Langfuse's Mistral
// cookbook names update_current_trace for it.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/otelmistral/otelmistral/instrumentation"
)

// desk is the help desk of a shop.
type desk struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string
}

// defaults is an option of instrumentation.Start. What it says is on every span
// of the process that nobody told otherwise.
func defaults() instrumentation.Option {
	return instrumentation.WithDefaults(
		instrumentation.Environment("production"),
		instrumentation.Release("2.4.0"),
		instrumentation.Metadata("service", "help-desk"),
	)
}

// visit answers two questions of a visitor who signs in between them. Propagate
// comes before Observe: the root of the trace is to have the user, too.
func (d desk) visit(ctx context.Context, session string, questions [2]string) (string, error) {
	ctx = instrumentation.Propagate(ctx,
		instrumentation.UserID("anonymous"),
		instrumentation.SessionID(session),
		instrumentation.TraceName("a visit"),
		instrumentation.Tags("web"),
		instrumentation.Metadata("plan", "none"),
		instrumentation.Environment("preview"), // not the default
	)
	return instrumentation.Observe(ctx, "visit", questions, d.answer, instrumentation.AsWorkflow())
}

func (d desk) answer(ctx context.Context, questions [2]string) (string, error) {
	if _, err := d.ask(ctx, questions[0]); err != nil {
		return "", err
	}
	// The inner value wins, key by key, and tags are united. The new values are on
	// every span that starts with this ctx, and on the span that ctx lies in, the
	// workflow. The call above keeps what it had.
	ctx = instrumentation.Propagate(ctx,
		instrumentation.UserID("ada"),
		instrumentation.Tags("member"),
		instrumentation.Metadata("plan", "pro"),
	)
	return d.ask(ctx, questions[1])
}

// ask needs to know nothing of all this: it passes ctx on.
func (d desk) ask(ctx context.Context, question string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"model":    d.model,
		"messages": []map[string]string{{"role": "user", "content": question}},
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.baseURL+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+d.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.client.Do(req)
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
