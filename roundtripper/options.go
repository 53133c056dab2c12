// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Option changes how a [Transport] observes calls. Later options win over
// earlier ones.
type Option interface{ apply(config) config }

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// ContentCapture says where the content of a call (messages, tool definitions)
// is recorded.
type ContentCapture uint8

const (
	CaptureNone ContentCapture = iota
	CaptureSpan
	CaptureEvent
	CaptureSpanAndEvent
)

type config struct {
	provider trace.TracerProvider
}

// WithTracerProvider sets the provider of the spans; default: the global one.
func WithTracerProvider(tp trace.TracerProvider) Option {
	return optionFunc(func(c config) config { c.provider = tp; return c })
}

// WithContentCapture overrides the environment.
func WithContentCapture(cc ContentCapture) Option {
	return optionFunc(func(c config) config { return c })
}

var (
	_ = attribute.Key("")
	_ propagation.TextMapPropagator
)

// Transport is the instrumented http.RoundTripper.
type Transport struct{ base http.RoundTripper }

// New wraps base.
func New(base http.RoundTripper, opts ...Option) *Transport {
	if base == nil {
		base = http.DefaultTransport
	}
	return &Transport{base}
}

// RoundTrip is not written yet.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) { return t.base.RoundTrip(r) }
