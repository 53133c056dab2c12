// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryDependencyHasItsReason keeps the root module small: each module that it
// requires directly has a row in CONTRIBUTING.md that says why, and no other has.
func TestEveryDependencyHasItsReason(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	var required []string
	for _, line := range regexp.MustCompile(`(?m)^(?:require )?\s*(\S+) v\S+$`).FindAllStringSubmatch(string(module), -1) {
		required = append(required, line[1])
	}
	require.NotEmpty(t, required)

	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| Direct dependency | Why |\n|---|---|\n")
	require.True(t, found)
	var explained []string
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		if len(cells) != 4 {
			break
		}
		assert.NotEmpty(t, strings.TrimSpace(cells[2]), "the reason for %s", cells[1])
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
			explained = append(explained, name[1])
		}
	}
	slices.Sort(required)
	slices.Sort(explained)
	assert.Equal(t, required, explained)
}
