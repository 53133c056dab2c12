// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

func receiver(t *testing.T, opts ...testserver.ReceiverOption) *testserver.Receiver {
	t.Helper()
	r := testserver.NewReceiver(opts...)
	t.Cleanup(r.Close)
	return r
}

func otlp(o OTLP) Destination {
	return Destination{
		Name: "otlp", Endpoint: o.URL, NewExporter: o.NewExporter,
		Limits: Limits{BatchDelay: time.Hour},
	}
}

var (
	fastRetry = Retry{Initial: time.Millisecond, Max: time.Millisecond}
	noRetry   = Retry{Elapsed: -1}
)

func TestEverythingThatEndedArrives(t *testing.T) {
	const n = 5000
	for _, way := range []string{"flush", "shutdown"} {
		t.Run(way, func(t *testing.T) {
			r := receiver(t)
			p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
			end(p, n)
			if way == "flush" {
				require.NoError(t, p.ForceFlush(t.Context()))
				assert.Len(t, r.Spans(), n)
			}
			require.NoError(t, p.Shutdown(t.Context()))
			assert.Len(t, names(r.Spans().Snapshots()), n)
			assert.Equal(t, Counts{Name: "otlp", Endpoint: r.URL + "/v1/traces", Exported: n, Dropped: map[Reason]int64{}}, p.Counts())
		})
	}
}

func TestEncodingsHeadersAndCompression(t *testing.T) {
	for _, o := range []OTLP{{}, {Gzip: true}, {JSON: true}, {JSON: true, Gzip: true}} {
		r := receiver(t, testserver.WithTracesPath("/in/here"), testserver.WithRequiredHeader("X-Key", "secret"))
		o.URL, o.Headers = r.URL+"/in/here", map[string]string{"x-key": "secret"}
		p := start(t, otlp(o))
		end(p, 3)
		require.NoError(t, p.Shutdown(t.Context()))
		assert.Len(t, r.Spans(), 3)
		h := r.Requests()[0].Header
		assert.Equal(t, o.JSON, h.Get("Content-Type") == "application/json")
		assert.Equal(t, o.Gzip, h.Get("Content-Encoding") == "gzip")
	}
}

func TestEnvironmentOfTheStockExporterIsNotRead(t *testing.T) {
	for k, v := range map[string]string{
		"OTEL_EXPORTER_OTLP_HEADERS":         "x-key=of-another-endpoint",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS":  "x-key=of-another-endpoint",
		"OTEL_EXPORTER_OTLP_ENDPOINT":        "http://127.0.0.1:1",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/x",
		"OTEL_EXPORTER_OTLP_COMPRESSION":     "gzip",
		"OTEL_EXPORTER_OTLP_PROTOCOL":        "http/json",
		"OTEL_EXPORTER_OTLP_TIMEOUT":         "1",
		"OTEL_EXPORTER_OTLP_INSECURE":        "false",
	} {
		t.Setenv(k, v)
	}
	r := receiver(t, testserver.WithResponder(func(testserver.Export) testserver.Response {
		return testserver.Response{Delay: 20 * time.Millisecond}
	}))
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
	end(p, 1)
	require.NoError(t, p.Shutdown(t.Context()))
	h := r.Requests()[0].Header
	assert.Empty(t, h.Get("X-Key"))
	assert.Empty(t, h.Get("Content-Encoding"))
	assert.Equal(t, "application/x-protobuf", h.Get("Content-Type"))
}

func TestAnswersOfAReceiver(t *testing.T) {
	tests := []struct {
		name    string
		answers []testserver.Response
		dropped map[Reason]int64
		text    string
	}{
		{"accepted", nil, map[Reason]int64{}, ""},
		{"500 is final", []testserver.Response{{Status: 500, Message: "broken"}}, map[Reason]int64{ReasonExportFailed: 4}, "500"},
		{"401 says so", []testserver.Response{{Status: 401}}, map[Reason]int64{ReasonExportFailed: 4}, "401"},
		{"503 is tried again", []testserver.Response{{Status: 503}, {Status: 503}}, map[Reason]int64{}, ""},
		{"partial success", []testserver.Response{{RejectedSpans: 3, Message: "too old"}}, map[Reason]int64{ReasonRejected: 3}, "too old"},
		{"partial success without loss", []testserver.Response{{Message: "deprecated"}}, map[Reason]int64{}, ""},
		{"redirect", []testserver.Response{{Status: 307, Header: http.Header{"Location": {"/v1/traces"}}}}, map[Reason]int64{ReasonExportFailed: 4}, "307"},
	}
	for _, tt := range tests {
		for _, asJSON := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/json=%t", tt.name, asJSON), func(t *testing.T) {
				// The time limit of the batch processor must not end the retries.
				t.Setenv("OTEL_BSP_EXPORT_TIMEOUT", "1")
				r := receiver(t)
				r.Enqueue(tt.answers...)
				p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces", Retry: fastRetry, JSON: asJSON}))
				end(p, 4)
				err := p.Shutdown(t.Context())
				c := p.Counts()
				assert.Equal(t, tt.dropped, c.Dropped)
				assert.Equal(t, 4-c.Lost(), c.Exported)
				assert.Len(t, r.Spans(), int(c.Exported))
				if tt.text == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, tt.text)
				}
			})
		}
	}
}

func TestReceiverThatIsDown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	p := start(t, otlp(OTLP{URL: server.URL + "/v1/traces", Retry: noRetry}))
	end(p, 4)
	require.ErrorContains(t, p.Shutdown(t.Context()), "4 spans did not reach destination otlp ("+server.URL+"/v1/traces): export_failed 4")
}

func TestReceiverThatHangsDoesNotHoldUpShutdown(t *testing.T) {
	r := receiver(t)
	r.Enqueue(testserver.Response{Delay: time.Hour})
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces", Timeout: time.Hour}))
	end(p, 4)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := p.Shutdown(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, map[Reason]int64{ReasonShutdown: 4}, p.Counts().Dropped)
	<-p.done
}

func TestCheckURL(t *testing.T) {
	tests := map[string]string{
		"http://localhost:4318/v1/traces": "",
		"https://host":                    "",
		"":                                "must begin with http:// or https://",
		"localhost:4318":                  "must begin with http:// or https://",
		"grpc://host:4317":                "must begin with http:// or https://",
		"http://":                         "has no host",
		"http://:4318":                    "has no host",
		"http://user:secret@host":         "must not contain a user or password; use a header instead",
		"http://host/?key=secret":         "must not contain a query or a fragment",
		"http://host/#x":                  "must not contain a query or a fragment",
		"http://ho st":                    "is not a URL such as https://example.com",
		"http://host:port":                "is not a URL such as https://example.com",
	}
	for in, want := range tests {
		err := CheckURL(in)
		if want == "" {
			assert.NoError(t, err, in)
			continue
		}
		assert.EqualError(t, err, want, in)
		_, err = OTLP{URL: in}.NewExporter(t.Context())
		assert.ErrorContains(t, err, want, in)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	o := OTLP{URL: "http://user:secret@host", Headers: map[string]string{"authorization": "Bearer secret"}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "destination", o)
	for _, s := range []string{
		o.String(), fmt.Sprintf("%v %+v %#v %s", o, o, o, &o), log.String(),
	} {
		assert.NotContains(t, s, "secret")
		assert.Contains(t, s, "authorization")
	}
}

func TestShutdownClosesTheConnections(t *testing.T) {
	closed := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	p := start(t, otlp(OTLP{URL: server.URL}))
	end(p, 1)
	require.NoError(t, p.Shutdown(t.Context()))
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Fatal("the connection is still open")
	}
}
