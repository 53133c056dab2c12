// SPDX-License-Identifier: Apache-2.0

package wiretest

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is a span as it stands in a golden file. It is reviewed like code: it is
// the contract with the backend.
type golden struct {
	Name       string         `json:"name"`
	Parent     string         `json:"parent,omitempty"`
	Kind       string         `json:"kind"`
	Status     string         `json:"status"`
	Attributes map[string]any `json:"attributes"`
}

// Golden compares spans with those in testdata/name.golden, sorted by name. The
// values of attributes that change from run to run are left out.
func Golden(t testing.TB, name string, spans map[string]testserver.WireSpan, changing []string) {
	t.Helper()
	got := encode(t, spans, changing)
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644)) //nolint:gosec // it is part of the repository
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func encode(t testing.TB, spans map[string]testserver.WireSpan, changing []string) string {
	t.Helper()
	names := map[string]string{}
	for name, s := range spans {
		names[string(s.GetSpanId())] = name
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	for _, name := range slices.Sorted(maps.Keys(spans)) {
		g := goldenOf(spans[name], changing)
		g.Parent = names[string(spans[name].GetParentSpanId())]
		require.NoError(t, e.Encode(g))
	}
	return b.String()
}

// goldenOf shows what was on the wire: strings as they are, JSON in strings as
// JSON, so that it can be read, and the rest as OTLP's JSON, which tells the type.
func goldenOf(s testserver.WireSpan, changing []string) golden {
	g := golden{
		Name: s.GetName(), Kind: s.GetKind().String(), Status: s.GetStatus().GetCode().String(),
		Attributes: map[string]any{},
	}
	if m := s.GetStatus().GetMessage(); m != "" {
		g.Status += ": " + m
	}
	for _, k := range s.Keys() {
		text := s.Text(k)
		var parsed any
		switch {
		case slices.Contains(changing, k):
			g.Attributes[k] = "(changes)"
		case (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && json.Unmarshal([]byte(text), &parsed) == nil:
			g.Attributes[k] = map[string]any{"JSON string": parsed}
		case text == "" && s.JSON(k) != `{"stringValue":""}`:
			g.Attributes[k] = json.RawMessage(s.JSON(k))
		default:
			g.Attributes[k] = text
		}
	}
	return g
}
