// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/semconv"
)

var update = flag.Bool("update", false, "write the table of coverage anew")

const coverageFile = "testdata/coverage.md"

// recordedSpan is a span in a golden file of package roundtripper.
type recordedSpan struct {
	Attributes map[string]any
	Children   []recordedSpan
}

// coverage is what the golden cases of one route record.
type coverage struct {
	cases      int
	operations map[string]bool
	own, below map[string]bool // on the span, on those below it
}

func (c *coverage) add(s recordedSpan) {
	c.cases++
	for key, value := range s.Attributes {
		c.own[key] = true
		if key == string(semconv.GenAIOperationNameKey) || key == string(semconv.MistralOperationKey) {
			c.operations[value.(string)] = true
		}
	}
	for _, child := range s.Children {
		for key := range child.Attributes {
			c.below[key] = true
		}
	}
}

// TestEachRouteHasGoldenCases lists what those of each route record, in a file
// that is reviewed like code.
func TestEachRouteHasGoldenCases(t *testing.T) {
	covered := make([]coverage, len(routes))
	for i := range covered {
		covered[i] = coverage{operations: map[string]bool{}, own: map[string]bool{}, below: map[string]bool{}}
	}
	files, err := filepath.Glob("../../roundtripper/testdata/*/*.request.http")
	require.NoError(t, err)
	for _, file := range files {
		i := routeOf(t, file)
		var span recordedSpan
		golden, err := os.ReadFile(strings.TrimSuffix(file, ".request.http") + ".golden.json")
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(golden, &span))
		covered[i].add(span)
	}

	var table strings.Builder
	table.WriteString("# What the golden cases of each route record\n\n" +
		"Written by `go test ./internal/mistral -run Golden -update`.\n")
	for i := range routes {
		r, c := &routes[i], &covered[i]
		assert.Positive(t, c.cases, "no golden case of %s %s: add one under roundtripper/testdata", r.method, r.path)
		assert.Contains(t, c.operations, r.Operation+r.Name, "%s %s", r.method, r.path)
		fmt.Fprintf(&table, "\n## %s: %s %s (%s)\n\n", strings.Join(slices.Sorted(maps.Keys(c.operations)), ", "), r.method, r.path, hosts[r.where])
		for _, key := range slices.Sorted(maps.Keys(c.own)) {
			table.WriteString("- " + key + "\n")
		}
		for _, key := range slices.Sorted(maps.Keys(c.below)) {
			table.WriteString("- child: " + key + "\n")
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(coverageFile, []byte(table.String()), 0o644))
	}
	want, err := os.ReadFile(coverageFile)
	require.NoError(t, err)
	assert.Equal(t, string(want), table.String(), "read what has changed, then run with -update")
}

// hosts says where the routes hold.
var hosts = map[where]string{own: "Mistral", compatible: "any", azure: "Mistral, Azure", vertex: "Vertex AI", respan: "Respan"}

// routeOf finds the row of the table that a request fits.
func routeOf(t *testing.T, file string) (row int) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	head, _, _ := bytes.Cut(text, []byte("\n\n"))
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(append(head, "\n\n"...))))
	require.NoError(t, err, file)
	host, _, _ := strings.Cut(req.Host, ":")
	route, ok := matchAt(req.Method, host, req.URL.Path, nil)
	require.True(t, ok, file)
	for i := range routes {
		if route == &routes[i] {
			return i
		}
	}
	require.Fail(t, "no row", file)
	return -1
}
