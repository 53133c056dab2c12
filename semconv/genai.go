// SPDX-License-Identifier: Apache-2.0

package semconv

import "go.opentelemetry.io/otel/attribute"

// Keys of the OpenTelemetry semantic conventions, version 1.41.0.
const (
	// GenAIOperationNameKey is what the call does, for example [OperationChat].
	// Set at span start.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-operation-name
	GenAIOperationNameKey = attribute.Key("gen_ai.operation.name")

	// GenAIProviderNameKey is who runs the model, for example [ProviderMistralAI].
	// Set at span start.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-provider-name
	GenAIProviderNameKey = attribute.Key("gen_ai.provider.name")

	// GenAIRequestModelKey is the model as the request named it. Set at span start
	// when it is known by then.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-model
	GenAIRequestModelKey = attribute.Key("gen_ai.request.model")

	// GenAIRequestTemperatureKey is the sampling temperature sent. 0 is a value.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-temperature
	GenAIRequestTemperatureKey = attribute.Key("gen_ai.request.temperature")

	// GenAIRequestTopPKey is the nucleus sampling limit sent.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-top-p
	GenAIRequestTopPKey = attribute.Key("gen_ai.request.top_p")

	// GenAIRequestTopKKey is the top-k limit sent. Mistral has no such field;
	// compatible servers do.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-top-k
	GenAIRequestTopKKey = attribute.Key("gen_ai.request.top_k")

	// GenAIRequestMaxTokensKey is the limit of output tokens sent.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-max-tokens
	GenAIRequestMaxTokensKey = attribute.Key("gen_ai.request.max_tokens")

	// GenAIRequestPresencePenaltyKey is the presence penalty sent.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-presence-penalty
	GenAIRequestPresencePenaltyKey = attribute.Key("gen_ai.request.presence_penalty")

	// GenAIRequestFrequencyPenaltyKey is the frequency penalty sent.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-frequency-penalty
	GenAIRequestFrequencyPenaltyKey = attribute.Key("gen_ai.request.frequency_penalty")

	// GenAIRequestStopSequencesKey is the stop sequences sent. It is a list also
	// when the request had one string.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-stop-sequences
	GenAIRequestStopSequencesKey = attribute.Key("gen_ai.request.stop_sequences")

	// GenAIRequestSeedKey is the random_seed sent. 0 is a value.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-seed
	GenAIRequestSeedKey = attribute.Key("gen_ai.request.seed")

	// GenAIRequestChoiceCountKey is the number of choices asked for. It is left
	// out when that is 1.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-choice-count
	GenAIRequestChoiceCountKey = attribute.Key("gen_ai.request.choice.count")

	// GenAIRequestStreamKey is true when the request asked for a stream, and
	// absent otherwise.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-stream
	GenAIRequestStreamKey = attribute.Key("gen_ai.request.stream")

	// GenAIOutputTypeKey is the type of output asked for, for example
	// [OutputTypeJSON].
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-output-type
	GenAIOutputTypeKey = attribute.Key("gen_ai.output.type")

	// GenAIResponseIDKey is the id that the response carries.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-response-id
	GenAIResponseIDKey = attribute.Key("gen_ai.response.id")

	// GenAIResponseModelKey is the model that the response names. It may differ
	// from the requested one and is never copied from it.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-response-model
	GenAIResponseModelKey = attribute.Key("gen_ai.response.model")

	// GenAIResponseFinishReasonsKey is one finish reason per choice, in the order
	// of the choices.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-response-finish-reasons
	GenAIResponseFinishReasonsKey = attribute.Key("gen_ai.response.finish_reasons")

	// GenAIResponseTimeToFirstChunkKey is the time from the request to the first
	// data event of a stream, in seconds.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-response-time-to-first-chunk
	GenAIResponseTimeToFirstChunkKey = attribute.Key("gen_ai.response.time_to_first_chunk")

	// GenAIUsageInputTokensKey is all input tokens: cached ones included, audio
	// tokens added.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-usage-input-tokens
	GenAIUsageInputTokensKey = attribute.Key("gen_ai.usage.input_tokens")

	// GenAIUsageOutputTokensKey is all output tokens, those for reasoning
	// included.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-usage-output-tokens
	GenAIUsageOutputTokensKey = attribute.Key("gen_ai.usage.output_tokens")

	// GenAIUsageCacheReadInputTokensKey is the input tokens read from a cache, a
	// part of [GenAIUsageInputTokensKey].
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-usage-cache-read-input-tokens
	GenAIUsageCacheReadInputTokensKey = attribute.Key("gen_ai.usage.cache_read.input_tokens")

	// GenAIUsageReasoningOutputTokensKey is the output tokens for reasoning, a
	// part of [GenAIUsageOutputTokensKey].
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-usage-reasoning-output-tokens
	GenAIUsageReasoningOutputTokensKey = attribute.Key("gen_ai.usage.reasoning.output_tokens")

	// GenAIInputMessagesKey is the messages sent, as a JSON string of the input
	// messages schema. Content.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-input-messages
	GenAIInputMessagesKey = attribute.Key("gen_ai.input.messages")

	// GenAIOutputMessagesKey is the messages received, one per choice, as a JSON
	// string of the output messages schema. Content.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-output-messages
	GenAIOutputMessagesKey = attribute.Key("gen_ai.output.messages")

	// GenAIToolDefinitionsKey is the tools offered to the model, as a JSON string
	// of the tool definitions schema. Content.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-tool-definitions
	GenAIToolDefinitionsKey = attribute.Key("gen_ai.tool.definitions")

	// GenAITokenTypeKey is whether tokens were input or output, for example
	// [TokenTypeInput]. On metrics only.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-token-type
	GenAITokenTypeKey = attribute.Key("gen_ai.token.type")

	// ServerAddressKey is the host of the request URL without the port. Set at
	// span start.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/server/#server-address
	ServerAddressKey = attribute.Key("server.address")

	// ServerPortKey is the port of the request URL, or the default of its scheme.
	// Set at span start.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/server/#server-port
	ServerPortKey = attribute.Key("server.port")

	// ErrorTypeKey is how the call failed, for example [ErrorTypeTimeout]. It is
	// set exactly when the span's status is Error.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type
	ErrorTypeKey = attribute.Key("error.type")

	// HTTPResponseStatusCodeKey is the status code of the response.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/#http-response-status-code
	HTTPResponseStatusCodeKey = attribute.Key("http.response.status_code")

	// GenAIAgentIDKey is the id that the provider gave the agent.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-agent-id
	GenAIAgentIDKey = attribute.Key("gen_ai.agent.id")

	// GenAIAgentNameKey is the name of the agent.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-agent-name
	GenAIAgentNameKey = attribute.Key("gen_ai.agent.name")

	// GenAIAgentDescriptionKey is what the agent is said to be for.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-agent-description
	GenAIAgentDescriptionKey = attribute.Key("gen_ai.agent.description")

	// GenAIAgentVersionKey is the version of the agent.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-agent-version
	GenAIAgentVersionKey = attribute.Key("gen_ai.agent.version")

	// GenAISystemInstructionsKey is the instructions that stand apart from the messages, as a
	// JSON array of parts.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-system-instructions
	GenAISystemInstructionsKey = attribute.Key("gen_ai.system_instructions")

	// GenAIToolTypeKey is who runs the tool. Its values are the ToolType
	// constants.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-tool-type
	GenAIToolTypeKey = attribute.Key("gen_ai.tool.type")

	// GenAIToolCallArgumentsKey is what the tool was given, as JSON.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-tool-call-arguments
	GenAIToolCallArgumentsKey = attribute.Key("gen_ai.tool.call.arguments")

	// GenAIToolCallResultKey is what the tool answered, as JSON.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-tool-call-result
	GenAIToolCallResultKey = attribute.Key("gen_ai.tool.call.result")

	// GenAIWorkflowNameKey is the name of the workflow.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-workflow-name
	GenAIWorkflowNameKey = attribute.Key("gen_ai.workflow.name")

	// GenAIEmbeddingsDimensionCountKey is the number of dimensions that was asked
	// for.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-embeddings-dimension-count
	GenAIEmbeddingsDimensionCountKey = attribute.Key("gen_ai.embeddings.dimension.count")

	// GenAIRequestEncodingFormatsKey is the encodings of embeddings that were asked
	// for.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-request-encoding-formats
	GenAIRequestEncodingFormatsKey = attribute.Key("gen_ai.request.encoding_formats")
)
