// SPDX-License-Identifier: Apache-2.0

package canary_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"testing"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.uber.org/goleak"
)

// insideVariable tells the process that runs the tests from the one that looks at
// what it prints.
const insideVariable = "OTELMISTRAL_CANARY_INSIDE"

// handled is what went to otel.Handle, logged what OpenTelemetry logged, at any
// level.
var handled, logged written

// TestMain runs the tests in a process of its own, and fails if there is a canary
// in what that writes to its standard error: the place of last resort for logs.
func TestMain(m *testing.M) {
	if os.Getenv(insideVariable) != "" {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { _, _ = fmt.Fprintln(&handled, err) }))
		goleak.VerifyTestMain(m)
		return
	}
	var stderr written
	inside := exec.CommandContext(context.Background(), os.Args[0], os.Args[1:]...)
	inside.Env = append(os.Environ(), insideVariable+"=1")
	inside.Stdin, inside.Stdout, inside.Stderr = os.Stdin, os.Stdout, io.MultiWriter(os.Stderr, &stderr)
	err := inside.Run()
	if canaries := found(stderr.String(), secrets, content); len(canaries) > 0 {
		fmt.Println("FAIL: on standard error there is", canaries)
		os.Exit(1)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// listen makes OpenTelemetry log everything to logged.
func listen() {
	otel.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.Level(-100)})))
}

var errObserved = errors.New("canary-content-observed-error")
