// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestBackendThatComesLaterGetsWhatWaited(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close()) // nobody listens there now

	refused := make(chan struct{})
	var once sync.Once
	o := OTLP{URL: "http://" + address + "/v1/traces", Retry: fastRetry}
	o.Proxy = func(*http.Request) (*url.URL, error) { once.Do(func() { close(refused) }); return nil, nil }
	p := start(t, otlp(o))
	end(p, 10)
	flushed := make(chan error, 1)
	go func() { flushed <- p.ForceFlush(context.WithoutCancel(t.Context())) }()
	<-refused

	r := receiver(t)
	l, err = lc.Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}}
	server.Start()
	defer server.Close()
	require.NoError(t, <-flushed)
	assert.Len(t, r.Spans(), 10)
	require.NoError(t, p.Shutdown(t.Context()))
	assert.EqualValues(t, 10, p.Counts().Exported)
}

// One destination is down for the whole run, one answers 500 and recovers, one is
// healthy, all on one TracerProvider under load.
func TestOutageOfOneDestinationIsNotFeltByTheOthers(t *testing.T) {
	const (
		workers, each = 8, 500
		total         = workers * each
		queue         = 1000
	)
	broken := atomic.Bool{}
	broken.Store(true)
	failing := receiver(t, testserver.WithResponder(func(testserver.Export) testserver.Response {
		if broken.Load() {
			return testserver.Response{Status: 500}
		}
		return testserver.Response{}
	}))
	healthy := receiver(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()

	destination := func(name string, o OTLP, spans int) *Processor {
		d := otlp(o)
		d.Name = name
		d.Limits = Limits{QueueSpans: spans, BatchSpans: 100, BatchDelay: time.Millisecond}
		return start(t, d)
	}
	long := Retry{Initial: 10 * time.Millisecond, Max: 50 * time.Millisecond, Elapsed: time.Hour}
	down := destination("down", OTLP{URL: gone.URL + "/v1/traces", Retry: long}, queue)
	recovering := destination("recovering", OTLP{URL: failing.URL + "/v1/traces", Retry: long, RetryOn500: true}, queue)
	well := destination("healthy", OTLP{URL: healthy.URL + "/v1/traces"}, total)
	tp := sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(down), sdktrace.WithSpanProcessor(recovering), sdktrace.WithSpanProcessor(well))

	before := heap()
	text := attribute.String("text", strings.Repeat("x", 2000))
	tracer := tp.Tracer("load")
	var slowest atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				_, s := tracer.Start(t.Context(), "work")
				s.SetAttributes(text)
				begin := time.Now()
				s.End()
				for took := int64(time.Since(begin)); ; {
					was := slowest.Load()
					if took <= was || slowest.CompareAndSwap(was, took) {
						break
					}
				}
			}
		})
	}
	wg.Wait()

	// While two of three are away, the healthy one has everything.
	require.NoError(t, well.ForceFlush(t.Context()))
	assert.Len(t, healthy.Spans(), total)
	assert.Less(t, time.Duration(slowest.Load()), 5*time.Second, "ending a span waited for a backend")
	for _, p := range []*Processor{down, recovering} {
		c := p.Counts()
		assert.EqualValues(t, queue, c.Queued, c.Name)
		assert.Equal(t, map[Reason]int64{ReasonQueueFull: total - queue}, c.Dropped, c.Name)
		assert.LessOrEqual(t, c.QueuedBytes, int64(queue*3000))
	}
	healthy.Reset()
	assert.Less(t, int64(heap()-before), int64(32<<20))

	broken.Store(false)
	require.NoError(t, recovering.flush(t.Context()))
	assert.Len(t, failing.Spans(), queue)

	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	for _, p := range []*Processor{down, recovering, well} {
		wg.Go(func() {
			err := p.Shutdown(ctx)
			assert.Equal(t, p != well, err != nil)
			if p == down {
				assert.ErrorContains(t, err, "4000 spans did not reach destination down")
			}
		})
	}
	wg.Wait()
	assert.Less(t, time.Since(begin), 5*time.Second)
	want := func(name, url string, exported int64, dropped map[Reason]int64) Counts {
		return Counts{Name: name, Endpoint: url + "/v1/traces", Exported: exported, Dropped: dropped}
	}
	assert.Equal(t, want("down", gone.URL, 0, map[Reason]int64{ReasonQueueFull: total - queue, ReasonShutdown: queue}), down.Counts())
	assert.Equal(t, want("recovering", failing.URL, queue, map[Reason]int64{ReasonQueueFull: total - queue}), recovering.Counts())
	assert.Equal(t, want("healthy", healthy.URL, total, map[Reason]int64{}), well.Counts())
	<-down.done // its goroutines end soon after
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
