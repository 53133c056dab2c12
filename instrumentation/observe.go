// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"iter"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/semconv"
)

// ObserveOption says what an observation is.
type ObserveOption interface {
	apply(observeConfig) observeConfig
}

type observeOptionFunc func(observeConfig) observeConfig

func (f observeOptionFunc) apply(c observeConfig) observeConfig { return f(c) }

type observeConfig struct {
	kind       string
	toolCall   string
	attributes []Attribute
}

func newObserveConfig(opts []ObserveOption) observeConfig {
	c := observeConfig{kind: semconv.ObservationSpan}
	for _, opt := range opts {
		if opt != nil {
			c = opt.apply(c)
		}
	}
	return c
}

// operations are the names of what the GenAI conventions know, too.
//
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
var operations = map[string]string{
	semconv.ObservationWorkflow:   semconv.OperationInvokeWorkflow,
	semconv.ObservationAgent:      semconv.OperationInvokeAgent,
	semconv.ObservationTool:       semconv.OperationExecuteTool,
	semconv.ObservationGeneration: semconv.OperationChat,
	semconv.ObservationEmbedding:  semconv.OperationEmbeddings,
	semconv.ObservationRetriever:  semconv.OperationRetrieval,
}

// nameKeys are where the conventions have the name of an observation, too.
var nameKeys = map[string]attribute.Key{
	semconv.ObservationWorkflow: semconv.GenAIWorkflowNameKey,
	semconv.ObservationAgent:    semconv.GenAIAgentNameKey,
	semconv.ObservationTool:     semconv.GenAIToolNameKey,
}

func as(kind string) ObserveOption {
	return observeOptionFunc(func(c observeConfig) observeConfig { c.kind = kind; return c })
}

// AsWorkflow marks a whole run. Spans inside it carry its name.
func AsWorkflow() ObserveOption { return as(semconv.ObservationWorkflow) }

// AsTask marks a step of a workflow.
func AsTask() ObserveOption { return as(semconv.ObservationTask) }

// AsAgent marks work that decides by itself what to do next. Spans inside it
// carry its name.
func AsAgent() ObserveOption { return as(semconv.ObservationAgent) }

// AsTool marks the execution of a tool, whose name is that of the observation.
// [WithToolCall] or [ContextWithToolCall] tell which tool call asked for it.
func AsTool() ObserveOption { return as(semconv.ObservationTool) }

// AsGeneration marks a call to a model that nothing else records. Those of
// [Instrumentation.Client] are recorded.
func AsGeneration() ObserveOption { return as(semconv.ObservationGeneration) }

// AsEmbedding marks an embedding that nothing else records.
func AsEmbedding() ObserveOption { return as(semconv.ObservationEmbedding) }

// AsRetriever marks a search for what to give a model.
func AsRetriever() ObserveOption { return as(semconv.ObservationRetriever) }

// AsGuardrail marks a check of what goes in or comes out.
func AsGuardrail() ObserveOption { return as(semconv.ObservationGuardrail) }

// AsEvaluator marks a judgement of what came out.
func AsEvaluator() ObserveOption { return as(semconv.ObservationEvaluator) }

// WithToolCall tells the id of the tool call that asked for this execution of a
// tool. It wins over [ContextWithToolCall].
func WithToolCall(id string) ObserveOption {
	return observeOptionFunc(func(c observeConfig) observeConfig { c.toolCall = id; return c })
}

// WithObservationAttributes puts attributes on this observation alone, over what
// the context carries. [Propagate] puts them on everything inside, too.
func WithObservationAttributes(attrs ...Attribute) ObserveOption {
	return observeOptionFunc(func(c observeConfig) observeConfig {
		c.attributes = append(slices.Clip(c.attributes), attrs...)
		return c
	})
}

// ContextWithToolCall returns a context for answering the tool call with this
// id. The first [AsTool] observation in it carries the id:
//
//	for _, call := range message.ToolCalls {
//		ctx := instrumentation.ContextWithToolCall(ctx, call.ID)
//		result, err := tools[call.Function.Name](ctx, call.Function.Arguments)
//		...
//	}
func ContextWithToolCall(ctx context.Context, id string) context.Context {
	return scope.WithToolCall(ctx, id)
}

// Observe calls fn(ctx, in) inside an observation of that name and returns what
// it returned. Spans that start in the context that fn gets, model calls for
// instance, are below it.
//
// in and the result of fn are recorded as JSON if content is, within the same
// limits and by way of the same redactor as message content; an in of type
// struct{} or nil is not. An error makes the status Error, a panic too, which
// goes on with the same value.
//
// The span comes from the provider of the span in ctx, else from that of the last
// [Start] that has not been shut down, else from the global one. Before any Start,
// Observe only calls fn. A span processor of the application that panics costs
// the observation and is reported to otel.Handle once; fn does not notice.
func Observe[In, Out any](ctx context.Context, name string, in In,
	fn func(context.Context, In) (Out, error), opts ...ObserveOption,
) (out Out, err error) {
	ctx, o := StartObservation(ctx, name, opts...)
	if o == nil {
		return fn(ctx, in)
	}
	o.SetInput(in)
	returned := false
	defer func() {
		if !returned {
			o.leave(recover())
		}
	}()
	out, err = fn(ctx, in)
	returned = true
	if err == nil && !o.outputSet.Load() {
		o.SetOutput(out)
	}
	o.End(err)
	return out, err
}

// leave ends an observation whose function does not return, and lets the panic
// go on, if it is one. A nil value means runtime.Goexit.
func (o *Observation) leave(panicked any) {
	if panicked == nil {
		o.finish(errorTypeGoexit, "")
		return
	}
	o.finish(errorTypePanic, errorText(panicked))
	panic(panicked)
}

// ObserveSeq is [Observe] for functions that give a sequence, such as the pieces
// of a streamed answer. Each iteration over the sequence is one observation: it
// starts with the iteration and ends with it, also when the loop is left early,
// which is no error. The output is what came, strings joined, anything else as a
// list; of a long sequence only the first part is kept. The last error that came
// is the observation's.
func ObserveSeq[In, Out any](ctx context.Context, name string, in In,
	fn func(context.Context, In) iter.Seq2[Out, error], opts ...ObserveOption,
) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		inside, o := StartObservation(ctx, name, opts...)
		if o == nil {
			fn(inside, in)(yield)
			return
		}
		o.SetInput(in)
		came := o.content.newSequence()
		var last error
		returned := false
		defer func() {
			if !o.outputSet.Load() && !came.empty() {
				o.SetOutput(came)
			}
			if !returned {
				o.leave(recover())
			}
			o.End(last)
		}()
		fn(inside, in)(func(item Out, err error) bool {
			if err != nil {
				last = err
			} else {
				came.add(item)
			}
			return yield(item, err)
		})
		returned = true
	}
}
