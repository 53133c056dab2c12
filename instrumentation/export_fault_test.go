// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

// backend is the way to a receiver, which has a fault until it is mended.
type backend struct {
	*testserver.Receiver
	config otlp.Config // how to reach it
	mended chan struct{}
	mend   func()
}

func (b *backend) broken() bool {
	select {
	case <-b.mended:
		return false
	default:
		return true
	}
}

// backendOf answers as fault does until it is mended.
func backendOf(t *testing.T, fault func(*backend, http.ResponseWriter, *http.Request)) *backend {
	b := &backend{Receiver: receiver(t), mended: make(chan struct{})}
	b.mend = func() { close(b.mended) }
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.broken() {
			fault(b, w, r)
			return
		}
		b.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	b.at(front.URL)
	return b
}

func (b *backend) at(base string) {
	b.config.Endpoint, b.config.MetricsEndpoint, b.config.LogsEndpoint = base+"/v1/traces", base+"/v1/metrics", base+"/v1/logs"
}

func answersWith(status int) func(*testing.T) *backend {
	return func(t *testing.T) *backend {
		return backendOf(t, func(_ *backend, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
}

func refuses(t *testing.T) *backend {
	b := &backend{Receiver: receiver(t), mended: make(chan struct{})}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close()) // nobody listens there now
	b.at("http://" + address)
	b.mend = func() {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
		require.NoError(t, err)
		server := &httptest.Server{Listener: l, Config: &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}}
		server.Start()
		t.Cleanup(server.Close)
	}
	return b
}

func slow(t *testing.T) *backend {
	return backendOf(t, func(b *backend, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // else net/http does not notice that the client left
		select {
		case <-b.mended:
			r.Body = io.NopCloser(bytes.NewReader(body))
			b.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

func neverAnswers(t *testing.T) *backend {
	b := backendOf(t, func(_ *backend, _ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	b.config.Timeout = 500 * time.Millisecond // an attempt of a busy machine must not take so long once mended: it would be made twice
	return b
}

func hangsUp(t *testing.T) *backend {
	return backendOf(t, func(*backend, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

func redirects(t *testing.T) *backend {
	return backendOf(t, func(b *backend, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, b.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
}

// unknownHost has a name that no resolver is asked for. Once mended, it is found
// by way of a proxy.
func unknownHost(t *testing.T) *backend {
	b := &backend{Receiver: receiver(t), mended: make(chan struct{})}
	b.mend = func() { close(b.mended) }
	b.at("http://backend..invalid")
	b.config.Proxy = func(*http.Request) (*url.URL, error) {
		if b.broken() {
			return nil, nil
		}
		return url.Parse(b.URL)
	}
	return b
}

// untrusted shows a certificate that nobody has signed.
func untrusted(t *testing.T) *backend {
	b := &backend{Receiver: receiver(t), mended: make(chan struct{})}
	b.mend = func() { close(b.mended) }
	forged := selfSigned(t)
	front := httptest.NewUnstartedServer(b)
	front.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if b.broken() {
			return &tls.Config{Certificates: []tls.Certificate{forged}}, nil
		}
		return nil, nil
	}}
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.StartTLS()
	t.Cleanup(front.Close)
	b.at(front.URL)
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())
	b.config.TLS = &tls.Config{RootCAs: roots}
	return b
}

func selfSigned(t *testing.T) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// exportFaults are the faults of a backend. What passes is tried again, so that
// what waited arrives; what is final costs what was sent meanwhile.
var exportFaults = []struct {
	name    string
	backend func(*testing.T) *backend
	passes  bool
}{
	{"down", refuses, true},
	{"slow", slow, true},
	{"never answers", neverAnswers, true},
	{"hangs up", hangsUp, true},
	{"unknown host", unknownHost, true},
	{"503", answersWith(503), true},
	{"500 forever", answersWith(500), false},
	{"401", answersWith(401), false},
	{"certificate that nobody has signed", untrusted, false},
	{"redirect", redirects, false},
}

const (
	faultQueue = 4  // spans that may wait
	faultCalls = 10 // that are made meanwhile; each is also a log record
)

// faulty makes calls while the backend has its fault: that this returns at all is
// to say that no call waits for an export.
func faulty(t *testing.T, b *backend) *Instrumentation {
	t.Helper()
	cleanEnv(t, nil)
	handled.take()
	b.config.Limits = destination.Limits{QueueSpans: faultQueue, BatchDelay: time.Hour}
	b.config.Retry = destination.Retry{Initial: time.Millisecond, Max: time.Millisecond, Elapsed: time.Hour}
	d, err := otlp.New(b.config)
	require.NoError(t, err)
	m, i := mistral(t), startLocal(t, WithDestination(d))
	for range faultCalls {
		chat(t, i.Client(), m.URL, "mistral-small-latest")
	}
	return i
}

func TestFaultOfABackendIsNotFeltAndPasses(t *testing.T) {
	for _, tt := range exportFaults {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.backend(t)
			i := faulty(t, b)

			ctx, cancel := t.Context(), func() {}
			if tt.passes {
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
			}
			defer cancel()
			err := i.Flush(ctx)
			require.ErrorContains(t, err, "destination otlp ("+b.config.Endpoint+")")
			c, _ := i.Stats().Of("otlp")
			assert.EqualValues(t, faultCalls, c.Queued+c.Lost(), "every span is accounted for")
			if tt.passes {
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.EqualValues(t, faultQueue, c.Queued)
				assert.Equal(t, map[destination.Reason]int64{destination.ReasonQueueFull: faultCalls - faultQueue}, c.Dropped)
				assert.Empty(t, c.DroppedLogs)
			}

			b.mend()
			err = i.Flush(t.Context())
			if tt.passes {
				require.NoError(t, err)
				assert.Len(t, b.Spans(), faultQueue, "what waited")
				assert.Len(t, b.LogRecords(), faultCalls)
			}
			b.Reset()
			chat(t, i.Client(), mistral(t).URL, "mistral-small-latest")
			require.NoError(t, i.Flush(t.Context()), "the fault is over")
			assert.Len(t, b.Spans(), 1)
			assert.Len(t, b.LogRecords(), 1)
			assert.Contains(t, b.Metrics(), durationMetric)
			assert.LessOrEqual(t, len(handled.take()), faultCalls/2, "told by batch, not by span")

			err = i.Shutdown(t.Context())
			require.ErrorContains(t, err, "did not reach destination otlp", "it says so at the end, too")
			c, _ = i.Stats().Of("otlp")
			assert.EqualValues(t, faultCalls+1, c.Exported+c.Lost())
			assert.Zero(t, c.Queued)
			assert.Zero(t, c.QueuedBytes)
			if tt.passes {
				assert.Equal(t, map[destination.Reason]int64{destination.ReasonQueueFull: faultCalls - faultQueue}, c.Dropped)
				assert.Empty(t, c.DroppedLogs)
			} else {
				assert.NotZero(t, c.Dropped[destination.ReasonExportFailed])
				assert.Equal(t, map[destination.Reason]int64{destination.ReasonExportFailed: faultCalls}, c.DroppedLogs)
			}
		})
	}
}

func TestShutdownIsBoundedWhateverTheFaultOfABackend(t *testing.T) {
	for _, tt := range exportFaults {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.backend(t)
			i := faulty(t, b)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := i.Shutdown(ctx)
			require.ErrorContains(t, err, "10 spans did not reach destination otlp")
			c, _ := i.Stats().Of("otlp")
			assert.EqualValues(t, faultCalls, c.Lost())
			assert.Zero(t, c.Queued)
			lostLogs := c.DroppedLogs[destination.ReasonShutdown] + c.DroppedLogs[destination.ReasonExportFailed]
			assert.EqualValues(t, faultCalls, lostLogs)
			if tt.passes {
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.EqualValues(t, faultQueue, c.Dropped[destination.ReasonShutdown])
			}
		})
	}
}
