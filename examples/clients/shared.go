// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
)

// asker is what this program asks of a client. Each file that implements it is
// what a user of that client would write.
type asker interface {
	// chat gets a whole reply.
	chat(ctx context.Context, q question) (reply, error)
	// stream hands each text to each as it comes, and stops when that returns
	// an error, which it returns with what there was until then.
	stream(ctx context.Context, q question, each func(text string) error) (reply, error)
	// tools offers the tool weather.
	tools(ctx context.Context, q question) (reply, error)
}

// question is what is asked of which model.
type question struct{ model, text string }

// reply is what a client made of the model's answer.
type reply struct {
	text    string
	calls   []string // as name(arguments)
	finish  string   // the finish reason
	in, out int      // tokens
}

// maxTurns is how often a model may call tools before it has to answer.
const maxTurns = 5

var errTurns = errors.New("the model calls tools and does not answer")

// weather is a tool that a model may call.
var weather = struct {
	name, description string
	parameters        map[string]any // JSON schema
	run               func(arguments string) string
}{
	name:        "get_weather",
	description: "Tells the weather of a city.",
	parameters: map[string]any{
		"type":       "object",
		"properties": map[string]any{"city": map[string]any{"type": "string"}},
		"required":   []string{"city"},
	},
	run: func(arguments string) string {
		var asked struct{ City string }
		if err := json.Unmarshal([]byte(arguments), &asked); err != nil {
			return "These arguments are not JSON."
		}
		return "18 degrees and sunny in " + asked.City
	},
}
