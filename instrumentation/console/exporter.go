// SPDX-License-Identifier: Apache-2.0

package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	// maxHeld bounds the spans that wait for the root of their trace. Beyond it
	// the trace that waits longest is printed as it is.
	maxHeld = 4096
	// maxPrinted bounds the memory of which traces were printed.
	maxPrinted = 256
)

// exporter holds spans back until the local root of their trace has ended.
type exporter struct {
	w    io.Writer
	opts []Option
	page *page // nil: no file

	mu      sync.Mutex // Flush may run next to an export
	held    map[trace.TraceID][]sdktrace.ReadOnlySpan
	order   []trace.TraceID // of held, oldest first
	count   int             // spans in held
	printed []trace.TraceID // whose root was printed, oldest first
}

func newExporter(w io.Writer, p *page, opts ...Option) *exporter {
	return &exporter{w: w, page: p, opts: opts, held: make(map[trace.TraceID][]sdktrace.ReadOnlySpan)}
}

func (e *exporter) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	ready := make(map[trace.TraceID]bool)
	for _, s := range spans {
		id := s.SpanContext().TraceID()
		if _, known := e.held[id]; !known {
			e.order = append(e.order, id)
		}
		e.held[id] = append(e.held[id], s)
		e.count++
		// What ends after its root, such as an abandoned stream, has nothing to
		// wait for any more.
		if isLocalRoot(s) || slices.Contains(e.printed, id) {
			ready[id] = true
		}
	}
	return e.print(e.due(ready))
}

// due returns the traces that are ready, and as many of the oldest others as
// bring the spans that stay to maxHeld.
func (e *exporter) due(ready map[trace.TraceID]bool) []trace.TraceID {
	stay := e.count
	for id := range ready {
		stay -= len(e.held[id])
	}
	var due []trace.TraceID
	for _, id := range e.order {
		switch {
		case ready[id]:
		case stay > maxHeld:
			stay -= len(e.held[id])
		default:
			continue
		}
		due = append(due, id)
	}
	return due
}

func isLocalRoot(s sdktrace.ReadOnlySpan) bool {
	return !s.Parent().SpanID().IsValid() || s.Parent().IsRemote()
}

// print prints the held spans of the traces and forgets them.
func (e *exporter) print(ids []trace.TraceID) error {
	var spans []sdktrace.ReadOnlySpan
	for _, id := range ids {
		held := e.held[id]
		if held == nil {
			continue
		}
		spans = append(spans, held...)
		e.count -= len(held)
		delete(e.held, id)
		if !slices.Contains(e.printed, id) {
			e.printed = append(e.printed, id)
		}
	}
	e.order = slices.DeleteFunc(e.order, func(id trace.TraceID) bool { return e.held[id] == nil })
	if extra := len(e.printed) - maxPrinted; extra > 0 {
		e.printed = slices.Delete(e.printed, 0, extra)
	}
	views := viewsOf(spans)
	var errs []error
	if err := render(e.w, views, e.opts); err != nil {
		errs = append(errs, fmt.Errorf("print the trace: %w", err))
	}
	if e.page != nil {
		errs = append(errs, e.page.add(views))
	}
	return errors.Join(errs...)
}

// ForceFlush prints what waits for a root.
func (e *exporter) ForceFlush(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.print(slices.Clone(e.order))
}

func (e *exporter) Shutdown(ctx context.Context) error { return e.ForceFlush(ctx) }
