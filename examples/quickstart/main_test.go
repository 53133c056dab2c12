// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

var update = flag.Bool("update", false, "write the golden file")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cleanEnv makes the test independent of the machine.
func cleanEnv(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("MISTRAL_API_KEY", "")
}

var (
	traceID   = regexp.MustCompile(`\b[0-9a-f]{32}\b`)
	durations = regexp.MustCompile(` *\b[0-9.]+ (µs|ms|s)\b`)
)

func TestQuickstartPrintsItsTrace(t *testing.T) {
	cleanEnv(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, len([]rune(line)), 81, line)
	}
	got := traceID.ReplaceAllString(durations.ReplaceAllString(out.String(), " <time>"), "<trace>")

	golden := filepath.Join("testdata", "output.golden")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestEndpointOfTheEnvironmentGetsTheTraceWithoutContent(t *testing.T) {
	cleanEnv(t)
	collector := testserver.NewReceiver()
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	require.Len(t, collector.Spans(), 4)
	for _, s := range collector.Spans() {
		for _, kv := range s.Attributes {
			assert.False(t, semconv.IsContent(kv.Key), kv.Key)
		}
	}
	assert.Contains(t, out.String(), "Look at your OTLP endpoint")
	assert.Contains(t, out.String(), "capital of France", "the program's own receiver gets content")
}
