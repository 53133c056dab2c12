// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// OTLP describes an OTLP/HTTP endpoint completely. Its exporter is the one of
// OpenTelemetry, but takes nothing from OTEL_EXPORTER_OTLP_*: those variables
// belong to one endpoint, and headers meant for it must not reach another.
//
// The values of Headers are secrets. They are masked wherever an OTLP is
// printed or logged.
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
	// Retry bounds the attempts after status 429, 502, 503 or 504 and after
	// timeouts and resets; a Retry-After is honoured. Nil means the defaults of
	// otlptracehttp: first after 5 s, for one minute.
	Retry *otlptracehttp.RetryConfig
}

const defaultTimeout = 10 * time.Second

// CheckURL reports why s cannot be the URL of an OTLP/HTTP endpoint. The error
// does not repeat s, which may hold a password.
func CheckURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return errors.New("not a URL")
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
func (o OTLP) NewExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	if err := CheckURL(o.URL); err != nil {
		return nil, fmt.Errorf("the URL %w", err)
	}
	// A transport of its own: the application may have made http.DefaultTransport
	// an instrumented one, which would trace the export of its own traces.
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     o.TLS.Clone(),
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: 10 * time.Second,
		IdleConnTimeout:     90 * time.Second,
	}
	if o.Proxy != nil {
		transport.Proxy = o.Proxy
	}
	client := &http.Client{
		Transport:     transport,
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if client.Timeout <= 0 {
		client.Timeout = defaultTimeout
	}
	exp, err := otlptracehttp.New(ctx, o.options(client)...)
	if err != nil {
		return nil, err
	}
	return &otlpExporter{exp, transport}, nil
}

// options sets everything that the exporter would otherwise read from the
// environment.
func (o OTLP) options(client *http.Client) []otlptracehttp.Option {
	encoding, compression := otlptracehttp.EncodingProtobuf, otlptracehttp.NoCompression
	if o.JSON {
		encoding = otlptracehttp.EncodingJSON
	}
	if o.Gzip {
		compression = otlptracehttp.GzipCompression
	}
	opts := []otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(o.URL),
		otlptracehttp.WithHeaders(maps.Clone(o.Headers)),
		otlptracehttp.WithEncoding(encoding),
		otlptracehttp.WithCompression(compression),
		otlptracehttp.WithTLSClientConfig(nil), // the client has it
		otlptracehttp.WithHTTPClient(client),
	}
	if o.Retry != nil {
		opts = append(opts, otlptracehttp.WithRetry(*o.Retry))
	}
	return opts
}

// String masks the values of the headers.
func (o OTLP) String() string {
	return fmt.Sprintf("OTLP{URL:%s Headers:%s JSON:%t Gzip:%t Timeout:%s}",
		safeURL(o.URL), maskHeaders(o.Headers), o.JSON, o.Gzip, o.Timeout)
}

// GoString is String.
func (o OTLP) GoString() string { return o.String() }

// LogValue is String.
func (o OTLP) LogValue() slog.Value { return slog.StringValue(o.String()) }

func safeURL(s string) string {
	if CheckURL(s) != nil {
		return "(malformed)"
	}
	return s
}

func maskHeaders(h map[string]string) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		names = append(names, name+":***")
	}
	return "[" + strings.Join(names, " ") + "]"
}

// otlpExporter reports a partial success as a [PartialError] and closes the
// connections, which are its own.
type otlpExporter struct {
	sdktrace.SpanExporter
	transport *http.Transport
}

func (e *otlpExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if rejected, ok := rejectedSpans(err); ok {
		return &PartialError{rejected, err}
	}
	return err
}

func (e *otlpExporter) Shutdown(ctx context.Context) error {
	err := e.SpanExporter.Shutdown(ctx)
	e.transport.CloseIdleConnections()
	return err
}

// rejectedSpans finds the number in the partial-success error of otlptracehttp.
// Its type is in an internal package, so the field is read by reflection; a test
// with a real server notices when it changes.
func rejectedSpans(err error) (rejected int64, ok bool) {
	switch e := err.(type) { //nolint:errorlint // this walks the tree itself
	case nil:
		return 0, false
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if rejected, ok = rejectedSpans(inner); ok {
				return rejected, true
			}
		}
		return 0, false
	case interface{ Unwrap() error }:
		return rejectedSpans(e.Unwrap())
	}
	v := reflect.ValueOf(err)
	if v.Kind() != reflect.Struct || v.Type().Name() != "PartialSuccess" {
		return 0, false
	}
	field := v.FieldByName("RejectedItems")
	if !field.IsValid() || !field.CanInt() {
		return 0, false
	}
	return field.Int(), true
}
