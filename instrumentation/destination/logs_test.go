// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// logSink is an exporter of log records.
type logSink struct {
	mu      sync.Mutex
	batches [][]sdklog.Record
	export  func(context.Context) error
}

func (s *logSink) Export(ctx context.Context, records []sdklog.Record) error {
	s.mu.Lock()
	var batch []sdklog.Record
	for _, r := range records {
		batch = append(batch, r.Clone())
	}
	s.batches = append(s.batches, batch)
	s.mu.Unlock()
	if s.export != nil {
		return s.export(ctx)
	}
	return nil
}
func (*logSink) ForceFlush(context.Context) error { return nil }
func (*logSink) Shutdown(context.Context) error   { return nil }

func newLogs(t *testing.T, s *logSink, d Destination) (*LogProcessor, *sdklog.LoggerProvider) {
	t.Helper()
	d.Name = "d"
	d.NewLogExporter = func(context.Context) (sdklog.Exporter, error) { return s, nil }
	p, err := NewLogProcessor(t.Context(), d)
	require.NoError(t, err)
	return p, sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
}

func emitTo(p *sdklog.LoggerProvider, event string, attrs ...attribute.KeyValue) {
	var r log.Record
	r.SetEventName(event)
	r.AddAttributes(attrs...)
	p.Logger("test").Emit(context.Background(), r)
}

func TestLogsAreBoundedInBytesAndCutIntoBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &logSink{}
		p, provider := newLogs(t, s, Destination{Limits: Limits{QueueBytes: 10_000, BatchBytes: 4_000}})
		text := attribute.String("text", strings.Repeat("x", 1_500))
		for range 8 {
			emitTo(provider, "e", text)
		}
		synctest.Wait()
		dropped := p.Counts().DroppedLogs[ReasonQueueFull]
		assert.EqualValues(t, 3, dropped, "5 fit into 10,000 bytes")
		require.NoError(t, p.ForceFlush(t.Context()))
		var sizes []int
		for _, b := range s.batches {
			sizes = append(sizes, len(b))
		}
		assert.Equal(t, []int{2, 2, 1}, sizes)
		emitTo(provider, "e", text)
		require.NoError(t, p.Shutdown(t.Context()), "there is room again")
		emitTo(provider, "late")
		assert.Equal(t, map[Reason]int64{ReasonQueueFull: 3, ReasonShutdown: 1}, p.Counts().DroppedLogs)
		assert.Len(t, s.batches, 4)
	})
}

func TestLogsAreBoundedInNumber(t *testing.T) {
	t.Setenv("OTEL_BLRP_MAX_QUEUE_SIZE", "3")
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &logSink{export: func(context.Context) error { <-release; return nil }}
		p, provider := newLogs(t, s, Destination{})
		for range 5 {
			emitTo(provider, "e")
			synctest.Wait()
		}
		assert.EqualValues(t, 2, p.Counts().DroppedLogs[ReasonQueueFull])
		close(release)
		require.NoError(t, p.Shutdown(t.Context()))
		assert.EqualValues(t, 2, p.Counts().DroppedLogs[ReasonQueueFull])
	})
}

func TestShutdownOfLogsCancelsAndCountsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, cancelled := make(chan struct{}), make(chan struct{})
		s := &logSink{export: func(ctx context.Context) error { close(begun); <-ctx.Done(); close(cancelled); return ctx.Err() }}
		p, provider := newLogs(t, s, Destination{})
		emitTo(provider, "e")
		<-begun
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		require.ErrorIs(t, p.Shutdown(ctx), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(begin))
		<-cancelled
		synctest.Wait()
		assert.Equal(t, map[Reason]int64{ReasonShutdown: 1}, p.Counts().DroppedLogs)
	})
}

func TestExporterOfLogsThatPanicsCostsItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		s := &logSink{}
		s.export = func(context.Context) error {
			if first {
				first = false
				panic("SECRET")
			}
			return nil
		}
		p, provider := newLogs(t, s, Destination{})
		emitTo(provider, "e")
		require.EqualError(t, p.ForceFlush(t.Context()), "destination d: logs: the exporter panicked with a string")
		emitTo(provider, "e")
		require.NoError(t, p.Shutdown(t.Context()))
		assert.Equal(t, map[Reason]int64{ReasonExportFailed: 1}, p.Counts().DroppedLogs)
	})
}

func TestConstructorsThatFailNameTheDestination(t *testing.T) {
	_, err := NewLogProcessor(t.Context(), Destination{Name: "d", NewLogExporter: func(context.Context) (sdklog.Exporter, error) {
		return nil, errors.New("no disk")
	}})
	require.EqualError(t, err, "destination d: logs: no disk")
	_, err = NewLogProcessor(t.Context(), Destination{Name: "d"})
	require.ErrorContains(t, err, "destination d: logs: the constructor panicked")
	_, err = NewMetricReader(t.Context(), Destination{Name: "d"})
	require.ErrorContains(t, err, "destination d: metrics: the constructor panicked")
}

func TestContentOfRecords(t *testing.T) {
	content := []attribute.KeyValue{
		attribute.String("kept", "1"),
		attribute.Key("gen_ai.input.messages").Slice(attribute.MapValue(attribute.String("content", "x"))),
		attribute.String("exception.message", "m"),
	}
	for _, tt := range []struct {
		event   string
		content bool
		want    []attribute.Key
	}{
		{"gen_ai.client.operation.exception", false, []attribute.Key{"kept"}},
		{"of the application", false, []attribute.Key{"kept", "exception.message"}},
		{"gen_ai.client.operation.exception", true, []attribute.Key{"kept", "gen_ai.input.messages", "exception.message"}},
	} {
		s := &logSink{}
		p, provider := newLogs(t, s, Destination{Content: tt.content})
		emitTo(provider, tt.event, content...)
		require.NoError(t, p.Shutdown(t.Context()))
		var got []attribute.Key
		s.batches[0][0].WalkAttributes(func(kv attribute.KeyValue) bool { got = append(got, kv.Key); return true })
		assert.Equal(t, tt.want, got, tt.event)
	}
}

func TestSizeOfStructuredValues(t *testing.T) {
	text := strings.Repeat("x", 1000)
	v := attribute.SliceValue(attribute.MapValue(attribute.String("content", text), attribute.Bool("b", true)))
	assert.InDelta(t, 1000, valueSize(v), 100)
}

func TestAnswerOfTheLastAttemptCounts(t *testing.T) {
	var attempts atomic.Int32
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if attempts.Add(1) == 1 {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			close(gone)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	exporter, err := OTLP{URL: server.URL, Timeout: 100 * time.Millisecond, Retry: fastRetry}.NewLogExporter(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, exporter.Export(t.Context(), make([]sdklog.Record, 1)), ErrNotServed)
	<-gone
	require.NoError(t, exporter.Shutdown(t.Context()))
}
