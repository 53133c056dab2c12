// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// NewMetricExporter makes the exporter of a [Destination] that takes metrics at
// URL. Encoding and retries are those of OpenTelemetry, within Retry and the time
// that the SDK gives an export; JSON, RetryOn500 and MaxRequestBytes do not apply.
// It does not connect.
func (o OTLP) NewMetricExporter(ctx context.Context) (sdkmetric.Exporter, error) {
	l, err := o.line()
	if err = errors.Join(err, checkVariables("METRICS")); err != nil {
		return nil, err
	}
	compression, retry := otlpmetrichttp.NoCompression, o.Retry.withDefaults()
	if o.Gzip {
		compression = otlpmetrichttp.GzipCompression
	}
	// Every setting is given, so that none comes from the environment.
	next, err := otlpmetrichttp.New(ctx,
		otlpmetrichttp.WithEndpointURL(o.URL),
		otlpmetrichttp.WithHeaders(maps.Clone(o.Headers)),
		otlpmetrichttp.WithCompression(compression),
		otlpmetrichttp.WithTLSClientConfig(nil), // the transport has it
		otlpmetrichttp.WithHTTPClient(l.client),
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{
			Enabled: retry.Elapsed > 0, InitialInterval: retry.Initial, MaxInterval: retry.Max, MaxElapsedTime: retry.Elapsed,
		}),
	)
	return &otlpMetrics{next, l}, err
}

// NewLogExporter makes the exporter of a [Destination] that takes log records at
// URL, as [OTLP.NewMetricExporter] does for metrics.
func (o OTLP) NewLogExporter(ctx context.Context) (sdklog.Exporter, error) {
	l, err := o.line()
	if err != nil {
		return nil, err
	}
	compression, retry := otlploghttp.NoCompression, o.Retry.withDefaults()
	if o.Gzip {
		compression = otlploghttp.GzipCompression
	}
	// As for metrics. The context would otherwise be that of every request.
	next, err := otlploghttp.New(context.WithoutCancel(ctx),
		otlploghttp.WithEndpointURL(o.URL),
		otlploghttp.WithHeaders(maps.Clone(o.Headers)),
		otlploghttp.WithCompression(compression),
		otlploghttp.WithTLSClientConfig(nil),
		otlploghttp.WithHTTPClient(l.client),
		otlploghttp.WithRetry(otlploghttp.RetryConfig{
			Enabled: retry.Elapsed > 0, InitialInterval: retry.Initial, MaxInterval: retry.Max, MaxElapsedTime: retry.Elapsed,
		}),
	)
	return &otlpLogs{next, l}, err
}

// line is the connection to an endpoint of metrics or logs.
type line struct {
	url    string
	client *http.Client
	mask   func(string) string
}

func (o OTLP) line() (line, error) {
	if err := o.validate(); err != nil {
		return line{}, err
	}
	l := line{o.URL, clientOf(o.transport()), masker(o.Headers)}
	l.client.Transport = again{l.client.Transport.(listener), l}
	if l.client.Timeout = o.Timeout; l.client.Timeout <= 0 {
		l.client.Timeout = defaultTimeout
	}
	return l, nil
}

// again lets the exporters of metrics and logs try again what the exporter of
// spans does. To them a connection that is refused is final, so they see an
// endpoint that is busy instead; send knows better.
type again struct {
	listener
	line line
}

func (r again) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.listener.RoundTrip(req)
	a := req.Context().Value(answerKey{}).(*answer)
	if req.Context().Err() != nil || !a.passes(false) {
		return resp, err
	}
	troubleOf(req.Context()).note(a.describe(r.line.url, r.line.mask))
	if err != nil {
		resp = &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: http.NoBody, Request: req}
	}
	return resp, nil
}

// send returns what the endpoint answered, without the secrets and the quotes
// that an error of the exporter may hold.
func (l line) send(ctx context.Context, export func(context.Context) error) error {
	var a answer
	err := export(context.WithValue(ctx, answerKey{}, &a))
	switch {
	case a.accepted() && (a.rejected > 0 || a.message != ""):
		return fmt.Errorf("%s rejected %d: %s", l.url, a.rejected, l.mask(a.message))
	case err == nil:
		return nil
	case a.status == 0 && a.err == nil && ctx.Err() == nil:
		a.encoding = err
	case a.status == 0 && a.err == nil:
		a.err = ctx.Err()
	}
	return a.describe(l.url, l.mask)
}

type otlpMetrics struct {
	*otlpmetrichttp.Exporter
	line line
}

func (e *otlpMetrics) Export(ctx context.Context, metrics *metricdata.ResourceMetrics) error {
	return e.line.send(ctx, func(ctx context.Context) error { return e.Exporter.Export(ctx, metrics) })
}

func (e *otlpMetrics) Shutdown(ctx context.Context) error {
	defer e.line.client.CloseIdleConnections()
	return e.Exporter.Shutdown(ctx)
}

type otlpLogs struct {
	*otlploghttp.Exporter
	line line
}

func (e *otlpLogs) Export(ctx context.Context, records []sdklog.Record) error {
	return e.line.send(ctx, func(ctx context.Context) error { return e.Exporter.Export(ctx, records) })
}

func (e *otlpLogs) Shutdown(ctx context.Context) error {
	defer e.line.client.CloseIdleConnections()
	return e.Exporter.Shutdown(ctx)
}
