// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/mistral"
	"github.com/otelmistral/otelmistral/semconv"
)

// DefaultMaxContentBytes is the longest text of one part of a message that is
// recorded unless [WithMaxContentBytes] says otherwise.
const DefaultMaxContentBytes = 128 << 10

// What [WithMaxContentBytes] takes.
const (
	minContentBytes = 64
	maxContentBytes = 1 << 28
)

// maxContent is about the most content that is recorded of a request, and
// again of its reply. It is at least eight parts.
const maxContent = 1 << 20

// Option changes how a [Transport] observes calls. Where two options set the
// same thing, the later one counts.
type Option interface{ apply(config) config }

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	tracerProvider trace.TracerProvider
	meterProvider  metric.MeterProvider
	loggerProvider log.LoggerProvider
	noChunkMetrics bool
	propagator     propagation.TextMapPropagator
	vocabulary     semconv.Vocabulary
	capture        ContentCapture
	captureSet     bool
	limits         mistral.Limits
	hosts          map[string]bool
	provider       string
	filter         func(*http.Request) bool
	attributes     []attribute.KeyValue
	redact         func(kind, text string) string
}

func newConfig(opts []Option) config {
	c := config{limits: mistral.Limits{Part: DefaultMaxContentBytes}}
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	c.limits.Total = max(maxContent, 8*c.limits.Part)
	if !c.captureSet {
		c.capture = captureFromEnv()
	}
	return c
}

// WithTracerProvider sets where spans come from. Without it, or with nil, each
// call asks for the global provider, so that one set after [New] is used.
func WithTracerProvider(tp trace.TracerProvider) Option {
	return optionFunc(func(c config) config {
		if tp != nil {
			c.tracerProvider = tp
		}
		return c
	})
}

// WithMeterProvider sets where metrics come from: see the package's
// documentation for which. Without it, or with nil, each call asks for the global
// provider, so that one set after [New] is used. Metrics are recorded of every
// call, whether its span is sampled or not.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(c config) config {
		if mp != nil {
			c.meterProvider = mp
		}
		return c
	})
}

// WithoutChunkMetrics leaves out the metric of the time from one chunk of a stream
// to the next, which costs one measurement for each chunk.
func WithoutChunkMetrics() Option {
	return optionFunc(func(c config) config {
		c.noChunkMetrics = true
		return c
	})
}

// WithLoggerProvider sets where events come from, see the package's documentation
// for which, and asks for the details of calls. Without it, or with nil, each call
// asks for the global provider, so that one set after [New] is used, and then
// details only with content on events or in [semconv.Newest]: there may be a
// provider for the application's logs.
func WithLoggerProvider(lp log.LoggerProvider) Option {
	return optionFunc(func(c config) config {
		if lp != nil {
			c.loggerProvider = lp
		}
		return c
	})
}

// WithPropagator injects the span into the headers of each call, as
// traceparent for instance. By default nothing is injected: the next hop is
// somebody else's server.
func WithPropagator(p propagation.TextMapPropagator) Option {
	return optionFunc(func(c config) config {
		if p != nil {
			c.propagator = p
		}
		return c
	})
}

// WithContentCapture says where the content of calls is recorded. It overrides
// OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT; [ContextWithCapture]
// overrides both for one call.
func WithContentCapture(cc ContentCapture) Option {
	return optionFunc(func(c config) config {
		c.capture, c.captureSet = cc, true
		return c
	})
}

// WithVocabulary chooses the state of the GenAI conventions whose names spans,
// metrics and events carry, and their schema URL: [semconv.Released], which is the
// default, or [semconv.Newest], never both. No variable sets it.
//
// Experimental: Newest follows a registry without a release, so what it records
// may change with any version of this library. On spans and events it differs in
//
//   - gen_ai.request.reasoning.level for mistral_ai.request.reasoning_effort
//   - gen_ai.usage.audio.input_tokens for mistral_ai.usage.audio_tokens
//   - gen_ai.request.top_k, which is an int
//   - gen_ai.response.finish_reasons, which has "error" for each choice that was
//     begun and not finished, whoever ended the call
//   - gen_ai.system_instructions, of which only text is recorded
//   - the event with the details of a call, which has the severity DEBUG and needs
//     not be asked for
//
// In both vocabularies tools are recorded with description and parameters when
// content is.
func WithVocabulary(v semconv.Vocabulary) Option {
	return optionFunc(func(c config) config {
		c.vocabulary = v
		return c
	})
}

// WithMaxContentBytes sets the longest text of one part that is recorded, in
// bytes; longer ones end with a note on how much was cut. Default:
// [DefaultMaxContentBytes]. Less than 64 means 64, or the names of things inside
// content would be cut, too; more than 256 MiB means 256 MiB. Of one request, and of one reply, about 1 MiB is
// recorded in all, or eight parts if that is more;
// mistral_ai.content.dropped_bytes counts what was left out.
func WithMaxContentBytes(n int) Option {
	return optionFunc(func(c config) config {
		c.limits.Part = min(max(n, minContentBytes), maxContentBytes)
		return c
	})
}

// WithBase64Content records inline images, documents and audio as they were
// sent, if they are not longer than the limit of [WithMaxContentBytes]. By
// default only their media type, size and SHA-256 are recorded.
func WithBase64Content() Option {
	return optionFunc(func(c config) config {
		c.limits.Base64 = true
		return c
	})
}

// WithRedactor shows content to redact before it is recorded, and records what
// redact returns: of messages and instructions each part, each author's name, the
// arguments and results of tool calls, those of the server as well; also tool
// definitions, descriptions of agents, the request's metadata and
// prompt_cache_key, and the text of errors. kind says which of them it is: the
// type of the part, such as "text", "reasoning", "tool_call",
// "tool_call_response" or "server_tool_call", else "name", "tool_definitions",
// "description", "metadata", "prompt_cache_key" or "status". What is JSON, such as
// the arguments of a tool call, is shown as JSON; if the answer is not JSON any
// more, it is recorded as a string.
//
// redact may be called concurrently. It runs when the call has ended, after the
// caller got the bytes but before the Read or Close that ended it returns, so it
// should be quick. One that panics withholds the content: "[withheld]" is
// recorded. Package redact has a ready-made one.
func WithRedactor(redact func(kind, text string) string) Option {
	return optionFunc(func(c config) config {
		c.redact = redact
		return c
	})
}

// WithHosts names hosts, without port, that serve Mistral's API besides
// Mistral's own, such as a gateway or a private deployment: all routes are
// observed there. On hosts that are not named only those routes are observed
// that Mistral-compatible servers share.
func WithHosts(hosts ...string) Option {
	return optionFunc(func(c config) config {
		m := make(map[string]bool, len(c.hosts)+len(hosts))
		for h := range c.hosts {
			m[h] = true
		}
		for _, h := range hosts {
			m[strings.ToLower(strings.TrimSuffix(h, "."))] = true
		}
		c.hosts = m
		return c
	})
}

// WithProvider sets gen_ai.provider.name for calls to hosts other than
// Mistral's whose model does not tell it. Default: "mistral_ai", and "_OTHER"
// at gateways that serve many providers.
func WithProvider(name string) Option {
	return optionFunc(func(c config) config {
		c.provider = name
		return c
	})
}

// WithFilter leaves calls alone for which keep returns false. keep sees only
// requests that would be observed; it must not change them or read their
// bodies, and may be called concurrently.
func WithFilter(keep func(*http.Request) bool) Option {
	return optionFunc(func(c config) config {
		if keep != nil {
			c.filter = keep
		}
		return c
	})
}

// WithAttributes adds attributes to every span. Repeated use adds up.
func WithAttributes(attrs ...attribute.KeyValue) Option {
	return optionFunc(func(c config) config {
		c.attributes = append(slices.Clip(c.attributes), attrs...)
		return c
	})
}
