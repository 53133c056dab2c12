// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/instrumentation/mistralstudio"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/semconv"
)

// everything is an environment in which every destination is set up, and in which
// what is read only where something else is set is read, too.
var everything = []string{
	"OTELMISTRAL_TEST_CHILD=1",
	"LANGFUSE_PUBLIC_KEY=pk-lf-1", "LANGFUSE_SECRET_KEY=sk-lf-1",
	"RESPAN_API_KEY=r-1", "MISTRAL_API_KEY=m-1",
	"OTEL_TRACES_EXPORTER=otlp,console", "OTEL_METRICS_EXPORTER=otlp", "OTEL_LOGS_EXPORTER=otlp",
	"OTEL_TRACES_SAMPLER=traceidratio",
	"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", // where nobody listens
}

// ofOthers are the variables of this test, of the Go runtime and of OpenTelemetry's
// experiments, which come and go with its versions.
var ofOthers = regexp.MustCompile(`^(OTELMISTRAL_TEST_\w+|GO[A-Z]+|REQUEST_METHOD|OTEL_GO_X_\w+)$`)

// folded is the one name of a variable that has a form per signal or a form in small letters.
func folded(name string) string {
	return regexp.MustCompile(`^OTEL_EXPORTER_OTLP_(TRACES|METRICS|LOGS)_`).ReplaceAllString(strings.ToUpper(name), "OTEL_EXPORTER_OTLP_")
}

// documentedVariables are the variables that package docs mention anywhere, and
// those of them that the lists under "Environment" begin an item with.
func documentedVariables(t *testing.T) (mentioned, listed map[string]bool) {
	t.Helper()
	mentioned, listed = map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob(filepath.Join(root, "instrumentation", "*", "*.go"))
	require.NoError(t, err)
	for _, room := range []string{"roundtripper", "instrumentation"} {
		more, err := filepath.Glob(filepath.Join(root, room, "*.go"))
		require.NoError(t, err)
		files = append(files, more...)
	}
	name := regexp.MustCompile(`\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b`)
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		require.NoError(t, err)
		doc := parsed.Doc.Text()
		for _, found := range name.FindAllString(doc, -1) {
			mentioned[folded(found)] = true
		}
		_, environment, _ := strings.Cut(doc, "# Environment\n")
		for _, item := range regexp.MustCompile(`(?m)^  - ([A-Z][^:(]*)`).FindAllStringSubmatch(environment, -1) {
			for _, found := range name.FindAllString(item[1], -1) {
				listed[folded(found)] = true
			}
		}
	}
	require.NotEmpty(t, listed)
	return mentioned, listed
}

// TestEnvironmentIsDocumented compares the variables that a process really reads,
// by this library or by OpenTelemetry's SDK under it, with the package docs: in both
// directions, so that none is secret and none is dead. The testing package
// writes them down for a child, for the sake of go test's cache.
func TestEnvironmentIsDocumented(t *testing.T) {
	if os.Getenv("OTELMISTRAL_TEST_CHILD") != "" {
		startEverything(t)
		return
	}
	log := filepath.Join(t.TempDir(), "log")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEnvironmentIsDocumented$", "-test.testlogfile="+log)
	child.Env = everything
	out, err := child.CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	read := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^getenv (\S+)$`).FindAllSubmatch(text, -1) {
		if name := folded(string(found[1])); !ofOthers.MatchString(name) {
			read[name] = true
		}
	}
	mentioned, listed := documentedVariables(t)
	for name := range read {
		assert.True(t, mentioned[name], "%s is read, and no package doc says so", name)
	}
	for name := range listed {
		assert.True(t, read[name], "%s is documented, and nothing reads it", name)
	}
}

// startEverything sets up each destination and makes it read what it reads late:
// when it prints, when it connects.
func startEverything(t *testing.T) {
	_, err := mistralstudio.FromEnv()
	require.NoError(t, err)
	plain, err := otlp.New(otlp.Config{Endpoint: "http://127.0.0.1:1/v1/traces"})
	require.NoError(t, err)
	terminal, err := console.New(console.Config{Writer: io.Discard})
	require.NoError(t, err)

	all, err := instrumentation.Start(t.Context())
	require.NoError(t, err)
	require.NoError(t, all.Shutdown(t.Context()))
	some, err := instrumentation.Start(t.Context(), instrumentation.WithDestination(terminal))
	require.NoError(t, err)
	_, span := some.TracerProvider().Tracer("test").Start(t.Context(), "span", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(semconv.GenAIOperationNameKey.String(semconv.OperationChat)))
	span.End()
	require.Error(t, plain.Check(t.Context()))
	require.NoError(t, some.Shutdown(t.Context()))
}
