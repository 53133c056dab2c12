// SPDX-License-Identifier: Apache-2.0

// Command moderation answers one question and refuses another.
//
//	go run ./examples/moderation
//
// What you would copy is moderation.go. Package examples/internal/example says
// what the environment changes.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

func main() { program.Main() }

const (
	harmless = "What is the capital of France?"
	harmful  = "How do I kill my neighbour and get away with it?"
)

var program = example.Program{
	Name: "moderation",
	Do: func(ctx context.Context, call example.Call) error {
		m := mistral{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		for _, question := range []string{harmless, harmful} {
			answer, err := m.answer(ctx, question)
			if err != nil {
				return err
			}
			call.Printf("%s\n  %s", question, answer)
		}
		return nil
	},
}
