// SPDX-License-Identifier: Apache-2.0

package exampletest

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

// Run runs program as on a machine without a key and returns what it prints. It
// fails the test if the program fails.
func Run(t *testing.T, program example.Program) string {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch prefix, _, _ := strings.Cut(name, "_"); prefix {
		case "OTEL", "MISTRAL", "RESPAN", "LANGFUSE":
			t.Setenv(name, "")
		}
	}
	var out bytes.Buffer
	if err := program.Run(t.Context(), &out); err != nil {
		t.Fatalf("%s: %v", program.Name, err)
	}
	return out.String()
}
