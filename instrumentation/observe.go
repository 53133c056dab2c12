// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"iter"

	"github.com/otelmistral/otelmistral/semconv"
)

// Observe calls fn inside a span of its own, an observation, and returns what
// fn returns. in and the output of fn are recorded as JSON if content is (see
// the package documentation), an error or a panic of fn as the failure of the
// span; both are passed on as they are. Everything that fn does with its
// context lies below the span.
//
//	answer, err := instrumentation.Observe(ctx, "answer", question, answer, instrumentation.AsWorkflow())
//
// The span comes from the provider of the span in ctx, else from that of the
// last [Start]. Before any of them Observe only calls fn.
func Observe[In, Out any](ctx context.Context, name string, in In,
	fn func(context.Context, In) (Out, error), opts ...ObserveOption,
) (out Out, err error) {
	ctx, o := StartObservation(ctx, name, opts...)
	o.SetInput(in)
	returned := false
	defer func() {
		if !returned { // fn panics, or ends its goroutine
			o.endAs(errorTypePanic, "")
		}
	}()
	out, err = fn(ctx, in)
	returned = true
	if err == nil {
		o.SetOutput(out)
	}
	o.End(err)
	return out, err
}

// ObserveSeq is [Observe] for work that gives its output piece by piece. The
// span begins when the sequence is first ranged over and ends when the range
// ends: after the last piece, at the first error, or when the loop is left. Its
// output is the list of pieces; of a sequence that is ranged over again there is
// another span.
func ObserveSeq[In, Out any](ctx context.Context, name string, in In,
	fn func(context.Context, In) iter.Seq2[Out, error], opts ...ObserveOption,
) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		ctx, o := StartObservation(ctx, name, opts...)
		o.SetInput(in)
		var (
			pieces   []Out
			failure  error
			returned bool
		)
		defer func() {
			if !returned {
				o.endAs(errorTypePanic, "")
				return
			}
			o.SetOutput(pieces)
			o.End(failure)
		}()
		for out, err := range fn(ctx, in) {
			if failure = err; err == nil && o.captures && len(pieces) < maxPieces {
				pieces = append(pieces, out)
			}
			if !yield(out, err) || err != nil {
				break
			}
		}
		returned = true
	}
}

// maxPieces is how many pieces of a sequence are recorded.
const maxPieces = 10_000

// ObserveOption says what an observation is.
type ObserveOption interface{ applyObservation(*Observation) }

// kind is the type of an observation.
type kind string

func (k kind) applyObservation(o *Observation) { o.kind = k }

// AsWorkflow makes the observation a whole run. Its name is carried onto
// everything below it.
func AsWorkflow() ObserveOption { return kind(semconv.ObservationWorkflow) }

// AsTask makes the observation a step of a workflow.
func AsTask() ObserveOption { return kind(semconv.ObservationTask) }

// AsAgent makes the observation work that decides by itself. Its name is
// carried like that of a workflow.
func AsAgent() ObserveOption { return kind(semconv.ObservationAgent) }

// AsTool makes the observation the execution of a tool; its name is the tool's.
// [WithToolCall] says which call of a model asked for it.
func AsTool() ObserveOption { return kind(semconv.ObservationTool) }

// AsGeneration makes the observation a call to a model that nothing else
// records.
func AsGeneration() ObserveOption { return kind(semconv.ObservationGeneration) }

// AsEmbedding is [AsGeneration] for embeddings.
func AsEmbedding() ObserveOption { return kind(semconv.ObservationEmbedding) }

// AsRetriever makes the observation a search for what to give a model.
func AsRetriever() ObserveOption { return kind(semconv.ObservationRetriever) }

// AsGuardrail makes the observation a check of what goes in or comes out.
func AsGuardrail() ObserveOption { return kind(semconv.ObservationGuardrail) }

// AsEvaluator makes the observation a judgement of what came out.
func AsEvaluator() ObserveOption { return kind(semconv.ObservationEvaluator) }

type toolCall string

func (id toolCall) applyObservation(o *Observation) { o.toolCall = string(id) }

// WithToolCall is the id of the tool call that asked for the execution of a
// tool, as the model gave it.
func WithToolCall(id string) ObserveOption { return toolCall(id) }
