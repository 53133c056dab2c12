// SPDX-License-Identifier: Apache-2.0

// Package browser looks at the pages of package console in a real browser. Its
// tests need Chromium, so it is a module of its own, outside `make test`.
package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Browser is the path of a Chromium.
type Browser string

// Find returns the Chromium that is installed.
func Find() (Browser, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return Browser(path), nil
		}
	}
	return "", errors.New("no chromium is in the path")
}

// DOM returns the document at url as HTML, after its scripts, if any, have run.
func (b Browser) DOM(ctx context.Context, url string) (string, error) {
	out, err := b.run(ctx, "--virtual-time-budget=3000", "--dump-dom", url)
	return string(out), err
}

// Screenshot is what the document at url looks like.
func (b Browser) Screenshot(ctx context.Context, url string, width, height int, dark bool) (png []byte, err error) {
	dir, err := os.MkdirTemp("", "screenshot")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	scheme := "1"
	if dark {
		scheme = "0"
	}
	file := filepath.Join(dir, "page.png")
	if _, err := b.run(ctx, "--hide-scrollbars", "--blink-settings=preferredColorScheme="+scheme,
		"--window-size="+strconv.Itoa(width)+","+strconv.Itoa(height), "--screenshot="+file, url); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// run starts a browser that knows nothing and asks nobody, and waits for its end.
func (b Browser) run(ctx context.Context, args ...string) ([]byte, error) {
	profile, err := os.MkdirTemp("", "browser")
	if err != nil {
		return nil, err
	}
	// Its last processes may still write there, and will be gone soon.
	defer func() { _ = os.RemoveAll(profile) }()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var out, trouble bytes.Buffer
	cmd := exec.CommandContext(ctx, string(b), append([]string{ //nolint:gosec // G204: what Find found, and what the tests ask of it
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir=" + profile,
	}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &trouble
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", b, err, trouble.Bytes())
	}
	return out.Bytes(), nil
}
