// SPDX-License-Identifier: Apache-2.0

// Command conversations talks with a model that searches the web.
//
//	go run ./examples/conversations
//
// What you would copy is conversations.go. Package examples/internal/example says
// what the environment changes.
package main

import (
	"context"
	"io"
	"time"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func main() { program.Main() }

var questions = [2]string{
	"Who won the last World Cup?",
	"Say that in one word.",
}

var program = example.Program{
	Name: "conversations",
	Answers: map[string]string{
		questions[0]: "Argentina won the last World Cup, after penalties.",
		questions[1]: "Argentina.",
	},
	Server: []testserver.MistralOption{testserver.WithClock(time.Now)}, // the tool runs now
	Do: func(ctx context.Context, call example.Call) error {
		c := &conversation{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model, tool: "web_search"}
		// Both turns in one trace.
		_, err := instrumentation.Observe(ctx, "talk", questions, func(ctx context.Context, questions [2]string) (string, error) {
			call.Printf("%s", questions[0])
			for piece, err := range c.stream(ctx, questions[0]) {
				if err != nil {
					return "", err
				}
				if _, err := io.WriteString(call.Out, piece); err != nil {
					return "", err
				}
			}
			answer, err := c.say(ctx, questions[1])
			call.Printf("\n%s\n%s", questions[1], answer)
			return answer, err
		})
		return err
	},
}
