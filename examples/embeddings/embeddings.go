// SPDX-License-Identifier: Apache-2.0

package main

// A search by meaning: texts become vectors, and the nearest one is found.
// Langfuse's cookbook and Respan's page have no such section.
//
// The span of a call has the texts, how many they are, and the tokens. The vectors
// are not recorded; they are not even kept to be counted.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"

	"github.com/otelmistral/otelmistral/instrumentation"
)

// index finds texts.
type index struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string // such as mistral-embed

	texts   []string
	vectors [][]float64 // of texts
}

// add puts texts into the index, in one call.
func (x *index) add(ctx context.Context, texts ...string) error {
	vectors, err := x.embed(ctx, texts)
	if err != nil {
		return err
	}
	x.texts, x.vectors = append(x.texts, texts...), append(x.vectors, vectors...)
	return nil
}

// search is a span of its own, with the text that was found as its output. Both
// products show it as a retriever, or the next best that they have.
func (x *index) search(ctx context.Context, question string) (string, error) {
	return instrumentation.Observe(ctx, "search", question, x.nearest, instrumentation.AsRetriever())
}

// nearest returns the text that is most like question, "" if there is none.
func (x *index) nearest(ctx context.Context, question string) (string, error) {
	vectors, err := x.embed(ctx, []string{question})
	if err != nil {
		return "", err
	}
	nearest, best := "", math.Inf(-1)
	for i, v := range x.vectors {
		if s := similarity(vectors[0], v); s > best {
			nearest, best = x.texts[i], s
		}
	}
	return nearest, nil
}

// similarity is the cosine of the angle between two vectors of the same model.
func similarity(a, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	return ab / math.Sqrt(aa*bb)
}

// embed returns a vector for each text.
func (x *index) embed(ctx context.Context, texts []string) ([][]float64, error) {
	body, err := json.Marshal(map[string]any{"model": x.model, "input": texts})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.baseURL+"/v1/embeddings", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+x.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := x.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("mistral answered %s", resp.Status)
	}
	var reply struct {
		Data []struct {
			Embedding []float64 `json:"embedding"`
		} `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return nil, err
	}
	if len(reply.Data) != len(texts) {
		return nil, fmt.Errorf("mistral answered %d texts with %d vectors", len(texts), len(reply.Data))
	}
	vectors := make([][]float64, len(texts))
	for i, d := range reply.Data {
		vectors[i] = d.Embedding
	}
	return vectors, nil
}
