// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

const (
	prefix          = "OTEL_EXPORTER_OTLP_"
	tracesPrefix    = prefix + "TRACES_"
	defaultEndpoint = "http://localhost:4318/v1/traces"
)

// lookup returns the value of the variable for traces, else of the general one,
// and the name of the variable that it found.
func lookup(name string) (value, variable string) {
	for _, variable := range []string{tracesPrefix + name, prefix + name} {
		if v := strings.TrimSpace(os.Getenv(variable)); v != "" {
			return v, variable
		}
	}
	return "", ""
}

// fillFromEnv reads the environment for every field that is zero. All faults are
// reported together.
func fillFromEnv(c *Config) error {
	return errors.Join(
		endpointFromEnv(c), protocolFromEnv(c), headersFromEnv(c),
		compressionFromEnv(c), timeoutFromEnv(c), tlsFromEnv(c),
	)
}

func endpointFromEnv(c *Config) error {
	value, variable := lookup("ENDPOINT")
	c.Endpoint = defaultEndpoint // also after an error, so that it is reported once
	if variable == "" {
		return nil
	}
	if err := destination.CheckURL(value); err != nil {
		return fmt.Errorf("%s %w", variable, err)
	}
	if variable == prefix+"ENDPOINT" {
		value = strings.TrimRight(value, "/") + "/v1/traces"
	}
	c.Endpoint = value
	return nil
}

func protocolFromEnv(c *Config) error {
	value, variable := lookup("PROTOCOL")
	if c.Protocol != "" || variable == "" {
		return nil
	}
	if err := checkProtocol(value); err != nil {
		return fmt.Errorf("%s %w", variable, err)
	}
	c.Protocol = value
	return nil
}

func compressionFromEnv(c *Config) error {
	value, variable := lookup("COMPRESSION")
	if c.Compression != "" || variable == "" {
		return nil
	}
	if err := checkCompression(value); err != nil {
		return fmt.Errorf("%s %w", variable, err)
	}
	c.Compression = value
	return nil
}

func timeoutFromEnv(c *Config) error {
	value, variable := lookup("TIMEOUT")
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
func headersFromEnv(c *Config) error {
	value, variable := lookup("HEADERS")
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

func tlsFromEnv(c *Config) error {
	if c.TLS != nil {
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	used := false
	if file, variable := lookup("CERTIFICATE"); file != "" {
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
	certificate, certVariable := lookup("CLIENT_CERTIFICATE")
	key, keyVariable := lookup("CLIENT_KEY")
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
