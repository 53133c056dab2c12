// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"maps"
	"time"

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
	// Endpoint is the full URL, such as "https://collector:4318/v1/traces".
	// When it is set, no variable is read for the other fields.
	Endpoint string
	// Headers are sent with each request.
	Headers map[string]string
	// Protocol is [HTTPProtobuf], the default, or [HTTPJSON].
	Protocol string
	// Compression is [NoCompression], the default, or [Gzip].
	Compression string
	// Timeout bounds one attempt. Default: 10 s.
	Timeout time.Duration
	// TLS configures HTTPS. Default: the settings of Go.
	TLS *tls.Config
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
// what the environment adds. It does not connect.
func New(c Config) (destination.Destination, error) {
	c.Headers = maps.Clone(c.Headers)
	if c.Endpoint == "" {
		if err := fillFromEnv(&c); err != nil {
			return destination.Destination{}, fmt.Errorf("otlp: %w", err)
		}
	}
	if err := c.check(); err != nil {
		return destination.Destination{}, fmt.Errorf("otlp: %w", err)
	}
	if c.Name == "" {
		c.Name = "otlp"
	}
	exporter := destination.OTLP{
		URL:     c.Endpoint,
		Headers: c.Headers,
		JSON:    c.Protocol == HTTPJSON,
		Gzip:    c.Compression == Gzip,
		Timeout: c.Timeout,
		TLS:     c.TLS,
		Retry:   c.Retry,
	}
	return destination.Destination{
		Name:        c.Name,
		Endpoint:    c.Endpoint,
		Content:     c.Content,
		NoContent:   c.NoContent,
		Dialect:     c.Dialect,
		NewExporter: exporter.NewExporter,
		Check:       exporter.Check,
		Limits:      c.Limits,
	}, nil
}

// check looks at what is left after the environment, which has its own checks
// so that their errors name the variable.
func (c Config) check() error {
	if err := destination.CheckURL(c.Endpoint); err != nil {
		return fmt.Errorf("Config.Endpoint %w", err)
	}
	if err := checkProtocol(c.Protocol); err != nil {
		return fmt.Errorf("Config.Protocol %w", err)
	}
	if err := checkCompression(c.Compression); err != nil {
		return fmt.Errorf("Config.Compression %w", err)
	}
	return nil
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
