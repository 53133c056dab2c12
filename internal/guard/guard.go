// SPDX-License-Identifier: Apache-2.0

// Package guard calls code that is not ours, such as exporters, span processors
// and error handlers, from goroutines that are: there a panic would end the
// application, and what never returns would hold up its shutdown.
package guard

import (
	"context"
	"fmt"
	"runtime"

	"go.opentelemetry.io/otel"
)

// Handle tells the error handler of the application, which may panic.
func Handle(err error) {
	defer func() { _ = recover() }()
	otel.Handle(err)
}

// Panicked is the error of a panic in who. Only errors of the runtime are
// repeated: other values may hold what a span holds.
func Panicked(who string, value any) error {
	if err, ok := value.(runtime.Error); ok {
		return fmt.Errorf("%s panicked: %w", who, err)
	}
	return fmt.Errorf("%s panicked with a %T", who, value)
}

// Call returns the error of f, or that of its panic.
func Call(who string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = Panicked(who, r)
		}
	}()
	return f()
}

// Running is a call in a goroutine of its own.
type Running struct {
	who  string
	done chan struct{}
	err  error // once done is closed
}

// Go begins to call f.
func Go(who string, f func() error) *Running {
	r := &Running{who: who, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = Call(who, f)
	}()
	return r
}

// Wait returns the error of the call, or, when ctx ends first, one that says so:
// the call is then left behind. Several goroutines may wait.
func (r *Running) Wait(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
	}
	select {
	case <-r.done: // both at once: the call knows better
		return r.err
	default:
		return fmt.Errorf("%s has not returned: %w", r.who, context.Cause(ctx))
	}
}
