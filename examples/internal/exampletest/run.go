// SPDX-License-Identifier: Apache-2.0

package exampletest

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

// Run runs program as on a machine without a key and returns what it prints. It
// fails the test if the program fails.
func Run(t *testing.T, program example.Program) string {
	t.Helper()
	return Output(t, program.Run)
}

// Output is Run for a program that has more to do than [example.Program.Run].
func Output(t *testing.T, run func(context.Context, io.Writer) error) string {
	t.Helper()
	cleanEnv(t)
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// cleanEnv unsets what would change how a program runs.
func cleanEnv(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch prefix, _, _ := strings.Cut(name, "_"); prefix {
		case "OTEL", "MISTRAL", "RESPAN", "LANGFUSE":
			t.Setenv(name, "")
		}
	}
}
