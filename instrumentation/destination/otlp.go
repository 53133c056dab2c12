// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// OTLP describes an OTLP/HTTP endpoint completely. Encoding and sending are those
// of OpenTelemetry, but nothing is taken from OTEL_EXPORTER_OTLP_*: those
// variables belong to one endpoint, and headers meant for it must not reach
// another. Malformed headers and endpoints in there are an error nevertheless:
// OpenTelemetry would log them.
//
// The values of Headers are secrets. They are masked wherever an OTLP is
// printed or logged, and in errors that repeat what the backend answered.
type OTLP struct {
	// URL is the full URL, path included, for example
	// "http://localhost:4318/v1/traces". Required; see [CheckURL].
	URL string
	// Headers are sent with each request.
	Headers map[string]string
	// JSON sends JSON instead of protobuf.
	JSON bool
	// Gzip compresses the requests.
	Gzip bool
	// Timeout bounds one attempt; 0 means 10 s.
	Timeout time.Duration
	// TLS configures HTTPS; nil means the defaults of Go.
	TLS *tls.Config
	// Proxy finds the proxy; nil means http.ProxyFromEnvironment.
	Proxy func(*http.Request) (*url.URL, error)

	// MaxRequestBytes bounds the encoded size of one request. 0 means
	// [Limits].MaxRequestBytes, which describes it.
	MaxRequestBytes int

	// Retry bounds the attempts after status 429, 502, 503 or 504, and after
	// connections that were refused, reset or timed out. A Retry-After is
	// honoured, also as "retry_after" in the body of the answer.
	Retry Retry

	// RetryOn500 treats status 500 in the same way. By the OTLP specification
	// 500 is final, because a bug in the backend would meet the same spans
	// again. Langfuse answers it when its storage is away for a while.
	RetryOn500 bool
}

const defaultTimeout = 10 * time.Second

// CheckURL reports why s cannot be the URL of an OTLP/HTTP endpoint. The error
// does not repeat s, which may hold a password.
func CheckURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return errors.New("is not a URL such as https://example.com")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("must begin with http:// or https://")
	case u.Host == "" || u.Hostname() == "":
		return errors.New("has no host")
	case u.User != nil:
		return errors.New("must not contain a user or password; use a header instead")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("must not contain a query or a fragment")
	}
	return nil
}

// NewExporter makes the exporter. It does not connect. A redirect is an error:
// following it would take the headers elsewhere or turn the request into a GET.
//
// The exporter splits batches that are too large. When the backend answers 413
// or 400, it halves the batch until the span that is at fault is alone, and
// only that one is lost.
func (o OTLP) NewExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	if err := errors.Join(o.validate(), checkVariables("TRACES")); err != nil {
		return nil, err
	}
	if o.MaxRequestBytes <= 0 {
		o.MaxRequestBytes = limitsFrom(ctx).MaxRequestBytes
	}
	return otlptrace.New(ctx, newClient(o, o.transport()))
}

// Check sends a request without spans, once, and reports why the backend does
// not take it: the error says the URL, the status, and what to look at, and
// repeats no secret. It is what a [Destination] Check needs. It is bounded by
// ctx and by Timeout.
func (o OTLP) Check(ctx context.Context) error {
	if err := errors.Join(o.validate(), checkVariables("TRACES")); err != nil {
		return err
	}
	transport := o.transport()
	defer transport.CloseIdleConnections()
	return newClient(o, transport).check(ctx)
}

func (o OTLP) validate() error {
	if err := CheckURL(o.URL); err != nil {
		return fmt.Errorf("the URL %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		if strings.ContainsFunc(o.Headers[name], isControl) {
			return fmt.Errorf("the header %q holds a control character, such as a line break at its end", name)
		}
	}
	return nil
}

func isControl(r rune) bool { return r != '\t' && (r < ' ' || r == 0x7f) }

// transport is the endpoint's own, so that nobody else's settings reach it.
func (o OTLP) transport() *http.Transport {
	proxy := o.Proxy
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			u, err := proxy(r)
			if err != nil { // its text repeats the URL of the proxy, which may hold a password
				return nil, errProxy
			}
			return u, nil
		},
		DialContext:         dialer.DialContext,
		TLSClientConfig:     o.TLS.Clone(),
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: 10 * time.Second,
		IdleConnTimeout:     90 * time.Second,
	}
}

var errProxy = errors.New("the address of the proxy is not a URL: look at HTTPS_PROXY, HTTP_PROXY and the Proxy option")

// String masks the values of the headers.
func (o OTLP) String() string {
	return fmt.Sprintf("OTLP{URL:%s Headers:%s JSON:%t Gzip:%t Timeout:%s}",
		PrintableURL(o.URL), maskHeaders(o.Headers), o.JSON, o.Gzip, o.Timeout)
}

// GoString is String.
func (o OTLP) GoString() string { return o.String() }

// LogValue is String.
func (o OTLP) LogValue() slog.Value { return slog.StringValue(o.String()) }

func maskHeaders(h map[string]string) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		names = append(names, name+":***")
	}
	return "[" + strings.Join(names, " ") + "]"
}
