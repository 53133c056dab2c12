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

type proxy = func(*http.Request) (*url.URL, error)

// overHTTP are the destinations that send over HTTP, with all signals that they
// take, each with the server that it expects.
var overHTTP = map[string]struct {
	receiver func(...testserver.ReceiverOption) *testserver.Receiver
	to       func(base string, p proxy) (destination.Destination, error)
}{
	"langfuse": {testserver.NewLangfuse, func(base string, p proxy) (destination.Destination, error) {
		return langfuse.New(langfuse.Config{
			BaseURL: base, PublicKey: testserver.LangfusePublicKey, SecretKey: testserver.LangfuseSecretKey, Proxy: p,
		})
	}},
	"respan": {testserver.NewRespan, func(base string, p proxy) (destination.Destination, error) {
		return respan.New(respan.Config{BaseURL: base, APIKey: testserver.RespanAPIKey, Proxy: p})
	}},
	"mistralstudio": {testserver.NewStudio, func(base string, p proxy) (destination.Destination, error) {
		return mistralstudio.New(mistralstudio.Config{BaseURL: base, APIKey: testserver.StudioAPIKey, Proxy: p})
	}},
	"otlp": {testserver.NewReceiver, func(base string, p proxy) (destination.Destination, error) {
		return otlp.New(otlp.Config{
			Endpoint: base + "/v1/traces", MetricsEndpoint: base + "/v1/metrics", LogsEndpoint: base + "/v1/logs", Proxy: p,
			Headers: map[string]string{"authorization": "Bearer secret"},
		})
	}},
}

// Each destination goes through the proxy of its own, with all signals that it
// takes. The receiver stands in for the proxy.
func TestEachDestinationHasAProxyOfItsOwn(t *testing.T) {
	for name, tt := range overHTTP {
		t.Run(name, func(t *testing.T) {
			cleanEnv(t, nil)
			m, r := mistral(t), tt.receiver()
			t.Cleanup(r.Close)
			d, err := tt.to("http://backend.invalid", func(*http.Request) (*url.URL, error) { return url.Parse(r.URL) })
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
