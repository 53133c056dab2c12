// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/roundtripper"
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
	defaults     []attribute.KeyValue
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

// WithDestination adds a destination. It may be repeated; two destinations with
// the same URL are an error of [Start], and the first one is kept. With it, the
// environment adds no destination.
func WithDestination(d destination.Destination) Option {
	return optionFunc(func(c config) config {
		c.destinations = append(slices.Clone(c.destinations), d)
		return c
	})
}

// WithSpanProcessor adds a processor of the application to the TracerProvider of
// [Start], next to the destinations. Nil is ignored. It may be repeated. With it,
// the environment adds no destination. It gets spans as they were recorded, with
// content when that is captured.
func WithSpanProcessor(p sdktrace.SpanProcessor) Option {
	return optionFunc(func(c config) config {
		if p != nil {
			c.processors = append(slices.Clone(c.processors), p)
		}
		return c
	})
}

// WithContentCapture says whether message content is recorded, for every
// destination. It overrides the environment and what the destinations want.
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

// WithDefaults puts attrs onto every span that has no value of its own and whose
// context carries none. It may be repeated; later values win.
func WithDefaults(attrs ...Attribute) Option {
	return optionFunc(func(c config) config {
		ctx := scope.With(context.Background(), attrs...)
		for _, kv := range scope.Attributes(ctx) {
			c.defaults = slices.DeleteFunc(slices.Clone(c.defaults), func(old attribute.KeyValue) bool { return old.Key == kv.Key })
			c.defaults = append(c.defaults, kv)
		}
		return c
	})
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

// WithoutGlobalProvider leaves the global TracerProvider alone. Client and
// Transport then use the provider of this Start, which
// [Instrumentation.TracerProvider] returns. Tests that run in parallel want this.
func WithoutGlobalProvider() Option {
	return optionFunc(func(c config) config { c.local = true; return c })
}

// captureVariable is read by package roundtripper. Here it only matters whether
// the user has spoken and asked for content on spans.
const captureVariable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

// contentRule is who decides about content, in the order of the package
// documentation.
type contentRule struct {
	asked     bool                  // the user asked for content on spans
	captures  bool                  // content is recorded
	transport []roundtripper.Option // what the transports are told
}

func (c config) contentRule(destinations []destination.Destination) contentRule {
	if c.capture != nil {
		cc := *c.capture
		asked := cc == roundtripper.CaptureSpan || cc == roundtripper.CaptureSpanAndEvent
		return contentRule{
			asked:     asked,
			captures:  asked,
			transport: []roundtripper.Option{roundtripper.WithContentCapture(cc)},
		}
	}
	if value := strings.ToUpper(strings.TrimSpace(os.Getenv(captureVariable))); value != "" {
		asked := value == "SPAN_ONLY" || value == "SPAN_AND_EVENT"
		return contentRule{asked: asked, captures: asked}
	}
	wants := func(d destination.Destination) bool { return d.Content }
	if slices.ContainsFunc(destinations, wants) {
		return contentRule{
			captures:  true,
			transport: []roundtripper.Option{roundtripper.WithContentCapture(roundtripper.CaptureSpan)},
		}
	}
	return contentRule{}
}
