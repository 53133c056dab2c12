// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"iter"
	"net/http"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/instrumentation/mistralstudio"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/roundtripper"
)

// Other programs compile against these names with exactly these types. Unlike a
// line of docs/api.txt they are never to change: this package does not compile then.
var (
	_ func(http.RoundTripper, ...roundtripper.Option) *roundtripper.Transport = roundtripper.New
	_ http.RoundTripper                                                       = (*roundtripper.Transport)(nil)
	_ func(trace.TracerProvider) roundtripper.Option                          = roundtripper.WithTracerProvider
	_ func(metric.MeterProvider) roundtripper.Option                          = roundtripper.WithMeterProvider
	_ func(log.LoggerProvider) roundtripper.Option                            = roundtripper.WithLoggerProvider
	_ func(roundtripper.ContentCapture) roundtripper.Option                   = roundtripper.WithContentCapture

	_ func(context.Context, ...instrumentation.Option) (*instrumentation.Instrumentation, error)              = instrumentation.Start
	_ func(*instrumentation.Instrumentation) *http.Client                                                     = (*instrumentation.Instrumentation).Client
	_ func(*instrumentation.Instrumentation, http.RoundTripper) http.RoundTripper                             = (*instrumentation.Instrumentation).Transport
	_ func(*instrumentation.Instrumentation) sdktrace.SpanProcessor                                           = (*instrumentation.Instrumentation).SpanProcessor
	_ func(*instrumentation.Instrumentation, context.Context) error                                           = (*instrumentation.Instrumentation).Check
	_ func(*instrumentation.Instrumentation, context.Context) error                                           = (*instrumentation.Instrumentation).Flush
	_ func(*instrumentation.Instrumentation, context.Context) error                                           = (*instrumentation.Instrumentation).Shutdown
	_ func(*instrumentation.Instrumentation) destination.Stats                                                = (*instrumentation.Instrumentation).Stats
	_ func(destination.Destination) instrumentation.Option                                                    = instrumentation.WithDestination
	_ func(context.Context, ...instrumentation.Attribute) context.Context                                     = instrumentation.Propagate
	_ func(string) instrumentation.Attribute                                                                  = instrumentation.UserID
	_ func(string) instrumentation.Attribute                                                                  = instrumentation.SessionID
	_ func(string) instrumentation.Attribute                                                                  = instrumentation.ThreadID
	_ func(string) instrumentation.Attribute                                                                  = instrumentation.TraceName
	_ func(...string) instrumentation.Attribute                                                               = instrumentation.Tags
	_ func(string, any) instrumentation.Attribute                                                             = instrumentation.Metadata
	_ func(string) instrumentation.Attribute                                                                  = instrumentation.Environment
	_ func(string) instrumentation.Attribute                                                                  = instrumentation.Release
	_ func(string, int) instrumentation.Attribute                                                             = instrumentation.Prompt
	_ func(context.Context, string, int, step[int, string], ...instrumentation.ObserveOption) (string, error) = instrumentation.Observe[int, string]
	_ func(context.Context, string, int, func(context.Context, int) iter.Seq2[string, error],
		...instrumentation.ObserveOption) iter.Seq2[string, error] = instrumentation.ObserveSeq[int, string]

	_ func(langfuse.Config) (destination.Destination, error)      = langfuse.New
	_ func(respan.Config) (destination.Destination, error)        = respan.New
	_ func(mistralstudio.Config) (destination.Destination, error) = mistralstudio.New
	_ func(otlp.Config) (destination.Destination, error)          = otlp.New
	_ func(console.Config) (destination.Destination, error)       = console.New
)

// step is what Observe observes; an alias, so that the type stays exact.
type step[In, Out any] = func(context.Context, In) (Out, error)

var _ = [...]roundtripper.ContentCapture{
	roundtripper.CaptureNone, roundtripper.CaptureSpan, roundtripper.CaptureEvent, roundtripper.CaptureSpanAndEvent,
}

var _ = [...]func() instrumentation.ObserveOption{
	instrumentation.AsWorkflow, instrumentation.AsTask, instrumentation.AsAgent, instrumentation.AsTool,
	instrumentation.AsGeneration, instrumentation.AsEmbedding, instrumentation.AsRetriever,
	instrumentation.AsGuardrail, instrumentation.AsEvaluator,
}

var _ = [...]func() (destination.Destination, error){
	langfuse.FromEnv, respan.FromEnv, mistralstudio.FromEnv, otlp.FromEnv, console.FromEnv,
}
