// SPDX-License-Identifier: Apache-2.0

// Package testenv finds what a test needs from outside the repository, and
// decides in one place what happens when it is not there: the test is skipped,
// or it fails when [NoSkipVariable] is set.
package testenv

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// NoSkipVariable names the environment variable that, set to anything but the
// empty string, turns "skipped because something is absent" into a failure.
// Continuous integration sets it, so that no test disappears unnoticed.
const NoSkipVariable = "OTELMISTRAL_TEST_NO_SKIP"

// modulePath is the module at the root of the repository. A nested module has
// a longer path, so comparing the whole path never stops too early.
const modulePath = "github.com/otelmistral/otelmistral"

// Shared returns the path of sub inside the folder named shared that lies next
// to the repository, such as "cassettes" or "schemas/v1.41.1". That folder is
// not part of the repository: where it or sub is absent, the test ends as
// [Missing] says.
func Shared(t testing.TB, sub string) string {
	t.Helper()
	root, err := projectRoot()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	path := filepath.Join(filepath.Dir(root), "shared", filepath.FromSlash(sub))
	if _, err := os.Stat(path); err != nil {
		Missing(t, "../shared/"+sub, "put the folder of shared test data next to the repository")
	}
	return path
}

// Missing ends the test because what it needs is absent: skipped, or failed
// when [NoSkipVariable] is set. The message names what is missing and remedy,
// which says what to do about it. Missing does not return.
func Missing(t testing.TB, what, remedy string) {
	t.Helper()
	if os.Getenv(NoSkipVariable) != "" {
		t.Fatalf("%s is missing, and %s forbids to skip: %s", what, NoSkipVariable, remedy)
	}
	t.Skipf("%s is missing: %s", what, remedy)
}

// projectRoot walks up from the working directory, which for a test is the
// folder of its package, to the folder of the root module.
func projectRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if declaresModule(filepath.Join(dir, "go.mod")) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the working directory is not inside module " + modulePath)
		}
		dir = parent
	}
}

// declaresModule reports whether the go.mod file at path declares modulePath.
func declaresModule(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()

	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) >= 2 && words[0] == "module" {
			return strings.Trim(words[1], `"`) == modulePath
		}
	}
	return false
}
