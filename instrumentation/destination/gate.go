// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"maps"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// gate is the bounded queue in front of a destination and the place where its
// spans are counted. A span counts against the bounds until it is settled, that
// is until the exporter has answered for it.
//
// The mutex guards a few additions and one append. It is never held over a call
// into other code, so put cannot wait for a backend.
type gate struct {
	maxSpans int64
	maxBytes int64
	wake     chan struct{} // holds at most one token: there may be work

	mu     sync.Mutex
	queue  []entry
	closed bool // nothing more is taken in
	final  bool // the counts of what was queued are final
	counts Counts
}

// entry is a span, or a barrier when reached is not nil.
type entry struct {
	span    sdktrace.ReadOnlySpan
	size    int64
	reached chan struct{}
}

func newGate(d Destination, l Limits) *gate {
	return &gate{
		maxSpans: int64(l.QueueSpans),
		maxBytes: l.QueueBytes,
		wake:     make(chan struct{}, 1),
		counts:   Counts{Name: d.Name, Endpoint: d.Endpoint, Dropped: make(map[Reason]int64)},
	}
}

// put takes the span in, or drops and counts it and says why.
func (g *gate) put(s sdktrace.ReadOnlySpan) (Reason, bool) {
	size := sizeOf(s)
	g.mu.Lock()
	reason := Reason("")
	switch {
	case g.closed:
		reason = ReasonShutdown
	case g.counts.Queued+1 > g.maxSpans || g.counts.QueuedBytes+size > g.maxBytes:
		reason = ReasonQueueFull
	}
	if reason != "" {
		g.counts.Dropped[reason]++
		g.mu.Unlock()
		return reason, false
	}
	g.counts.Queued++
	g.counts.QueuedBytes += size
	g.queue = append(g.queue, entry{span: s, size: size})
	g.mu.Unlock()
	g.signal()
	return "", true
}

// barrier returns a channel that is closed once everything taken in before has
// left the queue. It returns nil when the gate is closed.
func (g *gate) barrier() <-chan struct{} {
	ch := make(chan struct{})
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil
	}
	g.queue = append(g.queue, entry{reached: ch})
	g.mu.Unlock()
	g.signal()
	return ch
}

// take returns everything in the queue and leaves spare in its place. It waits
// while there is nothing. ok is false once the gate is closed and empty.
func (g *gate) take(spare []entry) (entries []entry, ok bool) {
	for {
		g.mu.Lock()
		if len(g.queue) > 0 {
			entries, g.queue = g.queue, spare[:0]
			g.mu.Unlock()
			return entries, true
		}
		closed := g.closed
		g.mu.Unlock()
		if closed {
			return nil, false
		}
		<-g.wake
	}
}

// close refuses spans from now on. What is queued stays.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.signal()
}

func (g *gate) signal() {
	select {
	case g.wake <- struct{}{}:
	default: // the pump has not seen the last token yet
	}
}

// settle records the exporter's answer for spans taken in before. What is not in
// lost has arrived.
func (g *gate) settle(spans, bytes int64, lost map[Reason]int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.final {
		return // already counted as lost by giveUp
	}
	g.counts.Queued -= spans
	g.counts.QueuedBytes -= bytes
	for reason, n := range lost {
		g.counts.Dropped[reason] += n
		spans -= n
	}
	g.counts.Exported += spans
}

// giveUp counts everything that is not settled as lost. A later answer of the
// exporter changes nothing, so the counts stay those that Shutdown reported.
func (g *gate) giveUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.final {
		return
	}
	g.final = true
	if g.counts.Queued > 0 {
		g.counts.Dropped[ReasonShutdown] += g.counts.Queued
	}
	g.counts.Queued, g.counts.QueuedBytes = 0, 0
}

func (g *gate) snapshot() Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.counts
	c.Dropped = maps.Clone(c.Dropped)
	return c
}
