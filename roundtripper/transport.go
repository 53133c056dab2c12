// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/mistral"
	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/semconv"
)

// Transport is an [http.RoundTripper] that records calls to Mistral's API. Use
// [New] to make one. It is safe for concurrent use.
type Transport struct {
	base    http.RoundTripper
	config  config
	tracers tracers
	reports reports
}

// New returns a Transport that makes its calls by way of base. If base is nil,
// that is [http.DefaultTransport] as it is now, so that the Transport may
// replace it:
//
//	http.DefaultTransport = roundtripper.New(nil)
func New(base http.RoundTripper, opts ...Option) *Transport {
	if base == nil {
		base = http.DefaultTransport
	}
	t := &Transport{base: base, config: newConfig(opts)}
	t.tracers.provider = t.config.tracerProvider
	return t
}

// Unwrap returns the transport below.
func (t *Transport) Unwrap() http.RoundTripper { return t.base }

// CloseIdleConnections closes the idle connections of the transport below, if
// it can do that. [http.Client.CloseIdleConnections] calls it.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip makes one HTTP exchange by way of the transport below. Request,
// response and errors are what they would be without this Transport.
//
// If the request is a call to a model, it begins a span. The span ends once,
// with the first of: the terminal event of a stream, the end of the JSON
// value, the end of the body, a read error, Close, the end of the request's
// context, the garbage collection of a body that nobody closed. It does not
// end when RoundTrip returns, except where no body is to come, and for error
// statuses whose body is declared to be at most 64 KiB: that body alone is read
// here and put back, since many clients never read it.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	route, ok := t.match(req)
	if !ok {
		return t.base.RoundTrip(req)
	}
	snapshot := takeSnapshot(req)
	c := t.start(req, route, snapshot)
	out := c.request(req, snapshot)
	returned := false
	defer func() {
		if !returned { // the transport below, or its body, panics
			c.finish(end{cause: causePanic})
		}
	}()
	resp, err := t.base.RoundTrip(out)
	if resp != nil && resp.Request == out {
		resp.Request = req
	}
	c.response(resp, err)
	returned = true
	return resp, err
}

// match finds the route of a request that is to be observed. It allocates
// nothing for any other.
func (t *Transport) match(req *http.Request) (*mistral.Route, bool) {
	if req == nil || req.URL == nil {
		return nil, false
	}
	host := strings.ToLower(req.URL.Hostname())
	route, ok := mistral.Match(req.Method, host, req.URL.Path, t.config.hosts)
	if !ok {
		return nil, false
	}
	ctx := req.Context()
	if scope.Observed(ctx) || scope.Untraced(ctx) || !t.wanted(req) {
		return nil, false
	}
	return route, true
}

// wanted asks the user's filter. One that panics leaves the call alone.
func (t *Transport) wanted(req *http.Request) (keep bool) {
	if t.config.filter == nil {
		return true
	}
	defer t.reports.contain("the filter")
	return t.config.filter(req)
}

// start begins the span of a call. What goes wrong in here costs the
// telemetry, never the call.
func (t *Transport) start(req *http.Request, route *mistral.Route, s *snapshot) (c *call) {
	c = &call{transport: t, caller: req.Context(), start: time.Now()}
	c.context = scope.WithObserved(c.caller)
	defer t.reports.contain("the start of a span")

	r := &c.record
	r.Operation = route.Operation
	r.ServerAddress, r.ServerPort = address(req)
	r.Request.Model = mistral.PeekModel(s.body)
	r.Provider = mistral.Provider(r.ServerAddress, r.Request.Model, t.config.provider)

	carried := scope.SpanAttributes(c.caller)
	attrs := make([]attribute.KeyValue, 0, 6+len(carried)+len(t.config.attributes))
	attrs = append(r.AppendStart(attrs), carried...)
	if n := scope.Attempt(c.caller); n > 0 {
		attrs = append(attrs, semconv.HTTPRequestResendCountKey.Int(n))
	}
	attrs = append(attrs, t.config.attributes...) // the last one of a key counts
	ctx, span := t.tracers.get().Start(c.caller, r.SpanName(),
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(c.start),
		trace.WithAttributes(attrs...))
	c.context = scope.WithObserved(ctx)
	if !span.IsRecording() {
		span.End()
		return c
	}
	c.limits = t.config.limits
	c.limits.Content = t.captures(c.caller)
	if c.limits.Content && t.config.redact != nil {
		r.Redactor = genai.Redactor{Func: t.config.redact, Panicked: t.reports.redactor}
	}
	c.span = span
	c.asked = newAsked(s, c.limits)
	return c
}

// request returns what is sent: the same request with the span in its context
// and the body that was looked at.
func (c *call) request(req *http.Request, s *snapshot) *http.Request {
	out := req.WithContext(c.context)
	out.Body = s.forward
	if c.asked != nil {
		out.Body = s.observed(c.asked)
	}
	if p := c.transport.config.propagator; p != nil {
		c.inject(out, p)
	}
	return out
}

func (c *call) inject(out *http.Request, p propagation.TextMapPropagator) {
	header := out.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	defer c.transport.reports.contain("the propagator")
	p.Inject(c.context, propagation.HeaderCarrier(header))
	out.Header = header
}

// address is the server that the URL names; the Host header may name another.
func address(req *http.Request) (host string, port int) {
	port, err := strconv.Atoi(req.URL.Port())
	if err != nil {
		port = 80
		if strings.EqualFold(req.URL.Scheme, "https") {
			port = 443
		}
	}
	return strings.ToLower(req.URL.Hostname()), port
}
