// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Without a guard each of these ends the process: the handler runs on a
// goroutine of ours, or on that of the batch processor.
func TestErrorHandlerThatPanicsCostsNothing(t *testing.T) {
	failing := func(err error) func(context.Context, []sdktrace.ReadOnlySpan) error {
		return func(context.Context, []sdktrace.ReadOnlySpan) error { return err }
	}
	tests := []struct {
		name     string
		export   func(context.Context, []sdktrace.ReadOnlySpan) error
		change   func(*Destination)
		told     string
		exported int64
	}{
		{"full queue", nil, func(d *Destination) { d.Limits = Limits{QueueBytes: 1} }, "the queue is full", 0},
		{"panic of Keep", nil, func(d *Destination) { d.Keep = func(sdktrace.ReadOnlySpan) bool { panic("Keep") } }, "Keep panicked", 3},
		{"panic of the dialect", nil, func(d *Destination) {
			d.Dialect = func(sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan { panic("Dialect") }
		}, "Dialect panicked", 3},
		{"warning", failing(&PartialError{Err: errors.New("careful")}), nil, "careful", 3},
		{"failed export", failing(errors.New("refused")), nil, "3 of 3 spans lost: refused", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handled.panicking(t)
				d := destinationOf(&fakeExporter{export: tt.export}, Limits{})
				if tt.change != nil {
					tt.change(&d)
				}
				p := start(t, d)
				tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p)).Tracer("")
				for range 3 {
					_, span := tracer.Start(t.Context(), "s")
					span.End()
				}
				<-time.After(DefaultBatchDelay)
				synctest.Wait()
				told := handled.take()
				require.Len(t, told, 1)
				assert.Contains(t, told[0], tt.told)
				assert.Equal(t, tt.exported, p.Counts().Exported)
				_ = p.Shutdown(t.Context())
			})
		})
	}
}

// broken is an exporter that panics wherever it is asked to.
type broken struct {
	fakeExporter
	flushes, stops bool
}

func (b *broken) ForceFlush(ctx context.Context) error {
	if b.flushes {
		panic("flush")
	}
	return b.fakeExporter.ForceFlush(ctx)
}

func (b *broken) Shutdown(ctx context.Context) error {
	if b.stops {
		panic("shutdown")
	}
	return b.fakeExporter.Shutdown(ctx)
}

func TestPanicOfAFlushIsItsError(t *testing.T) {
	e := &broken{flushes: true}
	p := start(t, destinationOf(e, Limits{}))
	end(p, 2)
	require.EqualError(t, p.ForceFlush(t.Context()), "destination test: the exporter's ForceFlush panicked with a string")
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Len(t, e.spans(), 2)
}

func TestPanicOfTheExportersShutdownIsReported(t *testing.T) {
	handled.panicking(t)
	p := start(t, destinationOf(&broken{stops: true}, Limits{}))
	end(p, 2)
	require.NoError(t, p.Shutdown(t.Context()), "every span has arrived")
	assert.Equal(t, []string{"destination test: shutdown: the exporter panicked with a string"}, handled.take())
	assert.EqualValues(t, 2, p.Counts().Exported)
}

// nilError is the error of a nil pointer that became an interface.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func TestErrorThatPanicsIsAFailedExport(t *testing.T) {
	p := start(t, destinationOf(&fakeExporter{export: func(context.Context, []sdktrace.ReadOnlySpan) error {
		return (*nilError)(nil)
	}}, Limits{}))
	end(p, 3)
	require.ErrorContains(t, p.Shutdown(t.Context()), "the exporter panicked: runtime error: invalid memory address")
	assert.Equal(t, map[Reason]int64{ReasonExportFailed: 3}, p.Counts().Dropped)
}

func TestPanicOfNewExporterIsAnError(t *testing.T) {
	d := destinationOf(nil, Limits{})
	d.NewExporter = func(context.Context) (sdktrace.SpanExporter, error) { panic("new") }
	_, err := NewProcessor(t.Context(), d)
	require.EqualError(t, err, "destination test: NewExporter panicked with a string")
}

// stuck is an exporter whose flush heeds no context.
type stuck struct {
	fakeExporter
	release chan struct{}
}

func (s *stuck) ForceFlush(context.Context) error { <-s.release; return nil }

func TestFlushIsBoundedByItsContextWhateverTheExporterDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &stuck{release: make(chan struct{})}
		p := start(t, destinationOf(e, Limits{}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := p.ForceFlush(ctx)
		assert.Equal(t, time.Second, time.Since(begin))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "destination test: the exporter's ForceFlush has not returned")
		close(e.release)
		require.NoError(t, p.Shutdown(t.Context()))
	})
}
