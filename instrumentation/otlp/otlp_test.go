// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// environment sets the variables and unsets every other one that the package
// reads, so that a test does not depend on the machine.
func environment(t *testing.T, env map[string]string) {
	t.Helper()
	for _, name := range []string{
		"ENDPOINT", "PROTOCOL", "HEADERS", "COMPRESSION", "TIMEOUT", "CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY",
	} {
		t.Setenv("OTEL_EXPORTER_OTLP_"+name, "")
		t.Setenv("OTEL_EXPORTER_OTLP_TRACES_"+name, "")
	}
	for k, v := range env {
		t.Setenv(k, v)
	}
}

// send exports one span to d.
func send(t *testing.T, d destination.Destination) error {
	t.Helper()
	p, err := destination.NewProcessor(t.Context(), d)
	require.NoError(t, err)
	p.OnEnd(tracetest.SpanStub{Name: "s", SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
	})}.Snapshot())
	return p.Shutdown(t.Context())
}

func TestEndpointPrecedence(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want string
	}{
		{"default", nil, "http://localhost:4318/v1/traces"},
		{"general", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://general:1"}, "http://general:1/v1/traces"},
		{"general with path", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://general/otlp/"}, "https://general/otlp/v1/traces"},
		{"specific is taken as it is", map[string]string{
			"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://specific:2/in", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://general:1",
		}, "http://specific:2/in"},
		{"insecure does not change the scheme", map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "https://general", "OTEL_EXPORTER_OTLP_INSECURE": "true",
		}, "https://general/v1/traces"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, tt.env)
			d, err := otlp.FromEnv()
			require.NoError(t, err)
			assert.Equal(t, tt.want, d.Endpoint)
			assert.Equal(t, "otlp", d.Name)
			assert.False(t, d.Content)
		})
	}
}

func TestEnvironmentReachesTheWire(t *testing.T) {
	r := testserver.NewReceiver(testserver.WithRequiredHeader("X-Key", "a secret,really"))
	defer r.Close()
	environment(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":           r.URL,
		"OTEL_EXPORTER_OTLP_HEADERS":            "x-key=wrong",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS":     "x-key=a%20secret%2Creally, other=b",
		"OTEL_EXPORTER_OTLP_COMPRESSION":        "gzip",
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL":    "http/json",
		"OTEL_EXPORTER_OTLP_TIMEOUT":            "5000",
		"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "",
	})
	d, err := otlp.FromEnv()
	require.NoError(t, err)
	require.NoError(t, send(t, d))
	require.Len(t, r.Spans(), 1)
	h := r.Requests()[0].Header
	assert.Equal(t, "b", h.Get("Other"))
	assert.Equal(t, "gzip", h.Get("Content-Encoding"))
	assert.Equal(t, "application/json", h.Get("Content-Type"))
}

func TestConfigWithAnEndpointTakesNothingFromTheEnvironment(t *testing.T) {
	r := testserver.NewReceiver()
	defer r.Close()
	environment(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":    "http://127.0.0.1:1",
		"OTEL_EXPORTER_OTLP_HEADERS":     "x-key=secret",
		"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
		"OTEL_EXPORTER_OTLP_PROTOCOL":    "grpc",
		"OTEL_EXPORTER_OTLP_TIMEOUT":     "soon",
	})
	d, err := otlp.New(otlp.Config{
		Name: "second", Endpoint: r.URL + "/v1/traces", Content: true,
		Headers: map[string]string{"x-own": "1"}, Limits: destination.Limits{QueueSpans: 7},
	})
	require.NoError(t, err)
	assert.Equal(t, "second", d.Name)
	assert.True(t, d.Content)
	assert.Equal(t, 7, d.Limits.QueueSpans)
	require.NoError(t, send(t, d))
	h := r.Requests()[0].Header
	assert.Equal(t, "1", h.Get("X-Own"))
	assert.Empty(t, h.Get("X-Key"))
	assert.Empty(t, h.Get("Content-Encoding"))
}

func TestFieldsWinOverTheEnvironment(t *testing.T) {
	r := testserver.NewReceiver()
	defer r.Close()
	environment(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":    r.URL,
		"OTEL_EXPORTER_OTLP_HEADERS":     "x-key=environment",
		"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
		"OTEL_EXPORTER_OTLP_PROTOCOL":    "grpc",
		"OTEL_EXPORTER_OTLP_TIMEOUT":     "1",
	})
	d, err := otlp.New(otlp.Config{
		Headers: map[string]string{"x-key": "field"}, Compression: otlp.NoCompression,
		Protocol: otlp.HTTPProtobuf, Timeout: time.Minute,
	})
	require.NoError(t, err)
	require.NoError(t, send(t, d))
	h := r.Requests()[0].Header
	assert.Equal(t, "field", h.Get("X-Key"))
	assert.Empty(t, h.Get("Content-Encoding"))
	assert.Equal(t, "application/x-protobuf", h.Get("Content-Type"))
}

func TestErrorsNameTheVariableAndNoSecret(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.pem")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	tests := []struct{ variable, value, want string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "OTEL_EXPORTER_OTLP_ENDPOINT must begin with http:// or https://"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://me:secret@host", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must not contain a user or password; use a header instead"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which is not supported: set http/protobuf, and the port of OTLP/HTTP, usually 4318"},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is grpc, which is not supported: set http/protobuf, and the port of OTLP/HTTP, usually 4318"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "carrier pigeon", `OTEL_EXPORTER_OTLP_PROTOCOL is "carrier pigeon": set http/protobuf or http/json`},
		{"OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", `OTEL_EXPORTER_OTLP_COMPRESSION is "zstd": set gzip or none`},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s", `OTEL_EXPORTER_OTLP_TIMEOUT is "10s": set a number of milliseconds`},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a=b,secret", "OTEL_EXPORTER_OTLP_HEADERS: header 2 is malformed: write name=value,name=value with percent-encoded values"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a b=secret", "OTEL_EXPORTER_OTLP_HEADERS: header 1 is malformed: write name=value,name=value with percent-encoded values"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0d%0ax: y", "OTEL_EXPORTER_OTLP_HEADERS: header 1 is malformed: write name=value,name=value with percent-encoded values"},
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", missing, "OTEL_EXPORTER_OTLP_CERTIFICATE: open " + missing + ": no such file or directory"},
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", empty, "OTEL_EXPORTER_OTLP_CERTIFICATE: " + empty + " has no certificate"},
		{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", empty, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE needs OTEL_EXPORTER_OTLP_CLIENT_KEY"},
		{"OTEL_EXPORTER_OTLP_CLIENT_KEY", empty, "OTEL_EXPORTER_OTLP_CLIENT_KEY needs OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"},
	}
	for _, tt := range tests {
		t.Run(tt.variable+" "+tt.want, func(t *testing.T) {
			environment(t, map[string]string{tt.variable: tt.value})
			_, err := otlp.FromEnv()
			require.EqualError(t, err, "otlp: "+tt.want)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
	t.Run("Config", func(t *testing.T) {
		for want, c := range map[string]otlp.Config{
			"otlp: Config.Endpoint must begin with http:// or https://":    {Endpoint: "host"},
			`otlp: Config.Protocol is "x": set http/protobuf or http/json`: {Endpoint: "http://host", Protocol: "x"},
			`otlp: Config.Compression is "x": set gzip or none`:            {Endpoint: "http://host", Compression: "x"},
		} {
			_, err := otlp.New(c)
			assert.EqualError(t, err, want)
		}
	})
}

func TestCertificateOfTheEnvironmentIsTrusted(t *testing.T) {
	hits := make(chan struct{}, 1)
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits <- struct{}{} }))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))

	environment(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL, "OTEL_EXPORTER_OTLP_CERTIFICATE": file})
	d, err := otlp.FromEnv()
	require.NoError(t, err)
	require.NoError(t, send(t, d))
	<-hits

	d, err = otlp.New(otlp.Config{Endpoint: server.URL, TLS: &tls.Config{MinVersion: tls.VersionTLS12}})
	require.NoError(t, err)
	require.ErrorContains(t, send(t, d), "certificate")
}

func TestCheckUsesTheCredentials(t *testing.T) {
	environment(t, nil)
	r := testserver.NewReceiver(testserver.WithRequiredHeader("x-key", "right-key"))
	defer r.Close()
	for key, want := range map[string]string{"right-key": "", "wrong-key": "check the credentials"} {
		d, err := otlp.New(otlp.Config{Endpoint: r.URL + "/v1/traces", Headers: map[string]string{"x-key": key}})
		require.NoError(t, err)
		err = d.Check(t.Context())
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), key)
	}
	assert.Empty(t, r.Spans())
}

func TestConfigDoesNotPrintSecrets(t *testing.T) {
	c := otlp.Config{Endpoint: "https://host", Headers: map[string]string{"authorization": "Bearer secret"}}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c)
	d, err := otlp.New(c)
	require.NoError(t, err)
	for _, s := range []string{fmt.Sprintf("%v %+v %#v", c, &c, c), log.String(), fmt.Sprintf("%v %+v", d, d)} {
		assert.NotContains(t, s, "secret")
		assert.Contains(t, s, "host")
	}
}
