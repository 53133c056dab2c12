// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"fmt"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/internal/guard"
)

// errTimeUp is the cause that an exporter sees when Shutdown ran out of time.
var errTimeUp = errors.New("the time for shutdown is up")

// Processor sends the spans that end to one destination. It is safe for
// concurrent use. Shut it down to release its goroutines.
type Processor struct {
	dest    Destination
	lineage *lineage // nil where every span is kept
	gate    *gate
	export  *exporter
	batch   sdktrace.SpanProcessor

	reportFull sync.Once
	reportKeep sync.Once
	stop       sync.Once
	pumped     chan struct{} // closed when the pump has emptied the gate for good
	done       chan struct{} // closed when everything behind the gate has ended
	life       context.Context
	abort      context.CancelCauseFunc
}

var _ sdktrace.SpanProcessor = (*Processor)(nil)

// NewProcessor starts a processor for d. The error is that of d.Validate or of
// d.NewExporter; it names the destination.
func NewProcessor(ctx context.Context, d Destination) (*Processor, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	limits := d.Limits.withDefaults()
	var next sdktrace.SpanExporter
	err := guard.Call("NewExporter", func() (err error) {
		next, err = d.NewExporter(limits.with(ctx))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("destination %s: %w", d, err)
	}
	p := &Processor{
		dest:   d,
		gate:   newGate(d, limits),
		pumped: make(chan struct{}),
		done:   make(chan struct{}),
	}
	if d.Keep != nil {
		p.lineage = newLineage()
	}
	p.life, p.abort = context.WithCancelCause(context.WithoutCancel(ctx))
	p.export = &exporter{dest: d, batchBytes: limits.BatchBytes, next: next, gate: p.gate, life: p.life}
	p.batch = sdktrace.NewBatchSpanProcessor(p.export,
		// The gate bounds what waits. Blocking mode makes the pump wait, and
		// nobody else, when the backend is slow.
		sdktrace.WithBlocking(),
		sdktrace.WithMaxQueueSize(limits.BatchSpans),
		sdktrace.WithMaxExportBatchSize(limits.BatchSpans),
		sdktrace.WithBatchTimeout(limits.BatchDelay),
		sdktrace.WithExportTimeout(0),
	)
	go p.pump()
	return p, nil
}

// pump carries spans from the gate to the batch processor for the life of the
// processor.
func (p *Processor) pump() {
	defer close(p.pumped)
	var spare []entry
	for {
		entries, ok := p.gate.take(spare)
		if !ok {
			return
		}
		for _, e := range entries {
			if e.reached != nil {
				close(e.reached)
				continue
			}
			p.batch.OnEnd(&queued{e.span, e.size})
		}
		clear(entries) // the array is used again: let the spans go
		spare = entries
	}
}

// OnStart asks the destination whether it keeps the span.
func (p *Processor) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	if p.lineage != nil {
		p.lineage.start(s, p.keep(s))
	}
}

// keep reports whether the destination gets the span. A span that is not sampled
// is on its way to no destination.
func (p *Processor) keep(s sdktrace.ReadOnlySpan) (kept bool) {
	if !s.SpanContext().IsSampled() {
		return false
	}
	defer func() {
		if r := recover(); r != nil {
			kept = true
			p.reportKeep.Do(func() { go guard.Handle(guard.Panicked(p.dest.part("Keep"), r)) })
		}
	}()
	return p.dest.Keep(s)
}

// OnEnd takes the span in, or drops and counts it. It never waits. The first
// span that finds no room is reported through otel.Handle. A span that the
// destination does not keep is neither taken in nor counted.
func (p *Processor) OnEnd(s sdktrace.ReadOnlySpan) {
	var o origin
	if p.lineage != nil {
		o = p.lineage.end(s)
	} else {
		o = originOf(s)
	}
	if !o.kept || !s.SpanContext().IsSampled() {
		return
	}
	s = attach(s, o)
	if reason, ok := p.gate.put(s); ok || reason != ReasonQueueFull {
		return
	}
	p.reportFull.Do(func() {
		// The handler is the application's and may be slow, and the goroutine
		// that ended the span must not wait for it.
		go guard.Handle(fmt.Errorf(
			"destination %s: the queue is full, spans are dropped; reported once, Stats has the count", p.dest))
	})
}

// ForceFlush hands everything that ended before the call to the exporter and
// waits for its answer. The error is a [*LossError] when spans were lost
// meanwhile. When ctx ends first, the export goes on in the background.
func (p *Processor) ForceFlush(ctx context.Context) error {
	before := p.gate.snapshot()
	if err := p.flush(ctx); err != nil {
		return err
	}
	lost := p.gate.snapshot()
	for r, n := range before.Dropped {
		if lost.Dropped[r] -= n; lost.Dropped[r] == 0 {
			delete(lost.Dropped, r)
		}
	}
	if lost.Lost() == 0 {
		return nil
	}
	return &LossError{lost, p.export.last()}
}

func (p *Processor) flush(ctx context.Context) error {
	reached := p.gate.barrier()
	if reached == nil { // Shutdown is under way or over
		reached = p.done
	}
	select {
	case <-reached:
	case <-ctx.Done():
		return p.unfinished(ctx)
	}
	// The error of an export is in the counts. What is left is the end of ctx.
	_ = p.batch.ForceFlush(context.WithValue(ctx, flushing{}, true))
	if ctx.Err() != nil {
		return p.unfinished(ctx)
	}
	return p.export.flush(ctx)
}

func (p *Processor) unfinished(ctx context.Context) error {
	n := p.gate.snapshot().Queued
	return p.export.trouble.explain(fmt.Errorf("destination %s: flush not finished, %d %s still queued: %w",
		p.dest, n, plural(n, "span"), context.Cause(ctx)))
}

// Shutdown refuses further spans, exports what is queued and releases the
// exporter. It returns when that is done, or when ctx ends; in that case
// exports under way are cancelled and what is not confirmed counts as lost.
// The error is a [*LossError] when any span was lost since the start. Later
// calls wait in the same way and return the same.
func (p *Processor) Shutdown(ctx context.Context) error {
	p.stop.Do(func() {
		p.gate.close()
		go p.finish()
	})
	var cause error
	select {
	case <-p.done:
	case <-ctx.Done():
		cause = p.giveUp(ctx)
	}
	counts := p.gate.snapshot()
	if counts.Lost() == 0 {
		return cause
	}
	return &LossError{counts, errors.Join(cause, p.export.last())}
}

// finish empties the gate and then stops what is behind it, in this order: a
// pump that still wrote to a stopped batch processor would wait for ever.
func (p *Processor) finish() {
	defer close(p.done)
	<-p.pumped
	if err := p.batch.Shutdown(context.Background()); err != nil && p.life.Err() == nil {
		guard.Handle(fmt.Errorf("destination %s: shutdown: %w", p.dest, err))
	}
	p.abort(nil)
}

// giveUp cancels what is under way and makes the counts final. It returns nil
// when everything ended at the same moment as ctx.
func (p *Processor) giveUp(ctx context.Context) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	err := p.export.trouble.explain(context.Cause(ctx)) // known until the export ends
	p.abort(errTimeUp)
	p.gate.giveUp()
	return err
}

// Counts returns what became of the spans so far.
func (p *Processor) Counts() Counts { return p.gate.snapshot() }
