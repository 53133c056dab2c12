// SPDX-License-Identifier: Apache-2.0

// Command ownprovider adds the destinations to the TracerProvider that an
// application has already.
//
//	go run ./examples/ownprovider
//
// The application's own exporter sends to an OTLP receiver inside this program,
// and what that has got is printed at the end. What you would copy is
// ownprovider.go. Package examples/internal/example says what the environment
// changes.
package main

import (
	"context"
	"errors"
	"io"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func main() { example.Main("ownprovider", run) }

const question = "What is the capital of France?"

func run(ctx context.Context, out io.Writer) error {
	own := testserver.NewReceiver()
	defer own.Close()
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(own.Endpoint()))
	if err != nil {
		return err
	}
	provider := telemetry(exporter)
	program := example.Program{
		Name: "ownprovider",
		Start: func(ctx context.Context, opts ...instrumentation.Option) (*instrumentation.Instrumentation, error) {
			return instrument(ctx, provider, opts...)
		},
		Do: func(ctx context.Context, call example.Call) error {
			answer, err := handle(ctx, func(ctx context.Context) (string, error) { return call.Ask(ctx, question) })
			call.Printf("%s", answer)
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			return errors.Join(err, provider.Shutdown(end))
		},
	}
	err = program.Run(ctx, out)
	return errors.Join(err, example.Show(out, "the application's own exporter", own))
}
