// SPDX-License-Identifier: Apache-2.0

// Command agents makes an agent at Mistral that translates, and asks it.
//
//	go run ./examples/agents
//
// What you would copy is agents.go. Package examples/internal/example says what
// the environment changes.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

func main() { program.Main() }

const text = "Where is the library?"

var program = example.Program{
	Name:    "agents",
	Answers: map[string]string{text: "Où est la bibliothèque ?"},
	Do: func(ctx context.Context, call example.Call) error {
		m := mistral{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		translation, err := m.translate(ctx, text)
		call.Printf("%s\n  %s", text, translation)
		return err
	},
}
