// SPDX-License-Identifier: Apache-2.0

package main

// A reply that is shown as it comes: "Streaming Completions" of Langfuse's Mistral
// cookbook.
//
// Nothing collects the chunks for the trace: the span of the call has the whole
// message, the usage and the time to the first token, and it ends when the stream
// does. ObserveSeq is Observe for a function that gives its output in pieces.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/otelmistral/otelmistral/instrumentation"
)

// mistral calls Mistral's chat API.
type mistral struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string
}

// findBestPainters is a span from the first piece that is asked for to the last.
func (m mistral) findBestPainters(ctx context.Context, country string) iter.Seq2[string, error] {
	return instrumentation.ObserveSeq(ctx, "find_best_five_painters_from", country, m.bestPainters)
}

func (m mistral) bestPainters(ctx context.Context, country string) iter.Seq2[string, error] {
	return m.stream(ctx, fmt.Sprintf("Who are the best five painters from %s? Answer in one short sentence.", country))
}

// stream yields what the model says, piece by piece. It reads on after the last
// piece, for the usage comes with the last chunk.
func (m mistral) stream(ctx context.Context, question string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		resp, err := m.post(ctx, request{
			Model:     m.model,
			MaxTokens: 1024,
			Stream:    true,
			Messages:  []message{{Role: "user", Content: question}},
		})
		if err != nil {
			yield("", err)
			return
		}
		defer resp.Body.Close()
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
				yield("", err)
				return
			}
			for _, choice := range chunk.Choices {
				if choice.Delta.Content != "" && !yield(choice.Delta.Content, nil) {
					return
				}
			}
		}
		if err := lines.Err(); err != nil {
			yield("", err)
		}
	}
}

func (m mistral) post(ctx context.Context, ask request) (*http.Response, error) {
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.baseURL+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+m.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := m.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("mistral answered %s", resp.Status)
	}
	return resp, nil
}

// The parts of Mistral's API that this program uses.
type (
	request struct {
		Model     string    `json:"model"`
		Messages  []message `json:"messages"`
		MaxTokens int       `json:"max_tokens"`
		Stream    bool      `json:"stream"`
	}
	message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
)
