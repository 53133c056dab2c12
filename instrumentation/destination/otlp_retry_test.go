// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// network stands in for the transport, so that time can be that of synctest. It
// answers each request with the next reply, and the last one again and again.
type network struct {
	replies []reply

	mu    sync.Mutex
	times []time.Duration // of the requests, since the first one
	begin time.Time
}

type reply struct {
	status int
	header map[string]string
	body   string
	err    error
	hang   bool
}

func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	n.mu.Lock()
	if n.begin.IsZero() {
		n.begin = time.Now()
	}
	r := n.replies[min(len(n.times), len(n.replies)-1)]
	n.times = append(n.times, time.Since(n.begin))
	n.mu.Unlock()
	if r.hang {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	if r.err != nil {
		return nil, r.err
	}
	h := http.Header{}
	for k, v := range r.header {
		h.Set(k, v)
	}
	return &http.Response{
		StatusCode: r.status, Header: h, Body: io.NopCloser(strings.NewReader(r.body)), Request: req,
	}, nil
}

// over is a destination behind the network.
func over(n *network, o OTLP) Destination {
	o.URL = "http://backend/v1/traces"
	return Destination{
		Name: "test",
		NewExporter: func(ctx context.Context) (sdktrace.SpanExporter, error) {
			return otlptrace.New(ctx, newClient(o, n))
		},
		Limits: Limits{BatchDelay: time.Hour},
	}
}

var errRefused = fmt.Errorf("dial tcp: %w", syscall.ECONNREFUSED)

func TestRequestsAreTriedAgain(t *testing.T) {
	ok := reply{status: 200}
	s := time.Second
	tests := []struct {
		name    string
		option  OTLP
		replies []reply
		// at is when each attempt must come, at the earliest; at the latest it
		// is twice the wait later, which is the wait without chance.
		at       []time.Duration
		exported int64
	}{
		{"429", OTLP{}, []reply{{status: 429}, ok}, []time.Duration{0, s / 2}, 2},
		{"502", OTLP{}, []reply{{status: 502}, ok}, []time.Duration{0, s / 2}, 2},
		{"503", OTLP{}, []reply{{status: 503}, ok}, []time.Duration{0, s / 2}, 2},
		{"504", OTLP{}, []reply{{status: 504}, ok}, []time.Duration{0, s / 2}, 2},
		{"connection refused", OTLP{}, []reply{{err: errRefused}, ok}, []time.Duration{0, s / 2}, 2},
		{"connection reset", OTLP{}, []reply{{err: syscall.ECONNRESET}, ok}, []time.Duration{0, s / 2}, 2},
		{"cut before the answer", OTLP{}, []reply{{err: io.ErrUnexpectedEOF}, ok}, []time.Duration{0, s / 2}, 2},
		{"attempt timed out", OTLP{Timeout: 3 * s}, []reply{{hang: true}, ok}, []time.Duration{0, 3*s + s/2}, 2},
		{"the wait doubles", OTLP{}, []reply{{status: 503}, {status: 503}, {status: 503}, ok},
			[]time.Duration{0, s / 2, s/2 + s, s/2 + s + 2*s}, 2},
		{"the wait has a bound", OTLP{Retry: Retry{Initial: 8 * s, Max: 8 * s}}, []reply{{status: 503}, {status: 503}, ok},
			[]time.Duration{0, 4 * s, 8 * s}, 2},
		{"Retry-After in seconds", OTLP{}, []reply{{status: 429, header: map[string]string{"Retry-After": "30"}}, ok},
			[]time.Duration{0, 30 * s}, 2},
		{"Retry-After as a date", OTLP{}, []reply{{status: 503, header: map[string]string{"Retry-After": "Sat, 01 Jan 2000 00:00:40 GMT"}}, ok},
			[]time.Duration{0, 40 * s}, 2},
		{"retry_after in the body", OTLP{}, []reply{{status: 429, body: `{"detail":"slow down","retry_after":30}`}, ok},
			[]time.Duration{0, 30 * s}, 2},
		{"500 is final", OTLP{}, []reply{{status: 500}, ok}, []time.Duration{0}, 0},
		{"500 when asked for", OTLP{RetryOn500: true}, []reply{{status: 500}, {status: 500}, ok}, []time.Duration{0, s / 2, s/2 + s}, 2},
		{"401 is final", OTLP{}, []reply{{status: 401}, ok}, []time.Duration{0}, 0},
		{"501 is final", OTLP{RetryOn500: true}, []reply{{status: 501}, ok}, []time.Duration{0}, 0},
		{"http on an https port", OTLP{}, []reply{{err: http.ErrSchemeMismatch}, ok}, []time.Duration{0}, 0},
		{"no retries", OTLP{Retry: Retry{Elapsed: -1}}, []reply{{status: 503}, ok}, []time.Duration{0}, 0},
		{"asked to wait too long", OTLP{}, []reply{{status: 429, header: map[string]string{"Retry-After": "61"}}, ok}, []time.Duration{0}, 0},
		{"time is up", OTLP{Retry: Retry{Initial: 2 * s, Max: 2 * s, Elapsed: 2 * s}}, []reply{{status: 503, header: map[string]string{"Retry-After": "2"}}},
			[]time.Duration{0, 2 * s}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{replies: tt.replies}
				p := start(t, over(n, tt.option))
				end(p, 2)
				err := p.Shutdown(t.Context())
				assert.Equal(t, tt.exported == 0, err != nil)
				require.Len(t, n.times, len(tt.at))
				for i, at := range tt.at {
					assert.GreaterOrEqual(t, n.times[i], at)
					assert.LessOrEqual(t, n.times[i], 2*at)
				}
				c := p.Counts()
				assert.Equal(t, tt.exported, c.Exported)
				assert.Equal(t, 2-tt.exported, c.Dropped[ReasonExportFailed])
				assert.Zero(t, c.Queued)
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		header, body string
		want         time.Duration
	}{
		{"", "", 0},
		{"7", "", 7 * time.Second},
		{" 7 ", `{"retry_after":30}`, 7 * time.Second},
		{"1.5", "", 1500 * time.Millisecond},
		{"-1", "", 0},
		{"soon", "", 0},
		{"NaN", "", 0},
		{"1e300", "", maxAsked},
		{"Sat, 01 Jan 2000 00:00:00 GMT", "", 0},
		{"Sat, 01 Jan 2950 00:00:00 GMT", "", maxAsked},
		{"", `{"retry_after":30}`, 30 * time.Second},
		{"", `{"retry_after":"0.5"}`, 500 * time.Millisecond},
		{"", `{"retry_after":null}`, 0},
		{"", `{"retry_after":[1]}`, 0},
		{"", `[]`, 0},
		{"", `<html>`, 0},
	}
	for _, tt := range tests {
		h := http.Header{}
		if tt.header != "" {
			h.Set("Retry-After", tt.header)
		}
		assert.Equal(t, tt.want, retryAfter(h, []byte(tt.body)), "%q %q", tt.header, tt.body)
	}
}

// The requests of one batch must not take the time for retries one after the
// other, while other spans wait.
func TestOutageIsWaitedForOncePerBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{replies: []reply{{status: 503}}}
		p := start(t, over(n, OTLP{MaxRequestBytes: 1}))
		end(p, 10)
		begin := time.Now()
		require.ErrorContains(t, p.Shutdown(t.Context()), "export_failed 10")
		assert.LessOrEqual(t, time.Since(begin), DefaultRetryElapsed)
		last := n.times[len(n.times)-10:]
		assert.Equal(t, last[0], last[9], "the other nine are tried once, at once")
	})
}

// Who gives up waiting learns what the retries were about.
func TestFlushThatRunsOutOfTimeSaysWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := []reply{{err: errors.New("connection refused")}, {err: errors.New("connection refused")}, {status: 200}, {hang: true}}
		p := start(t, over(&network{replies: replies}, OTLP{Retry: Retry{Initial: time.Minute, Max: time.Minute, Elapsed: time.Hour}}))
		flush := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return p.ForceFlush(ctx)
		}
		end(p, 1)
		err := flush()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "1 span still queued: context deadline exceeded; so far: http://backend/v1/traces cannot be reached: connection refused")
		<-time.After(time.Hour) // the third attempt arrives
		require.EqualValues(t, 1, p.Counts().Exported)

		end(p, 1)
		err = flush()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotContains(t, err.Error(), "refused", "that is over")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, p.Shutdown(ctx))
		<-p.done
	})
}

func TestShutdownEndsRetries(t *testing.T) {
	tests := []struct {
		name  string
		reply reply
		why   string // what the error says besides
	}{
		{"while waiting", reply{status: 503, header: map[string]string{"Retry-After": "50"}}, "answered 503"},
		{"while nobody listens", reply{err: errors.New("connection refused")}, "http://backend/v1/traces cannot be reached: connection refused: check the host"},
		{"during an attempt", reply{hang: true}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, over(&network{replies: []reply{tt.reply}}, OTLP{MaxRequestBytes: 1}))
				end(p, 5)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				err := p.Shutdown(ctx)
				assert.Equal(t, time.Second, time.Since(begin))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorContains(t, err, tt.why)
				assert.Equal(t, map[Reason]int64{ReasonShutdown: 5}, p.Counts().Dropped)
				<-p.done
				assert.Equal(t, time.Second, time.Since(begin), "the goroutines end with it")
				require.ErrorContains(t, p.Shutdown(t.Context()), tt.why, "also later")
			})
		})
	}
}

// The exporter of OpenTelemetry is used by others than a Processor as well.
func TestUploadWhoseContextHasEndedSaysSo(t *testing.T) {
	n := &network{replies: []reply{{status: 200}}}
	exp, err := otlptrace.New(t.Context(), newClient(OTLP{URL: "http://backend"}, n))
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTimeUp)
	err = exp.ExportSpans(ctx, []sdktrace.ReadOnlySpan{stub(1).Snapshot()})
	require.ErrorIs(t, err, errTimeUp)
	var partial *PartialError
	require.ErrorAs(t, err, &partial)
	assert.Equal(t, map[Reason]int64{ReasonShutdown: 1}, partial.Lost)
	assert.Empty(t, n.times, "nothing is sent")
	require.NoError(t, exp.Shutdown(t.Context()))
}

func TestErrorOfTheConnectionCanBeFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, over(&network{replies: []reply{{err: errRefused}}}, OTLP{Retry: noRetry}))
		end(p, 1)
		err := p.Shutdown(t.Context())
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		assert.ErrorContains(t, err, "http://backend/v1/traces cannot be reached: dial tcp: connection refused: check the host")
	})
}

func TestExporterTellsTheUploadsError(t *testing.T) {
	c := newClient(OTLP{URL: "http://backend"}, &network{replies: []reply{{status: 403}}})
	exp, err := otlptrace.New(t.Context(), c)
	require.NoError(t, err)
	var partial *PartialError
	require.ErrorAs(t, exp.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{stub(1).Snapshot()}), &partial)
	assert.Equal(t, map[Reason]int64{ReasonExportFailed: 1}, nonZero(partial.Lost))
	require.NoError(t, exp.Shutdown(t.Context()))
}

func nonZero(m map[Reason]int64) map[Reason]int64 {
	out := map[Reason]int64{}
	for r, n := range m {
		if n != 0 {
			out[r] = n
		}
	}
	return out
}
