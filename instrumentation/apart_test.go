// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
)

func TestTwoDestinationsWithOneURL(t *testing.T) {
	cleanEnv(t, nil)
	r := receiver(t)
	a := to(t, r)
	b := a
	b.Name, b.Endpoint = "again", strings.Replace(a.Endpoint, "http://", "HTTP://", 1)+"/"
	i, err := Start(t.Context(), WithoutGlobalProvider(), WithDestination(a), WithDestination(b))
	require.ErrorContains(t, err, "destinations "+a.String()+" and "+b.String()+" send spans to the same URL: the second one gets none")
	end(i.TracerProvider().Tracer("test"), "s")
	require.NoError(t, i.Shutdown(t.Context()))
	assert.Len(t, r.Spans(), 1)
	assert.Len(t, i.Stats().Destinations, 1)
}

// What two destinations share of their URLs goes there once, and the rest goes on.
func TestTwoDestinationsWithOneURLForMetricsOrLogs(t *testing.T) {
	cleanEnv(t, nil)
	m, first, second := mistral(t), receiver(t), receiver(t)
	signals := func(c *otlp.Config) {
		c.MetricsEndpoint, c.LogsEndpoint = first.URL+"/v1/metrics", first.URL+"/v1/logs"
	}
	i, err := Start(t.Context(), WithoutGlobalProvider(), WithDestination(to(t, first, signals)), WithDestination(to(t, second, signals)))
	require.ErrorContains(t, err, "send metrics to the same URL: the second one gets none")
	require.ErrorContains(t, err, "send logs to the same URL: the second one gets none")
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	require.NoError(t, i.Shutdown(t.Context()))
	assert.Len(t, first.Spans(), 1)
	assert.Len(t, second.Spans(), 1)
	assert.Len(t, first.LogRecords(), 1)
	assert.Empty(t, second.SignalExports())
	assert.Len(t, i.metrics, 1, "metrics repeat themselves: what counts is who sends them")
}

func TestDestinationsOfOneNameAreNumbered(t *testing.T) {
	cleanEnv(t, nil)
	named := func(name string) Option {
		d := to(t, receiver(t))
		d.Name = name
		return WithDestination(d)
	}
	i := startLocal(t, named("otlp"), named("otlp"), named("otlp-2"), named("otlp"))
	end(i.TracerProvider().Tracer("test"), "s")
	require.NoError(t, i.Shutdown(t.Context()))
	for _, name := range []string{"otlp", "otlp-2", "otlp-2-2", "otlp-3"} {
		c, found := i.Stats().Of(name)
		assert.True(t, found, name)
		assert.EqualValues(t, 1, c.Exported, name)
	}
	_, err := Start(t.Context(), WithoutGlobalProvider(), WithDestination(destination.Destination{}), WithDestination(destination.Destination{}))
	require.ErrorContains(t, err, "Name is empty\ninstrumentation: destination: Name is empty")
}

func TestCanonicalURL(t *testing.T) {
	same := [][2]string{
		{"http://host/v1", "http://HOST:80/v1/"}, {"https://host", "https://host:443/"}, {"http://[::1]:4318/x", "http://[::1]:4318/x/"},
	}
	for _, p := range same {
		assert.Equal(t, canonicalURL(p[0]), canonicalURL(p[1]))
	}
	assert.NotEqual(t, canonicalURL("http://host/a"), canonicalURL("http://host/A"))
	assert.NotEqual(t, canonicalURL("http://host/a"), canonicalURL("https://host/a"))
	assert.NotEqual(t, canonicalURL("http://host/a"), canonicalURL("http://host:81/a"))
}
