// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
)

// What a request tells the gateway of its user must be on the span in the same
// words, or Respan would show two users for one call. Check 20: no credentials.
func TestRespanHearsOfTheUserWhatItsGatewayHeard(t *testing.T) {
	w := newWorld(t, respan.Config{})
	w.Mistral.Enqueue(testserver.JSON(200, `{"id":"r","model":"mistral-small-2506","choices":[{"index":0,"finish_reason":"stop",`+
		`"message":{"role":"assistant","content":"yo"}}]}`).With("X-Respan-Log-Id", "log-1"))
	base := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(w.Mistral.URL, "http://"))
	}}
	t.Cleanup(base.CloseIdleConnections)
	client := &http.Client{Transport: roundtripper.New(base, roundtripper.WithTracerProvider(w.Provider))}
	resp, err := client.Post("http://api.respan.ai/api/v1/chat/completions", "application/json", strings.NewReader(
		`{"model":"mistral-small-latest","messages":[{"role":"user","content":"hi"}],"customer_identifier":"u1",`+
			`"customer_params":{"name":"Ann","email":"ann@example.com"},"thread_identifier":"t1","group_identifier":"g1",`+
			`"custom_identifier":"c1","metadata":{"plan":"pro","cart":{"n":2}},"customer_credentials":{"mistral":{"api_key":"SECRET"}}}`))
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	s := w.Only(t)
	assertText(t, s, map[string]string{
		"respan.customer_params.customer_identifier": "u1",
		"respan.customer_params.name":                "Ann",
		"respan.customer_params.email":               "ann@example.com",
		"respan.threads.thread_identifier":           "t1",
		"respan.trace.trace_group_identifier":        "g1",
		"respan.span_params.custom_identifier":       "c1",
		"respan.metadata":                            `{"cart":{"n":2},"plan":"pro"}`,
		"mistral_ai.gateway.log_id":                  "log-1",
	})
	for _, k := range s.Keys() {
		require.NotContains(t, s.JSON(k), "SECRET", k)
	}
}
