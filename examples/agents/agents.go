// SPDX-License-Identifier: Apache-2.0

package main

// An agent that Mistral keeps: it is made, asked and deleted. Langfuse's cookbook
// and Respan's page have no such section; for an agent of your own see the example
// workflow.
//
// To make one is a span create_agent, to ask it a span invoke_agent with its id.
// The request names no model then; the span has the one that answered. To delete it
// runs no model, so it is no span.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/otelmistral/otelmistral/instrumentation"
)

// mistral calls Mistral's API.
type mistral struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string
}

// translate is a span, with the calls below it.
func (m mistral) translate(ctx context.Context, text string) (string, error) {
	return instrumentation.Observe(ctx, "translate", text, m.askTranslator, instrumentation.AsWorkflow())
}

// askTranslator makes an agent for one question, so that it leaves nothing behind.
// An application would keep its id.
func (m mistral) askTranslator(ctx context.Context, text string) (answer string, err error) {
	id, err := m.create(ctx, "translator", "Translate what you are given into French. Answer with the translation only.")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, m.remove(ctx, id)) }()
	return m.ask(ctx, id, text)
}

// create makes an agent and returns its id.
func (m mistral) create(ctx context.Context, name, instructions string) (id string, err error) {
	var reply struct {
		ID string `json:"id"`
	}
	err = m.do(ctx, http.MethodPost, "/v1/agents", map[string]any{
		"model":           m.model,
		"name":            name,
		"instructions":    instructions,
		"completion_args": map[string]any{"temperature": 0},
	}, &reply)
	return reply.ID, err
}

// ask returns what the agent says.
func (m mistral) ask(ctx context.Context, agent, question string) (string, error) {
	var reply struct {
		Choices []struct {
			Message struct{ Content string } `json:"message"`
		} `json:"choices"`
	}
	err := m.do(ctx, http.MethodPost, "/v1/agents/completions", map[string]any{
		"agent_id": agent,
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

// remove deletes the agent.
func (m mistral) remove(ctx context.Context, agent string) error {
	return m.do(ctx, http.MethodDelete, "/v1/agents/"+agent, nil, nil)
}

// do sends ask, and reads the reply if there is to be one.
func (m mistral) do(ctx context.Context, method, path string, ask, reply any) error {
	var body bytes.Buffer // that of a DELETE stays empty
	if ask != nil {
		if err := json.NewEncoder(&body).Encode(ask); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, m.baseURL+path, &body)
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
	switch {
	case resp.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("mistral answered %s", resp.Status)
	case reply == nil:
		_, err := io.Copy(io.Discard, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(reply)
}
