// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Receiver is an OTLP/HTTP endpoint on loopback. It checks each request, decodes
// the spans, and keeps everything for inspection. A collector takes metrics and
// logs, too, see [Receiver.SignalExports]. What it takes
// and how it answers depends on what it stands for: [NewReceiver] makes a plain
// collector, which accepts protobuf and JSON, plain or gzip; [NewLangfuse],
// [NewRespan] and [NewStudio] make those. All methods may be called concurrently.
type Receiver struct {
	// URL is the base address, such as http://127.0.0.1:4711. The endpoint is
	// URL plus the path, /v1/traces unless [WithTracesPath] says otherwise.
	URL string

	path       string
	required   http.Header
	respond    func(Export) Response
	backend    backend
	keys       keys
	legacy     bool
	tracesOnly bool
	server     *httptest.Server

	closing   chan struct{}
	closeOnce sync.Once

	bell    bell // guards what follows
	queue   []Response
	exports []Export
	spans   []received
	dropped []Dropped
	signals []SignalExport
}

// keys are what a backend that asks for credentials takes.
type keys struct{ public, secret string }

// received is one span, decoded and as it was on the wire.
type received struct {
	stub tracetest.SpanStub
	wire WireSpan
}

// Dropped is a span that a backend took and then lost, without telling the
// sender.
type Dropped struct {
	Span   tracetest.SpanStub
	Reason string
}

// Export is one request that reached a [Receiver].
type Export struct {
	Method string
	Path   string
	Header http.Header
	// WireBytes is the size of the body as sent, Bytes the size after gzip.
	WireBytes, Bytes int
	// Spans are the decoded spans in the order of the request.
	Spans tracetest.SpanStubs
	// ResourceSpans are the same spans as OTLP has them. Do not change them.
	ResourceSpans []*tracepb.ResourceSpans
	// Ingestion is how a Langfuse writes the spans, [IngestionDirect] or
	// [IngestionDual]; empty for another backend.
	Ingestion string
	// Status is the HTTP status that was answered. It is 0 in the argument of a
	// responder, and when the client left during [Response.Delay].
	Status int
	// Stored is the number of Spans that were accepted.
	Stored int
	// Problem says why the request was refused by the receiver itself: wrong
	// method, path, header, media type or body. It is empty for a sound
	// request, also when a [Response] then refuses it.
	Problem string
}

// Response scripts the answer to one export request. The zero value accepts.
type Response struct {
	// Status is the HTTP status; 0 means 200. Spans are stored when it is 2xx.
	Status int
	// Delay is waited before the answer. It ends early when the client leaves
	// or the receiver closes.
	Delay time.Duration
	// Header is added to the answer, for example Retry-After.
	Header http.Header
	// Body replaces the body of the answer: otherwise what the backend answers,
	// or for a collector an ExportTraceServiceResponse, or a google.rpc.Status
	// for an error, in the encoding of the request.
	Body []byte
	// RejectedSpans and Message make a partial success: the last RejectedSpans
	// spans of the request are not stored. Message alone is a warning.
	RejectedSpans int
	Message       string
}

// ReceiverOption configures [NewReceiver].
type ReceiverOption func(*Receiver)

// WithTracesPath sets the only path that takes spans, /v1/traces unless the
// receiver stands for a backend that has another.
func WithTracesPath(path string) ReceiverOption {
	return func(r *Receiver) { r.path = path }
}

// WithRequiredHeader answers 401 to every request whose header key is not
// value. It may be given several times.
func WithRequiredHeader(key, value string) ReceiverOption {
	return func(r *Receiver) { r.required.Set(key, value) }
}

// WithResponder lets fn decide the answer to each sound request that
// [Receiver.Enqueue] left undecided. fn may be called concurrently.
func WithResponder(fn func(Export) Response) ReceiverOption {
	return func(r *Receiver) { r.respond = fn }
}

// NewReceiver starts a receiver that stands for a collector. Close it after use.
func NewReceiver(opts ...ReceiverOption) *Receiver {
	return startReceiver("/v1/traces", keys{}, func(*Receiver) backend { return collector{} }, opts)
}

func startReceiver(path string, k keys, as func(*Receiver) backend, opts []ReceiverOption) *Receiver {
	r := &Receiver{
		path:     path,
		keys:     k,
		required: http.Header{},
		respond:  func(Export) Response { return Response{} },
		closing:  make(chan struct{}),
	}
	for _, opt := range opts {
		opt(r)
	}
	r.backend = as(r)
	r.server = httptest.NewServer(r)
	r.URL = r.server.URL
	return r
}

// Endpoint is the URL that takes spans.
func (r *Receiver) Endpoint() string { return r.URL + r.path }

// Close stops the receiver and drops open connections. What was received stays
// readable. It may be called again.
func (r *Receiver) Close() {
	r.closeOnce.Do(func() {
		close(r.closing)
		r.server.CloseClientConnections()
		r.server.Close()
	})
}

// Enqueue appends answers: each sound request takes one from the front, and
// once none is left the responder decides.
func (r *Receiver) Enqueue(responses ...Response) {
	r.bell.Lock()
	defer r.bell.Unlock()
	r.queue = append(r.queue, responses...)
}

// Spans returns the stored spans, sorted by start time and then by span id.
// Times are in UTC. What OTLP does not carry is zero: ChildSpanCount, and the
// trace flags and state of Parent.
func (r *Receiver) Spans() tracetest.SpanStubs {
	r.bell.Lock()
	defer r.bell.Unlock()
	stubs := make(tracetest.SpanStubs, len(r.spans))
	for i, s := range r.spans {
		stubs[i] = s.stub
	}
	return sorted(stubs)
}

// WireSpans returns the stored spans as they were on the wire, in the order in
// which they arrived.
func (r *Receiver) WireSpans() []WireSpan {
	r.bell.Lock()
	defer r.bell.Unlock()
	spans := make([]WireSpan, len(r.spans))
	for i, s := range r.spans {
		spans[i] = s.wire
	}
	return spans
}

// ResourceSpans returns what the requests that were answered with a 2xx status
// carried, spans that were not stored included. Do not change it.
func (r *Receiver) ResourceSpans() []*tracepb.ResourceSpans {
	var all []*tracepb.ResourceSpans
	for _, e := range r.Requests() {
		if isSuccess(e.Status) {
			all = append(all, e.ResourceSpans...)
		}
	}
	return all
}

// Dropped returns the spans that were taken and then lost without a word to the
// sender, in the order in which they arrived. Only a Langfuse loses spans so.
func (r *Receiver) Dropped() []Dropped {
	r.bell.Lock()
	defer r.bell.Unlock()
	return slices.Clone(r.dropped)
}

// Requests returns every request, in the order of their answers.
func (r *Receiver) Requests() []Export {
	r.bell.Lock()
	defer r.bell.Unlock()
	return slices.Clone(r.exports)
}

// Rejected returns the requests that were not answered with a 2xx status.
func (r *Receiver) Rejected() []Export {
	return slices.DeleteFunc(r.Requests(), func(e Export) bool { return isSuccess(e.Status) })
}

// Wait blocks until at least n spans are stored and returns all stored spans,
// sorted as [Receiver.Spans] sorts them. When ctx ends first, it returns what is
// there and an error that says what the receiver saw instead.
func (r *Receiver) Wait(ctx context.Context, n int) (tracetest.SpanStubs, error) {
	err := r.bell.await(ctx, func() bool { return len(r.spans) >= n })
	spans := r.Spans()
	if err != nil {
		return spans, fmt.Errorf("testserver: %d of %d spans arrived%s: %w", len(spans), n, r.rejections(), err)
	}
	return spans, nil
}

// rejections tells the failed requests for the error of Wait.
func (r *Receiver) rejections() string {
	var text strings.Builder
	for _, e := range r.Rejected() {
		fmt.Fprintf(&text, "; %s %s was answered %d %s", e.Method, e.Path, e.Status, e.Problem)
	}
	return text.String()
}

// Reset forgets the requests and their spans. Enqueued answers stay.
func (r *Receiver) Reset() {
	r.bell.Lock()
	defer r.bell.Unlock()
	r.spans, r.exports, r.dropped, r.signals = nil, nil, nil, nil
}

func sorted(spans tracetest.SpanStubs) tracetest.SpanStubs {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b tracetest.SpanStub) int {
		if c := a.StartTime.Compare(b.StartTime); c != 0 {
			return c
		}
		return strings.Compare(a.SpanContext.SpanID().String(), b.SpanContext.SpanID().String())
	})
	return spans
}

func isSuccess(status int) bool { return status >= 200 && status < 300 }
