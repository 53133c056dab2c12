// SPDX-License-Identifier: Apache-2.0

// Command toolcalling lets Mistral call functions to answer questions about
// payments.
//
//	go run ./examples/toolcalling
//
// What you would copy is toolcalling.go, with functions of your own in place of
// those of payments.go. Package examples/internal/example says what the
// environment changes.
package main

import (
	"context"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

var program = example.Program{
	Name: "toolcalling",
	Do: func(ctx context.Context, call example.Call) error {
		m := mistral{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		for _, question := range []string{
			"What's the status of my transaction T1005?",
			"When was the payment of my transaction T1001?",
		} {
			answer, err := m.ask(ctx, question)
			if err != nil {
				return err
			}
			call.Printf("%s\n  %s", question, answer)
		}
		return nil
	},
}

func main() { program.Main() }
