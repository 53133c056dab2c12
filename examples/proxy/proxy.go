// SPDX-License-Identifier: Apache-2.0

package main

// The calls of programs in any language, observed in one place: a reverse proxy
// with this library's transport below it. Neither Langfuse's cookbook nor Respan's
// page has such a section.
//
// A program has nothing to do but call the proxy instead of Mistral: its SDK takes
// the address as serverURL (TypeScript), server_url (Python) or base URL. Whatever
// it sends and gets passes as it is, a stream event by event.
//
// Programs that trace their own work may send W3C trace context and baggage along.
// The call is then part of their trace, and user.id, session.id,
// gen_ai.conversation.id, otelmistral.trace.name, otelmistral.tags (a JSON array)
// and otelmistral.metadata.{key} of the baggage are on its span. Neither reaches
// Mistral. The proxy believes whoever can reach it, and keys pass through it in the
// clear: let it listen where only programs of yours are.

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"

	"go.opentelemetry.io/otel/propagation"
)

// fromCaller reads what a request says of the trace that it belongs to. Headers
// that are broken or beyond the limits of W3C baggage (64 members, 8 KiB) are
// ignored.
var fromCaller = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})

// newProxy passes requests on to upstream by way of transport, which is that of an
// Instrumentation with WithBaggage. GET /healthz it answers itself. The log gets
// calls that failed, without anything of what they carried.
func newProxy(upstream *url.URL, transport http.RoundTripper, logger *log.Logger) http.Handler {
	proxy := &httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1, // at once, whatever the reply says it is
		ErrorLog:      logger,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream) // sets Host, too; X-Forwarded-* are gone by now
			for _, header := range fromCaller.Fields() {
				r.Out.Header.Del(header) // a third party's trace is not ours
			}
			// The transport asks for gzip by itself and unpacks it: the proxy then
			// understands every reply, whichever encodings the caller can read.
			r.Out.Header.Del("Accept-Encoding")
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil { // else the caller left, or the proxy stops
				logger.Printf("%s could not be reached: %v", upstream.Host, err)
			}
			refuse(w, fmt.Sprintf("the proxy got no answer from %s: %v", upstream.Host, err))
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, "ok\n")
			return
		}
		call := r.WithContext(fromCaller.Extract(r.Context(), propagation.HeaderCarrier(r.Header)))
		call.Body = &request{r.Body, r.ContentLength}
		proxy.ServeHTTP(w, call)
	})
}

// request is the body of a request. Once it has given the declared length it
// knows its end without asking: net/http asks again after the last byte, and when
// the reply has begun by then, its server has closed the body. The error would cut
// the reply.
type request struct {
	io.ReadCloser
	rest int64 // negative: not declared
}

func (r *request) Read(p []byte) (int, error) {
	if r.rest == 0 {
		return 0, io.EOF
	}
	n, err := r.ReadCloser.Read(p)
	if r.rest > 0 {
		r.rest -= int64(n)
	}
	return n, err
}

// refuse answers 502 in the shape of Mistral's errors, which SDKs can read.
func refuse(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadGateway)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"object": "error", "message": message, "type": "proxy_error", "param": nil, "code": nil,
	})
}
