// SPDX-License-Identifier: Apache-2.0

// Package roundtripper records calls to Mistral's API as OpenTelemetry GenAI
// spans, metrics and events, by way of an [http.RoundTripper] that any HTTP client
// can take:
//
//	client := &http.Client{Transport: roundtripper.New(nil)}
//
// For a client that cannot be given one, replace the default transport:
//
//	http.DefaultTransport = roundtripper.New(nil)
//
// # What is observed
//
// Requests that run a model, answered as JSON or as a stream of server-sent
// events. Those that compatible servers know, too, are observed on Mistral's
// hosts and on any other except those of other known providers: POST requests
// whose path ends in /chat/completions, /fim/completions or /embeddings. The
// others are observed on Mistral's hosts, those of [WithHosts], and where a
// cloud serves them: README.md lists them. Every other request is passed on as
// it is. Each attempt of a client that retries is a request, so it is a span.
//
// Requests and responses are not changed: the bytes, the errors and their
// timing are those of the transport below. Content is read as it passes by, in
// bounded memory.
//
// # What is recorded
//
// A span of kind client, named after the operation and the model, such as "chat
// mistral-small-latest", with the attributes of the GenAI conventions, version
// 1.41, and Mistral's own under mistral_ai. Package semconv lists them all;
// [WithVocabulary] chooses the newest names instead. Below that of a conversation
// is a span for each tool that ran at Mistral, with Mistral's times as far as they
// lie within the call. The span ends when the call has ended, see
// [Transport.RoundTrip], and mistral_ai.outcome says how:
//
//	completed     the reply came to its end
//	closed_early  the caller closed the body before
//	cancelled     the caller's context was cancelled
//	abandoned     the body was never read to the end and never closed
//	deadline      the context's deadline or the client's timeout passed
//	failed        there was no response
//	cut           the body could not be read to its end
//	truncated     the body ended before the reply did
//	refused       the status was 400 or more
//	stream_error  the reply itself told an error
//
// The last six are errors: the span's status says so, with error.type.
//
// # What is measured
//
// Of every call, whether its span is sampled or not, with the boundaries and
// attributes of the conventions (operation, provider, models, server) and
// exemplars of the span:
//
//	gen_ai.client.operation.duration               seconds to the end of the reply, with error.type
//	gen_ai.client.token.usage                      input and output tokens, if the reply told them
//	gen_ai.client.operation.time_to_first_chunk    seconds, of streams
//	gen_ai.client.operation.time_per_output_chunk  seconds from one chunk to the next, of streams
//	otelmistral.calls                              by mistral_ai.outcome
//	otelmistral.decode.errors                      what could not be understood
//	otelmistral.content.dropped                    bytes of content that the limits left out
//	otelmistral.panics                             those that were contained
//
// Calls for which the conventions have no operation are in the last four only.
// Chunks that came with one Read came at the same time. A call that is
// not sampled is read for its model, usage and end, never for content; of its
// request nothing is read but the model, so what could not be understood of it
// is not counted. See [WithMeterProvider] and [WithoutChunkMetrics], and
// Metrics in package semconv for the names in the newest vocabulary.
//
// # Events
//
// With a LoggerProvider, see [WithLoggerProvider], calls have events: log records
// with a name and no body, in the context of the call's span, which end with the
// call. They are made whether the span is sampled or not, since a log pipeline has
// a sampling of its own; their trace flags tell. Of an event that the logger is
// not enabled for, nothing is made.
//
//	gen_ai.client.inference.operation.details  what the span says, content in maps
//	                                           and slices instead of JSON, unless it nests
//	                                           very deep or is a very long list; no severity
//	gen_ai.client.operation.exception          a call failed: the five attributes that
//	                                           samplers see, error.type, exception.type and,
//	                                           as content, exception.message; WARN
//
// The details are those of chat, text_completion and generate_content, not of
// embeddings, agents and the rest.
//
// # What the context carries
//
// What the context carries comes with the span: package instrumentation's Propagate
// puts users, sessions, threads, tags and metadata there, and its observations
// their path. [ContextWithAttempts] numbers the attempts of one logical call.
//
// # Respan's gateway
//
// On api.respan.ai, other hosts under respan.ai and the former keywordsai.co,
// the parameters that tell the gateway whom a call is for become attributes of
// its span, with or without content capture:
//
//	customer_identifier       user.id
//	customer_params.name      otelmistral.customer.name
//	customer_params.email     otelmistral.customer.email
//	thread_identifier         gen_ai.conversation.id
//	group_identifier          otelmistral.group
//	custom_identifier         otelmistral.custom_id
//	metadata, properties      otelmistral.metadata.{key}
//
// They are the call's own, so they win over what the context carries and over
// [WithAttributes]; like those they are not shown to [WithRedactor]. The body
// wins over its member respan_params, which wins over the header
// X-Data-Respan-Params. Identifiers are cut at 256 bytes, texts of metadata at
// 4 KiB; of one object of metadata 64 members are read. Of all other
// parameters, provider credentials among them, nothing is recorded.
//
// The ids that the gateway answers with become mistral_ai.gateway.log_id and
// mistral_ai.gateway.request_id: the gateway keeps a record of its own of each
// call, which is not linked to the span.
//
// # Content
//
// Messages and tool definitions are recorded only if that is asked for, with
// [WithContentCapture], [ContextWithCapture], or the variable
//
//	OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT
//
// which is read by [New]: NO_CONTENT (the default), SPAN_ONLY, EVENT_ONLY or
// SPAN_AND_EVENT. What events carry does not depend on what spans carry. The
// context overrides the option, which overrides the variable. Credentials are
// never recorded. [WithRedactor] changes what is recorded.
//
// No other variable is read.
//
// # Errors
//
// What could not be understood of a call is missing from its span, which counts
// it in mistral_ai.decode_errors. The first of each kind is also reported
// through [go.opentelemetry.io/otel.Handle], without any content.
//
// What runs at the end of a call, such as a redactor or a span processor, must
// not read or close the body of that call: it would wait for itself.
//
// See https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ and
// https://docs.mistral.ai/api/.
package roundtripper
