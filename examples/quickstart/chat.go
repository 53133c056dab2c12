// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel"
)

// chatter asks Mistral with net/http and JSON and nothing else. What makes its
// calls show up as spans is the http.Client that it is given.
type chatter struct {
	http    *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string
	log     *log.Logger
}

// run makes three calls below one span of its own.
func (c chatter) run(ctx context.Context) error {
	ctx, span := otel.Tracer("quickstart").Start(ctx, "quickstart")
	defer span.End()
	for _, call := range []func(context.Context) error{c.plain, c.streamed, c.refused} {
		if err := call(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c chatter) plain(ctx context.Context) error {
	resp, err := c.post(ctx, request{Model: c.model, Messages: user("What is the capital of France? One sentence.")})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var reply reply
	if err := decode(resp, &reply); err != nil {
		return err
	}
	for _, choice := range reply.Choices {
		c.say("plain chat", choice.Message.Content)
	}
	return nil
}

func (c chatter) streamed(ctx context.Context) error {
	resp, err := c.post(ctx, request{
		Model:    c.model,
		Messages: user("What is the weather in Paris?"),
		Tools:    []tool{weatherTool},
		Stream:   true,
	})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return decode(resp, nil)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data:")
		if data = strings.TrimSpace(data); !found || data == "[DONE]" {
			continue
		}
		var chunk reply
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			return err
		}
		for _, choice := range chunk.Choices {
			for _, call := range choice.Delta.ToolCalls {
				c.say("streamed chat", "wants "+call.Function.Name+"("+call.Function.Arguments+")")
			}
		}
	}
	return lines.Err()
}

// refused asks a model that does not exist, to show how a failure looks.
func (c chatter) refused(ctx context.Context) error {
	resp, err := c.post(ctx, request{Model: "no-such-model", Messages: user("Hello?")})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 400 {
		return fmt.Errorf("the model %q was expected not to exist", "no-such-model")
	}
	var problem struct {
		Message string `json:"message"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&problem); err != nil {
		return err
	}
	c.say("refused call", resp.Status+": "+problem.Message)
	return nil
}

func (c chatter) post(ctx context.Context, body request) (*http.Response, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.baseURL+"/v1/chat/completions", bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	req.Header.Set("Content-Type", "application/json")
	return c.http.Do(req)
}

func (c chatter) say(call, text string) { c.log.Printf("%-15s%s", call, text) }

func decode(resp *http.Response, v any) error {
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("mistral answered %s", resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(v)
}

// The parts of Mistral's API that this program uses.
type (
	request struct {
		Model    string    `json:"model"`
		Messages []message `json:"messages"`
		Tools    []tool    `json:"tools,omitempty"`
		Stream   bool      `json:"stream,omitempty"`
	}
	message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	tool struct {
		Type     string   `json:"type"`
		Function function `json:"function"`
	}
	function struct {
		Name       string          `json:"name"`
		Parameters json.RawMessage `json:"parameters"`
	}
	reply struct {
		Choices []struct {
			Message message `json:"message"`
			Delta   struct {
				ToolCalls []struct {
					Function struct{ Name, Arguments string } `json:"function"`
				} `json:"tool_calls"`
			} `json:"delta"`
		} `json:"choices"`
	}
)

var weatherTool = tool{Type: "function", Function: function{
	Name: "get_weather",
	Parameters: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}},` +
		`"required":["city"]}`),
}}

func user(text string) []message { return []message{{Role: "user", Content: text}} }
