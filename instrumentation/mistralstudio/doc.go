// SPDX-License-Identifier: Apache-2.0

// Package mistralstudio sends spans to the observability of Mistral Studio, as
// plain GenAI spans.
//
//	d, err := mistralstudio.FromEnv() // MISTRAL_API_KEY
//	inst, err := instrumentation.Start(ctx, instrumentation.WithDestination(d))
//
// Studio gets model calls and observations; [Config].AllSpans adds the other
// spans of the process. It reads the GenAI conventions, so it has no dialect.
//
// instrumentation.Start never adds this destination by itself: MISTRAL_API_KEY is
// there to make calls, and does not say that their content is to be stored.
//
// # Message content
//
// Prompts and replies are sent, for showing them is what Studio is for, unless
// instrumentation.WithContentCapture or
// OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, which hold for all
// destinations of a process, say otherwise. [Config].NoContent wins over all of
// these.
//
// # Environment
//
// A field of [Config] wins over its variable. An empty variable counts as unset.
//
//   - MISTRAL_API_KEY (required): Config.APIKey
//
// No OTEL_EXPORTER_OTLP_* variable is read: those belong to the endpoint of
// package otlp. OTEL_BSP_* is read as package destination says. HTTP_PROXY,
// HTTPS_PROXY and NO_PROXY are honoured.
package mistralstudio
