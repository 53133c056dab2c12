// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"maps"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// client sends the requests of one endpoint by way of the client of
// OpenTelemetry, which encodes and compresses. Size, answers and retries are
// handled here.
type client struct {
	stock      otlptrace.Client
	close      func()
	url        string
	timeout    time.Duration
	maxBytes   int // of a request; a 413 lowers it, uploads are never concurrent
	retry      Retry
	retryOn500 bool
	mask       func(string) string
}

var _ otlptrace.Client = (*client)(nil)

// newClient takes the base transport apart from o so that tests can stand in for
// the network.
func newClient(o OTLP, base http.RoundTripper) *client {
	c := &client{
		url:        o.URL,
		timeout:    o.Timeout,
		maxBytes:   o.MaxRequestBytes,
		retry:      o.Retry.withDefaults(),
		retryOn500: o.RetryOn500,
		mask:       masker(o.Headers),
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.maxBytes <= 0 {
		c.maxBytes = DefaultMaxRequestBytes
	}
	hc := clientOf(base) // without a time limit: an attempt has one in its context
	c.stock, c.close = otlptracehttp.NewClient(o.options(hc)...), hc.CloseIdleConnections
	return c
}

// clientOf makes requests by way of base and takes the answers in. It follows no
// redirect: see [OTLP.NewExporter].
func clientOf(base http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     listener{base},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// CloseIdleConnections lets http.Client reach the connections.
func (l listener) CloseIdleConnections() {
	if c, ok := l.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// options sets everything that the client would otherwise read from the
// environment.
func (o OTLP) options(hc *http.Client) []otlptracehttp.Option {
	encoding, compression := otlptracehttp.EncodingProtobuf, otlptracehttp.NoCompression
	if o.JSON {
		encoding = otlptracehttp.EncodingJSON
	}
	if o.Gzip {
		compression = otlptracehttp.GzipCompression
	}
	return []otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(o.URL),
		otlptracehttp.WithHeaders(maps.Clone(o.Headers)),
		otlptracehttp.WithEncoding(encoding),
		otlptracehttp.WithCompression(compression),
		otlptracehttp.WithTLSClientConfig(nil), // the transport has it
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}),
		otlptracehttp.WithHTTPClient(hc),
	}
}

func (c *client) Start(ctx context.Context) error { return c.stock.Start(ctx) }

func (c *client) Stop(ctx context.Context) error {
	err := c.stock.Stop(ctx)
	c.close()
	return err
}

// UploadTraces returns a [*PartialError] that counts what did not arrive.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	u := upload{client: c, lost: make(map[Reason]int64)}
	for items := flatten(spans); len(items) > 0; {
		n := fit(items, c.maxBytes)
		u.send(ctx, items[:n])
		items = items[n:]
	}
	return u.err()
}

// check sends a request without spans, once.
func (c *client) check(ctx context.Context) error {
	a := c.attempt(ctx, nil)
	if a.accepted() {
		return nil
	}
	return a.describe(c.url, c.mask)
}

// attempt sends one request, once.
func (c *client) attempt(ctx context.Context, spans []*tracepb.ResourceSpans) answer {
	var a answer
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, answerKey{}, &a), c.timeout)
	defer cancel()
	err := c.stock.UploadTraces(ctx, spans)
	switch {
	case a.status != 0 || a.err != nil: // the listener knows better than err
	case ctx.Err() != nil:
		a.err = ctx.Err()
	case err != nil:
		a.encoding = err
	}
	return a
}
