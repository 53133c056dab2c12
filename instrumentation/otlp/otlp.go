// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// Values of [Config].Protocol.
const (
	HTTPProtobuf = "http/protobuf"
	HTTPJSON     = "http/json"
)

// Values of [Config].Compression.
const (
	NoCompression = "none"
	Gzip          = "gzip"
)

// Config describes an endpoint. The zero value is the endpoint of the
// environment. The values of Headers are secrets: they are masked wherever a
// Config is printed or logged.
type Config struct {
	// Name stands in errors and in Stats. Default: "otlp".
	Name string
	// Endpoint is the full URL for spans, such as
	// "https://collector:4318/v1/traces", MetricsEndpoint and LogsEndpoint are
	// those for metrics and for log records. What has no URL is not sent. When
	// one of them is set, no variable is read for the other fields.
	Endpoint        string
	MetricsEndpoint string
	LogsEndpoint    string
	// NoTraces, NoMetrics and NoLogs leave out what the environment asks for.
	NoTraces  bool
	NoMetrics bool
	NoLogs    bool
	// Headers are sent with each request.
	Headers map[string]string
	// Protocol is [HTTPProtobuf], the default, or [HTTPJSON], for spans. Metrics
	// and logs are always sent as protobuf.
	Protocol string
	// Compression is [NoCompression], the default, or [Gzip].
	Compression string
	// Timeout bounds one attempt. Default: 10 s.
	Timeout time.Duration
	// TLS configures HTTPS. Default: the settings of Go.
	TLS *tls.Config
	// Proxy finds the proxy. Default: http.ProxyFromEnvironment.
	Proxy func(*http.Request) (*url.URL, error)
	// Retry bounds the attempts after a failure that may pass. Default: for one
	// minute.
	Retry destination.Retry
	// Content sends message content to this endpoint.
	Content bool
	// NoContent never sends message content to this endpoint, whoever asks for
	// it: it wins over Content, instrumentation.WithContentCapture, the
	// environment and the context of a call.
	NoContent bool
	// Dialect puts spans into the words of the backend that the endpoint forwards
	// them to, see the package documentation. Nil, the default: plain GenAI spans.
	Dialect destination.Dialect
	// Limits bound what waits for this endpoint.
	Limits destination.Limits
}

// FromEnv returns the endpoint that the environment describes, or the default
// http://localhost:4318/v1/traces. An error names the variable at fault and
// never repeats its value where that may be a secret.
func FromEnv() (destination.Destination, error) { return New(Config{}) }

// New returns the endpoint that c describes. See the package documentation for
// what the environment adds. It does not connect. What is wrong with the
// variables of metrics or logs alone is an error of NewMetricExporter and
// NewLogExporter, and costs no spans.
func New(c Config) (destination.Destination, error) {
	if c.Name == "" {
		c.Name = "otlp"
	}
	d := destination.Destination{
		Name:      c.Name,
		Content:   c.Content,
		NoContent: c.NoContent,
		Dialect:   c.Dialect,
		Limits:    c.Limits,
	}
	var checks []func(context.Context) error
	if exporter, ok, err := c.exporter(traces); err != nil {
		return destination.Destination{}, err
	} else if ok {
		d.Endpoint = exporter.URL
		d.NewExporter = exporter.NewExporter
		checks = append(checks, exporter.Check)
	}
	if exporter, ok, err := c.exporter(metrics); ok {
		d.MetricsEndpoint = exporter.URL
		d.NewMetricExporter = func(ctx context.Context) (sdkmetric.Exporter, error) {
			if err != nil {
				return nil, err
			}
			return exporter.NewMetricExporter(ctx)
		}
		if err == nil { // else the constructor says it
			checks = append(checks, c.checkOf(exporter, metrics))
		}
	}
	if exporter, ok, err := c.exporter(logs); ok {
		d.LogsEndpoint = exporter.URL
		d.NewLogExporter = func(ctx context.Context) (sdklog.Exporter, error) {
			if err != nil {
				return nil, err
			}
			return exporter.NewLogExporter(ctx)
		}
		if err == nil { // else the constructor says it
			checks = append(checks, c.checkOf(exporter, logs))
		}
	}
	d.Check = func(ctx context.Context) error { return checkAll(ctx, checks) }
	return d, nil
}

// exporter describes the endpoint of one signal. ok tells whether it is sent.
func (c Config) exporter(s signal) (exporter destination.OTLP, ok bool, err error) {
	explicit := c.Endpoint != "" || c.MetricsEndpoint != "" || c.LogsEndpoint != ""
	left := c.NoTraces
	switch s {
	case metrics:
		c.Endpoint, left = c.MetricsEndpoint, c.NoMetrics
	case logs:
		c.Endpoint, left = c.LogsEndpoint, c.NoLogs
	}
	switch {
	case left, explicit && c.Endpoint == "", !explicit && s != traces && !s.asked(!c.NoTraces):
		return destination.OTLP{}, false, nil
	case !explicit:
		err = s.fillFromEnv(&c)
	}
	if err == nil {
		err = c.check(s)
	}
	if err != nil {
		return destination.OTLP{}, true, fmt.Errorf("otlp: %w", err)
	}
	return destination.OTLP{
		URL:     c.Endpoint,
		Headers: maps.Clone(c.Headers),
		JSON:    c.Protocol == HTTPJSON && s == traces,
		Gzip:    c.Compression == Gzip,
		Timeout: c.Timeout,
		TLS:     c.TLS,
		Proxy:   c.Proxy,
		Retry:   c.Retry,
	}, true, nil
}

// check looks at what is left after the environment, which has its own checks
// so that their errors name the variable.
func (c Config) check(s signal) error {
	if err := destination.CheckURL(c.Endpoint); err != nil {
		field := map[signal]string{traces: "Config.Endpoint", metrics: "Config.MetricsEndpoint", logs: "Config.LogsEndpoint"}[s]
		return fmt.Errorf("%s %w", field, err)
	}
	if err := checkProtocol(c.Protocol); err != nil {
		return fmt.Errorf("Config.Protocol %w", err)
	}
	if err := checkCompression(c.Compression); err != nil {
		return fmt.Errorf("Config.Compression %w", err)
	}
	return nil
}

// checkOf returns the check of metrics or logs. A collector that was named for
// all signals may well serve traces only.
func (c Config) checkOf(exporter destination.OTLP, s signal) func(context.Context) error {
	_, variable := s.lookup("ENDPOINT")
	named := c.MetricsEndpoint != "" || c.LogsEndpoint != "" || variable == prefix+s.name+"_ENDPOINT"
	return func(ctx context.Context) error {
		err := exporter.Check(ctx)
		if !named && errors.Is(err, destination.ErrNotServed) {
			return nil
		}
		return err
	}
}

// checkAll checks all signals at the same time.
func checkAll(ctx context.Context, checks []func(context.Context) error) error {
	errs := make([]error, len(checks))
	var wg sync.WaitGroup
	for i, check := range checks {
		wg.Go(func() { errs[i] = check(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func checkProtocol(s string) error {
	switch s {
	case "", HTTPProtobuf, HTTPJSON:
		return nil
	case "grpc":
		return fmt.Errorf("is grpc, which is not supported: set %s, and the port of OTLP/HTTP, usually 4318", HTTPProtobuf)
	}
	return fmt.Errorf("is %q: set %s or %s", s, HTTPProtobuf, HTTPJSON)
}

func checkCompression(s string) error {
	switch s {
	case "", NoCompression, Gzip:
		return nil
	}
	return fmt.Errorf("is %q: set %s or %s", s, Gzip, NoCompression)
}

// String masks the values of the headers.
func (c Config) String() string {
	return fmt.Sprintf("otlp.Config{Name:%q %s Protocol:%q Content:%t NoContent:%t Dialect:%t}", c.Name,
		destination.OTLP{URL: c.Endpoint, Headers: c.Headers, Gzip: c.Compression == Gzip, Timeout: c.Timeout},
		c.Protocol, c.Content, c.NoContent, c.Dialect != nil)
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
