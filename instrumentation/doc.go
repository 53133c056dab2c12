// SPDX-License-Identifier: Apache-2.0

// Package instrumentation sets up OpenTelemetry for an application that calls
// Mistral: an HTTP client whose calls become GenAI spans, and the way of those
// spans to one or several destinations.
//
//	inst, err := instrumentation.Start(ctx)
//	if err != nil {
//		log.Print(err) // says what is missing; inst works all the same
//	}
//	defer inst.Shutdown(context.Background())
//	client := inst.Client()
//
// # Destinations
//
// [WithDestination] names them, see the packages otlp, respan, mistralstudio and
// console below this one. [Instrumentation.Check] tells whether they take the
// credentials. Without it the environment decides. Every destination has its own bounded
// queue, and an outage at one neither delays nor costs anything at another.
//
// # Message content
//
// Prompts and replies are recorded when a destination is there to show them,
// such as the console, and removed on the way to the others: a plain OTLP
// endpoint gets none unless the user asks. Who asks, in order of precedence:
//
//  1. [WithContentCapture]
//  2. OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, when it is not empty
//  3. a destination whose Content is true
//
// With 1 or 2 the answer holds for every destination: content on spans goes to
// all of them, or is not recorded at all.
//
// # Observations and context
//
// [Observe] gives a function of the application a span of its own: a workflow, a
// task, an agent, a tool. [Propagate] carries user, session, tags and the like
// onto every span below.
//
// # An application with its own TracerProvider
//
// [Start] installs its TracerProvider as the global one only when the
// application has installed none. Otherwise the error of Start is
// [ErrProviderInstalled], and the application adds
// [Instrumentation.SpanProcessor] to its own provider. [Instrumentation.Client]
// then takes its spans from the global provider.
//
// # Environment
//
// An option wins over a variable, a specific variable over a general one, and
// both over the default.
//
//   - OTEL_SDK_DISABLED (default "false"): "true" makes Start do nothing;
//     Client then is a plain client
//   - RESPAN_API_KEY (default none): adds Respan, without WithDestination and
//     WithSpanProcessor; see package respan
//   - OTEL_TRACES_EXPORTER: which destinations there are besides, without
//     WithDestination and WithSpanProcessor: "otlp", "console", both with a comma
//     between, or "none". Default: "otlp", or "none" if another destination was
//     added and no OTLP endpoint is set
//   - OTEL_EXPORTER_OTLP_* (default http://localhost:4318): see package otlp
//   - OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT (default: see above):
//     NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT; see package
//     roundtripper
//   - OTEL_SERVICE_NAME (default "unknown_service:" and the name of the
//     executable): overridden by WithServiceName
//   - OTEL_RESOURCE_ATTRIBUTES (default none): overridden by OTEL_SERVICE_NAME
//     and WithResourceAttributes. The arguments of the process and the name of
//     its user are never recorded
//   - OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG (default
//     "parentbased_always_on"): read by the SDK
//   - OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT and the other limits of the SDK, but not
//     OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT and
//     OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: they would cut message content, which is
//     JSON, in two. roundtripper.WithMaxContentBytes bounds content instead
//   - OTEL_BSP_*: see package destination
package instrumentation
