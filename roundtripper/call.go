// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"context"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/mistral"
	"github.com/otelmistral/otelmistral/internal/scope"
)

// call is one observed exchange. Its methods may be called by the caller's
// goroutines, by the goroutine that a context runs when it ends, and by the
// garbage collector's, at the same time. It is nil for one that is not
// recorded: see response and finish.
type call struct {
	transport *Transport
	route     *mistral.Route
	target    *target         // what the span began with
	caller    context.Context // the caller's
	span      trace.Span
	recording bool // the span is, or events are wanted; else only metrics are recorded
	capture   ContentCapture
	meter     *genai.Meter    // nil: no metrics
	measured  context.Context // for the meter and the logger: it has the span and never ends
	events    events
	own       []attribute.KeyValue // what the span carries besides
	start     time.Time
	limits    mistral.Limits
	asked     asked

	// mu guards what follows until ended is set; whoever sets it has the call
	// for himself from then on. It is never held over I/O or code of the
	// application.
	mu       sync.Mutex
	ended    bool
	broken   bool        // decoding panicked
	record   *genai.Call // nil when the call has ended
	reply    reply
	lastRead time.Duration // after start: to ask for that takes half as long as for the time
	pace     pace

	// byContext is busy while the context's goroutine ends the call: who learns of
	// that from Read or Close may shut the provider down next. It is waited for only
	// when ended is set, and not begun then.
	byContext sync.WaitGroup

	// Set before the caller gets the body.
	stopContext func() bool
	cleanup     runtime.Cleanup
}

// reply is what the observed body is fed to.
type reply interface {
	Write(p []byte)
	Done() bool
	Fill()
	Complete() bool
}

// read takes what the caller has just read of the body.
func (c *call) read(p []byte, err error) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.lastRead = time.Since(c.start)
	cause, beat := c.feed(p)
	if cause == causeNone && err != nil {
		cause = causeOf(err)
	}
	c.ended = cause != causeNone
	c.mu.Unlock()
	beat.record(c)
	if cause != causeNone {
		c.end(end{cause: cause, err: err, after: c.lastRead})
	}
}

// feed decodes p. A panic in there ends the decoding, not the call.
func (c *call) feed(p []byte) (e cause, b beat) {
	if c.broken {
		return causeNone, beat{}
	}
	defer func() {
		if recover() != nil {
			c.broke()
		}
	}()
	before := c.record.Chunks
	c.reply.Write(p)
	b = c.beat(before)
	if c.reply.Done() {
		return causeDone, b
	}
	return causeNone, b
}

func (c *call) broke() {
	c.broken = true
	c.record.Panics++
}

// finish ends the call unless it has ended.
func (c *call) finish(e end) {
	if c == nil {
		return
	}
	c.mu.Lock()
	first := !c.ended
	c.ended = true
	if first && e.cause == causeContext {
		c.byContext.Add(1)
		defer c.byContext.Done()
	}
	c.mu.Unlock()
	if !first {
		return
	}
	e.after = c.lastRead
	if e.cause != causeCollected {
		e.after = time.Since(c.start)
	}
	c.end(e)
}

// records keeps the memory of records from one call to the next.
var records = sync.Pool{New: func() any { return new(genai.Call) }}

// end records everything and ends the span. Only one goroutine comes here.
func (c *call) end(e end) {
	reports := &c.transport.reports
	defer c.endSpan(e)
	defer reports.contain("the end of a call")
	if c.stopContext != nil {
		c.stopContext()
	}
	c.cleanup.Stop()

	c.fill(e)
	c.measure()
	if c.recording {
		c.describe(e)
	}
	// Whatever panics before leaves the record to the garbage collector.
	c.record.Reset()
	records.Put(c.record)
	c.record, c.reply = nil, nil
}

// fill completes the record.
func (c *call) fill(e end) {
	r, reports := c.record, &c.transport.reports
	r.Duration = e.after
	fromReply := r.DecodeErrors
	c.asked.fill(r)
	fromRequest := r.DecodeErrors - fromReply
	c.fillReply()
	if fromRequest > 0 {
		reports.once("request", "the body of a request is not the JSON of a call; what could not be understood "+
			"is missing from its span, and is counted there")
	}
	if r.DecodeErrors > fromRequest {
		reports.once("reply", "a reply, or an event of a stream, could not be understood; "+
			"its data is missing from its span, and is counted there")
	}
	c.settle(e)
	r.Provider = mistral.Provider(r.ServerAddress, r.Request.Model, c.transport.config.provider)
}

// describe puts the record on the span, and makes the events.
func (c *call) describe(e end) {
	r := c.record
	attrs := r.Attributes
	more := !c.target.describes(r) // path and bodies told more than the span began with
	if more {
		attrs = r.AppendHead(attrs)
	}
	head := len(attrs)
	attrs = r.AppendEnd(attrs)
	r.Attributes = attrs
	c.annotate(attrs, more)
	c.spanExecutions(e)
	c.emit(e, attrs[head:])
}

// annotate puts what the span may have of attrs on it.
func (c *call) annotate(attrs []attribute.KeyValue, rename bool) {
	defer c.transport.reports.contain("a span") // the events are still to come
	if rename {
		c.span.SetName(c.record.SpanName())
	}
	attrs = c.forSpan(attrs)
	if !copies(c.span) {
		attrs = slices.Clone(attrs)
	}
	c.span.SetAttributes(attrs...)
	if failure := c.record.Failure; failure.Type != "" {
		if !c.capture.onSpan() {
			failure.Message = ""
		}
		c.span.SetStatus(codes.Error, failure.Description())
	}
}

// copies tells whether a span copies the attributes that it gets, so that their
// memory may serve the next call. OpenTelemetry's API does not say; the SDK's spans
// do, and with anybody else's who knows. To copy them first is a twelfth of what a
// short call costs.
func copies(span trace.Span) bool {
	t := reflect.TypeOf(span)
	return t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "go.opentelemetry.io/otel/sdk/trace"
}

// forSpan returns those of attrs that the span may have.
func (c *call) forSpan(attrs []attribute.KeyValue) []attribute.KeyValue {
	if c.limits.Content && !c.capture.onSpan() {
		return genai.WithoutContent(attrs)
	}
	return attrs
}

func (c *call) fillReply() {
	if c.broken {
		c.record.DecodeErrors++
		return
	}
	if c.reply == nil {
		return
	}
	defer func() {
		if recover() != nil {
			c.broke()
			c.record.DecodeErrors++
		}
	}()
	c.reply.Fill()
}

// spanExecutions makes a span of each tool that the provider ran. The
// provider's clock is not ours: what it tells is moved into the call.
func (c *call) spanExecutions(e end) {
	if len(c.record.Executions) == 0 {
		return
	}
	defer c.transport.reports.contain("a span processor or sampler") // the events are still to come
	last := c.endedAt(e)
	within := func(t, otherwise time.Time) time.Time {
		switch {
		case t.IsZero():
			return otherwise
		case t.Before(c.start):
			return c.start
		case t.After(last):
			return last
		}
		return t
	}
	ctx, carried := trace.ContextWithSpan(c.caller, c.span), scope.SpanAttributes(c.caller)
	tracer := c.transport.tracer()
	for i := range c.record.Executions {
		x := &c.record.Executions[i]
		start, finish := within(x.Start, c.start), within(x.End, last)
		if finish.Before(start) {
			finish = start
		}
		_, span := tracer.Start(ctx, x.SpanName(),
			trace.WithTimestamp(start), trace.WithAttributes(append(c.forSpan(x.Append(nil)), carried...)...))
		span.End(trace.WithTimestamp(finish))
	}
}

func (c *call) endedAt(e end) time.Time { return c.start.Add(e.after) }

// endSpan ends the span, whatever the application's span processors do. An
// abandoned call is dated back to its last sign of life: when the garbage
// collector found it says nothing.
func (c *call) endSpan(e end) {
	defer c.transport.reports.contain("a span processor")
	if e.cause == causeCollected {
		c.span.End(trace.WithTimestamp(c.endedAt(e)))
		return
	}
	c.span.End()
}
