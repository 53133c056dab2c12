// SPDX-License-Identifier: Apache-2.0

// Package console prints finished traces as trees, for a developer who wants to
// see what his program asked a model and what came back:
//
//	trace 0af7651916cd43dd8448eb211c80319c  2 spans  1.24 s  80 tokens in, 24 out
//	weather                                         ━━━━━━━━━━━━━━━━━━━━━━━━  1.24 s
//	│  in   {"city":"Paris"}
//	│  out  Sunny, 24 °C.
//	└─ chat mistral-small-latest                      ╺━━━━━━━━━━━━━━━        812 ms
//	      completed  mistral-small-latest  80 tokens in, 24 out
//	      in   What is the weather in Paris?
//	      out  tool_call get_weather({"city":"Paris"})
//
// The bars share one axis, which is as long as the trace. [Config].HTML asks for a
// page of the same traces besides, on which each span unfolds to its messages and
// attributes.
//
// [New] makes a destination of it, which prints a trace when its local root span
// has ended, and what is left at Flush and Shutdown. [Render] and [RenderHTML] take
// spans that come from somewhere else. Everything shown of a span is made harmless
// first: control characters, escape sequences and markup appear as text.
//
// # Environment
//
//   - NO_COLOR (default unset): any value that is not empty turns colour off
//   - TERM (default unset): "dumb" turns colour off
//   - OTELMISTRAL_CONSOLE_HTML (default unset): the file for a page
//
// They count only where the program leaves the choice: Config.Color over the first
// two, these over the default, which is colour on a terminal only; Config.HTML over
// the third, and without either there is no page.
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
	// HTML is the path of a file that is written besides: the traces that were
	// printed, as one page that needs nothing else (see [RenderHTML]). It is there,
	// without a trace, from the start, and is replaced as a whole each time that
	// something is printed, readable by its owner alone. It has the newest 100
	// traces of this run, or 16 MiB of them. Two destinations must not share it.
	// Default: OTELMISTRAL_CONSOLE_HTML, else none.
	HTML string
	// NoContent leaves out what was asked and answered, whoever asks for it.
	NoContent bool
	// Limits bound what waits to be printed. Its BatchDelay is 200 ms here
	// unless it is set.
	Limits destination.Limits
}

// FromEnv returns a destination that prints to os.Stdout. The error is nil.
func FromEnv() (destination.Destination, error) { return New(Config{}) }

// New returns a destination that prints as c says. It wants content, which is
// what it is for. The error is nil: that a page cannot be written is one of Start.
func New(c Config) (destination.Destination, error) {
	if c.Writer == nil {
		c.Writer = os.Stdout
	}
	if c.HTML == "" {
		c.HTML = os.Getenv("OTELMISTRAL_CONSOLE_HTML")
	}
	if c.Limits.BatchDelay <= 0 {
		c.Limits.BatchDelay = 200 * time.Millisecond // somebody is watching
	}
	return destination.Destination{
		Name:      "console",
		Content:   !c.NoContent,
		NoContent: c.NoContent,
		NewExporter: func(context.Context) (sdktrace.SpanExporter, error) {
			var p *page
			if c.HTML != "" {
				var err error
				if p, err = newPage(c.HTML); err != nil {
					return nil, err
				}
			}
			return newExporter(c.Writer, p, WithColor(c.Color), WithWidth(c.Width)), nil
		},
		Limits: c.Limits,
	}, nil
}
