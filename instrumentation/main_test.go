// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
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

// take returns what was handled since the last take.
func (l *errorLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	errs := l.errs
	l.errs = nil
	return errs
}

// cleanEnv unsets every variable of OpenTelemetry and of the destinations for the
// time of the test and then sets env.
func cleanEnv(t *testing.T, env map[string]string) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		for _, prefix := range []string{"OTEL_", "OTELMISTRAL_CONSOLE", "LANGFUSE_", "RESPAN_"} {
			if strings.HasPrefix(name, prefix) {
				t.Setenv(name, "")
			}
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

// started starts, for the time of the test, with a recorder of what ends, and
// captures content.
func started(t *testing.T, opts ...Option) (*Instrumentation, *spans) {
	t.Helper()
	cleanEnv(t, nil)
	recorder := &spans{SpanRecorder: tracetest.NewSpanRecorder()}
	i := startLocal(t, append([]Option{WithSpanProcessor(recorder), WithContentCapture(roundtripper.CaptureSpan)}, opts...)...)
	t.Cleanup(func() { _ = i.Shutdown(context.Background()) })
	return i, recorder
}

// spans are those that have ended.
type spans struct{ *tracetest.SpanRecorder }

// named returns the only one of that name.
func (r *spans) named(t *testing.T, name string) span {
	t.Helper()
	var found []sdktrace.ReadOnlySpan
	for _, s := range r.Ended() {
		if s.Name() == name {
			found = append(found, s)
		}
	}
	require.Len(t, found, 1, name)
	return span{found[0]}
}

type span struct{ sdktrace.ReadOnlySpan }

// value returns an attribute as a plain Go value, nil if it is not there.
func (s span) value(key attribute.Key) any {
	for _, kv := range s.Attributes() {
		if kv.Key == key {
			return kv.Value.AsInterface()
		}
	}
	return nil
}
