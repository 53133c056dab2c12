// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	otelsemconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

const (
	// scopeName is the instrumentation scope of observations.
	scopeName = "github.com/otelmistral/otelmistral/instrumentation"
	// errorTypePanic is the error.type of work that panicked or ended its
	// goroutine.
	errorTypePanic = "panic"
)

// Observation is a span of the application's own that is under way. Its methods
// may be called concurrently; after End they do nothing.
type Observation struct {
	span     trace.Span
	name     string
	kind     kind
	toolCall string
	captures bool // content is recorded
	ended    atomic.Bool
}

type observationKey struct{}

// StartObservation begins an observation by hand; use [Observe] where a function
// can be wrapped. Call End.
func StartObservation(ctx context.Context, name string, opts ...ObserveOption) (context.Context, *Observation) {
	o := &Observation{name: name, kind: semconv.ObservationSpan}
	for _, opt := range opts {
		if opt != nil {
			opt.applyObservation(o)
		}
	}
	provider := providerOf(ctx)
	if provider == nil {
		o.span = noop.Span{}
		return ctx, o
	}
	ctx = scope.With(ctx, o.place(ctx)...)
	attrs := append([]attribute.KeyValue{semconv.ObservationTypeKey.String(string(o.kind))}, scope.Attributes(ctx)...)
	if o.kind == semconv.ObservationTool {
		attrs = append(attrs,
			semconv.GenAIOperationNameKey.String(semconv.OperationExecuteTool),
			semconv.GenAIToolNameKey.String(name))
		if o.toolCall != "" {
			attrs = append(attrs, semconv.GenAIToolCallIDKey.String(o.toolCall))
		}
	}
	tracer := provider.Tracer(scopeName,
		trace.WithInstrumentationVersion(roundtripper.Version),
		trace.WithSchemaURL(semconv.SchemaURL))
	ctx, o.span = tracer.Start(ctx, name, trace.WithAttributes(attrs...))
	o.captures = o.span.IsRecording() && capturesObservations(ctx)
	return context.WithValue(ctx, observationKey{}, o), o
}

// ObservationFromContext returns the observation that ctx lies in. It is never
// nil; outside any its methods do nothing.
func ObservationFromContext(ctx context.Context) *Observation {
	if o, ok := ctx.Value(observationKey{}).(*Observation); ok {
		return o
	}
	return &Observation{span: noop.Span{}}
}

// place is what the observation adds to the names that are carried below it.
func (o *Observation) place(ctx context.Context) []Attribute {
	_, inside := scope.Value(ctx, semconv.WorkflowNameKey)
	isWorkflow := o.kind == semconv.ObservationWorkflow || o.kind == semconv.ObservationAgent
	var place []Attribute
	if isWorkflow {
		place = append(place, text(semconv.WorkflowNameKey, o.name))
	}
	if inside || !isWorkflow {
		path := o.name
		if above, ok := scope.Value(ctx, semconv.ObservationPathKey); ok {
			path = above.AsString() + "." + path
		}
		place = append(place, text(semconv.ObservationPathKey, path))
	}
	return place
}

// SetInput records what the observation was given, as JSON, if content is
// recorded.
func (o *Observation) SetInput(v any) { o.content(semconv.ObservationInputKey, v) }

// SetOutput records what the observation gave back, likewise.
func (o *Observation) SetOutput(v any) { o.content(semconv.ObservationOutputKey, v) }

// Metadata records a value of the application's own, as [Metadata] does for the
// whole trace.
func (o *Observation) Metadata(key string, value any) {
	if key != "" {
		o.set(metadata(semconv.ObservationMetadataPrefix+key, value))
	}
}

// Level says how much the observation matters: semconv.LevelDebug,
// LevelDefault, LevelWarning or LevelError.
func (o *Observation) Level(level string) { o.set(semconv.ObservationLevelKey.String(level)) }

// Model records the model that a generation asked.
func (o *Observation) Model(name string) { o.set(semconv.GenAIRequestModelKey.String(name)) }

// Usage records the tokens of a generation; input includes cached ones.
func (o *Observation) Usage(input, output int64) {
	o.set(semconv.GenAIUsageInputTokensKey.Int64(input), semconv.GenAIUsageOutputTokensKey.Int64(output))
}

// End ends the observation. An error makes it fail; its text is recorded only
// if content is.
func (o *Observation) End(err error) {
	if err == nil {
		if !o.ended.Swap(true) {
			o.span.End()
		}
		return
	}
	description := ""
	if o.captures {
		description = string(limit([]byte(errorText(err))))
	}
	o.endAs(errorType(err), description)
}

func (o *Observation) endAs(errorType, message string) {
	if o.ended.Swap(true) {
		return
	}
	description := errorType
	if message != "" {
		description += ": " + message
	}
	o.span.SetAttributes(semconv.ErrorTypeKey.String(errorType))
	o.span.SetStatus(codes.Error, description)
	o.span.End()
}

func (o *Observation) set(kvs ...attribute.KeyValue) {
	if !o.ended.Load() {
		o.span.SetAttributes(kvs...)
	}
}

// content records a value as bounded JSON, without members that are named like
// secrets.
func (o *Observation) content(key attribute.Key, v any) {
	if !o.captures || o.ended.Load() {
		return
	}
	encoded, err := marshal(v)
	if err != nil {
		encoded, _ = marshal(fmt.Sprintf("(%T cannot be written as JSON)", v))
	}
	var t jsontrim.Trimmer
	t.Reset(observed, jsontrim.Limits{String: roundtripper.DefaultMaxContentBytes})
	_, _ = t.Write(encoded)
	o.set(key.String(string(t.End())))
}

// observed is what is kept of inputs and outputs.
var observed = jsontrim.Keep.Without("authorization", "api_key", "apikey", "x-api-key", "password").Bulk()

// limit bounds a text like content.
func limit(text []byte) []byte {
	const most = 4 << 10
	if len(text) <= most {
		return text
	}
	return jsontrim.AppendCutNote(text[:most:most], int64(len(text)-most))
}

// errorText and errorType call methods of the application, which may panic.

func errorText(err error) (text string) {
	defer func() { _ = recover() }()
	return err.Error()
}

func errorType(err error) (name string) {
	defer func() {
		if recover() != nil {
			name = semconv.ErrorTypeOther
		}
	}()
	return otelsemconv.ErrorType(err).Value.AsString()
}
