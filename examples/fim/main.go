// SPDX-License-Identifier: Apache-2.0

// Command fim lets Mistral write the body of a function.
//
//	go run ./examples/fim
//
// What you would copy is fim.go. Package examples/internal/example says what the
// environment changes.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

func main() { program.Main() }

const (
	before = "// sum returns the sum of a and b.\nfunc sum(a, b int) int {\n\t"
	after  = "\n}\n"
)

var program = example.Program{
	Name:    "fim",
	API:     example.API{Model: "codestral-latest"},
	Answers: map[string]string{before: "return a + b"},
	Do: func(ctx context.Context, call example.Call) error {
		e := editor{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		middle, err := e.complete(ctx, before, after)
		call.Printf("%s", before+middle+after)
		return err
	},
}
