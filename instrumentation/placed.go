// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// placed is what [Propagate] put onto spans that were there already.
var placed = ledger{limit: maxPlaced}

const maxPlaced = 1 << 13

// ledger tells what Propagate put onto a span from what the span was given
// itself, so that a later Propagate may replace the one and not the other. A span
// has no room for such a mark, and nothing says when one of another provider has
// ended: the oldest entries make room, and what they stood for then counts as the
// span's own. An entry takes about 100 bytes, whatever the size of the value.
type ledger struct {
	limit int

	mu   sync.Mutex
	puts map[place]attribute.Distinct
	ring []place // the keys of puts, the oldest at next once it is full
	next int
}

// place is an attribute of a span.
type place struct {
	trace trace.TraceID
	span  trace.SpanID
	key   attribute.Key
}

// has tells whether kv was put onto the span.
func (l *ledger) has(span trace.SpanContext, kv attribute.KeyValue) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	put, ok := l.puts[place{span.TraceID(), span.SpanID(), kv.Key}]
	return ok && put == distinct(kv)
}

// add notes that kvs were put onto the span.
func (l *ledger) add(span trace.SpanContext, kvs []attribute.KeyValue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.puts == nil {
		l.puts = make(map[place]attribute.Distinct)
	}
	for _, kv := range kvs {
		at := place{span.TraceID(), span.SpanID(), kv.Key}
		if _, known := l.puts[at]; !known {
			l.makeRoom(at)
		}
		l.puts[at] = distinct(kv)
	}
}

func (l *ledger) makeRoom(at place) {
	if len(l.ring) < l.limit {
		l.ring = append(l.ring, at)
		return
	}
	delete(l.puts, l.ring[l.next])
	l.ring[l.next] = at
	l.next = (l.next + 1) % l.limit
}

// distinct is the same for attributes with the same key, type and value.
func distinct(kv attribute.KeyValue) attribute.Distinct {
	set := attribute.NewSet(kv)
	return set.Equivalent()
}
