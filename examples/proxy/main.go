// SPDX-License-Identifier: Apache-2.0

// Command proxy passes calls on to Mistral and traces them, for programs in any
// language:
//
//	go run ./examples/proxy -listen 127.0.0.1:8080
//
// Mistral's SDKs then take http://127.0.0.1:8080 as their server, others
// http://127.0.0.1:8080/v1 as their base URL. SIGINT and SIGTERM end it. What you
// would copy is proxy.go, server.go and config.go.
//
//	go run ./examples/proxy -demo
//
// makes one call through the proxy, prints its trace and ends.
//
// # Environment
//
//   - MISTRAL_PROXY_LISTEN (default 127.0.0.1:8080): -listen wins over it
//   - MISTRAL_PROXY_UPSTREAM (default https://api.mistral.ai): -upstream wins over it
//   - MISTRAL_PROXY_SHUTDOWN_TIMEOUT (default 15s): -shutdown-timeout wins over it
//   - MISTRAL_PROXY_DEMO (default false): -demo wins over it
//   - OTEL_SERVICE_NAME, the destinations and whatever else package instrumentation
//     reads; with -demo what package examples/internal/example says
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	logger := log.New(os.Stderr, "proxy: ", 0)
	flags := flag.NewFlagSet("proxy", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are said below, once
	showItself := flags.Bool("demo", false, "make one call through the proxy, print its trace and end")
	c, err := parse(flags, os.Args[1:], os.Getenv)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(os.Stdout)
		flags.Usage()
		return
	case err != nil:
		logger.Print(err)
		os.Exit(2)
	case *showItself:
		demo.Main()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, c, logger); err != nil {
		logger.Fatal(err)
	}
}
