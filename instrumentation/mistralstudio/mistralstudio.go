// SPDX-License-Identifier: Apache-2.0

package mistralstudio

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

const (
	keyVariable    = "MISTRAL_API_KEY"
	defaultBaseURL = "https://api.mistral.ai"
	tracesPath     = "/telemetry/v1/traces"
)

// Config describes a workspace of Mistral Studio. The zero value is the one of
// the environment. APIKey is a secret: it is masked wherever a Config is printed
// or logged.
type Config struct {
	// Name stands in errors and in Stats. Default: "mistralstudio".
	Name string

	// APIKey identifies the workspace. Default: MISTRAL_API_KEY; one of both is
	// required.
	APIKey string

	// BaseURL is where Mistral is. /telemetry/v1/traces is added unless it ends
	// so already. Default: "https://api.mistral.ai".
	BaseURL string

	// NoContent keeps prompts, replies, and what observations were given and
	// gave back from Studio, whoever asks for it.
	NoContent bool

	// AllSpans sends every span of the process, not only model calls and
	// observations.
	AllSpans bool

	// Timeout bounds one attempt. Default: 10 s.
	Timeout time.Duration

	// Retry bounds the attempts after a failure that may pass. Default: one
	// minute.
	Retry destination.Retry

	// TLS configures HTTPS. Default: the settings of Go.
	TLS *tls.Config

	// Proxy finds the proxy. Default: http.ProxyFromEnvironment.
	Proxy func(*http.Request) (*url.URL, error)

	// Limits bound what waits for Studio.
	Limits destination.Limits
}

// FromEnv returns the workspace that the environment describes. An error names
// the variable at fault and never repeats the key.
func FromEnv() (destination.Destination, error) { return New(Config{}) }

// New returns the workspace that c describes. It does not connect. All faults are
// reported together.
func New(c Config) (destination.Destination, error) {
	key, keySource, keyErr := resolveKey(c)
	endpoint, urlSource, urlErr := resolveURL(c)
	if err := errors.Join(keyErr, urlErr); err != nil {
		return destination.Destination{}, fmt.Errorf("mistralstudio: %w", err)
	}
	if c.Name == "" {
		c.Name = "mistralstudio"
	}
	keep := destination.OnlyObservations
	if c.AllSpans {
		keep = nil
	}
	otlp := destination.OTLP{
		URL:     endpoint,
		Headers: map[string]string{"Authorization": "Bearer " + key},
		JSON:    true,
		Timeout: c.Timeout,
		TLS:     c.TLS,
		Proxy:   c.Proxy,
		Retry:   c.Retry,
	}
	return destination.Destination{
		Name:        c.Name,
		Endpoint:    endpoint,
		Content:     !c.NoContent,
		NoContent:   c.NoContent,
		NewExporter: otlp.NewExporter,
		Keep:        keep,
		Check: func(ctx context.Context) error {
			if err := otlp.Check(ctx); err != nil {
				return fmt.Errorf("%w (the key is from %s, the URL from %s)", err, keySource, urlSource)
			}
			return nil
		},
		Limits: c.Limits,
	}, nil
}

// resolveKey returns the key and where it is from. Its errors never repeat it.
func resolveKey(c Config) (key, source string, err error) {
	key, source = strings.TrimSpace(c.APIKey), "Config.APIKey"
	if key == "" {
		key, source = strings.TrimSpace(os.Getenv(keyVariable)), keyVariable
	}
	switch {
	case key == "":
		return "", "", fmt.Errorf("%s is not set: set it, or Config.APIKey, to an API key of the workspace", keyVariable)
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", "", fmt.Errorf("%s has a character that no API key has: copy the key again", source)
	}
	return key, source, nil
}

// resolveURL returns the full URL for spans and where it is from.
func resolveURL(c Config) (endpoint, source string, err error) {
	base, source := strings.TrimSpace(c.BaseURL), "Config.BaseURL"
	if base == "" {
		base, source = defaultBaseURL, "the default"
	}
	if err := destination.CheckURL(base); err != nil {
		return "", "", fmt.Errorf("%s %w", source, err)
	}
	return strings.TrimSuffix(strings.TrimRight(base, "/"), tracesPath) + tracesPath, source, nil
}

// String masks the key.
func (c Config) String() string {
	return fmt.Sprintf("mistralstudio.Config{Name:%q APIKey:%s BaseURL:%s NoContent:%t AllSpans:%t}",
		c.Name, destination.Masked(c.APIKey), destination.PrintableURL(c.BaseURL), c.NoContent, c.AllSpans)
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
