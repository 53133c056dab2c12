// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"container/list"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// How many spans a lineage remembers. An entry takes about 250 bytes, so a
// destination that leaves spans out holds at most 18 MiB, and 2 MiB where few
// spans are under way.
const (
	maxUnderWay = 1 << 16 // spans that have started and not ended
	maxEnded    = 1 << 13 // spans that have ended, for children that start later
)

// lineage remembers which spans a destination keeps, so that a span whose parent
// is left out can be attached to the nearest kept span above.
//
// A span that is not remembered counts as kept, both when it ends and when a
// child looks for it, so the two always agree. That is so for spans that started
// before the processor was registered, and for the oldest ones once a bound is
// reached. The exception is a span that is left out and whose child starts more
// than maxEnded spans after it ended: that child's parent is missing.
//
// The mutex guards a look-up and a few list operations, and is never held over a
// call into other code.
type lineage struct {
	maxUnderWay, maxEnded int

	mu       sync.Mutex
	entries  map[spanID]*list.Element // of *origin, in one of the lists
	underWay list.List                // in the order of their starts
	ended    list.List                // in the order of their ends
}

type spanID struct {
	trace trace.TraceID
	span  trace.SpanID
}

func idOf(sc trace.SpanContext) spanID { return spanID{sc.TraceID(), sc.SpanID()} }

// origin is where a span hangs in the tree that the destination sees.
type origin struct {
	id     spanID
	kept   bool
	parent trace.SpanContext // the nearest kept one above; invalid if there is none
	root   bool              // no kept one above is of this process
	done   bool              // in the list of ended spans
}

func newLineage() *lineage {
	return &lineage{maxUnderWay: maxUnderWay, maxEnded: maxEnded, entries: make(map[spanID]*list.Element)}
}

// start remembers a span.
func (l *lineage) start(s sdktrace.ReadOnlySpan, kept bool) {
	parent := s.Parent()
	o := &origin{id: idOf(s.SpanContext()), kept: kept, parent: parent, root: isRoot(parent)}
	l.mu.Lock()
	defer l.mu.Unlock()
	// Also a remote parent may be of this process, which then called itself.
	if e, ok := l.entries[idOf(parent)]; ok {
		above := e.Value.(*origin)
		o.root = false
		if !above.kept {
			o.parent, o.root = above.parent, above.root
		}
	}
	l.entries[o.id] = l.underWay.PushBack(o)
	l.trim(&l.underWay, l.maxUnderWay)
}

// end returns the origin of a span, and goes on remembering it for a while.
func (l *lineage) end(s sdktrace.ReadOnlySpan) origin {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.entries[idOf(s.SpanContext())]
	if !ok {
		return originOf(s)
	}
	o := e.Value.(*origin)
	if !o.done {
		o.done = true
		l.underWay.Remove(e)
		l.entries[o.id] = l.ended.PushBack(o)
		l.trim(&l.ended, l.maxEnded)
	}
	return *o
}

func (l *lineage) trim(entries *list.List, limit int) {
	if entries.Len() > limit {
		oldest := entries.Remove(entries.Front()).(*origin)
		delete(l.entries, oldest.id)
	}
}

// originOf is the origin of a span where every span is kept.
func originOf(s sdktrace.ReadOnlySpan) origin {
	return origin{kept: true, parent: s.Parent(), root: isRoot(s.Parent())}
}

func isRoot(parent trace.SpanContext) bool { return !parent.IsValid() || parent.IsRemote() }

// attached is a span at its place in the tree that the destination sees.
type attached struct {
	sdktrace.ReadOnlySpan
	parent     trace.SpanContext
	attributes []attribute.KeyValue
}

func (s attached) Parent() trace.SpanContext        { return s.parent }
func (s attached) Attributes() []attribute.KeyValue { return s.attributes }

// attach returns the span with the parent of o, and marks a root. A span that
// stays as it is is not wrapped.
func attach(s sdktrace.ReadOnlySpan, o origin) sdktrace.ReadOnlySpan {
	if !o.root && o.parent.SpanID() == s.Parent().SpanID() {
		return s
	}
	attrs := s.Attributes() // shared with other destinations
	if o.root {
		attrs = append(slices.Clip(attrs), semconv.AppRootKey.Bool(true))
	}
	return attached{s, o.parent, attrs}
}
