// SPDX-License-Identifier: Apache-2.0

package main

// The text of a document. Langfuse's cookbook and Respan's page have no such
// section.
//
// The document is in the request, and not in the trace: its span has media type,
// size and SHA-256 instead, besides the text of the pages and their number.

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// reader reads documents.
type reader struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string // such as mistral-ocr-latest
}

// read returns the text of a PDF as Markdown.
func (r reader) read(ctx context.Context, name string, pdf []byte) (string, error) {
	body, err := json.Marshal(map[string]any{
		"model": r.model,
		"document": map[string]string{
			"type":          "document_url",
			"document_name": name,
			"document_url":  "data:application/pdf;base64," + base64.StdEncoding.EncodeToString(pdf),
		},
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.baseURL+"/v1/ocr", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+r.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("mistral answered %s", resp.Status)
	}
	var reply struct {
		Pages []struct {
			Markdown string `json:"markdown"`
		} `json:"pages"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return "", err
	}
	pages := make([]string, len(reply.Pages))
	for i, page := range reply.Pages {
		pages[i] = page.Markdown
	}
	return strings.Join(pages, "\n\n"), nil
}
