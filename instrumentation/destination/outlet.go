// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/otelmistral/otelmistral/internal/guard"
)

// outlet is the way of metrics or log records out to one destination. The SDK
// calls the exporter on a goroutine of its own and hands its errors to the error
// handler of the application, both unguarded: so the exporter is called by way
// of call, which returns no error, and what went wrong is told by
// whoever flushes, or else handled here.
type outlet struct {
	dest   Destination
	signal string // "metrics" or "logs", for errors
	pipe   pipe   // of the SDK, in front of the exporter

	life  context.Context // ends when Shutdown has returned
	abort context.CancelFunc

	asked    atomic.Int32 // flushes under way
	mu       sync.Mutex
	err      error          // of the exports since the last flush
	flushing *guard.Running // the newest flush
	waiting  bool           // it has not begun yet
	trouble  trouble
	unserved sync.Once
	stop     sync.Once
	stopping *guard.Running
}

type pipe interface {
	ForceFlush(context.Context) error
	Shutdown(context.Context) error
}

func newOutlet(ctx context.Context, d Destination, signal string) *outlet {
	o := &outlet{dest: d, signal: signal}
	o.life, o.abort = context.WithCancel(context.WithoutCancel(ctx))
	return o
}

// create calls a constructor of the destination.
func (o *outlet) create(f func() error) error {
	if err := guard.Call("the constructor", f); err != nil {
		return fmt.Errorf("destination %s: %s: %w", o.dest, o.signal, err)
	}
	return nil
}

// call exports, until the end of ctx or of life, and reports whether that went
// well.
func (o *outlet) call(ctx context.Context, export func(context.Context) error) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(o.life, cancel)()
	o.trouble.over()
	ctx = o.trouble.in(ctx)
	defer func() {
		if ctx.Err() == nil { // else it is why time ran out, which Shutdown is about to tell
			o.trouble.over()
		}
	}()
	err := guard.Call("the exporter", func() error { return shorten(export(ctx)) })
	if err == nil {
		return true
	}
	err = fmt.Errorf("destination %s: %s: %w", o.dest, o.signal, err)
	switch {
	case errors.Is(err, ErrNotServed): // a collector for traces only is common, and no fault of each flush
		o.unserved.Do(func() { guard.Handle(fmt.Errorf("%w (reported once)", err)) })
	case o.asked.Load() > 0:
		o.mu.Lock()
		o.err = errors.Join(o.err, err)
		o.mu.Unlock()
	default:
		guard.Handle(err)
	}
	return false
}

// told returns what went wrong while somebody asked, once.
func (o *outlet) told() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.err
	o.err = nil
	return err
}

// ForceFlush exports what was recorded before the call. It waits no longer than
// ctx; the export then goes on, for to end it would be to lose its records.
func (o *outlet) ForceFlush(ctx context.Context) error {
	return o.wait(ctx, o.flush(ctx))
}

// wait waits for it within ctx. An error that tells only that time was up gets the
// reason, where one is known.
func (o *outlet) wait(ctx context.Context, it *guard.Running) error {
	err := it.Wait(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return o.trouble.explain(err)
	}
	return err
}

// flush returns a flush that has not begun yet. Whoever comes before it begins
// shares it: flushes that were given up on do not pile up while nobody listens.
func (o *outlet) flush(ctx context.Context) *guard.Running {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiting {
		return o.flushing
	}
	background, before := context.WithoutCancel(ctx), o.flushing
	o.waiting = true
	o.flushing = o.begin("ForceFlush", func() error {
		if before != nil {
			_ = before.Wait(background)
		}
		o.mu.Lock()
		o.waiting = false
		o.mu.Unlock()
		return o.pipe.ForceFlush(background)
	})
	return o.flushing
}

// Shutdown exports what is left and stops. It waits no longer than ctx, and then
// cancels what is under way. Later calls return the same.
func (o *outlet) Shutdown(ctx context.Context) error {
	o.stop.Do(func() {
		o.stopping = o.begin("Shutdown", func() error { return o.pipe.Shutdown(ctx) })
	})
	defer o.abort()
	return o.wait(ctx, o.stopping)
}

func (o *outlet) begin(what string, f func() error) *guard.Running {
	return guard.Go(o.dest.part(o.signal+": "+what), func() error {
		o.asked.Add(1)
		defer o.asked.Add(-1)
		err := f()
		if told := o.told(); told != nil {
			return told
		}
		if err != nil {
			err = fmt.Errorf("destination %s: %s: %w", o.dest, o.signal, err)
		}
		return err
	})
}
