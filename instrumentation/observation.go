// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// ScopeName is the name of the instrumentation scope of observations.
const ScopeName = "github.com/otelmistral/otelmistral/instrumentation"

// Values of error.type of observations besides the Go types of errors.
const (
	errorTypeCancelled = "cancelled" // the error is that of a context that was cancelled
	errorTypePanic     = "panic"
	errorTypeGoexit    = "goexit" // runtime.Goexit, as of testing's FailNow
)

// Observation is a span of the application: a workflow, a task, a tool. All
// methods may be called concurrently, on a nil Observation, and after End, where
// they do nothing.
type Observation struct {
	owner     *Instrumentation
	span      trace.Span
	kind      string
	content   *recording // nil: no content is recorded
	outputSet atomic.Bool
}

// StartObservation starts an observation for work that does not fit a function,
// see [Observe]. The context is for the work inside it. Call End in any case;
// deferred, it also sees a panic pass as an observation that simply ended.
//
// Before any [Start], in a context of roundtripper.ContextWithoutTracing, and when
// a span processor or sampler of the application panics, the Observation is nil,
// which is fine, and the context is ctx.
func StartObservation(ctx context.Context, name string, opts ...ObserveOption) (inside context.Context, o *Observation) {
	i := responsible(ctx)
	if i == nil || scope.Untraced(ctx) {
		return ctx, nil
	}
	defer func() {
		if p := recover(); p != nil {
			i.tracingPanicked(p)
			inside, o = ctx, nil
		}
	}()
	c := newObserveConfig(opts)
	o = &Observation{owner: i, kind: c.kind}
	call := c.toolCall
	if call == "" {
		call = scope.ToolCall(ctx)
	}
	whole := c.kind == semconv.ObservationWorkflow || c.kind == semconv.ObservationAgent
	inside = scope.WithObservation(ctx, name, whole, o)

	attrs := append([]attribute.KeyValue{semconv.ObservationTypeKey.String(c.kind)}, scope.SpanAttributes(inside)...)
	if operation := operations[c.kind]; operation != "" {
		attrs = append(attrs, semconv.GenAIOperationNameKey.String(operation))
	}
	if key, ok := nameKeys[c.kind]; ok {
		attrs = append(attrs, key.String(strings.ToValidUTF8(name, "\uFFFD")))
	}
	if c.kind == semconv.ObservationTool && call != "" {
		attrs = append(attrs, semconv.GenAIToolCallIDKey.String(call))
	}
	attrs = append(attrs, scope.KeyValues(c.attributes)...)
	tracer := i.providerFor(ctx).Tracer(ScopeName,
		trace.WithInstrumentationVersion(roundtripper.Version),
		trace.WithSchemaURL(i.vocabulary.SchemaURL()))
	inside, o.span = tracer.Start(inside, name, trace.WithSpanKind(trace.SpanKindInternal), trace.WithAttributes(attrs...))
	if o.span.IsRecording() && i.captures(ctx) {
		o.content = &i.recording
	}
	return inside, o
}

// ObservationFromContext returns the innermost observation of ctx, nil if there
// is none.
func ObservationFromContext(ctx context.Context) *Observation {
	o, _ := scope.Observation(ctx).(*Observation)
	return o
}

func (o *Observation) recording() bool { return o != nil && o.span.IsRecording() }

// SetInput records what the observation was given, as JSON, if content is
// recorded. The last one counts.
func (o *Observation) SetInput(v any) { o.set(semconv.ObservationInputKey, genai.KindInput, v) }

// SetOutput records what the observation gives back, as JSON, if content is
// recorded. The last one counts. Inside [Observe] it wins over what the function
// returns.
func (o *Observation) SetOutput(v any) {
	if o != nil {
		o.outputSet.Store(true)
	}
	o.set(semconv.ObservationOutputKey, genai.KindOutput, v)
}

func (o *Observation) set(key attribute.Key, kind string, v any) {
	if !o.recording() || o.content == nil {
		return
	}
	if text := o.content.json(kind, v); text != "" {
		o.span.SetAttributes(key.String(text))
	}
}

// SetMetadata records a value of the application's own on this observation
// alone, in the form that [Metadata] describes. It is recorded whether content is
// or not. Nil and an empty text change nothing.
func (o *Observation) SetMetadata(key string, value any) {
	if !o.recording() || key == "" {
		return
	}
	v := scope.Value(value)
	if v.AsString() == "" && v.Type() == attribute.STRING {
		return
	}
	o.span.SetAttributes(attribute.KeyValue{
		Key: attribute.Key(semconv.ObservationMetadataPrefix + strings.ToValidUTF8(key, "\uFFFD")), Value: v,
	})
}

// Level is how much an observation matters.
type Level string

// The levels. An observation that ended with an error is one in any level.
const (
	LevelDebug   Level = semconv.LevelDebug
	LevelDefault Level = semconv.LevelDefault
	LevelWarning Level = semconv.LevelWarning
	LevelError   Level = semconv.LevelError
)

// SetLevel records how much the observation matters.
func (o *Observation) SetLevel(level Level) {
	if o.recording() && level != "" {
		o.span.SetAttributes(semconv.ObservationLevelKey.String(strings.ToValidUTF8(string(level), "\uFFFD")))
	}
}

// SetModel records the model that was asked.
func (o *Observation) SetModel(name string) {
	if o.recording() && name != "" {
		o.span.SetAttributes(semconv.GenAIRequestModelKey.String(strings.ToValidUTF8(name, "\uFFFD")))
	}
}

// Usage counts tokens. What is 0 is not recorded, except Input and Output when
// the other one is there.
type Usage struct {
	Input  int64 // all tokens of the request, cached ones included
	Output int64 // all tokens of the answer, reasoning included
	Cached int64 // the part of Input that came from a cache
	// Reasoning is the part of Output that was reasoning.
	Reasoning int64
}

// SetUsage records the tokens of a generation or an embedding. On any other
// observation it does nothing: the model calls below it have counted them, and a
// backend that adds up a trace would count them twice.
func (o *Observation) SetUsage(u Usage) {
	if !o.recording() || o.kind != semconv.ObservationGeneration && o.kind != semconv.ObservationEmbedding {
		return
	}
	if u.Input == 0 && u.Output == 0 {
		return
	}
	attrs := []attribute.KeyValue{semconv.GenAIUsageInputTokensKey.Int64(u.Input)}
	if o.kind == semconv.ObservationGeneration {
		attrs = append(attrs, semconv.GenAIUsageOutputTokensKey.Int64(u.Output))
	}
	if u.Cached > 0 {
		attrs = append(attrs, semconv.GenAIUsageCacheReadInputTokensKey.Int64(u.Cached))
	}
	if u.Reasoning > 0 {
		attrs = append(attrs, semconv.GenAIUsageReasoningOutputTokensKey.Int64(u.Reasoning))
	}
	o.span.SetAttributes(attrs...)
}

// End ends the observation. An error that is not nil makes the status of its
// span Error; its text is recorded only if content is. Only the first End counts.
func (o *Observation) End(err error) {
	if err == nil {
		o.finish("", "")
		return
	}
	o.finish(typeOf(err), errorText(err))
}

// finish ends the observation, as a failure if errorType is not empty.
func (o *Observation) finish(errorType, message string) {
	if !o.recording() { // not sampled, or ended already
		return
	}
	defer func() {
		if p := recover(); p != nil {
			o.owner.tracingPanicked(p)
		}
	}()
	defer o.span.End()
	if errorType == "" {
		return
	}
	errorType = strings.ToValidUTF8(errorType, "\uFFFD")
	o.span.SetAttributes(semconv.ErrorTypeKey.String(errorType))
	// As for calls: a destination without content cuts behind the colon.
	description := errorType
	if o.content != nil && message != "" {
		description += ": " + o.content.text(genai.KindStatus, message)
	}
	o.span.SetStatus(codes.Error, description)
}

func typeOf(err error) string {
	switch {
	case is(err, context.DeadlineExceeded):
		return semconv.ErrorTypeTimeout
	case is(err, context.Canceled):
		return errorTypeCancelled
	}
	return genai.ErrorType(err)
}

// is is errors.Is for errors of the application, whose methods may panic.
func is(err, target error) (same bool) {
	defer func() { _ = recover() }()
	return errors.Is(err, target)
}

// errorText is the text of an error, or of a panic; fmt contains what panics.
func errorText(v any) string { return fmt.Sprint(v) }
