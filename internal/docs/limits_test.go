// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"go/constant"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLimitsAreThoseOfTheCode compares the table of limits with the constants.
func TestLimitsAreThoseOfTheCode(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "RELIABILITY.md"))
	require.NoError(t, err)
	row := regexp.MustCompile("(?m)^\\| [^|]+ \\| ([0-9]+)( [KM]iB)? \\| [^|]+ \\| `([a-z/]+)\\.(\\w+)` \\|")
	rows := row.FindAllStringSubmatch(string(text), -1)
	assert.Greater(t, len(rows), 25)
	for _, r := range rows {
		want, err := strconv.ParseInt(r[1], 10, 64)
		require.NoError(t, err)
		want <<= map[string]int{"": 0, " KiB": 10, " MiB": 20}[r[2]]
		assert.Equal(t, want, constantOf(t, r[3], r[4]), "%s.%s", r[3], r[4])
	}
}

// constantOf returns the value of a constant that is a number.
func constantOf(t *testing.T, dir, name string) int64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	require.NoError(t, err)
	declared := regexp.MustCompile(`(?m)^(?:const )?\s*` + name + `\s*=\s*([^/\n]+)`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		if found := declared.FindSubmatch(source); found != nil {
			value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, string(found[1]))
			require.NoError(t, err, name)
			n, exact := constant.Int64Val(value.Value)
			require.True(t, exact, name)
			return n
		}
	}
	t.Errorf("%s has no constant %s", dir, name)
	return 0
}
