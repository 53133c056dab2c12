// SPDX-License-Identifier: Apache-2.0

// Package console prints finished traces as trees, for a developer who wants to
// see what his program asked a model and what came back:
//
//	trace 0af7651916cd43dd8448eb211c80319c  2 spans  1.24 s
//	weather                                                                  1.24 s
//	│  in   {"city":"Paris"}
//	│  out  Sunny, 24 °C.
//	└─ chat mistral-small-latest                                             812 ms
//	     completed  mistral-small-latest  80 tokens in (64 cached), 24 out
//	     in   What is the weather in Paris?
//	     out  tool_call get_weather({"city":"Paris"})
//
// [New] makes a destination of it, which prints a trace when its local root span
// has ended, and what is left at Flush and Shutdown. [Render] prints spans that
// come from somewhere else. Everything printed from a span is made harmless
// first: control characters and escape sequences appear as text.
//
// # Environment
//
//   - NO_COLOR (default unset): any value that is not empty turns colour off
//   - TERM (default unset): "dumb" turns colour off
//
// Both count only where the program leaves the choice: Config.Color over these
// variables, these over the default, which is colour on a terminal only.
package console

import (
	"context"
	"io"
	"os"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// Config describes where and how traces are printed.
type Config struct {
	// Writer gets the text, a whole trace in each Write. Default: os.Stdout.
	Writer io.Writer
	// Color says whether to use colour. Default: [ColorAuto].
	Color Color
	// Width is the length of a line in columns. Default: 80.
	Width int
	// WithoutContent leaves out what was asked and answered, whoever asks for it.
	WithoutContent bool
	// Limits bound what waits to be printed. Its BatchDelay is 200 ms here
	// unless it is set.
	Limits destination.Limits
}

// FromEnv returns a destination that prints to os.Stdout. The error is nil.
func FromEnv() (destination.Destination, error) { return New(Config{}) }

// New returns a destination that prints as c says. It wants content, which is
// what it is for. The error is nil.
func New(c Config) (destination.Destination, error) {
	if c.Writer == nil {
		c.Writer = os.Stdout
	}
	if c.Limits.BatchDelay <= 0 {
		c.Limits.BatchDelay = 200 * time.Millisecond // somebody is watching
	}
	return destination.Destination{
		Name:      "console",
		Content:   !c.WithoutContent,
		NoContent: c.WithoutContent,
		NewExporter: func(context.Context) (sdktrace.SpanExporter, error) {
			return newExporter(c.Writer, WithColor(c.Color), WithWidth(c.Width)), nil
		},
		Limits: c.Limits,
	}, nil
}
