// SPDX-License-Identifier: Apache-2.0

// Command destinations sends the spans of one call to two OTLP endpoints and to
// the terminal, and prints what each has got.
//
//	go run ./examples/destinations
//
// The endpoints are OTLP receivers inside this program. An endpoint in the
// environment takes the place of the second one, the company's, and with
// RESPAN_API_KEY the spans go to Respan, too. What you would copy is
// destinations.go. Package examples/internal/example says what else the
// environment changes.
package main

import (
	"context"
	"errors"
	"io"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func main() { example.Main("destinations", run) }

const question = "What is the capital of France?"

func run(ctx context.Context, out io.Writer) error {
	team, company := testserver.NewReceiver(), testserver.NewReceiver()
	defer team.Close()
	defer company.Close()
	configs := [2]otlp.Config{{Endpoint: team.Endpoint()}, {Endpoint: company.Endpoint()}}
	if example.HasOTLPEndpoint() {
		configs[1] = otlp.Config{} // that of the environment
	}
	all, err := destinations(configs[0], configs[1])
	if err != nil {
		return err
	}
	program := example.Program{
		Name:         "destinations",
		Destinations: append(all, example.Terminal(out)),
		Do: func(ctx context.Context, call example.Call) error {
			answer, err := call.Ask(ctx, question)
			call.Printf("%s", answer)
			return err
		},
	}
	err = program.Run(ctx, out)
	return errors.Join(err, example.Show(out, "team", team), example.Show(out, "company", company))
}
