// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/instrumentation/mistralstudio"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

// Each destination goes through the proxy of its own, with all signals that it
// takes. The receiver stands in for the proxy.
func TestEachDestinationHasAProxyOfItsOwn(t *testing.T) {
	type proxy = func(*http.Request) (*url.URL, error)
	const elsewhere = "http://backend.invalid"
	tests := map[string]struct {
		receiver func(...testserver.ReceiverOption) *testserver.Receiver
		to       func(proxy) (destination.Destination, error)
	}{
		"langfuse": {testserver.NewLangfuse, func(p proxy) (destination.Destination, error) {
			return langfuse.New(langfuse.Config{
				BaseURL: elsewhere, PublicKey: testserver.LangfusePublicKey, SecretKey: testserver.LangfuseSecretKey, Proxy: p,
			})
		}},
		"respan": {testserver.NewRespan, func(p proxy) (destination.Destination, error) {
			return respan.New(respan.Config{BaseURL: elsewhere, APIKey: testserver.RespanAPIKey, Proxy: p})
		}},
		"mistralstudio": {testserver.NewStudio, func(p proxy) (destination.Destination, error) {
			return mistralstudio.New(mistralstudio.Config{BaseURL: elsewhere, APIKey: testserver.StudioAPIKey, Proxy: p})
		}},
		"otlp": {testserver.NewReceiver, func(p proxy) (destination.Destination, error) {
			return otlp.New(otlp.Config{
				Endpoint: elsewhere + "/v1/traces", MetricsEndpoint: elsewhere + "/v1/metrics", LogsEndpoint: elsewhere + "/v1/logs", Proxy: p,
			})
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cleanEnv(t, nil)
			m, r := mistral(t), tt.receiver()
			t.Cleanup(r.Close)
			d, err := tt.to(func(*http.Request) (*url.URL, error) { return url.Parse(r.URL) })
			require.NoError(t, err)
			i := startLocal(t, WithDestination(d))
			require.NoError(t, i.Check(t.Context()))
			chat(t, i.Client(), m.URL, "mistral-small-latest")
			emit(i)
			require.NoError(t, i.Shutdown(t.Context()))
			assert.Len(t, r.Spans(), 1)
			assert.Equal(t, name == "otlp", len(r.Metrics()) > 0)
			assert.Equal(t, name == "otlp", len(r.LogRecords()) > 0)
		})
	}
}
