// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
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
	tracers latest[trace.TracerProvider, trace.Tracer]
	meters  latest[metric.MeterProvider, *genai.Meter]
	loggers latest[log.LoggerProvider, log.Logger]
	targets targets
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
	t.reports.panicked = t.panicked
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
// here and put back, since many clients never read it. Where the context ended
// it, it has ended by the time that Read has returned an error, or Close.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if route, host := t.match(req); route != nil {
		return t.observe(req, route, host)
	}
	return t.base.RoundTrip(req)
}

// observe makes the exchange of a call.
func (t *Transport) observe(req *http.Request, route *mistral.Route, host string) (*http.Response, error) {
	snapshot := takeSnapshot(req)
	ctx, c := t.start(req, route, host, snapshot)
	out := t.outgoing(ctx, req, snapshot, c)
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

// match finds the route and the server of a request that is to be observed. It
// allocates nothing for any other.
func (t *Transport) match(req *http.Request) (route *mistral.Route, host string) {
	if req == nil || req.URL == nil {
		return nil, ""
	}
	route, host = mistral.Match(req.Method, req.URL, t.config.hosts)
	if route == nil {
		return nil, ""
	}
	ctx := req.Context()
	if scope.Observed(ctx) || scope.Untraced(ctx) || !t.wanted(req) {
		return nil, ""
	}
	return route, host
}

// wanted asks the user's filter. One that panics leaves the call alone.
func (t *Transport) wanted(req *http.Request) (keep bool) {
	if t.config.filter == nil {
		return true
	}
	defer t.reports.contain("the filter")
	return t.config.filter(req)
}

// start begins the span of a call, which is nil when nothing is recorded, and
// returns the context to send the request with. What goes wrong in here costs
// the telemetry, never the call.
func (t *Transport) start(req *http.Request, route *mistral.Route, host string, s *snapshot) (ctx context.Context, c *call) {
	caller := req.Context()
	ctx = scope.WithObserved(caller)
	defer t.reports.contain("the start of a span")

	route, model := route.Peek(req.URL.Path, s.body)
	target := t.targets.get(route, host, port(req.URL), model, t.config.provider)
	options, own := target.options, t.ownAttributes(caller)
	if len(own) > 0 {
		options = append(options, trace.WithAttributes(own...))
	}
	ctx, span := t.tracer().Start(ctx, target.spanName, options...)
	capture := t.capture(caller)
	events, meter := t.events(ctx, route.Operation, capture), t.meter(ctx)
	recording := span.IsRecording() || events.wanted()
	if !recording && meter == nil {
		span.End()
		return ctx, nil
	}
	c = &call{
		transport: t, route: route, target: target, caller: caller, span: span, recording: recording, meter: meter,
		own: own, capture: capture, events: events, start: time.Now(), limits: t.config.limits,
		record: records.Get().(*genai.Call),
	}
	if meter != nil || events.wanted() {
		// The span is on top: to ask context.WithoutCancel's for it would allocate
		// with each chunk.
		c.measured = trace.ContextWithSpan(context.WithoutCancel(caller), span)
	}
	c.record.Vocabulary = t.config.vocabulary
	target.describe(c.record)
	if !recording && len(model) > 0 {
		return ctx, c // metrics ask for no more
	}
	route.ReadPath(req.URL.Path, c.record)
	route.ReadRequestHeaders(req.Header, c.record)
	c.limits.Content = capture.onSpan() && span.IsRecording() || capture.onEvent() && events.wanted()
	if c.limits.Content && t.config.redact != nil {
		c.record.Redactor = genai.Redactor{Func: t.config.redact, Panicked: t.reports.redactor}
	}
	c.asked.begin(s, route.NewRequest(req.Header, c.limits))
	return ctx, c
}

// ownAttributes is what the span of a call in ctx is to carry besides what is
// known of the call.
func (t *Transport) ownAttributes(ctx context.Context) []attribute.KeyValue {
	carried, attempt := scope.SpanAttributes(ctx), scope.Attempt(ctx)
	if len(carried) == 0 && attempt == 0 {
		return t.config.attributes
	}
	attrs := make([]attribute.KeyValue, 0, 1+len(carried)+len(t.config.attributes))
	attrs = append(attrs, carried...)
	if attempt > 0 {
		attrs = append(attrs, semconv.HTTPRequestResendCountKey.Int(attempt))
	}
	return append(attrs, t.config.attributes...) // the last one of a key counts
}

// outgoing returns what is sent: the same request with the span in its context
// and the body that was looked at.
func (t *Transport) outgoing(ctx context.Context, req *http.Request, s *snapshot, c *call) *http.Request {
	out := req.WithContext(ctx)
	out.Body = s.forward
	if c != nil {
		out.Body = s.observed(&c.asked)
	}
	if p := t.config.propagator; p != nil {
		t.inject(out, p)
	}
	return out
}

func (t *Transport) inject(out *http.Request, p propagation.TextMapPropagator) {
	header := out.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	defer t.reports.contain("the propagator")
	p.Inject(out.Context(), propagation.HeaderCarrier(header))
	out.Header = header
}

// port is that of the server that a URL names; the Host header may name another.
func port(u *url.URL) int {
	if p := u.Port(); p != "" {
		if port, err := strconv.Atoi(p); err == nil {
			return port
		}
	}
	if strings.EqualFold(u.Scheme, "https") {
		return 443
	}
	return 80
}
