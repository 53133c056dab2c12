// SPDX-License-Identifier: Apache-2.0

package main

// Calls to models of several providers through Respan's gateway: the setup "Both"
// of Respan's page on Mistral, and its "Switch models" and "Respan parameters".
//
// The transport recognises the gateway's path and its host. The provider on a span
// is that of the model: what Claude answers is not put down to Mistral. A stream
// of the gateway ends without [DONE], and is complete all the same once each
// choice has its finish reason. Provider credentials in the body, and those of the
// gateway in the header, are never recorded.
//
// The gateway is told in the body whom a call is for, and answers with the id of
// its own record of the call. The transport records both: the span has the user,
// the thread and the metadata of the request, and mistral_ai.gateway.log_id. Other
// spans of the application get them from instrumentation.Propagate.
//
// Counted twice: the gateway keeps a record of each request, which knows nothing
// of the trace. Who also sends the spans to Respan finds each call there twice.
// disable_log takes input and output out of the gateway's record, but its metrics
// stay, Respan's reference says, so do not add up tokens and cost of both. Spans
// that go to another product are counted once in each.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// gateway calls models by way of Respan.
type gateway struct {
	client      *http.Client // from instrumentation
	baseURL     string       // such as https://api.respan.ai
	key         string       // of Respan
	credentials map[string]string
	user        string
	thread      string
}

// ask asks a model of any provider. What it answers is streamed to say.
func (g gateway) ask(ctx context.Context, model, question string, say func(text string)) error {
	return g.stream(ctx, request{
		Model:         model,
		Messages:      []message{{Role: "user", Content: question}},
		Stream:        true,
		StreamOptions: &streamOptions{IncludeUsage: true}, // else no tokens on the span

		Customer:    g.user,
		Thread:      g.thread,
		Metadata:    map[string]string{"feature": "greeting"},
		Credentials: g.credentials,
		DisableLog:  true,
	}, say)
}

func (g gateway) stream(ctx context.Context, r request, say func(string)) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.baseURL+"/api/chat/completions", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+g.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := g.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the gateway answered %s", resp.Status)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data:")
		if data = strings.TrimSpace(data); !found || data == "[DONE]" {
			continue
		}
		var chunk struct {
			Choices []struct{ Delta message }
		}
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			return errors.New("the gateway sent a chunk that is not JSON")
		}
		for _, choice := range chunk.Choices {
			say(choice.Delta.Content)
		}
	}
	return lines.Err()
}

// The parts of the gateway's API that this program uses.
type (
	request struct {
		Model         string         `json:"model"`
		Messages      []message      `json:"messages"`
		Stream        bool           `json:"stream"`
		StreamOptions *streamOptions `json:"stream_options"`

		// Respan's parameters.
		Customer    string            `json:"customer_identifier"`
		Thread      string            `json:"thread_identifier"`
		Metadata    map[string]string `json:"metadata"`
		Credentials map[string]string `json:"customer_credentials,omitempty"` // by provider; secret
		DisableLog  bool              `json:"disable_log"`
	}
	streamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	}
	message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
)
