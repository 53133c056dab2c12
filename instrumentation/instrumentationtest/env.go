// SPDX-License-Identifier: Apache-2.0

package instrumentationtest

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/otelmistral/otelmistral/instrumentation"     //nolint:depguard // a helper for tests, not a destination
	"github.com/otelmistral/otelmistral/internal/testserver" //nolint:depguard // only tests link this package
	"github.com/otelmistral/otelmistral/roundtripper"        //nolint:depguard // a helper for tests, not a destination
)

// Env is a small Mistral and an Instrumentation whose spans are recorded. All
// methods may be called concurrently.
type Env struct {
	// URL is the base address of the server without /v1, such as
	// http://127.0.0.1:4711.
	URL string

	t       testing.TB
	server  *testserver.Mistral
	inst    *instrumentation.Instrumentation
	ended   *recorder
	network *http.Transport

	mu     sync.Mutex
	script []Reply
}

// waitAtMost bounds [Env.Wait] and the end of the test.
const waitAtMost = 10 * time.Second

// New starts an Env, which ends with the test. opts come after those of the Env,
// so that they win, for example instrumentation.WithContentCapture. New fails the
// test when spans could not be recorded.
func New(t testing.TB, opts ...instrumentation.Option) *Env {
	t.Helper()
	if strings.EqualFold(strings.TrimSpace(os.Getenv("OTEL_SDK_DISABLED")), "true") {
		t.Fatalf("instrumentationtest: OTEL_SDK_DISABLED is true, so no span would be recorded: unset it")
	}
	e := &Env{t: t, ended: newRecorder(), network: &http.Transport{}}
	e.server = testserver.NewMistral(testserver.WithHandler(e.next))
	e.URL = e.server.URL
	t.Cleanup(func() {
		e.server.Close()
		e.network.CloseIdleConnections()
	})

	all := []instrumentation.Option{
		instrumentation.WithoutGlobalProvider(),
		instrumentation.WithSpanProcessor(e.ended),
		instrumentation.WithContentCapture(roundtripper.CaptureSpan),
		instrumentation.WithTransportOptions(roundtripper.WithHosts(e.address().Hostname())),
	}
	inst, err := instrumentation.Start(t.Context(), append(all, opts...)...)
	e.inst = inst
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), waitAtMost)
		defer cancel()
		if err := inst.Shutdown(ctx); err != nil {
			t.Logf("instrumentationtest: %v", err) // of destinations in opts
		}
	})
	if err != nil {
		t.Fatalf("instrumentationtest: %v", err)
	}
	return e
}

// Client returns an HTTP client whose calls to Mistral are recorded. Every
// request goes to the server of the Env, also one to https://api.mistral.ai, so
// that code may keep its base address and nothing leaves the machine. Each call
// of Client returns a new one.
func (e *Env) Client() *http.Client { return &http.Client{Transport: e.Transport()} }

// Transport returns the transport of [Env.Client], for code that wants to wrap
// it.
func (e *Env) Transport() http.RoundTripper {
	return e.inst.Transport(detour{to: e.address(), base: e.network})
}

// Instrumentation returns what records the spans.
func (e *Env) Instrumentation() *instrumentation.Instrumentation { return e.inst }

// Context returns the context of the test, which carries the TracerProvider of
// the Env: spans that take their provider from their context are recorded here,
// also when other tests run in parallel. Spans started in it have no parent.
func (e *Env) Context() context.Context {
	return trace.ContextWithSpan(e.t.Context(), noSpan{provider: e.inst.TracerProvider()})
}

// Spans returns the spans that have ended, in that order. The span of a call ends
// when its reply was read to the end, or closed, so it is there when the caller
// is done. When a call ends otherwise, by its context for example, use
// [Env.Wait].
func (e *Env) Spans() []Span { return e.ended.spans() }

// Wait waits until at least n spans have ended and returns all that have. It
// fails the test, and must be called by its goroutine, when that takes longer
// than ten seconds.
func (e *Env) Wait(n int) []Span {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), waitAtMost)
	defer cancel()
	spans, ok := e.ended.wait(ctx, n)
	if !ok {
		e.t.Fatalf("instrumentationtest: %d of %d spans have ended", len(spans), n)
	}
	return spans
}

// Reset forgets the spans so far.
func (e *Env) Reset() { e.ended.reset() }

// Request is a request as the server received it.
type Request struct {
	Method string
	Path   string // without the query
	Header http.Header
	Body   []byte
	Status int // of the reply; 0 as long as none is decided
}

// Requests returns the requests so far, in the order of their arrival.
func (e *Env) Requests() []Request {
	arrived := e.server.Requests()
	out := make([]Request, len(arrived))
	for i, r := range arrived {
		path, _, _ := strings.Cut(r.Target, "?")
		out[i] = Request{Method: r.Method, Path: path, Header: r.Header, Body: r.Body, Status: r.Status}
	}
	return out
}

func (e *Env) address() *url.URL {
	u, err := url.Parse(e.server.URL)
	if err != nil {
		panic("instrumentationtest: " + err.Error()) // net/http made it
	}
	return u
}

// detour sends every request to one server. The request that its callers see
// keeps its own address.
type detour struct {
	to   *url.URL
	base http.RoundTripper
}

func (d detour) RoundTrip(req *http.Request) (*http.Response, error) {
	turned := req.Clone(req.Context())
	turned.URL.Scheme, turned.URL.Host = d.to.Scheme, d.to.Host
	resp, err := d.base.RoundTrip(turned)
	if resp != nil {
		resp.Request = req
	}
	return resp, err
}

// noSpan is the absence of a span that still knows a provider.
type noSpan struct {
	noop.Span
	provider trace.TracerProvider
}

func (s noSpan) TracerProvider() trace.TracerProvider { return s.provider }
