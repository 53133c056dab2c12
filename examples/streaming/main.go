// SPDX-License-Identifier: Apache-2.0

// Command streaming prints a reply of Mistral as it comes.
//
//	go run ./examples/streaming
//
// What you would copy is streaming.go. Package examples/internal/example says what
// the environment changes.
package main

import (
	"context"
	"io"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

var program = example.Program{
	Name: "streaming",
	Answers: map[string]string{
		"Who are the best five painters from Spain? Answer in one short sentence.": "The best five painters from Spain are Velázquez, Goya, Picasso, Dalí and Miró.",
	},
	Do: func(ctx context.Context, call example.Call) error {
		m := mistral{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		for piece, err := range m.findBestPainters(ctx, "Spain") {
			if err != nil {
				return err
			}
			if _, err := io.WriteString(call.Out, piece); err != nil {
				return err
			}
		}
		call.Printf("")
		return nil
	},
}

func main() { program.Main() }
