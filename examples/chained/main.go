// SPDX-License-Identifier: Apache-2.0

// Command chained makes two calls to Mistral, the second about the answer of the
// first.
//
//	go run ./examples/chained
//
// What you would copy is chained.go. Package examples/internal/example says what
// the environment changes.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

var program = example.Program{
	Name: "chained",
	Answers: map[string]string{
		"Who is the best painter from Germany? Only provide the name.":                      "Albrecht Dürer",
		"What is the most famous painting of Albrecht Dürer? Answer in one short sentence.": "Albrecht Dürer's most famous painting is his Self-Portrait at Twenty-Eight.",
	},
	Do: func(ctx context.Context, call example.Call) error {
		m := mistral{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		painting, err := m.findBestPainting(ctx, "Germany")
		call.Printf("%s", painting)
		return err
	},
}

func main() { program.Main() }
