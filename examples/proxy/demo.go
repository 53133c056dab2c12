// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/instrumentation"
)

const question = "What is the capital of France?"

// demo is the proxy between Mistral and a program that knows nothing of tracing.
var demo = example.Program{
	Name:    "proxy",
	Options: []instrumentation.Option{instrumentation.WithBaggage()},
	Do: func(ctx context.Context, call example.Call) error {
		upstream, err := url.Parse(call.URL)
		if err != nil {
			return err
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		serving, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		proxy := newProxy(upstream, call.Client.Transport, log.New(call.Out, "proxy: ", 0))
		go func() { ended <- serve(serving, listener, proxy, time.Second) }()

		caller := call
		caller.URL = "http://" + listener.Addr().String()
		caller.Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := caller.Ask(ctx, question)
		call.Printf("%s", answer)
		stop()
		return errors.Join(err, <-ended)
	},
}
