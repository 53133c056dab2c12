// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

const (
	prefix          = "OTEL_EXPORTER_OTLP_"
	defaultEndpoint = "http://localhost:4318"
)

// signal is one of the three that OTLP carries, as its variables and its path name it.
type signal struct{ name, path string }

var (
	traces  = signal{"TRACES", "/v1/traces"}
	metrics = signal{"METRICS", "/v1/metrics"}
	logs    = signal{"LOGS", "/v1/logs"}
)

// asked reports whether the environment wants s to be sent: its exporter variable
// says so, or an endpoint is named for it, or traces, too, go to the default
// endpoint.
func (s signal) asked(tracesToo bool) bool {
	if names := os.Getenv("OTEL_" + s.name + "_EXPORTER"); strings.TrimSpace(names) != "" {
		return slices.ContainsFunc(strings.Split(names, ","), func(n string) bool { return strings.TrimSpace(n) == "otlp" })
	}
	_, own := s.lookup("ENDPOINT")
	_, ofTraces := traces.lookup("ENDPOINT")
	return own != "" || tracesToo && ofTraces == ""
}

// lookup returns the value of the variable for s, else of the general one, and
// the name of the variable that it found.
func (s signal) lookup(name string) (value, variable string) {
	for _, variable := range []string{prefix + s.name + "_" + name, prefix + name} {
		if v := strings.TrimSpace(os.Getenv(variable)); v != "" {
			return v, variable
		}
	}
	return "", ""
}

// fillFromEnv reads the environment of one signal for every field that is zero,
// and sets Endpoint to its URL. All faults are reported together.
func (s signal) fillFromEnv(c *Config) error {
	return errors.Join(
		s.endpointFromEnv(c), s.protocolFromEnv(c), s.headersFromEnv(c),
		s.compressionFromEnv(c), s.timeoutFromEnv(c), s.tlsFromEnv(c),
	)
}

func (s signal) endpointFromEnv(c *Config) error {
	value, variable := s.lookup("ENDPOINT")
	c.Endpoint = defaultEndpoint + s.path // also after an error, so that it is reported once
	if variable == "" {
		return nil
	}
	if err := destination.CheckURL(value); err != nil {
		return fmt.Errorf("%s %w", variable, err)
	}
	if variable == prefix+"ENDPOINT" {
		value = strings.TrimRight(value, "/") + s.path
	}
	c.Endpoint = value
	return nil
}

func (s signal) protocolFromEnv(c *Config) error {
	value, variable := s.lookup("PROTOCOL")
	if c.Protocol != "" || variable == "" {
		return nil
	}
	if err := checkProtocol(value); err != nil {
		return fmt.Errorf("%s %w", variable, err)
	}
	c.Protocol = value
	return nil
}

func (s signal) compressionFromEnv(c *Config) error {
	value, variable := s.lookup("COMPRESSION")
	if c.Compression != "" || variable == "" {
		return nil
	}
	if err := checkCompression(value); err != nil {
		return fmt.Errorf("%s %w", variable, err)
	}
	c.Compression = value
	return nil
}

func (s signal) timeoutFromEnv(c *Config) error {
	value, variable := s.lookup("TIMEOUT")
	if c.Timeout != 0 || variable == "" {
		return nil
	}
	ms, err := strconv.Atoi(value)
	if err != nil || ms <= 0 {
		return fmt.Errorf("%s is %q: set a number of milliseconds", variable, value)
	}
	c.Timeout = time.Duration(ms) * time.Millisecond
	return nil
}

// headersFromEnv names the position of a broken header, never the text, which
// may be a secret.
func (s signal) headersFromEnv(c *Config) error {
	value, variable := s.lookup("HEADERS")
	if c.Headers != nil || variable == "" {
		return nil
	}
	headers := make(map[string]string)
	for i, pair := range strings.Split(value, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, escaped, found := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		text, err := url.PathUnescape(strings.TrimSpace(escaped))
		if !found || err != nil || !validName(name) || !validValue(text) {
			return fmt.Errorf("%s: header %d is malformed: write name=value,name=value with percent-encoded values", variable, i+1)
		}
		headers[name] = text
	}
	c.Headers = headers
	return nil
}

// validName reports whether name is a token of RFC 9110.
func validName(name string) bool {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return name != "" && strings.Trim(name, letters+"!#$%&'*+-.^_`|~") == ""
}

func validValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r != '\t' && (r < ' ' || r == 0x7f) })
}

func (s signal) tlsFromEnv(c *Config) error {
	if c.TLS != nil {
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	used := false
	if file, variable := s.lookup("CERTIFICATE"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("%s: %w", variable, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s: %s has no certificate", variable, file)
		}
		used = true
	}
	certificate, certVariable := s.lookup("CLIENT_CERTIFICATE")
	key, keyVariable := s.lookup("CLIENT_KEY")
	switch {
	case certificate != "" && key != "":
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", certVariable, keyVariable, err)
		}
		config.Certificates = []tls.Certificate{pair}
		used = true
	case certificate != "":
		return fmt.Errorf("%s needs %sCLIENT_KEY", certVariable, prefix)
	case key != "":
		return fmt.Errorf("%s needs %sCLIENT_CERTIFICATE", keyVariable, prefix)
	}
	if used {
		c.TLS = config
	}
	return nil
}
