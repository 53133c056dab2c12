// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// maxRefusals is how many requests in a row a backend may refuse with 400 or 413
// before a batch is no longer divided. One bad span among 512 takes 10, and a
// proxy that answers 400 to everything must not be asked 1023 times.
const maxRefusals = 32

// maxUploadErrors bounds the errors that one upload tells.
const maxUploadErrors = 8

// client sends the requests of one endpoint by way of the client of
// OpenTelemetry, which encodes and compresses. Size, answers and retries are
// handled here.
type client struct {
	stock      otlptrace.Client
	close      func()
	url        string
	timeout    time.Duration
	maxBytes   int
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
	// No time limit here: an attempt has one in its context.
	hc := &http.Client{
		Transport:     listener{base},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.stock, c.close = otlptracehttp.NewClient(o.options(hc)...), hc.CloseIdleConnections
	return c
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

// upload is one batch on its way, in as many requests as it takes.
type upload struct {
	*client
	refusals  int  // requests refused in a row
	exhausted bool // the last request used up the time for retries
	lost      map[Reason]int64
	errs      []error
	untold    int
}

func (u *upload) send(ctx context.Context, items []item) {
	a := u.deliver(ctx, items)
	switch {
	case a.accepted():
		u.refusals, u.exhausted = 0, false
		u.lost[ReasonRejected] += min(a.rejected, int64(len(items)))
		if a.rejected > 0 || a.message != "" {
			u.tell(fmt.Errorf("%s rejected %d spans: %s", u.url, a.rejected, u.mask(a.message)))
		}
	case ctx.Err() != nil:
		u.lost[ReasonShutdown] += int64(len(items))
		u.tell(context.Cause(ctx))
	case a.divides() && len(items) > 1 && u.refusals < maxRefusals:
		u.refusals++
		u.send(ctx, items[:len(items)/2])
		u.send(ctx, items[len(items)/2:])
	case a.divides():
		u.refusals++
		u.refuse(a, items)
	default:
		u.lost[ReasonExportFailed] += int64(len(items))
		u.tell(a.describe(u.url, u.mask))
	}
}

// refuse gives up items that no division can save. The report names a span and
// its size, never what is in it.
func (u *upload) refuse(a answer, items []item) {
	reason := ReasonRefused
	if a.status == http.StatusRequestEntityTooLarge {
		reason = ReasonTooLarge
	}
	u.lost[reason] += int64(len(items))
	what := fmt.Sprintf("%d spans", len(items))
	if len(items) == 1 {
		what = fmt.Sprintf("span %q of %d bytes", items[0].span.GetName(), items[0].size)
	}
	u.tell(fmt.Errorf("%s: %w", what, a.describe(u.url, u.mask)))
}

// deliver sends items until there is an answer that stands. After a request that
// used up the time for retries, the others of the batch are tried once each: the
// backend is probably away, and later spans wait.
func (u *upload) deliver(ctx context.Context, items []item) answer {
	spans, begin := request(items), time.Now()
	for n := 0; ; n++ {
		if ctx.Err() != nil {
			return answer{err: ctx.Err()}
		}
		a := u.attempt(ctx, spans)
		if u.exhausted || !a.passes(u.retryOn500) {
			return a
		}
		wait := u.retry.wait(n, a.retryAfter)
		if time.Since(begin)+wait > u.retry.Elapsed {
			u.exhausted = true
			return a
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func (u *upload) tell(err error) {
	if len(u.errs) == maxUploadErrors {
		u.untold++
		return
	}
	u.errs = append(u.errs, err)
}

func (u *upload) err() error {
	if len(u.errs) == 0 {
		return nil
	}
	if u.untold > 0 {
		u.errs = append(u.errs, fmt.Errorf("and %d more", u.untold))
	}
	return &PartialError{Lost: u.lost, Err: errors.Join(u.errs...)}
}

// minSecret keeps short values of headers, such as a version, from being taken
// for secrets: masking them would make every text unreadable.
const minSecret = 6

// masker returns a function that replaces what the headers hold, for the case
// that a backend repeats it.
func masker(headers map[string]string) func(string) string {
	var pairs []string
	hide := func(s string) {
		if len(s) >= minSecret {
			pairs = append(pairs, s, "***")
		}
	}
	for _, value := range headers {
		hide(value)
		scheme, token, _ := strings.Cut(value, " ")
		hide(token)
		if plain, err := base64.StdEncoding.DecodeString(token); err == nil && strings.EqualFold(scheme, "basic") {
			user, password, _ := strings.Cut(string(plain), ":")
			hide(user)
			hide(password)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}
