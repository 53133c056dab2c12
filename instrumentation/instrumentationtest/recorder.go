// SPDX-License-Identifier: Apache-2.0

package instrumentationtest

import (
	"context"
	"slices"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// recorder keeps spans when they end, and wakes those who wait for them.
type recorder struct {
	mu    sync.Mutex
	ended []Span
	more  chan struct{} // closed and replaced with each span
}

var _ sdktrace.SpanProcessor = (*recorder)(nil)

func newRecorder() *recorder { return &recorder{more: make(chan struct{})} }

func (*recorder) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

func (r *recorder) OnEnd(s sdktrace.ReadOnlySpan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = append(r.ended, Span{s})
	close(r.more)
	r.more = make(chan struct{})
}

func (*recorder) Shutdown(context.Context) error { return nil }

func (*recorder) ForceFlush(context.Context) error { return nil }

func (r *recorder) spans() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ended)
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = nil
}

// wait returns the spans once there are n. It gives up, with false, when ctx
// ends.
func (r *recorder) wait(ctx context.Context, n int) ([]Span, bool) {
	for {
		r.mu.Lock()
		spans, more := slices.Clone(r.ended), r.more
		r.mu.Unlock()
		if len(spans) >= n {
			return spans, true
		}
		select {
		case <-more:
		case <-ctx.Done():
			return spans, false
		}
	}
}
