// SPDX-License-Identifier: Apache-2.0

// Package example runs the programs in the folder examples: it does what their
// main.go files have in common, so that the other file of each shows one thing
// and nothing else.
//
// A program calls the real Mistral when the environment has a key, else a small
// Mistral server inside itself. Its spans go to the destinations that the
// environment names, else to the terminal. What a program of yours would do
// instead is in [Program.Run]: Start, Client, Shutdown.
//
// # Environment
//
//   - MISTRAL_API_KEY (default unset), or the KeyVariable of another [API]: the
//     key of the real API
//   - RESPAN_API_KEY, LANGFUSE_PUBLIC_KEY, OTEL_EXPORTER_OTLP_ENDPOINT,
//     OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_TRACES_EXPORTER (default unset):
//     any of them leaves the choice of destinations to package instrumentation
//   - those of package instrumentation
package example

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
)

// Program is one example.
type Program struct {
	// Name is that of its folder; spans have it as service.name.
	Name string
	// Do is the example: it calls the code that a user copies and prints what
	// comes of it.
	Do func(ctx context.Context, call Call) error
	// API is what is called for real. Default: Mistral's.
	API API
	// Answers are what the server inside the program says to a question; other
	// questions get an answer, too.
	Answers map[string]string
	// Server changes the server inside the program further.
	Server []testserver.MistralOption
	// Destinations get the spans. Default: those of the environment, else the
	// terminal.
	Destinations []destination.Destination
	// Options are given to Start besides.
	Options []instrumentation.Option
	// Start sets instrumentation up, for a program that shows how to. Default:
	// instrumentation.Start.
	Start func(context.Context, ...instrumentation.Option) (*instrumentation.Instrumentation, error)
}

// Call is what the code that a user copies needs for calling a model.
type Call struct {
	Client *http.Client // observed
	URL    string       // without /v1, such as https://api.mistral.ai
	Key    string
	Model  string
	// Instrumentation made Client.
	Instrumentation *instrumentation.Instrumentation
	// Out is the terminal.
	Out io.Writer
}

// Printf prints a line to Out.
func (c Call) Printf(format string, args ...any) { log.New(c.Out, "", 0).Printf(format, args...) }

// Main runs the program and ends the process with 1 if it fails.
func (p Program) Main() { Main(p.Name, p.Run) }

// Main does the same for a program that has more to do than [Program.Run].
func Main(name string, run func(context.Context, io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Run runs the program and prints to out what it says, its trace if no other
// destination is configured, and where to look.
func (p Program) Run(ctx context.Context, out io.Writer) error {
	called, closeServer := p.API.start(p.Answers, p.Server)
	defer closeServer()
	onTerminal := len(p.Destinations) == 0 && !configured()
	if onTerminal {
		p.Destinations = []destination.Destination{Terminal(out)}
	}

	opts := []instrumentation.Option{
		instrumentation.WithServiceName(p.Name),
		instrumentation.WithTransportOptions(roundtripper.WithHosts(called.hosts...)),
	}
	for _, d := range p.Destinations {
		opts = append(opts, instrumentation.WithDestination(d))
	}
	called.Out = out
	if p.Start == nil {
		p.Start = instrumentation.Start
	}
	inst, err := p.Start(ctx, append(opts, p.Options...)...)
	if err != nil {
		called.Printf("Start: %v", err) // what is missing; inst works all the same
	}
	called.Client, called.Instrumentation = inst.Client(), inst
	defer called.Client.CloseIdleConnections()

	called.Printf("Calling %s\n\n", called.where)
	err = p.Do(ctx, called.Call)
	called.Printf("")

	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err = errors.Join(err, inst.Shutdown(end)) // now everything has been exported
	tellWhereToLook(called.Call, inst.Stats())
	if onTerminal {
		called.Printf("  Set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, RESPAN_API_KEY, or OTEL_EXPORTER_OTLP_ENDPOINT to send the trace there instead.")
	}
	return err
}
