// SPDX-License-Identifier: Apache-2.0

// Command respangateway asks a model of Mistral and one of Anthropic through
// Respan's gateway.
//
//	go run ./examples/respangateway
//
// With RESPAN_API_KEY it calls https://api.respan.ai, and the spans go to Respan,
// too. MISTRAL_API_KEY, if set, is then handed to the gateway as the provider's
// key, else Respan's own credits or keys pay. What you would copy is gateway.go.
// Package examples/internal/example says what else the environment changes.
package main

import (
	"context"
	"os"
	"strings"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func main() { program.Main() }

const question = "Say hello in three languages."

var models = []string{"mistral-large-latest", "claude-sonnet-4-5-20250929"}

var program = example.Program{
	Name:    "respangateway",
	API:     example.API{URL: "https://api.respan.ai", KeyVariable: "RESPAN_API_KEY"},
	Answers: map[string]string{question: "Hello! Bonjour! Hallo!"},
	Server:  []testserver.MistralOption{testserver.WithRespanGateway()},
	Do: func(ctx context.Context, call example.Call) error {
		g := gateway{client: call.Client, baseURL: call.URL, key: call.Key, user: "user_123", thread: "conversation_456"}
		if key := os.Getenv("MISTRAL_API_KEY"); key != "" {
			g.credentials = map[string]string{"mistral": key}
		}
		for _, model := range models {
			var answer strings.Builder
			err := g.ask(ctx, model, question, func(text string) { answer.WriteString(text) })
			if err != nil {
				return err
			}
			call.Printf("%s: %s", model, &answer)
		}
		return nil
	},
}
