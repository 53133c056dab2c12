// SPDX-License-Identifier: Apache-2.0

package canary_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/instrumentation/mistralstudio"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
)

// written keeps what is written to it, concurrently.
type written struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// take returns what was written since the last take.
func (w *written) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.text.Reset()
	return w.text.String()
}

// outlets is where telemetry goes, and what has arrived there.
type outlets struct {
	console                        written
	otlp, langfuse, respan, studio written
	metrics, logs                  written
}

// spans is what came as spans, by destination.
func (o *outlets) spans() map[string]*written {
	return map[string]*written{"otlp": &o.otlp, "langfuse": &o.langfuse, "respan": &o.respan, "studio": &o.studio, "console": &o.console}
}

// serve starts a backend that keeps the bodies of requests in what keep says.
func serve(t *testing.T, keep func(path string) *written) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(body)
		}
		_, _ = io.Copy(keep(r.URL.Path), body)
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		if strings.HasSuffix(r.Header.Get("Content-Type"), "json") {
			_, _ = io.WriteString(w, "{}")
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// refuse starts a backend that repeats what it was sent, credentials first.
func refuse(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told, _ := json.Marshal(r.Header)
		message, _ := json.Marshal(map[string]string{"message": string(told)})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden) // with 400 its words are not told at all
		_, _ = w.Write(message)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// destinations are one of each kind, and some that refuse everything.
func (o *outlets) destinations(t *testing.T) []instrumentation.Option {
	t.Helper()
	collector := serve(t, func(path string) *written {
		return map[string]*written{"/v1/traces": &o.otlp, "/v1/metrics": &o.metrics, "/v1/logs": &o.logs}[path]
	})
	only := func(w *written) string { return serve(t, func(string) *written { return w }) }
	key := map[string]string{"Authorization": "Bearer canary-secret-collector-key"}
	refusing := refuse(t)

	var opts []instrumentation.Option
	add := func(d destination.Destination, err error) {
		require.NoError(t, err)
		opts = append(opts, instrumentation.WithDestination(d))
	}
	add(otlp.New(otlp.Config{
		Endpoint: collector + "/v1/traces", MetricsEndpoint: collector + "/v1/metrics", LogsEndpoint: collector + "/v1/logs",
		Headers: key, Protocol: otlp.HTTPJSON, Compression: otlp.Gzip,
	}))
	add(langfuse.New(langfuse.Config{BaseURL: only(&o.langfuse), PublicKey: "pk-lf-canary-secret-public-key", SecretKey: "sk-lf-canary-secret-secret-key"}))
	add(respan.New(respan.Config{BaseURL: only(&o.respan), APIKey: "canary-secret-respan-key"}))
	add(mistralstudio.New(mistralstudio.Config{BaseURL: only(&o.studio), APIKey: "canary-secret-studio-key"}))
	add(console.New(console.Config{Writer: &o.console}))
	add(otlp.New(otlp.Config{
		Name: "refusing", Endpoint: refusing + "/v1/traces", MetricsEndpoint: refusing + "/v1/metrics", LogsEndpoint: refusing + "/v1/logs",
		Headers: key, Retry: destination.Retry{Elapsed: -1},
	}))
	add(langfuse.New(langfuse.Config{Name: "refusing langfuse", BaseURL: refusing, PublicKey: "pk-lf-canary-secret-public-key", SecretKey: "sk-lf-canary-secret-secret-key"}))
	return opts
}
