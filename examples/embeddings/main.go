// SPDX-License-Identifier: Apache-2.0

// Command embeddings searches three texts for the answer to a question.
//
//	go run ./examples/embeddings
//
// What you would copy is embeddings.go. Package examples/internal/example says
// what the environment changes.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

func main() { program.Main() }

// texts is what there is to find. The server inside the program knows no meaning,
// only whether two texts are the same: it answers this question by chance.
var texts = []string{
	"Parcels can be sent back within 30 days.",
	"The shop is open from 9 to 17.",
	"Pro includes support at night.",
}

const question = "Can I return what I bought?"

var program = example.Program{
	Name: "embeddings",
	API:  example.API{Model: "mistral-embed"},
	Do: func(ctx context.Context, call example.Call) error {
		x := index{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		if err := x.add(ctx, texts...); err != nil {
			return err
		}
		found, err := x.search(ctx, question)
		call.Printf("%s\n  %s", question, found)
		return err
	},
}
