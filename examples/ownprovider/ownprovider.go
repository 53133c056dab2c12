// SPDX-License-Identifier: Apache-2.0

package main

// An application that has a TracerProvider already, with exporters and spans of its
// own, and wants its calls to Mistral at this project's destinations, too.
// Langfuse's cookbook and Respan's page have no such section.
//
// The provider stays the application's: its sampler, resource and limits hold. The
// client's spans come from it, as children of the application's spans, so its own
// exporters get them as well. They get them as they were recorded: with prompts and
// replies, if one of the destinations wants these. Content is removed only on the
// way to destinations. Products such as Respan are spared the spans that have
// nothing to do with models; a plain collector and the console get all.

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation"
)

// telemetry is what the application has had all along. The exporter is its own.
func telemetry(exporter sdktrace.SpanExporter) *sdktrace.TracerProvider {
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	return provider
}

// instrument is what is new. Call it after the provider was made the global one:
// Start then leaves that alone and says ErrProviderInstalled. Shut the provider
// down as before: that empties and ends the destinations, too, and its error says
// what did not reach them.
func instrument(
	ctx context.Context, provider *sdktrace.TracerProvider, opts ...instrumentation.Option,
) (*instrumentation.Instrumentation, error) {
	inst, err := instrumentation.Start(ctx, opts...)
	provider.RegisterSpanProcessor(inst.SpanProcessor())
	if errors.Is(err, instrumentation.ErrProviderInstalled) {
		err = nil // that was it; any other error says what else is missing
	}
	return inst, err
}

// handle stands for the application's own spans, of a web framework for example.
func handle(ctx context.Context, ask func(context.Context) (string, error)) (string, error) {
	ctx, span := otel.Tracer("shop").Start(ctx, "GET /answer")
	defer span.End()
	return ask(ctx)
}
