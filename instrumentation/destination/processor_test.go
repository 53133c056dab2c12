// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func TestFlushHandsOverEverythingThatEndedBefore(t *testing.T) {
	for _, n := range []int{0, 1, DefaultBatchSpans, DefaultBatchSpans + 1, DefaultQueueSpans} {
		e := &fakeExporter{}
		p := start(t, destinationOf(e, Limits{BatchDelay: time.Hour}))
		end(p, n)
		require.NoError(t, p.ForceFlush(t.Context()))
		assert.Len(t, names(e.spans()), n)
		assert.Equal(t, 1, e.flushes, "the exporter's own flush")
		assert.Equal(t, Counts{Name: "test", Exported: int64(n), Dropped: map[Reason]int64{}}, p.Counts())
		require.NoError(t, p.Shutdown(t.Context()))
		assert.Equal(t, 1, e.shutdown)
	}
}

func TestSpansEndedConcurrentSafe(t *testing.T) {
	const workers, each = 8, 500
	e := &fakeExporter{}
	p := start(t, destinationOf(e, Limits{}))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				p.OnEnd(stub(w*each + i).Snapshot())
				if i%100 == 0 {
					assert.NoError(t, p.ForceFlush(t.Context()))
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Len(t, names(e.spans()), workers*each)
	assert.EqualValues(t, workers*each, p.Counts().Exported)
}

func TestSpansLeaveAfterTheBatchDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &fakeExporter{}
		p := start(t, destinationOf(e, Limits{BatchDelay: 3 * time.Second}))
		end(p, 2)
		<-time.After(3*time.Second - 1)
		synctest.Wait()
		assert.Empty(t, e.spans())
		<-time.After(1)
		synctest.Wait()
		assert.Len(t, e.spans(), 2)
		require.NoError(t, p.Shutdown(t.Context()))
	})
}

func TestSpanThatIsNotSampledIsIgnored(t *testing.T) {
	e := &fakeExporter{}
	p := start(t, destinationOf(e, Limits{}))
	s := stub(1)
	s.SpanContext = s.SpanContext.WithTraceFlags(trace.TraceFlags(0))
	p.OnEnd(s.Snapshot())
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Empty(t, e.spans())
	assert.Equal(t, Counts{Name: "test", Dropped: map[Reason]int64{}}, p.Counts())
}

// A backend that hangs fills the gate. Whoever ends a span must not notice.
func TestFullQueueDropsWithoutWaitingAndReportsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled.take()
		release := make(chan struct{})
		e := &fakeExporter{export: func(context.Context, []sdktrace.ReadOnlySpan) error { <-release; return nil }}
		p := start(t, destinationOf(e, Limits{QueueSpans: 10, BatchSpans: 4}))
		begin := time.Now()
		end(p, 25)
		assert.Zero(t, time.Since(begin), "OnEnd waited")
		synctest.Wait()
		assert.Equal(t, map[Reason]int64{ReasonQueueFull: 15}, p.Counts().Dropped)
		assert.EqualValues(t, 10, p.Counts().Queued)
		require.Len(t, handled.take(), 1)

		close(release)
		require.NoError(t, p.ForceFlush(t.Context()))
		end(p, 3) // room again
		err := p.Shutdown(t.Context())
		assert.EqualError(t, err, "15 spans did not reach destination test: queue_full 15")
		c := p.Counts()
		assert.Zero(t, c.Queued)
		assert.Zero(t, c.QueuedBytes)
		assert.EqualValues(t, 13, c.Exported)
	})
}

func TestQueueIsBoundedInBytes(t *testing.T) {
	big := attribute.String("text", strings.Repeat("x", 1000))
	e := &fakeExporter{}
	p := start(t, destinationOf(e, Limits{QueueBytes: 5000, BatchDelay: time.Hour, BatchSpans: 100}))
	end(p, 10, big)
	c := p.Counts()
	assert.EqualValues(t, 3, c.Queued)
	assert.LessOrEqual(t, c.QueuedBytes, int64(5000))
	assert.EqualValues(t, 7, c.Dropped[ReasonQueueFull])
	require.Error(t, p.Shutdown(t.Context()))
	assert.Len(t, e.spans(), 3)
}

func TestBatchesAreBoundedInBytes(t *testing.T) {
	e := &fakeExporter{}
	p := start(t, destinationOf(e, Limits{BatchBytes: 3000}))
	end(p, 5, attribute.String("text", strings.Repeat("x", 1000))) // two fit
	p.OnEnd(stub(9, attribute.String("text", strings.Repeat("x", 9000))).Snapshot())
	require.NoError(t, p.Shutdown(t.Context()))
	var sizes []int
	for _, b := range e.batches {
		sizes = append(sizes, len(b))
	}
	assert.Equal(t, []int{2, 2, 1, 1}, sizes)
}

func TestFailedExportsAreCounted(t *testing.T) {
	refused := errors.New("refused")
	tests := []struct {
		name     string
		err      error
		exported int64
		dropped  map[Reason]int64
		text     string // of the error of ForceFlush; empty: none
	}{
		{"failed", refused, 0, map[Reason]int64{ReasonExportFailed: 5},
			"5 spans did not reach destination test: export_failed 5; last error: destination test: 5 of 5 spans lost: refused"},
		{"partial", &PartialError{map[Reason]int64{ReasonRejected: 2}, refused}, 3, map[Reason]int64{ReasonRejected: 2},
			"2 spans did not reach destination test: rejected 2; last error: destination test: 2 of 5 spans lost: refused"},
		{"partial and too many", &PartialError{map[Reason]int64{ReasonRejected: 9}, refused}, 0, map[Reason]int64{ReasonRejected: 5},
			"5 spans did not reach destination test: rejected 5; last error: destination test: 5 of 5 spans lost: refused"},
		{"warning", &PartialError{nil, refused}, 5, map[Reason]int64{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			handled.take()
			e := &fakeExporter{export: func(context.Context, []sdktrace.ReadOnlySpan) error { return tt.err }}
			p := start(t, destinationOf(e, Limits{BatchDelay: time.Hour}))
			end(p, 5)
			err := p.ForceFlush(t.Context())
			if tt.text == "" {
				require.NoError(t, err)
				assert.Equal(t, []string{"destination test: refused"}, handled.take())
			} else {
				require.EqualError(t, err, tt.text)
				require.ErrorIs(t, err, refused)
				assert.Empty(t, handled.take(), "told twice")
				require.NoError(t, p.ForceFlush(t.Context()), "an old loss is not the next flush's")
			}
			c := p.Counts()
			assert.Equal(t, tt.exported, c.Exported)
			assert.Equal(t, tt.dropped, c.Dropped)
			assert.Zero(t, c.Queued)
			var loss *LossError
			assert.Equal(t, c.Lost() > 0, errors.As(p.Shutdown(t.Context()), &loss))
		})
	}
}

func TestTextOfAnExportErrorIsBounded(t *testing.T) {
	long := errors.New(strings.Repeat("é", 4000))
	e := &fakeExporter{export: func(context.Context, []sdktrace.ReadOnlySpan) error { return long }}
	p := start(t, destinationOf(e, Limits{}))
	end(p, 1)
	err := p.Shutdown(t.Context())
	require.ErrorIs(t, err, long)
	assert.Less(t, len(err.Error()), 2*maxErrorText)
}

// An impatient flush must not cancel an export that would succeed later.
func TestFlushThatRunsOutOfTimeLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		e := &fakeExporter{export: func(ctx context.Context, _ []sdktrace.ReadOnlySpan) error {
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		p := start(t, destinationOf(e, Limits{}))
		end(p, 3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := p.ForceFlush(ctx)
		assert.Equal(t, time.Second, time.Since(begin))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "3 spans still queued")
		close(release)
		require.NoError(t, p.Shutdown(t.Context()))
		assert.EqualValues(t, 3, p.Counts().Exported)
	})
}

func TestShutdownIsBoundedByItsContext(t *testing.T) {
	tests := []struct {
		name  string
		heeds bool // the exporter returns when its context ends
	}{{"exporter heeds its context", true}, {"exporter ignores its context", false}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				e := &fakeExporter{export: func(ctx context.Context, _ []sdktrace.ReadOnlySpan) error {
					if !tt.heeds {
						<-release
						return nil
					}
					<-ctx.Done()
					return context.Cause(ctx)
				}}
				p := start(t, destinationOf(e, Limits{BatchSpans: 2}))
				end(p, 7)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				err := p.Shutdown(ctx)
				assert.Equal(t, time.Second, time.Since(begin))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.ErrorContains(t, err, "7 spans did not reach destination test: shutdown 7")
				want := Counts{Name: "test", Dropped: map[Reason]int64{ReasonShutdown: 7}}
				assert.Equal(t, want, p.Counts())

				close(release)
				<-p.done // the goroutines end all the same
				assert.Equal(t, want, p.Counts(), "the counts that Shutdown told are final")
				assert.Equal(t, 1, e.shutdown)
			})
		})
	}
}

func TestAfterShutdown(t *testing.T) {
	e := &fakeExporter{}
	p := start(t, destinationOf(e, Limits{}))
	end(p, 2)
	require.NoError(t, p.Shutdown(t.Context()))
	require.NoError(t, p.Shutdown(t.Context()), "a second Shutdown")
	end(p, 3)
	require.NoError(t, p.ForceFlush(t.Context()))
	assert.Len(t, e.spans(), 2)
	assert.Equal(t, map[Reason]int64{ReasonShutdown: 3}, p.Counts().Dropped)
	assert.Equal(t, 1, e.shutdown)
}

func TestNewProcessorSaysWhatIsMissing(t *testing.T) {
	tests := []struct {
		name string
		d    Destination
		want string
	}{
		{"name", Destination{}, "destination: Name is empty"},
		{"exporter", Destination{Name: "x"}, "destination x: NewExporter is nil"},
		{"failing exporter", Destination{Name: "x", Endpoint: "http://h", NewExporter: func(context.Context) (sdktrace.SpanExporter, error) {
			return nil, errors.New("no certificate")
		}}, "destination x (http://h): no certificate"},
	}
	for _, tt := range tests {
		_, err := NewProcessor(t.Context(), tt.d)
		assert.EqualError(t, err, tt.want, tt.name)
	}
}

func TestLimitsPrecedence(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		in   Limits
		want Limits
	}{
		{"defaults", nil, Limits{}, Limits{8192, 64 << 20, 512, 4 << 20, 5 * time.Second, 2 << 20}},
		{"environment", map[string]string{
			"OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10", "OTEL_BSP_SCHEDULE_DELAY": "200",
		}, Limits{}, Limits{100, 64 << 20, 10, 4 << 20, 200 * time.Millisecond, 2 << 20}},
		{"field over environment", map[string]string{"OTEL_BSP_MAX_QUEUE_SIZE": "100"},
			Limits{7, 8, 3, 9, time.Second, 11}, Limits{7, 8, 3, 9, time.Second, 11}},
		{"nonsense", map[string]string{
			"OTEL_BSP_MAX_QUEUE_SIZE": "-1", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "many", "OTEL_BSP_SCHEDULE_DELAY": "0",
		}, Limits{QueueSpans: -1}, Limits{8192, 64 << 20, 512, 4 << 20, 5 * time.Second, 2 << 20}},
		{"batch fits the queue", nil, Limits{QueueSpans: 5}, Limits{5, 64 << 20, 5, 4 << 20, 5 * time.Second, 2 << 20}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			assert.Equal(t, tt.want, tt.in.withDefaults())
		})
	}
}
