// SPDX-License-Identifier: Apache-2.0

// Package respan sends spans to Respan (formerly Keywords AI) in the words that
// Respan reads.
//
//	d, err := respan.FromEnv() // RESPAN_API_KEY
//	inst, err := instrumentation.Start(ctx, instrumentation.WithDestination(d))
//
// # What Respan gets
//
// Model calls and observations; [Config].AllSpans adds the other spans of the
// process. A model call has the attributes of the GenAI conventions and, beside
// them, those of Respan's span contract: llm.request.type,
// respan.entity.log_type, gen_ai.prompt.N.*, gen_ai.completion.N.*,
// llm.request.functions, token counts in both spellings, and so on. Of messages
// both forms are sent, since Respan documents only the second one as read. At
// most [MaxIndexedMessages] messages are indexed; all are in
// traceloop.entity.input.
//
// An observation has traceloop.span.kind, its name, path, input and output. What
// [instrumentation.Propagate] put into the context becomes customer, thread,
// session, group and custom identifier, environment and respan.metadata, one
// JSON object. What Respan has no parameter for is a member of that object,
// unless the application has one of that name: tags, trace_name (where a
// workflow has another name), release, prompt_name, prompt_version,
// tool_call_id, tool_type, tool_description, level and resend_count, and so are
// attributes whose names Respan's contract rules out, such as "model". Metadata
// that is JSON text of an object or a list is sent as that object or list. An
// attribute of Respan's that the application set itself wins over what this package
// makes.
//
// A failed call has status_code: the HTTP status, or 500 where there was none.
// A call that the caller ended early has 499, and no error.
//
// # Message content
//
// Prompts and replies are sent, for showing them is what Respan is for, unless
// instrumentation.WithContentCapture or
// OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, which hold for all
// destinations of a process, say otherwise. [Config].NoContent wins over all of
// these, and so does RESPAN_TRACE_CONTENT when it is "false".
//
// # Sending
//
// Respan takes protobuf without compression. It limits requests to about 60 a
// minute and tells no Retry-After, so status 429 is tried again with growing
// pauses, for two minutes. A batch whose answer got lost is sent again too, and
// Respan may then count its cost and tokens twice.
//
// # The gateway
//
// Respan's gateway keeps a record of each call that it passes on, and does not
// link it to the span. Who calls models through it and sends the spans here, too,
// finds each call twice; do not add up tokens and cost of both. The parameter
// disable_log takes only messages out of the gateway's record. The span has the
// record's id as mistral_ai.gateway.log_id, and the user, thread and metadata that
// the request told the gateway; see package roundtripper.
//
// # Environment
//
// A field of [Config] wins over its variable. An empty variable counts as unset.
//
//   - RESPAN_API_KEY (required): Config.APIKey
//   - RESPAN_BASE_URL (default "https://api.respan.ai"): Config.BaseURL, with or
//     without /api, or the full URL when it ends in /v2/traces or /v1/traces.
//     Config.TracesURL wins over both
//   - RESPAN_TRACE_CONTENT, else TRACELOOP_TRACE_CONTENT (default "true"):
//     "false" withholds message content, as Config.NoContent does
//
// RESPAN_BATCHING_ENABLED, RESPAN_LOG_LEVEL and RESPAN_SPAN_NAME_STYLE of
// Respan's own SDKs are not read, and neither is any OTEL_EXPORTER_OTLP_*
// variable: those belong to the endpoint of package otlp. OTEL_BSP_* is read as
// package destination says. HTTP_PROXY, HTTPS_PROXY and NO_PROXY are honoured.
//
// [instrumentation.Propagate]: https://pkg.go.dev/github.com/otelmistral/otelmistral/instrumentation#Propagate
package respan
