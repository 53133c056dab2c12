// SPDX-License-Identifier: Apache-2.0

// Command basic makes one call to Mistral below a span of its own.
//
//	go run ./examples/basic
//
// What you would copy is basic.go. Package examples/internal/example says what
// the environment changes.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

var program = example.Program{
	Name: "basic",
	Answers: map[string]string{
		"Who is the best painter from France? Answer in one short sentence.": "Claude Monet is often named as the best painter from France.",
	},
	Do: func(ctx context.Context, call example.Call) error {
		m := mistral{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		painter, err := m.findBestPainter(ctx, "France")
		call.Printf("%s", painter)
		return err
	},
}

func main() { program.Main() }
