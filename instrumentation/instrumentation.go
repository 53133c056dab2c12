// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/guard"
	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// Instrumentation is what [Start] has set up. All methods may be called
// concurrently, and at any time, also after Shutdown.
type Instrumentation struct {
	disabled     bool
	destinations []*destination.Processor
	checks       []destination.Destination
	unbuilt      error                    // why there are not more of them
	outward      *fanout                  // the context's attributes, and the destinations
	all          *fanout                  // outward, and the processors of the application
	provider     *sdktrace.TracerProvider // nil when disabled
	own          bool                     // spans of Client come from provider, not from the global one
	meters       metric.MeterProvider     // nil: the global one
	loggers      log.LoggerProvider       // likewise
	logs         []*destination.LogProcessor
	pipes        []pipe                                         // all, and those of logs
	metrics      []pipe                                         // those of metrics
	providers    []interface{ Shutdown(context.Context) error } // of metrics and logs
	observing    metric.Registration                            // of the export's own metrics
	transport    []roundtripper.Option
	vocabulary   semconv.Vocabulary
	content      bool      // observations record content
	recording    recording // how
	enricher     enricher

	reportPanic   sync.Once // of the redactor
	reportTracing sync.Once // a panic, too
	ended         atomic.Bool
}

// Start sets up the SDK and the destinations. The Instrumentation that it
// returns is never nil and always usable: the error, which may join several,
// says what is missing from it. Start does not wait for the network; ctx bounds
// only Start itself. Call Shutdown before the program ends.
func Start(ctx context.Context, opts ...Option) (*Instrumentation, error) {
	if strings.EqualFold(strings.TrimSpace(os.Getenv("OTEL_SDK_DISABLED")), "true") {
		return &Instrumentation{disabled: true, outward: &fanout{}, all: &fanout{}}, nil
	}
	c := newConfig(opts)
	var errs, unbuilt []error
	fault := func(err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("instrumentation: %w", err))
		}
	}
	missing := func(err error) { // a destination, or a signal of one
		unbuilt = append(unbuilt, err)
		fault(err)
	}

	destinations, err := c.resolveDestinations()
	missing(err)
	rule := c.contentRule(destinations)
	i := &Instrumentation{
		checks:     destinations,
		transport:  slices.Concat(rule.transport, c.transportOptions()),
		vocabulary: c.vocabulary,
		content:    rule.observe,
		enricher:   enricher{scope.KeyValues(c.defaults), c.baggage},
	}
	i.outward = &fanout{processors: []sdktrace.SpanProcessor{i.enricher}}
	i.recording = newRecording(c.maxContent, genai.Redactor{Func: c.redact, Panicked: i.redactorPanicked})
	for _, d := range destinations {
		if d.NewExporter == nil && (d.NewMetricExporter != nil || d.NewLogExporter != nil) {
			continue // no spans
		}
		d.Content = d.Content || rule.asked
		p, err := destination.NewProcessor(ctx, d)
		missing(err)
		if err == nil {
			i.destinations = append(i.destinations, p)
			i.outward.processors = append(i.outward.processors, p)
		}
	}
	i.all = &fanout{processors: []sdktrace.SpanProcessor{i.outward}}
	for _, p := range c.processors {
		i.all.processors = append(i.all.processors, &guest{SpanProcessor: p})
	}

	res, err := c.newResource(ctx)
	fault(err)
	limits := sdktrace.NewSpanLimits()
	limits.AttributeValueLengthLimit = -1 // a cut JSON string is of no use
	i.provider = sdktrace.NewTracerProvider(
		sdktrace.WithResource(res),
		sdktrace.WithRawSpanLimits(limits),
		sdktrace.WithSpanProcessor(i.all),
	)
	if c.local {
		i.own = true
	} else {
		err := tracerSeat.take(i, i.provider)
		fault(err)
		i.own = errors.Is(err, ErrStarted)
		if errors.Is(err, ErrProviderInstalled) {
			fault(lengthLimitWarning())
		}
	}
	i.pipes = append(i.pipes, i.all)
	missing(i.startMetrics(ctx, c, res, destinations))
	missing(i.startLogs(ctx, c, res, destinations, rule.events))
	i.unbuilt = errors.Join(unbuilt...)
	fault(i.observeExport())
	i.enter()
	return i, errors.Join(errs...)
}

// captures tells whether observations in ctx record content.
func (i *Instrumentation) captures(ctx context.Context) bool {
	if c, ok := scope.Capture(ctx); ok {
		return onSpan(roundtripper.ContentCapture(c))
	}
	return i.content
}

func (i *Instrumentation) redactorPanicked() {
	i.reportPanic.Do(func() {
		guard.Handle(fmt.Errorf("instrumentation: the redactor panicked; "+
			"the content it was shown is recorded as %s (reported once)", genai.Withheld))
	})
}

// tracingPanicked reports a panic in what the application has plugged into its
// tracing, such as a span processor or a sampler.
func (i *Instrumentation) tracingPanicked(value any) {
	i.reportTracing.Do(func() {
		guard.Handle(fmt.Errorf("instrumentation: %w; the observation is not recorded, or not by all processors (reported once)",
			guard.Panicked("a span processor or sampler", value)))
	})
}

// Client returns an HTTP client whose calls to Mistral become spans. It has no
// timeout of its own. Each call of Client returns a new one.
func (i *Instrumentation) Client() *http.Client {
	return &http.Client{Transport: i.Transport(nil)}
}

// Transport returns base with its calls to Mistral observed. A nil base means
// http.DefaultTransport as it is now.
func (i *Instrumentation) Transport(base http.RoundTripper) http.RoundTripper {
	if i.disabled {
		if base == nil {
			return http.DefaultTransport
		}
		return base
	}
	opts := []roundtripper.Option{roundtripper.WithMeterProvider(i.meters), roundtripper.WithLoggerProvider(i.loggers)}
	if i.own {
		opts = append(opts, roundtripper.WithTracerProvider(i.provider))
	}
	return roundtripper.New(base, append(opts, i.transport...)...)
}

// TracerProvider returns the provider that Client takes its spans from: that of
// Start, or the global one when the application has its own.
func (i *Instrumentation) TracerProvider() trace.TracerProvider {
	switch {
	case i.disabled:
		return noop.NewTracerProvider()
	case i.own:
		return i.provider
	}
	return otel.GetTracerProvider()
}

// SpanProcessor returns the way to the destinations for an application that has
// its own TracerProvider:
//
//	provider.RegisterSpanProcessor(inst.SpanProcessor())
//
// Content reaches each destination as this package documents. The provider may
// shut the processor down; Shutdown then still ends metrics and log records.
func (i *Instrumentation) SpanProcessor() sdktrace.SpanProcessor { return i.outward }

// Flush waits until everything that ended before the call has been exported, to
// all destinations at once, metrics and log records included. The error joins
// those of the destinations; find a [destination.LossError] in it with errors.As.
// When ctx ends first, exports under way go on, and a processor of the
// application that does not heed ctx is left behind; the error names it.
func (i *Instrumentation) Flush(ctx context.Context) error {
	return each(slices.Concat(i.pipes, i.metrics), func(p pipe) error { return p.ForceFlush(ctx) })
}

// DefaultShutdownTimeout is how long [Instrumentation.Shutdown] takes at most with
// a context that has no deadline.
const DefaultShutdownTimeout = 10 * time.Second

// Shutdown exports everything that ended before the call and stops. It returns
// when that is done or when ctx ends, without a deadline after
// [DefaultShutdownTimeout]: a program must not hang at its end because a backend is
// away, for which exports are tried again for a minute and more. The error says
// for each destination how many spans did not reach it since Start, and why, and
// whether the last metrics and log records did. A processor of the application
// that does not heed ctx is left behind; the error names it. Later calls do the
// same, each as long as its own ctx allows.
func (i *Instrumentation) Shutdown(ctx context.Context) error {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultShutdownTimeout)
		defer cancel()
	}
	stop := func(p pipe) error { return p.Shutdown(ctx) }
	// What becomes of the last spans and log records is measured, too, so metrics
	// stop after them. As those may use up the time, metrics are also sent before.
	var early sync.WaitGroup
	early.Go(func() { _ = each(i.metrics, func(p pipe) error { return p.ForceFlush(ctx) }) })
	err := each(i.pipes, stop)
	early.Wait()
	err = errors.Join(err, each(i.metrics, stop))
	if !i.ended.Swap(true) && i.provider != nil {
		i.leave()
		// What is behind the providers has stopped; its errors are known.
		_ = i.provider.Shutdown(ctx)
		for _, p := range i.providers {
			_ = p.Shutdown(ctx)
		}
		if i.observing != nil {
			_ = guard.Call("the meter provider", i.observing.Unregister)
		}
	}
	return err
}

// Stats returns what became of the spans, and of lost log records, so far.
func (i *Instrumentation) Stats() destination.Stats {
	var s destination.Stats
	for _, p := range i.destinations {
		s.Destinations = append(s.Destinations, p.Counts())
	}
	for _, p := range i.logs {
		logs := p.Counts()
		same := func(c destination.Counts) bool { return c.Name == logs.Name }
		if n := slices.IndexFunc(s.Destinations, same); n >= 0 {
			s.Destinations[n].DroppedLogs = logs.DroppedLogs
		} else {
			s.Destinations = append(s.Destinations, logs)
		}
	}
	return s
}
