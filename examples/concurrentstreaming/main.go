// SPDX-License-Identifier: Apache-2.0

// Command concurrentstreaming prints several replies of Mistral as they come, at
// the same time.
//
//	go run ./examples/concurrentstreaming
//
// What you would copy is concurrentstreaming.go. Package examples/internal/example says what
// the environment changes.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

var program = example.Program{
	Name: "concurrentstreaming",
	Answers: map[string]string{
		"Who are the best five musicians from France? Answer in one short sentence.": "Debussy, Ravel, Bizet, Berlioz and Piaf.",
		"Who are the best five musicians from Spain? Answer in one short sentence.":  "Segovia, de Lucía, Casals, Sanz and Rosalía.",
	},
	Do: func(ctx context.Context, call example.Call) error {
		m := mistral{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		return m.findBestMusicians(ctx, []string{"France", "Spain"}, func(country, piece string) {
			call.Printf("%-8s%s", country, piece)
		})
	},
}

func main() { program.Main() }
