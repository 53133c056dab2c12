// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

const (
	timeout      = 30 * time.Second
	retryElapsed = 2 * time.Minute
)

// Config describes a Respan project. The zero value is the one of the
// environment. APIKey is a secret: it is masked wherever a Config is printed or
// logged.
type Config struct {
	// Name stands in errors and in Stats. Default: "respan".
	Name string

	// APIKey identifies the project. Default: RESPAN_API_KEY; one of both is
	// required.
	APIKey string

	// BaseURL is where Respan is, such as "https://api.respan.ai", with or
	// without /api. Default: RESPAN_BASE_URL, else https://api.respan.ai.
	BaseURL string

	// TracesURL is the full URL for spans. It is for a proxy with a path of its
	// own, and nothing is added to it. Default: made from BaseURL.
	TracesURL string

	// NoContent keeps prompts, replies, and what observations were given and
	// gave back from Respan, whoever asks for it. Default: RESPAN_TRACE_CONTENT, else
	// TRACELOOP_TRACE_CONTENT, else false.
	NoContent bool

	// AllSpans sends every span of the process, not only model calls and
	// observations.
	AllSpans bool

	// System is the gen_ai.system of models of provider mistral_ai. Respan's
	// gateway says "mistral", OpenInference "mistralai". Default: "mistral_ai".
	System string

	// Timeout bounds one attempt. Default: 30 s.
	Timeout time.Duration

	// Retry bounds the attempts after a failure that may pass. Default: two
	// minutes, twice the time over which Respan counts requests.
	Retry destination.Retry

	// TLS configures HTTPS. Default: the settings of Go.
	TLS *tls.Config

	// Proxy finds the proxy. Default: http.ProxyFromEnvironment.
	Proxy func(*http.Request) (*url.URL, error)

	// Limits bound what waits for Respan.
	Limits destination.Limits
}

// FromEnv returns the project that the environment describes. An error names the
// variable at fault and never repeats the key.
func FromEnv() (destination.Destination, error) { return New(Config{}) }

// New returns the project that c describes. See the package documentation for
// what the environment adds. It does not connect. All faults are reported
// together.
func New(c Config) (destination.Destination, error) {
	key, keySource, keyErr := resolveKey(c)
	endpoint, urlSource, urlErr := resolveURL(c)
	content, contentErr := resolveContent(c)
	if err := errors.Join(keyErr, urlErr, contentErr); err != nil {
		return destination.Destination{}, fmt.Errorf("respan: %w", err)
	}
	if c.Name == "" {
		c.Name = "respan"
	}
	keep := destination.OnlyObservations
	if c.AllSpans {
		keep = nil
	}
	otlp := c.otlp(endpoint, key)
	return destination.Destination{
		Name:        c.Name,
		Endpoint:    endpoint,
		Content:     content,
		NoContent:   !content,
		NewExporter: otlp.NewExporter,
		Keep:        keep,
		Dialect:     Dialect(c),
		Check: func(ctx context.Context) error {
			if err := otlp.Check(ctx); err != nil {
				return fmt.Errorf("%w (the key is from %s, the URL from %s)", err, keySource, urlSource)
			}
			return nil
		},
		Limits: c.Limits,
	}, nil
}

// Dialect returns the words of Respan for another destination, such as a collector
// that forwards what it gets:
//
//	d, err := otlp.New(otlp.Config{Endpoint: collector, Dialect: respan.Dialect(respan.Config{}), Content: true})
//
// Of c only System counts. What else there is to sending spans to Respan is up to
// the collector, whose exporter needs the full URL (traces_endpoint:
// https://api.respan.ai/api/v2/traces), the Authorization and "compression: none",
// for its default is gzip, which Respan does not undo.
func Dialect(c Config) destination.Dialect { return (&dialect{system: c.System}).translate }

// otlp is how Respan takes spans: protobuf, and no compression, which it does not
// undo.
func (c Config) otlp(endpoint, key string) destination.OTLP {
	if c.Timeout <= 0 {
		c.Timeout = timeout
	}
	if c.Retry.Elapsed == 0 {
		c.Retry.Elapsed = retryElapsed
	}
	return destination.OTLP{
		URL:     endpoint,
		Headers: map[string]string{"Authorization": "Bearer " + key},
		Timeout: c.Timeout,
		TLS:     c.TLS,
		Proxy:   c.Proxy,
		Retry:   c.Retry,
	}
}

// String masks the key.
func (c Config) String() string {
	return fmt.Sprintf("respan.Config{Name:%q APIKey:%s BaseURL:%s TracesURL:%s NoContent:%t AllSpans:%t System:%q}",
		c.Name, destination.Masked(c.APIKey), destination.PrintableURL(c.BaseURL), destination.PrintableURL(c.TracesURL), c.NoContent, c.AllSpans, c.System)
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
