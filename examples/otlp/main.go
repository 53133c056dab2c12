// SPDX-License-Identifier: Apache-2.0

// Command otlp sends the span of one call to an OTLP endpoint.
//
//	go run ./examples/otlp
//
// Without an endpoint in the environment it starts an OTLP receiver of its own and
// prints what that decoded. What you would copy is otlp.go. Package
// examples/internal/example says what else the environment changes.
package main

import (
	"context"
	"errors"
	"io"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func main() { example.Main("otlp", run) }

const question = "What is the capital of France?"

func run(ctx context.Context, out io.Writer) error {
	receiver := testserver.NewReceiver()
	defer receiver.Close()
	endpoint := receiver.Endpoint()
	if example.HasOTLPEndpoint() {
		endpoint = "" // that of the environment
	}
	d, err := collector(endpoint)
	if err != nil {
		return err
	}
	program := example.Program{
		Name:         "collector",
		Destinations: []destination.Destination{d},
		Do: func(ctx context.Context, call example.Call) error {
			if err := check(ctx, call.Instrumentation); err != nil {
				call.Printf("%v", err)
			}
			answer, err := call.Ask(ctx, question)
			call.Printf("%s", answer)
			return err
		},
	}
	err = program.Run(ctx, out)
	return errors.Join(err, example.Show(out, "the collector inside this program", receiver))
}
