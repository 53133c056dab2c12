// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// Config describes a Langfuse project. The zero value is the one of the
// environment. SecretKey is a secret: it is masked, and PublicKey with it,
// wherever a Config is printed or logged.
type Config struct {
	// Name stands in errors and in Stats. Default: "langfuse".
	Name string

	// PublicKey and SecretKey are the API keys of the project, "pk-lf-..." and
	// "sk-lf-...". Default: LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY; both
	// are required.
	PublicKey string
	SecretKey string

	// BaseURL is where Langfuse is, such as "https://us.cloud.langfuse.com".
	// Default: LANGFUSE_BASE_URL, else LANGFUSE_BASEURL, else LANGFUSE_HOST, else
	// "https://cloud.langfuse.com".
	BaseURL string

	// TracesPath is added to BaseURL. Default: LANGFUSE_OTEL_TRACES_EXPORT_PATH,
	// else "/api/public/otel/v1/traces".
	TracesPath string

	// Environment is where the application runs, such as "production". Default:
	// LANGFUSE_TRACING_ENVIRONMENT, else what the resource says. The package
	// documentation says what Langfuse takes.
	Environment string

	// Release is the release of the application. Default: LANGFUSE_RELEASE, else
	// the commit that a CI system names, see the package documentation.
	Release string

	// SampleRate is the share of traces that are sent, from 0 to 1. It is
	// decided by the trace id, so a trace is sent whole or not at all, and other
	// destinations are not concerned. Nil: LANGFUSE_SAMPLE_RATE, else 1.
	SampleRate *float64

	// Prices holds what models cost, by the name that the response has, else by
	// that of the request. None is built in. A model without a price has the
	// cost that the Langfuse project defines for it, if any.
	Prices map[string]Price

	// NoContent keeps prompts, replies, and what observations were given and
	// gave back from Langfuse, whoever asks for it.
	NoContent bool

	// AllSpans sends every span of the process, not only model calls and
	// observations.
	AllSpans bool

	// Timeout bounds one attempt. Default: LANGFUSE_TIMEOUT, else 5 s.
	Timeout time.Duration

	// Retry bounds the attempts after a failure that may pass. Default: for one
	// minute.
	Retry destination.Retry

	// TLS configures HTTPS. Default: the settings of Go.
	TLS *tls.Config

	// Proxy finds the proxy. Default: http.ProxyFromEnvironment.
	Proxy func(*http.Request) (*url.URL, error)

	// Limits bound what waits for Langfuse. Default of BatchSpans and
	// BatchDelay: LANGFUSE_FLUSH_AT and LANGFUSE_FLUSH_INTERVAL.
	Limits destination.Limits
}

// Price is what a model costs, in USD per million tokens.
type Price struct {
	Input float64
	// CachedInput is the price of input tokens that were read from a cache. 0
	// means that of the others.
	CachedInput float64
	Output      float64
}

// FromEnv returns the project that the environment describes. An error names the
// variable at fault and never repeats a key.
func FromEnv() (destination.Destination, error) { return New(Config{}) }

// New returns the project that c describes. See the package documentation for
// what the environment adds. It does not connect. All faults are reported
// together.
func New(c Config) (destination.Destination, error) {
	if c.Name == "" {
		c.Name = "langfuse"
	}
	enabled, err := tracingEnabled()
	if err == nil && !enabled {
		return disabled(c.Name), nil
	}
	r, resolveErr := resolve(c)
	if err := errors.Join(err, resolveErr); err != nil {
		return destination.Destination{}, fmt.Errorf("langfuse: %w", err)
	}
	otlp := destination.OTLP{
		URL: r.endpoint,
		Headers: map[string]string{
			"Authorization":                "Basic " + base64.StdEncoding.EncodeToString([]byte(r.publicKey+":"+r.secretKey)),
			"x-langfuse-ingestion-version": "4",
		},
		Gzip:       true,
		Timeout:    r.timeout,
		TLS:        c.TLS,
		Proxy:      c.Proxy,
		Retry:      c.Retry,
		RetryOn500: true,
	}
	return destination.Destination{
		Name:        c.Name,
		Endpoint:    r.endpoint,
		Content:     !c.NoContent,
		NoContent:   c.NoContent,
		NewExporter: otlp.NewExporter,
		Keep:        keep(r.sampleRate, c.AllSpans),
		Dialect:     newDialect(c).translate,
		Check: func(ctx context.Context) error {
			if err := otlp.Check(ctx); err != nil {
				return fmt.Errorf("%w (the keys are from %s and %s, the URL from %s; each region and server has keys of its own)",
					err, r.publicSource, r.secretSource, r.urlSource)
			}
			return nil
		},
		Limits: r.limits,
	}, nil
}

// Dialect returns the words of Langfuse for another destination, such as a
// collector that forwards what it gets:
//
//	dialect, err := langfuse.Dialect(langfuse.Config{})
//	d, err := otlp.New(otlp.Config{Endpoint: collector, Dialect: dialect, Content: true})
//
// Of c and its variables only Environment, Release and Prices count. What else
// there is to sending spans to Langfuse is up to the collector, whose exporter
// needs the Authorization and the header "x-langfuse-ingestion-version: 4". An
// error tells about a price.
func Dialect(c Config) (destination.Dialect, error) {
	if err := checkPrices(c.Prices); err != nil {
		return nil, fmt.Errorf("langfuse: %w", err)
	}
	return newDialect(c).translate, nil
}

// disabled is a destination that gets nothing.
func disabled(name string) destination.Destination {
	return destination.Destination{
		Name:        name,
		Keep:        func(sdktrace.ReadOnlySpan) bool { return false },
		NewExporter: func(context.Context) (sdktrace.SpanExporter, error) { return discard{}, nil },
	}
}

type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                             { return nil }

// String masks the keys.
func (c Config) String() string {
	return fmt.Sprintf("langfuse.Config{Name:%q PublicKey:%s SecretKey:%s BaseURL:%s TracesPath:%s Environment:%q Release:%q NoContent:%t AllSpans:%t}",
		c.Name, destination.Masked(c.PublicKey), destination.Masked(c.SecretKey), destination.PrintableURL(c.BaseURL), printablePath(c.TracesPath), c.Environment, c.Release, c.NoContent, c.AllSpans)
}

// printablePath leaves out what may hide a key in its query.
func printablePath(path string) string {
	if path != "" && destination.CheckURL("https://host/"+path) == nil {
		return path
	}
	return destination.PrintableURL(path)
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
