// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/roundtripper"
)

// run is the proxy until ctx ends. Then calls have time to end, and when it
// returns, their spans have been exported.
func run(ctx context.Context, c config, logger *log.Logger, opts ...instrumentation.Option) (err error) {
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		return err
	}
	inst, err := instrumentation.Start(ctx, append([]instrumentation.Option{
		instrumentation.WithBaggage(),
		instrumentation.WithTransportOptions(roundtripper.WithHosts(c.upstream.Hostname())),
	}, opts...)...)
	if err != nil {
		logger.Print(err) // what is missing; calls pass all the same
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, inst.Shutdown(end))
	}()

	network := http.DefaultTransport.(*http.Transport).Clone()
	network.MaxIdleConnsPerHost = 100 // all connections go to one host
	defer network.CloseIdleConnections()
	logger.Printf("http://%s passes calls on to %s", listener.Addr(), c.upstream)
	return serve(ctx, listener, newProxy(c.upstream, inst.Transport(network), logger), c.shutdownTimeout)
}

// serve answers requests until ctx ends, and then no new ones. Calls under way go
// on for timeout, and are cancelled after it.
func serve(ctx context.Context, listener net.Listener, proxy http.Handler, timeout time.Duration) error {
	calls, cancelCalls := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelCalls()
	server := &http.Server{
		Handler:           proxy,
		BaseContext:       func(net.Listener) context.Context { return calls },
		ReadHeaderTimeout: 10 * time.Second, // none for bodies: a stream takes its time
		IdleTimeout:       2 * time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	if shutDown(server, timeout) == nil {
		return nil
	}
	// Their spans end with their handlers, so these are waited for; Close is for
	// callers that have stopped reading.
	cancelCalls()
	if shutDown(server, lastWait) != nil {
		_ = server.Close()
	}
	return fmt.Errorf("calls were cut off: they had not ended %s after the signal", timeout)
}

// lastWait is how long calls have to end once they are cancelled. With it, and
// with the time for exporting, the default of -shutdown-timeout is within the 30
// seconds that Kubernetes grants.
const lastWait = 3 * time.Second

// shutDown waits at most timeout until all handlers have returned.
func shutDown(server *http.Server, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return server.Shutdown(ctx)
}
