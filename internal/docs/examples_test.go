// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhatPeopleStartWithHasAnExample names what needs an example that go test
// runs. An example without output would only be compiled.
func TestWhatPeopleStartWithHasAnExample(t *testing.T) {
	for room, names := range map[string][]string{
		"roundtripper": {
			"New", "WithContentCapture", "WithRedactor", "WithHosts", "WithFilter", "WithAttributes", "WithPropagator",
			"WithMeterProvider", "WithLoggerProvider",
			"ContextWithCapture", "ContextWithoutTracing", "ContextWithAttempts",
		},
		"instrumentation": {
			"Start", "WithDestination", "WithRedactor", "WithDefaults", "WithBaggage",
			"Instrumentation_SpanProcessor", "Instrumentation_Transport",
			"Observe", "ObserveSeq", "StartObservation", "ObservationFromContext", "Propagate", "ContextWithToolCall",
		},
		"instrumentation/console":             {"New", "FromEnv"},
		"instrumentation/destination":         {"Destination"},
		"instrumentation/instrumentationtest": {"New"},
		"instrumentation/langfuse":            {"New", "FromEnv", "Dialect"},
		"instrumentation/mistralstudio":       {"New", "FromEnv"},
		"instrumentation/otlp":                {"New", "FromEnv"},
		"instrumentation/redact":              {"New", "Default"},
		"instrumentation/respan":              {"New", "FromEnv", "Dialect", "CustomerEmail"},
		"semconv":                             {"", "RateLimitKey"},
	} {
		runs := examplesThatRun(t, room)
		for _, name := range names {
			assert.True(t, runs[name], "%s has no Example%s with output", room, name)
		}
	}
}

func examplesThatRun(t *testing.T, room string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(room), "*_test.go"))
	require.NoError(t, err)
	var parsed []*ast.File
	set := token.NewFileSet()
	for _, file := range files {
		f, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		require.NoError(t, err)
		parsed = append(parsed, f)
	}
	runs := map[string]bool{}
	for _, example := range doc.Examples(parsed...) {
		runs[example.Name] = example.Output != "" || example.EmptyOutput
	}
	return runs
}
