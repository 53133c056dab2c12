// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"
)

// handled collects what goes to otel.Handle. The handler is global and the first
// one set stays reachable for ever, so it is set once, here.
var handled errorLog

// How long, and how often, a test looks for what real HTTP or another goroutine
// brings.
const (
	eventually = 20 * time.Second
	tick       = time.Millisecond
)

func TestMain(m *testing.M) {
	otel.SetErrorHandler(&handled)
	goleak.VerifyTestMain(m)
}

type errorLog struct {
	mu     sync.Mutex
	errs   []string
	panics bool // after the error is noted
}

func (l *errorLog) Handle(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err.Error())
	if l.panics {
		panic("the handler")
	}
}

// panicking makes the handler panic for the time of the test.
func (l *errorLog) panicking(t *testing.T) {
	set := func(panics bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.errs, l.panics = nil, panics
	}
	set(true)
	t.Cleanup(func() { set(false) })
}

// take returns what was handled since the last take.
func (l *errorLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	errs := l.errs
	l.errs = nil
	return errs
}

// fakeExporter answers ExportSpans with export and remembers the batches that it
// took. The zero value takes everything.
type fakeExporter struct {
	export   func(context.Context, []sdktrace.ReadOnlySpan) error
	mu       sync.Mutex
	batches  [][]sdktrace.ReadOnlySpan
	flushes  int
	shutdown int
}

func (e *fakeExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if e.export != nil {
		if err := e.export(ctx, spans); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.batches = append(e.batches, spans)
	return nil
}

func (e *fakeExporter) ForceFlush(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.flushes++
	return nil
}

func (e *fakeExporter) Shutdown(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shutdown++
	return nil
}

func (e *fakeExporter) spans() []sdktrace.ReadOnlySpan {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []sdktrace.ReadOnlySpan
	for _, b := range e.batches {
		all = append(all, b...)
	}
	return all
}

func destinationOf(e sdktrace.SpanExporter, l Limits) Destination {
	return Destination{
		Name:        "test",
		NewExporter: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
		Limits:      l,
	}
}

func start(t *testing.T, d Destination) *Processor {
	t.Helper()
	p, err := NewProcessor(t.Context(), d)
	require.NoError(t, err)
	return p
}

// stub is a sampled span with an id of its own for each i.
func stub(i int, attrs ...attribute.KeyValue) tracetest.SpanStub {
	return tracetest.SpanStub{
		Name: fmt.Sprintf("span %d", i),
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
			TraceID:    trace.TraceID{15: 1},
			SpanID:     trace.SpanID{byte(i >> 16), byte(i >> 8), byte(i), 1},
			TraceFlags: trace.FlagsSampled,
		}),
		StartTime:  time.Unix(1700000000, 0).UTC(),
		EndTime:    time.Unix(1700000001, 0).UTC(),
		Attributes: attrs,
	}
}

func end(p *Processor, n int, attrs ...attribute.KeyValue) {
	for i := range n {
		p.OnEnd(stub(i, attrs...).Snapshot())
	}
}

func names(spans []sdktrace.ReadOnlySpan) map[string]int {
	m := make(map[string]int)
	for _, s := range spans {
		m[s.Name()]++
	}
	return m
}
