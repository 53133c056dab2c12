// SPDX-License-Identifier: Apache-2.0

package main

// Several replies that are shown as they come, at the same time: "Async Streaming"
// of Langfuse's Mistral cookbook.
//
// Each stream has a span of its own that ends with it, however their pieces
// mingle on the way.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
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

// findBestMusicians asks about all countries at once and hands each piece of an
// answer to show as it comes, one after the other.
func (m mistral) findBestMusicians(ctx context.Context, countries []string, show func(country, piece string)) error {
	ctx, workflow := instrumentation.StartObservation(ctx, "find_best_musicians", instrumentation.AsWorkflow())
	workflow.SetInput(countries)
	errs := make([]error, len(countries))
	var all sync.WaitGroup
	var one sync.Mutex // show is called by one goroutine at a time
	for i, country := range countries {
		all.Go(func() {
			for piece, err := range instrumentation.ObserveSeq(ctx, "find_best_five_musicians_from", country, m.bestMusicians) {
				if err != nil {
					errs[i] = err
					return
				}
				one.Lock()
				show(country, piece)
				one.Unlock()
			}
		})
	}
	all.Wait()
	err := errors.Join(errs...)
	workflow.End(err)
	return err
}

func (m mistral) bestMusicians(ctx context.Context, country string) iter.Seq2[string, error] {
	return m.stream(ctx, fmt.Sprintf("Who are the best five musicians from %s? Answer in one short sentence.", country))
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
