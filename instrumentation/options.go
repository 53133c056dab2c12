// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// Option changes what [Start] sets up.
type Option interface{ apply(config) config }

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	destinations []destination.Destination
	processors   []sdktrace.SpanProcessor
	capture      *roundtripper.ContentCapture
	transport    []roundtripper.Option
	resource     []attribute.KeyValue
	serviceName  string
	local        bool
	defaults     []Attribute
	baggage      bool
	maxContent   int
	vocabulary   semconv.Vocabulary
	redact       func(kind, text string) string
	meters       metric.MeterProvider
	loggers      log.LoggerProvider
}

func newConfig(opts []Option) config {
	var c config
	for _, opt := range opts {
		if opt != nil {
			c = opt.apply(c)
		}
	}
	return c
}

// WithDestination adds a destination. It may be repeated; a second one that sends
// a signal to the same URL gets none of it, which is an error of [Start], and one
// whose name is taken is called name-2. With it, the environment adds no destination.
func WithDestination(d destination.Destination) Option {
	return optionFunc(func(c config) config {
		c.destinations = append(slices.Clone(c.destinations), d)
		return c
	})
}

// WithSpanProcessor adds a processor of the application to the TracerProvider of
// [Start], next to the destinations. Nil is ignored. It may be repeated. With it,
// the environment adds no destination. It gets spans as they were recorded, with
// content when that is captured. One that panics costs itself the span, nobody
// else, and is reported to otel.Handle once.
func WithSpanProcessor(p sdktrace.SpanProcessor) Option {
	return optionFunc(func(c config) config {
		if p != nil {
			c.processors = append(slices.Clone(c.processors), p)
		}
		return c
	})
}

// WithContentCapture says whether message content is recorded, for every
// destination. It overrides the environment and what the destinations want, but
// not what they never get ([destination.Destination].NoContent).
func WithContentCapture(cc roundtripper.ContentCapture) Option {
	return optionFunc(func(c config) config { c.capture = &cc; return c })
}

// WithTransportOptions passes options to the transports of
// [Instrumentation.Client] and [Instrumentation.Transport]. They win over what
// Start sets. Use [WithContentCapture] of this package for content: that one also
// tells the destinations.
func WithTransportOptions(opts ...roundtripper.Option) Option {
	return optionFunc(func(c config) config {
		c.transport = append(slices.Clone(c.transport), opts...)
		return c
	})
}

// WithMaxContentBytes sets the longest text that is recorded of one part of a
// message, and of one string in the input or output of an observation, in bytes.
// Default: [roundtripper.DefaultMaxContentBytes]. Values below 1 are ignored.
func WithMaxContentBytes(n int) Option {
	return optionFunc(func(c config) config {
		if n > 0 {
			c.maxContent = n
		}
		return c
	})
}

// WithVocabulary chooses whose names telemetry carries, as
// [roundtripper.WithVocabulary] describes, for model calls and observations alike.
// Langfuse and Respan are told the same in either. Experimental.
func WithVocabulary(v semconv.Vocabulary) Option {
	return optionFunc(func(c config) config { c.vocabulary = v; return c })
}

// WithRedactor shows content to redact before it is recorded, and records what
// redact returns: that of model calls as [roundtripper.WithRedactor] describes, of
// observations the input and the output as JSON (kinds "input" and "output") and
// the text of errors ("status"). redact may be called concurrently; one that
// panics withholds the content: "[withheld]" is recorded. Package redact has a
// ready-made one.
func WithRedactor(redact func(kind, text string) string) Option {
	return optionFunc(func(c config) config { c.redact = redact; return c })
}

// WithDefaults puts attributes on every span that does not have them and whose
// context carries no others, see [Propagate]. It may be repeated.
func WithDefaults(attrs ...Attribute) Option {
	return optionFunc(func(c config) config {
		c.defaults = append(slices.Clip(c.defaults), attrs...)
		return c
	})
}

// WithBaggage lets user, session, thread, trace name, tags and metadata cross to
// other services, in both directions: [Propagate] also puts them into the W3C
// baggage of the context, and spans take them from the baggage of theirs. The
// application injects and extracts baggage, usually with
// [go.opentelemetry.io/otel/propagation.Baggage]. Metadata arrives as strings.
//
// Baggage is sent to every service that the application calls with a propagator,
// in the clear, and taken from every caller: use it among services of your own.
// As [Propagate] belongs to no Instrumentation, the last Start decides for it.
func WithBaggage() Option {
	return optionFunc(func(c config) config { c.baggage = true; return c })
}

// WithServiceName sets service.name. It overrides the environment.
func WithServiceName(name string) Option {
	return optionFunc(func(c config) config { c.serviceName = name; return c })
}

// WithResourceAttributes describes the process that makes the spans, for example
// with service.version. It overrides the environment and may be repeated.
func WithResourceAttributes(attrs ...attribute.KeyValue) Option {
	return optionFunc(func(c config) config {
		c.resource = append(slices.Clone(c.resource), attrs...)
		return c
	})
}

// WithoutGlobalProvider leaves the global TracerProvider, MeterProvider and
// LoggerProvider alone. Client and Transport then use the providers of this
// Start, which [Instrumentation.TracerProvider] and its like return. Tests that run in parallel want this.
func WithoutGlobalProvider() Option {
	return optionFunc(func(c config) config { c.local = true; return c })
}

// WithMeterProvider records metrics of calls with the application's own
// MeterProvider, which it flushes and shuts down itself. Start then sets up no
// metrics. Nil is ignored.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(c config) config { c.meters = mp; return c })
}

// WithLoggerProvider records events of calls with the application's own
// LoggerProvider, likewise.
func WithLoggerProvider(lp log.LoggerProvider) Option {
	return optionFunc(func(c config) config { c.loggers = lp; return c })
}

// captureVariable is read by package roundtripper. Here it only matters whether
// the user has spoken and asked for content on spans.
const captureVariable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

// contentRule is who decides about content, in the order of the package
// documentation.
type contentRule struct {
	asked     bool                  // the user asked for content on spans
	events    bool                  // likewise, on events
	observe   bool                  // observations record it
	transport []roundtripper.Option // what the transports are told
}

func (c config) contentRule(destinations []destination.Destination) contentRule {
	if c.capture != nil {
		asked := onSpan(*c.capture)
		return contentRule{asked, onEvent(*c.capture), asked, []roundtripper.Option{roundtripper.WithContentCapture(*c.capture)}}
	}
	if value := strings.ToUpper(strings.TrimSpace(os.Getenv(captureVariable))); value != "" {
		asked := value == "SPAN_ONLY" || value == "SPAN_AND_EVENT"
		return contentRule{asked, value == "EVENT_ONLY" || value == "SPAN_AND_EVENT", asked, nil}
	}
	wants := destination.Destination.WantsContent
	if slices.ContainsFunc(destinations, wants) {
		return contentRule{false, false, true, []roundtripper.Option{roundtripper.WithContentCapture(roundtripper.CaptureSpan)}}
	}
	return contentRule{}
}

func onSpan(cc roundtripper.ContentCapture) bool {
	return cc == roundtripper.CaptureSpan || cc == roundtripper.CaptureSpanAndEvent
}

func onEvent(cc roundtripper.ContentCapture) bool {
	return cc == roundtripper.CaptureEvent || cc == roundtripper.CaptureSpanAndEvent
}

// transportOptions are those that the other options mean for the transports.
func (c config) transportOptions() []roundtripper.Option {
	opts := []roundtripper.Option{roundtripper.WithVocabulary(c.vocabulary)}
	if c.maxContent > 0 {
		opts = append(opts, roundtripper.WithMaxContentBytes(c.maxContent))
	}
	if c.redact != nil {
		opts = append(opts, roundtripper.WithRedactor(c.redact))
	}
	return append(opts, c.transport...)
}
