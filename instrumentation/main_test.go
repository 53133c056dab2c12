// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestMain(m *testing.M) {
	otel.SetErrorHandler(&handled)
	if scenario := os.Getenv(scenarioVariable); scenario != "" {
		os.Exit(runScenario(scenario))
	}
	goleak.VerifyTestMain(m)
}

var handled errorLog

type errorLog struct {
	mu   sync.Mutex
	errs []string
}

func (l *errorLog) Handle(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err.Error())
}

func isOurs(variable string) bool {
	for _, prefix := range []string{"OTEL_", "RESPAN_", "LANGFUSE_", "TRACELOOP_"} {
		if strings.HasPrefix(variable, prefix) {
			return true
		}
	}
	return false
}

// cleanEnv unsets every variable of OpenTelemetry and of a destination for the
// time of the test and then sets env.
func cleanEnv(t *testing.T, env map[string]string) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); isOurs(name) {
			t.Setenv(name, "")
		}
	}
	for k, v := range env {
		t.Setenv(k, v)
	}
}

// startLocal starts without touching the global provider.
func startLocal(t *testing.T, opts ...Option) *Instrumentation {
	t.Helper()
	i, err := Start(t.Context(), append([]Option{WithoutGlobalProvider()}, opts...)...)
	require.NoError(t, err)
	return i
}

func receiver(t *testing.T, opts ...testserver.ReceiverOption) *testserver.Receiver {
	t.Helper()
	r := testserver.NewReceiver(opts...)
	t.Cleanup(r.Close)
	return r
}

func to(t *testing.T, r *testserver.Receiver, change ...func(*otlp.Config)) destination.Destination {
	t.Helper()
	c := otlp.Config{Endpoint: r.URL + "/v1/traces"}
	for _, f := range change {
		f(&c)
	}
	d, err := otlp.New(c)
	require.NoError(t, err)
	return d
}
