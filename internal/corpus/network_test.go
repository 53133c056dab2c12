// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/roundtripper"
)

// network is a server that gives the reply of an exchange, under every host
// name.
type network struct {
	transport *http.Transport

	mu     sync.Mutex
	answer *exchange
	asked  *asked
}

// asked is a request as the server saw it.
type asked struct {
	method, uri, host string
	header            http.Header
	length            int64
	encoding          []string
	body              string
}

// answered is a reply as the caller saw it.
type answered struct {
	status int
	header http.Header
	length int64
	body   string
	failed bool
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{}
	server := httptest.NewServer(n)
	t.Cleanup(server.Close)
	n.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
		},
	}
	t.Cleanup(n.transport.CloseIdleConnections)
	return n
}

// ServeHTTP writes the reply in several pieces, each time cut at other places
// but for each exchange at the same.
func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	n.mu.Lock()
	x := n.answer
	n.asked = &asked{r.Method, r.RequestURI, r.Host, r.Header, r.ContentLength, r.TransferEncoding, string(body)}
	n.mu.Unlock()

	for k, v := range x.replyHeader {
		w.Header()[k] = v
	}
	w.WriteHeader(x.status)
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, x.name)
	random := rand.New(rand.NewPCG(hash.Sum64(), 0))
	for rest := x.reply; len(rest) > 0; {
		size := min(len(rest), 1+random.IntN(1+len(x.reply)/5))
		_, _ = w.Write(rest[:size])
		_ = http.NewResponseController(w).Flush()
		rest = rest[size:]
	}
}

// do makes the exchange by way of rt.
func (n *network) do(t *testing.T, rt http.RoundTripper, x *exchange) (*asked, *answered) {
	t.Helper()
	n.mu.Lock()
	n.answer, n.asked = x, nil
	n.mu.Unlock()

	req, err := http.NewRequestWithContext(t.Context(), x.method, strings.Replace(x.url, "https:", "http:", 1), bytes.NewReader(x.request))
	require.NoError(t, err)
	req.Header = x.requestHeader.Clone()
	resp, err := (&http.Client{Transport: rt}).Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, resp.Body.Close())
	resp.Header.Del("Date")

	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked, &answered{resp.StatusCode, resp.Header, resp.ContentLength, string(body), err != nil}
}

// observe makes the exchange with the transport and without it, checks that
// neither side can tell the difference, and returns the spans.
func (n *network) observe(t *testing.T, x *exchange, opts ...roundtripper.Option) tracetest.SpanStubs {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	transport := roundtripper.New(n.transport, append([]roundtripper.Option{roundtripper.WithTracerProvider(provider)}, opts...)...)

	bareAsked, bareAnswered := n.do(t, n.transport, x)
	asked, answered := n.do(t, transport, x)
	assert.Equal(t, string(x.request), asked.body, "the request that the server gets")
	assert.Equal(t, string(x.reply), answered.body, "the reply that the caller reads")
	assert.Equal(t, bareAsked, asked, "the request, with its headers and length")
	assert.Equal(t, bareAnswered, answered, "the reply, with its headers and length")
	return exporter.GetSpans()
}

// observeOne is observe for a call, which has exactly one span.
func (n *network) observeOne(t *testing.T, x *exchange, opts ...roundtripper.Option) *tracetest.SpanStub {
	t.Helper()
	span, _ := n.observeCall(t, x, opts...)
	return span
}

// observeCall is observe for a call, whose span ends last. Below it are those of
// the tools that the server ran.
func (n *network) observeCall(t *testing.T, x *exchange, opts ...roundtripper.Option) (call *tracetest.SpanStub, tools tracetest.SpanStubs) {
	t.Helper()
	spans := n.observe(t, x, opts...)
	require.NotEmpty(t, spans)
	last := len(spans) - 1
	for _, tool := range spans[:last] {
		require.Equal(t, spans[last].SpanContext.SpanID(), tool.Parent.SpanID())
		require.Equal(t, "execute_tool", attributes(&tool)["gen_ai.operation.name"])
		require.NotContains(t, fmt.Sprint(attributes(&tool)), secret)
		require.False(t, tool.StartTime.Before(spans[last].StartTime) || tool.EndTime.After(spans[last].EndTime) || tool.EndTime.Before(tool.StartTime))
	}
	return &spans[last], spans[:last]
}

// attributes of a span as a map from key to value.
func attributes(span *tracetest.SpanStub) map[string]any {
	m := make(map[string]any, len(span.Attributes))
	for _, kv := range span.Attributes {
		m[string(kv.Key)] = kv.Value.AsInterface()
	}
	return m
}
