// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// values is what the context carries for spans. One that is in a context is
// never changed.
type values struct {
	propagated []attribute.KeyValue
	workflow   string // the innermost workflow or agent
	path       string // the observations, without the outermost workflow or agent
	toolCall   string // the id of the tool call that is being answered
	current    any    // the innermost observation

	all []attribute.KeyValue // propagated, workflow and path
}

func get(ctx context.Context) *values {
	v, _ := ctx.Value(valuesKey).(*values)
	return v
}

// of returns a copy of what ctx carries.
func of(ctx context.Context) values {
	if v := get(ctx); v != nil {
		return *v
	}
	return values{}
}

// in returns ctx with v.
func (v values) in(ctx context.Context) context.Context {
	v.all = v.propagated
	if v.workflow != "" || v.path != "" {
		v.all = slices.Concat(v.propagated, v.place())
	}
	return context.WithValue(ctx, valuesKey, &v)
}

// place is where the innermost observation stands.
func (v values) place() []attribute.KeyValue {
	var kvs []attribute.KeyValue
	if v.path != "" {
		kvs = append(kvs, semconv.ObservationPathKey.String(v.path))
	}
	if v.workflow != "" {
		kvs = append(kvs, semconv.WorkflowNameKey.String(v.workflow))
	}
	return kvs
}

// WithObservation returns a context that stands inside an observation, which
// current is. A whole observation is a workflow or an agent. The id of a tool
// call that ctx carries ends here: it belongs to this observation, if it is a
// tool, not to those below.
func WithObservation(ctx context.Context, name string, whole bool, current any) context.Context {
	v := of(ctx)
	name = valid(name)
	if !whole || v.workflow != "" {
		if v.path != "" {
			v.path += "."
		}
		v.path += name
	}
	if whole {
		v.workflow = name
	}
	v.current, v.toolCall = current, ""
	return v.in(ctx)
}

// Observation returns the innermost observation, nil if there is none.
func Observation(ctx context.Context) any {
	if v := get(ctx); v != nil {
		return v.current
	}
	return nil
}

// WithToolCall returns a context in which the tool call with this id is
// answered.
func WithToolCall(ctx context.Context, id string) context.Context {
	v := of(ctx)
	v.toolCall = valid(id)
	return v.in(ctx)
}

// ToolCall returns the id of [WithToolCall].
func ToolCall(ctx context.Context) string {
	if v := get(ctx); v != nil {
		return v.toolCall
	}
	return ""
}

// WithAttempts returns a context whose calls are counted, beginning anew.
func WithAttempts(ctx context.Context) context.Context {
	return context.WithValue(ctx, attemptsKey, new(atomic.Int64))
}

// Attempt counts one more call. It returns how many there were before it; 0
// too where nobody counts.
func Attempt(ctx context.Context) int {
	if n, ok := ctx.Value(attemptsKey).(*atomic.Int64); ok {
		return int(n.Add(1) - 1)
	}
	return 0
}
