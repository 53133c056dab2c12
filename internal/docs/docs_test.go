// SPDX-License-Identifier: Apache-2.0

// Package docs_test holds the documents at the root of the repository to what is in it.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is that of the repository.
const root = "../.."

// TestNamedTestsExist lets a document say which test proves what it promises.
// CONTRIBUTING.md names tests that do not exist, to show how to name one.
func TestNamedTestsExist(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "*.md"))
	require.NoError(t, err)
	exists, named := tests(t), 0
	for _, file := range files {
		document := filepath.Base(file)
		if document == "CONTRIBUTING.md" {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`\b(Test|Fuzz|Benchmark)[A-Z]\w*`).FindAllString(string(text), -1) {
			assert.True(t, exists[name], "%s names %s, which does not exist", document, name)
			named++
		}
	}
	assert.NotZero(t, named)
}

// tests are the names of all tests, fuzz targets and benchmarks, those of nested
// modules included.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "bin"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		for _, found := range declared.FindAllSubmatch(source, -1) {
			names[string(found[1])] = true
		}
		return err
	})
	require.NoError(t, err)
	return names
}
