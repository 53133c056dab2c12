// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

// application calls a Mistral and sends its spans to destinations.
type application struct {
	t       testing.TB
	inst    *instrumentation.Instrumentation
	client  *http.Client
	mistral *testserver.Mistral
}

func newApplication(t testing.TB, destinations []destination.Destination, opts ...testserver.MistralOption) *application {
	t.Helper()
	a := &application{t: t, mistral: testserver.NewMistral(opts...)}
	t.Cleanup(a.mistral.Close)
	start := []instrumentation.Option{instrumentation.WithServiceName("shop"), instrumentation.WithoutGlobalProvider()}
	for _, d := range destinations {
		if d.Limits.BatchDelay == 0 {
			d.Limits.BatchDelay = 20 * time.Millisecond
		}
		start = append(start, instrumentation.WithDestination(d))
	}
	var err error
	a.inst, err = instrumentation.Start(t.Context(), start...)
	require.NoError(t, err)
	a.client = a.inst.Client()
	t.Cleanup(func() {
		a.client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = a.inst.Shutdown(ctx) // a destination that a test has broken cannot take the rest
	})
	return a
}

// plain is the destination of an application without a dialect.
func plain(t testing.TB, name, url string) destination.Destination {
	t.Helper()
	return plainWithin(t, name, url, 30*time.Second) // longer than a collector takes to start
}

// plainWithin gives up on spans that the collector does not take within patience.
func plainWithin(t testing.TB, name, url string, patience time.Duration) destination.Destination {
	t.Helper()
	d, err := otlp.New(otlp.Config{
		Name: name, Endpoint: url + "/v1/traces", Content: true, Compression: otlp.Gzip,
		Retry: destination.Retry{Initial: 50 * time.Millisecond, Max: 100 * time.Millisecond, Elapsed: patience},
	})
	require.NoError(t, err)
	return d
}

// ask is one call, and returns what it took.
func (a *application) ask(ctx context.Context, question string, stream bool) time.Duration {
	a.t.Helper()
	begin := time.Now()
	resp := a.call(ctx, question, stream)
	defer resp.Body.Close()
	_, err := io.Copy(io.Discard, resp.Body)
	require.NoError(a.t, err)
	return time.Since(begin)
}

// leave is a call whose answer nobody waits for.
func (a *application) leave(ctx context.Context) {
	a.t.Helper()
	a.call(ctx, "Tell me a long story.", true).Body.Close()
}

func (a *application) call(ctx context.Context, question string, stream bool) *http.Response {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{
		"model": "mistral-small-latest", "stream": stream,
		"messages": []map[string]string{{"role": "user", "content": question}},
	})
	require.NoError(a.t, err)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.mistral.URL+"/v1/chat/completions", bytes.NewReader(body))
	require.NoError(a.t, err)
	req.Header.Set("Authorization", "Bearer key")
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	require.NoError(a.t, err)
	return resp
}

// flush returns once every destination has confirmed everything.
func (a *application) flush() {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(a.t, a.inst.Flush(ctx))
}
