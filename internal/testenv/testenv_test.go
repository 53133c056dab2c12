// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// verdict is a testing.TB that notes how a test ended instead of ending it.
type verdict struct {
	testing.TB
	skipped, failed string
}

func (*verdict) Helper() {}

func (v *verdict) Skipf(format string, args ...any) {
	v.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// judge runs fn as a test of its own and returns how it ended.
func judge(t *testing.T, fn func(testing.TB)) *verdict {
	v := &verdict{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(v)
	}()
	<-done
	return v
}

// checkout lays out a repository with a nested module and a shared folder next
// to it, and returns the root of the repository.
func checkout(t *testing.T) string {
	top, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write := func(name, text string) {
		path := filepath.Join(top, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("repo/go.mod", "// a comment\nmodule "+modulePath+" // another\n\ngo 1.26\n")
	write("repo/internal/a/a.go", "package a\n")
	write("repo/examples/clients/go.mod", "module "+modulePath+"/examples/clients\n")
	write("repo/examples/clients/deep/b.go", "package b\n")
	write("shared/cassettes/INDEX.md", "# index\n")
	return filepath.Join(top, "repo")
}

func TestSharedIsFoundFromAnyFolderOfTheRepository(t *testing.T) {
	root := checkout(t)
	want := filepath.Join(filepath.Dir(root), "shared", "cassettes", "INDEX.md")

	for _, from := range []string{".", "internal/a", "examples/clients", "examples/clients/deep"} {
		t.Run(from, func(t *testing.T) {
			t.Chdir(filepath.Join(root, from))
			assert.Equal(t, want, Shared(t, "cassettes/INDEX.md"))
		})
	}
}

func TestSharedFailsOutsideTheRepository(t *testing.T) {
	t.Chdir(t.TempDir())
	v := judge(t, func(t testing.TB) { Shared(t, "cassettes") })
	assert.Contains(t, v.failed, modulePath)
	assert.Empty(t, v.skipped)
}

func TestMissing(t *testing.T) {
	cases := map[string]struct {
		variable  string
		wantFails bool
	}{
		"skips by default":                 {variable: "", wantFails: false},
		"fails when skipping is forbidden": {variable: "1", wantFails: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv(NoSkipVariable, c.variable)
			t.Chdir(checkout(t))
			v := judge(t, func(t testing.TB) { Shared(t, "schemas") })

			message, other := v.skipped, v.failed
			if c.wantFails {
				message, other = v.failed, v.skipped
			}
			assert.Contains(t, message, "../shared/schemas is missing")
			assert.Contains(t, message, "next to the repository")
			assert.Empty(t, other)
		})
	}
}
