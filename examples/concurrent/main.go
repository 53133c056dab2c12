// SPDX-License-Identifier: Apache-2.0

// Command concurrent makes several calls to Mistral at the same time.
//
//	go run ./examples/concurrent
//
// What you would copy is concurrent.go. Package examples/internal/example says what
// the environment changes.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

var program = example.Program{
	Name: "concurrent",
	Answers: map[string]string{
		"Who is the best musician from France? Answer in one short sentence.":  "Many say Claude Debussy.",
		"Who is the best musician from Germany? Answer in one short sentence.": "Many say Johann Sebastian Bach.",
		"Who is the best musician from Spain? Answer in one short sentence.":   "Many say Andrés Segovia.",
	},
	Do: func(ctx context.Context, call example.Call) error {
		m := mistral{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		answers, err := m.findBestMusicians(ctx, countries)
		for i, answer := range answers {
			call.Printf("%-9s%s", countries[i], answer)
		}
		return err
	},
}

var countries = []string{"France", "Germany", "Spain"}

func main() { program.Main() }
