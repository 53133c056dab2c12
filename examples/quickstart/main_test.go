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
	bars      = regexp.MustCompile(` +[╺━╸]+ +`)
)

// steady is a printed trace without what differs from run to run.
func steady(text string) string {
	return traceID.ReplaceAllString(durations.ReplaceAllString(bars.ReplaceAllString(text, " <bar> "), " <time>"), "<trace>")
}

func TestQuickstartPrintsItsTrace(t *testing.T) {
	cleanEnv(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, ""))
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, len([]rune(line)), 81, line)
	}
	got := steady(out.String())

	golden := filepath.Join("testdata", "output.golden")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)

	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	_, block, _ := strings.Cut(string(readme), "```text\n")
	block, _, _ = strings.Cut(block, "```")
	require.Contains(t, block, "quickstart")
	assert.Contains(t, got, steady(block), "README.md shows another trace; copy it from go run ./examples/quickstart")
}

func TestPageShowsTheTrace(t *testing.T) {
	cleanEnv(t)
	path := filepath.Join(t.TempDir(), "trace.html")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, path))
	assert.Contains(t, out.String(), "Open "+path)
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(page), "<h2>quickstart</h2>")
	assert.Contains(t, string(page), "The capital of France is **Paris**.")
	require.ErrorIs(t, run(t.Context(), &out, t.TempDir()+"/none/trace.html"), os.ErrNotExist)
}

func TestEndpointOfTheEnvironmentGetsTheTraceWithoutContent(t *testing.T) {
	cleanEnv(t)
	collector := testserver.NewReceiver()
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, ""))
	require.Len(t, collector.Spans(), 4)
	for _, s := range collector.Spans() {
		for _, kv := range s.Attributes {
			assert.False(t, semconv.IsContent(kv.Key), kv.Key)
		}
	}
	assert.Contains(t, out.String(), "Look at your OTLP endpoint")
	assert.Contains(t, out.String(), "capital of France", "the program's own receiver gets content")
}
