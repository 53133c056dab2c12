// SPDX-License-Identifier: Apache-2.0

// Package instrumentation sets up OpenTelemetry for an application that calls
// Mistral: an HTTP client whose calls become GenAI spans, and the way of those
// spans to one or several destinations.
//
//	inst, err := instrumentation.Start(ctx)
//	if err != nil {
//		log.Print(err) // says what is missing; inst works all the same
//	}
//	defer func() {
//		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
//		defer cancel()
//		if err := inst.Shutdown(ctx); err != nil { // exports what is left
//			log.Print(err) // says what was lost, and why
//		}
//	}()
//	client := inst.Client()
//
// # Destinations
//
// [WithDestination] names them, see the packages langfuse, respan,
// mistralstudio, otlp and console below this one. Without it the environment
// decides. Every destination has its own bounded queue, and an outage at one
// neither delays nor costs anything at another. [Instrumentation.Check] tells
// whether they accept the credentials.
//
// # Observations
//
// [Observe] gives the work of the application spans of its own, with input and
// output, around the model calls: [AsWorkflow], [AsTask], [AsAgent], [AsTool] and
// others say what it is. [ObserveSeq] is for functions that stream, and
// [StartObservation] for work that is no function.
//
//	answer, err := instrumentation.Observe(ctx, "answer", question, answerQuestion,
//		instrumentation.AsWorkflow())
//
// [Propagate] says once whom a trace is about; all spans that start in its context
// carry it, model calls included. [WithDefaults] does so for all spans of the
// process, [WithBaggage] for other services.
//
//	ctx = instrumentation.Propagate(ctx, instrumentation.UserID(user), instrumentation.Tags("beta"))
//
// # Message content
//
// Prompts and replies, and the input and output of observations, are recorded when a destination is there to show them,
// such as the console, and removed on the way to the others: a plain OTLP
// endpoint gets none unless the user asks. Who asks, in order of precedence:
//
//  1. [WithContentCapture]
//  2. OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, when it is not empty
//  3. a destination whose Content is true
//
// With 1 or 2 the answer holds for every destination: content on spans goes to
// all of them, or is not recorded at all. A destination whose NoContent is true
// gets none, whoever asks. [WithRedactor] changes what is recorded.
//
// roundtripper.ContextWithCapture overrides all three in what is recorded in one
// context, not in who gets it. So a plain endpoint that is to have the content of
// single calls needs Content, and the process
// WithContentCapture(roundtripper.CaptureNone).
//
// # An application with its own TracerProvider
//
// [Start] installs its TracerProvider as the global one only when the
// application has installed none. Otherwise the error of Start is
// [ErrProviderInstalled], and the application adds
// [Instrumentation.SpanProcessor] to its own provider. [Instrumentation.Client]
// then takes its spans from the global provider.
//
// # Metrics and events
//
// Destinations that take metrics and log records, which are those of package otlp
// alone, get the metrics and events of calls, see package roundtripper, and the
// metrics of the export itself: otelmistral.destination.spans.exported,
// .spans.dropped and .log_records.dropped, with the name of the destination and
// the reason, the same as [Instrumentation.Stats] has. Metrics are exported once
// a minute, and at Flush and Shutdown. Where log records are sent, each call of a
// model has an event with its details, unless the LoggerProvider is one that the
// application installed: then only if content is asked for on events. Log records have content only where the
// destination wants it and the user asks for content on events.
//
// Start installs its MeterProvider and LoggerProvider as the global ones only
// when the application has installed none; otherwise calls report to those of
// the application, and Start sets up none. [WithMeterProvider] and
// [WithLoggerProvider] name them instead. The application shuts its own down.
//
// # Resource
//
// Telemetry says which service, host and process it is from: service.*,
// telemetry.sdk.*, host.name, process.pid, process.executable.name and
// process.runtime.*. The arguments of the process, its path and the name of its
// user are never recorded: destinations are third parties.
//
// # Environment
//
// An option wins over a variable, a specific variable over a general one, and
// both over the default.
//
//   - OTEL_SDK_DISABLED (default "false"): "true" makes Start do nothing;
//     Client then is a plain client
//   - LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY (default none): add Langfuse
//     as a destination where WithDestination and WithSpanProcessor add none; see
//     package langfuse
//   - RESPAN_API_KEY (default none): adds Respan likewise; see package respan
//   - OTELMISTRAL_CONSOLE_HTML (default none): adds the console likewise, with a
//     page of what it prints in this file; see package console
//   - OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (default
//     http://localhost:4318 if nothing above is set, else none): add a plain OTLP
//     endpoint likewise; see package otlp, also for the other OTEL_EXPORTER_OTLP_*
//   - OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT
//     (default: see package otlp): add a plain OTLP endpoint for metrics, for logs
//   - OTEL_TRACES_EXPORTER (default: as the endpoints say): which destinations
//     there are besides those above: "otlp", "console", both with a comma
//     between; with "none" the environment adds none for spans
//   - OTEL_METRICS_EXPORTER, OTEL_LOGS_EXPORTER (default: as the endpoints say):
//     without "otlp" in it, as in "none", the environment adds no endpoint for
//     metrics, for logs
//   - OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT (default: see above):
//     NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT; see package
//     roundtripper
//   - OTEL_SERVICE_NAME (default "unknown_service:" and the name of the
//     executable): overridden by WithServiceName
//   - OTEL_RESOURCE_ATTRIBUTES (default none): overridden by OTEL_SERVICE_NAME
//     and WithResourceAttributes
//   - OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG (default
//     "parentbased_always_on"): read by the SDK
//   - OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, OTEL_ATTRIBUTE_COUNT_LIMIT,
//     OTEL_SPAN_EVENT_COUNT_LIMIT, OTEL_SPAN_LINK_COUNT_LIMIT,
//     OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT, OTEL_LINK_ATTRIBUTE_COUNT_LIMIT (default
//     128 each), OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT (default 128),
//     OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT (default none): read by the SDK
//   - OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT
//     (default none): not followed, for they would cut message content, which is
//     JSON, in two. WithMaxContentBytes bounds content instead. The error of Start
//     tells when they are set and the application has its own TracerProvider
//   - OTEL_METRIC_EXPORT_INTERVAL (default 60000, in milliseconds),
//     OTEL_METRIC_EXPORT_TIMEOUT (default 30000), OTEL_METRICS_EXEMPLAR_FILTER
//     (default "trace_based"): read by the SDK
//
// Queues and batches follow OTEL_BSP_* and OTEL_BLRP_*: package destination lists
// them. Each destination's package lists those of its own, and package
// mistralstudio MISTRAL_API_KEY, which alone adds no destination.
package instrumentation
