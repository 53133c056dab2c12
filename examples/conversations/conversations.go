// SPDX-License-Identifier: Apache-2.0

package main

// A conversation that Mistral keeps, with a tool that runs on its side. Langfuse's
// cookbook and Respan's page have no such section.
//
// Each turn is a call, and the conversation id connects them. What the server ran
// during a call is a span execute_tool below it, with the server's own times,
// arguments and result, whether the reply was streamed or not.

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
)

// conversation is one that Mistral keeps. It is for one goroutine at a time.
type conversation struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string
	tool    string // of the server, such as web_search

	id string // "" before the first turn
}

// stream is a turn whose answer is yielded as it comes. The rest of what the server
// says is read as well, for the usage comes at the end.
func (c *conversation) stream(ctx context.Context, input string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		resp, err := c.post(ctx, input, true)
		if err != nil {
			yield("", err)
			return
		}
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			data, found := strings.CutPrefix(lines.Text(), "data:")
			if !found {
				continue
			}
			var e event
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				yield("", err)
				return
			}
			switch e.Type {
			case "conversation.response.started":
				c.id = e.ConversationID
			case "conversation.response.error":
				yield("", errors.New("mistral failed: "+e.Message))
				return
			case "message.output.delta":
				if text := textOf(e.Content); text != "" && !yield(text, nil) {
					return
				}
			}
		}
		if err := lines.Err(); err != nil {
			yield("", err)
		}
	}
}

// say is a turn whose answer comes in one piece.
func (c *conversation) say(ctx context.Context, input string) (string, error) {
	resp, err := c.post(ctx, input, false)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var reply struct {
		ConversationID string  `json:"conversation_id"`
		Outputs        []event `json:"outputs"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return "", err
	}
	c.id = reply.ConversationID
	var answer strings.Builder
	for _, output := range reply.Outputs {
		if output.Type == "message.output" {
			answer.WriteString(textOf(output.Content))
		}
	}
	return answer.String(), nil
}

// post starts the conversation, or goes on with it: then Mistral knows the model,
// the tools, and what was said.
func (c *conversation) post(ctx context.Context, input string, stream bool) (*http.Response, error) {
	path := "/v1/conversations"
	ask := map[string]any{"inputs": input, "stream": stream}
	if c.id == "" {
		ask["model"] = c.model
		ask["tools"] = []map[string]string{{"type": c.tool}}
	} else {
		path += "/" + c.id
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.baseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("mistral answered %s", resp.Status)
	}
	return resp, nil
}

// event is an event of a stream, or an entry of a reply in one piece.
type event struct {
	Type           string          `json:"type"`
	ConversationID string          `json:"conversation_id"`
	Message        string          `json:"message"`
	Content        json.RawMessage `json:"content"`
}

// textOf returns the text of content: a text, a chunk, or a list of chunks, of
// which those of other types, such as the sources of a search, are left out.
func textOf(content json.RawMessage) string {
	type chunk struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	var (
		text string
		one  chunk
		list []chunk
	)
	switch {
	case json.Unmarshal(content, &text) == nil:
		return text
	case json.Unmarshal(content, &one) == nil:
		list = []chunk{one}
	case json.Unmarshal(content, &list) != nil:
		return ""
	}
	for _, c := range list {
		if c.Type == "text" {
			text += c.Text
		}
	}
	return text
}
