// SPDX-License-Identifier: Apache-2.0

// Command readmecheck does what a newcomer does: it clones the repository into an
// empty directory, runs the commands of README.md there, word for word, and builds
// the Go code of README.md and docs in a module that uses the clone as README.md
// says. It sees what is committed, and no variable but those that Go needs to
// find its modules. `make readme-check` runs it.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "readme-check:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "readme-check")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	clone, app := filepath.Join(dir, "otelmistral"), filepath.Join(dir, "app")
	env, err := environment(dir)
	if err != nil {
		return err
	}
	if err := sh(dir, env, "git clone --quiet --depth 1 \"file://$1\" otelmistral && mkdir app && cd app && go mod init example.com/app", "."); err != nil {
		return err
	}
	readme, err := blocksOf(filepath.Join(clone, "README.md"))
	if err != nil {
		return err
	}
	migration, err := blocksOf(filepath.Join(clone, "docs", "migration.md"))
	if err != nil {
		return err
	}
	snippets := 0
	for _, b := range append(readme, migration...) {
		if b.language == "go" {
			snippets++
			if err := b.write(filepath.Join(app, fmt.Sprintf("snippet%d", snippets))); err != nil {
				return err
			}
		}
	}
	commands := 0
	for _, b := range readme {
		if b.language != "sh" {
			continue
		}
		commands++
		where := clone
		if strings.HasPrefix(b.text, "go mod ") {
			where = app
		}
		if err := sh(where, env, b.text); err != nil {
			return fmt.Errorf("%s: %w", b.at, err)
		}
	}
	if snippets == 0 || commands == 0 {
		return errors.New("README.md has no Go code or no commands")
	}
	fmt.Printf("readme-check: %d blocks of commands ran; building %d blocks of Go code\n", commands, snippets)
	return sh(app, env, "go vet ./...")
}

// environment has Go, git and make on its path with what the system itself needs,
// and nothing of the user's but where Go keeps and finds modules.
func environment(home string) ([]string, error) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return nil, err
	}
	env := []string{"HOME=" + home, "PATH=" + filepath.Dir(goTool) + ":/usr/local/bin:/usr/bin:/bin"}
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOPROXY", "GOFLAGS", "GONOSUMDB", "GOSUMDB", "GOTOOLCHAIN"} {
		value, err := exec.Command(goTool, "env", name).Output() //nolint:gosec,noctx // names from the line above
		if err != nil {
			return nil, err
		}
		if v := strings.TrimSpace(string(value)); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env, nil
}

// sh runs a script in dir, as typed; $1 is the path of this repository.
func sh(dir string, env []string, script string, paths ...string) error {
	fmt.Printf("\n--- %s\n%s\n\n", filepath.Base(dir), strings.TrimSpace(script))
	args := []string{"-ec", script, "sh"}
	for _, p := range paths {
		full, err := filepath.Abs(p)
		if err != nil {
			return err
		}
		args = append(args, full)
	}
	cmd := exec.Command("sh", args...) //nolint:gosec,noctx // that is its purpose
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, os.Stdout, os.Stderr
	return cmd.Run()
}
