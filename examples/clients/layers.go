// SPDX-License-Identifier: Apache-2.0

package main

// The transport among others of its kind. README.md says what each order gives.

import (
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/hashicorp/go-retryablehttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/otelmistral/otelmistral/roundtripper"
)

// aboveOtelhttp makes the GenAI span the parent of the HTTP span.
func aboveOtelhttp(base http.RoundTripper) http.RoundTripper {
	return roundtripper.New(otelhttp.NewTransport(base))
}

// belowOtelhttp makes the HTTP span the parent of the GenAI span.
func belowOtelhttp(base http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(roundtripper.New(base))
}

// spanPerAttempt retries above the transport. Give each call a context of
// roundtripper.ContextWithAttempts, and its spans are numbered.
func spanPerAttempt(base http.RoundTripper) http.RoundTripper {
	retrying := retryablehttp.NewClient()
	retrying.Logger = nil // it logs to stderr
	retrying.HTTPClient.Transport = roundtripper.New(base)
	return &retryablehttp.RoundTripper{Client: retrying}
}

// spanPerCall retries below the transport.
func spanPerCall(base http.RoundTripper) http.RoundTripper {
	retrying := retryablehttp.NewClient()
	retrying.Logger = nil
	retrying.HTTPClient.Transport = base
	// The last reply instead of an error without it, so that the span of a call
	// that was refused to the end has status and error code.
	retrying.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return roundtripper.New(&retryablehttp.RoundTripper{Client: retrying})
}

// newProxy hands all requests on to target. Calls are observed, whatever program
// in whatever language makes them. ../proxy is a whole one.
func newProxy(target *url.URL, base http.RoundTripper) http.Handler {
	proxy := &httputil.ReverseProxy{
		Transport: roundtripper.New(base),
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &knownEnd{r.Body, r.ContentLength}
		proxy.ServeHTTP(w, r)
	})
}

// knownEnd is the body of a request that knows its end by the declared length. A
// server of HTTP/1 closes the body when the reply begins, and a transport that
// looks for its end just then cuts the reply: https://go.dev/issue/40747. With
// EnableFullDuplex instead, the server of Go 1.26 panics where target is down.
type knownEnd struct {
	io.ReadCloser
	rest int64 // negative: not declared
}

func (b *knownEnd) Read(p []byte) (int, error) {
	if b.rest == 0 {
		return 0, io.EOF
	}
	n, err := b.ReadCloser.Read(p)
	if b.rest > 0 {
		b.rest -= int64(n)
	}
	return n, err
}
