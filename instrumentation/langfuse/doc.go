// SPDX-License-Identifier: Apache-2.0

// Package langfuse sends spans to Langfuse, in its cloud or on a server of one's
// own, in the words that Langfuse reads.
//
//	d, err := langfuse.FromEnv() // LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY
//	inst, err := instrumentation.Start(ctx, instrumentation.WithDestination(d))
//
// # What Langfuse gets
//
// Model calls and observations; [Config].AllSpans adds the other spans of the
// process. Names, models, parameters and token counts are those of the GenAI
// conventions, which Langfuse reads. What it does not read in them is said in
// its own words, langfuse.*, and then only there:
//
//   - the type of the observation: a call of a model is a generation, an
//     embedding, a retriever or a guardrail, a workflow is a chain, and so on
//   - input and output of a call in the shape of Mistral's API, so that messages,
//     tools and tool calls can be seen and filtered. Of several choices the output
//     is a list. What an observation was given and gave back is shown as JSON.
//     Where there is an input and no output, or the reverse, the other is null
//   - when the first token of a stream came
//   - level and status message: the description of the span's status, else its
//     error.type
//   - user, session (else the thread), trace name, tags, metadata, release and
//     environment, on every span; service.version of the resource as version
//   - name and version of the prompt, when both are known, on generations
//   - cost, when [Config].Prices has the model
//
// A call of an agent that counts tokens is a generation, because Langfuse drops
// model and tokens of spans that say invoke_agent; what it was is in the
// observation's metadata as "operation". What Langfuse has no field for is
// metadata of the trace (customer_name, customer_email, group, custom_id) or of
// the observation (workflow, path), unless the application has metadata of that
// name. Metadata that would replace Langfuse's own, such as "scope", gets an
// underscore: "scope_". An attribute langfuse.* that the application set itself
// wins over what this package makes.
//
// Langfuse takes an environment of lower-case letters, digits, hyphens and
// underscores, at most 40, that does not begin with "langfuse". It would show
// any other as "default". So characters are replaced by hyphens, and the first
// change of this kind is reported to OpenTelemetry's error handler.
//
// A trace with a name of more than 1000 characters would be lost in the store of
// Langfuse 3, so names are cut there. Other texts have no such limit.
//
// # Message content
//
// Prompts and replies are sent, for showing them is what Langfuse is for, unless
// instrumentation.WithContentCapture or
// OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, which hold for all
// destinations of a process, say otherwise. [Config].NoContent wins over all of
// these.
//
// # Sending
//
// Langfuse gets protobuf, compressed with gzip, and writes it at once
// (x-langfuse-ingestion-version 4). It answers 500 while its storage is away, so
// that status is tried again like 503. A batch whose answer got lost is sent
// again too, and Langfuse may then show its spans twice.
//
// # Environment
//
// A field of [Config] wins over its variable. An empty variable counts as unset.
//
//   - LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY (required): Config.PublicKey and
//     Config.SecretKey
//   - LANGFUSE_BASE_URL, else LANGFUSE_BASEURL (of the JS SDK), else
//     LANGFUSE_HOST (default "https://cloud.langfuse.com", the EU): Config.BaseURL
//   - LANGFUSE_OTEL_TRACES_EXPORT_PATH (default "/api/public/otel/v1/traces"):
//     Config.TracesPath
//   - LANGFUSE_TRACING_ENVIRONMENT (default: what Propagate says, else
//     deployment.environment.name of the resource): Config.Environment
//   - LANGFUSE_RELEASE, else the first that is set of GITHUB_SHA, CI_COMMIT_SHA,
//     GIT_COMMIT, RENDER_GIT_COMMIT, CIRCLE_SHA1, SOURCE_VERSION, TRAVIS_COMMIT,
//     BITBUCKET_COMMIT, BUILD_SOURCEVERSION and DRONE_COMMIT_SHA (default none):
//     Config.Release
//   - LANGFUSE_SAMPLE_RATE (default "1"): the share of traces that are sent,
//     Config.SampleRate
//   - LANGFUSE_TIMEOUT (default "5"): seconds for one attempt, Config.Timeout
//   - LANGFUSE_FLUSH_AT (default OTEL_BSP_MAX_EXPORT_BATCH_SIZE, else 512): spans
//     of one batch, Config.Limits.BatchSpans
//   - LANGFUSE_FLUSH_INTERVAL (default OTEL_BSP_SCHEDULE_DELAY, else "5"): seconds
//     that a span waits for others, Config.Limits.BatchDelay
//   - LANGFUSE_TRACING_ENABLED (default "true"): "false" sends nothing, and then
//     no key is needed
//
// What [instrumentation.Propagate] says of a span, its environment and release,
// wins over Config and variables. LANGFUSE_DEBUG is not read, and neither is any
// OTEL_EXPORTER_OTLP_* variable: those belong to the endpoint of package otlp.
// The other OTEL_BSP_* variables are read as package destination says.
// HTTP_PROXY, HTTPS_PROXY and NO_PROXY are honoured.
//
// [instrumentation.Propagate]: https://pkg.go.dev/github.com/otelmistral/otelmistral/instrumentation#Propagate
package langfuse
