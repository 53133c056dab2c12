// SPDX-License-Identifier: Apache-2.0

// Command workflow writes a short text with a workflow, a task, an agent and a
// tool, and shows them as one tree.
//
//	go run ./examples/workflow
//
// What you would copy is workflow.go.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

func main() { program.Main() }

const (
	topic   = "Benefits of API gateways"
	outline = "1. One door. 2. One key. 3. One place to watch."
	draft   = "A gateway is one door to all services, with one key to it, and one place to watch them all."
)

var program = example.Program{
	Name: "workflow",
	Answers: map[string]string{
		"Create a brief outline about: " + topic:      outline,
		"Write content from this outline: " + outline: draft,
		"Say this in at most 10 words: " + draft:      "A gateway is one door, one key, one watch.",
	},
	Do: func(ctx context.Context, call example.Call) error {
		w := writer{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model, most: 10}
		text, err := w.pipeline(ctx, topic)
		if err == nil {
			call.Printf("%s", text)
		}
		return err
	},
}
