// SPDX-License-Identifier: Apache-2.0

// Package otlp sends spans to any OTLP/HTTP endpoint, such as the
// OpenTelemetry Collector, as plain GenAI spans, and metrics and log records with
// them.
//
// # Metrics and logs
//
// An endpoint that the environment describes gets all three. One that is named
// in a [Config] gets what has a URL there: [Config].MetricsEndpoint and
// LogsEndpoint are apart from Endpoint. Metrics and logs are sent by the
// exporters of OpenTelemetry, as protobuf. An endpoint that answers 404 to them
// takes traces only: that is reported once, and neither Flush nor Shutdown fails
// for it.
//
// # Content
//
// Message content stays out of what a plain endpoint gets, also when another
// destination of the same process shows it. It is sent when the user asks for
// it: with [Config].Content, or for the whole process with
// instrumentation.WithContentCapture or
// OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT. An endpoint that must not
// have it has [Config].NoContent, which wins over all of these.
//
// # Collectors in front of Langfuse or Respan
//
// Plain spans lose something there: neither product reads all of the conventions.
// With [Config].Dialect the collector gets the very attributes that the product
// would get from this process:
//
//	dialect, err := langfuse.Dialect(langfuse.Config{})
//	d, err := otlp.New(otlp.Config{Endpoint: "http://collector:4318/v1/traces", Dialect: dialect, Content: true})
//
// respan.Dialect does the same for Respan. A dialect does not bring content along:
// prompts and replies arrive only with Content. The endpoint gets all spans of the
// process, as any collector does. An endpoint has one dialect; a collector that
// forwards to both products needs two receivers. What the collector's exporters
// have to send besides is said at langfuse.Dialect and respan.Dialect.
//
// # Environment
//
// The variables are those of the OpenTelemetry specification. Each fills the
// field of [Config] that is left zero, and the one with TRACES in its name wins
// over the general one; for metrics and logs that is the one with METRICS or
// LOGS. An empty variable counts as unset. When one of the three endpoints of
// Config is set, none of them is read: headers and certificates in the
// environment belong to the endpoint in the environment.
//
//   - OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (no default): the full URL
//   - OTEL_EXPORTER_OTLP_ENDPOINT (default "http://localhost:4318"): the URL to
//     which /v1/traces, /v1/metrics or /v1/logs is added
//   - OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT (no
//     default): the full URLs. When neither these nor the general one is set, but
//     that of traces is, no metrics, or logs, are sent
//   - OTEL_METRICS_EXPORTER, OTEL_LOGS_EXPORTER (default: as the endpoints say):
//     "otlp" sends metrics, or logs, in any case; without it, as with "none", none
//     are sent
//   - OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, OTEL_EXPORTER_OTLP_PROTOCOL (default
//     "http/protobuf"): "http/protobuf" or "http/json"; "grpc" is an error
//   - OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE (default "cumulative"),
//     OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION (default
//     "explicit_bucket_histogram"): read by the exporter of OpenTelemetry
//   - OTEL_EXPORTER_OTLP_TRACES_HEADERS, OTEL_EXPORTER_OTLP_HEADERS (default
//     none): "name=value,name=value", values percent-encoded
//   - OTEL_EXPORTER_OTLP_TRACES_COMPRESSION, OTEL_EXPORTER_OTLP_COMPRESSION
//     (default "none"): "gzip" or "none"
//   - OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT (default
//     10000): milliseconds for one attempt
//   - OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE, OTEL_EXPORTER_OTLP_CERTIFICATE
//     (default: the system's): PEM file of the authorities to trust
//   - OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE,
//     OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY,
//     OTEL_EXPORTER_OTLP_CLIENT_KEY (default none): PEM files to identify this
//     client; certificate and key are both needed
//
// OTEL_EXPORTER_OTLP_INSECURE is not followed: the scheme of the URL decides, as
// the specification says. HTTP_PROXY, HTTPS_PROXY and NO_PROXY are honoured.
//
// Specification: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
package otlp
