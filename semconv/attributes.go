// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// Type is the type of an attribute's value, spelled as in the conventions.
type Type string

// Types that an [Attribute] may have.
const (
	TypeString  Type = "string"
	TypeInt     Type = "int"
	TypeDouble  Type = "double"
	TypeBoolean Type = "boolean"
	TypeStrings Type = "string[]"
)

// Attribute describes one key.
type Attribute struct {
	Key     attribute.Key
	Type    Type
	Unit    string // one of the Unit constants; empty for a plain number or no number
	Content bool   // carries what a user said or a model answered, or names a user
	Link    string // address of the definition; a path in this repository for its own names
	Brief   string // one line without a full stop
}

const (
	registry        = "https://opentelemetry.io/docs/specs/semconv/registry/attributes/"
	mistralAPI      = "https://docs.mistral.ai/api/"
	ownNames        = "semconv/mistral.go"
	ownObservations = "semconv/observation.go"
)

// attributes is the only place that describes a key. The rows of rateLimits
// are added by table.
var attributes = [...]Attribute{
	{GenAIOperationNameKey, TypeString, "", false, registry + "gen-ai/#gen-ai-operation-name", "What the call does"},
	{GenAIProviderNameKey, TypeString, "", false, registry + "gen-ai/#gen-ai-provider-name", "Who runs the model"},
	{GenAIRequestModelKey, TypeString, "", false, registry + "gen-ai/#gen-ai-request-model", "Model as the request named it"},
	{GenAIRequestTemperatureKey, TypeDouble, "", false, registry + "gen-ai/#gen-ai-request-temperature", "Sampling temperature sent"},
	{GenAIRequestTopPKey, TypeDouble, "", false, registry + "gen-ai/#gen-ai-request-top-p", "Nucleus sampling limit sent"},
	{GenAIRequestTopKKey, TypeDouble, "", false, registry + "gen-ai/#gen-ai-request-top-k", "Top-k limit sent to a compatible server"},
	{GenAIRequestMaxTokensKey, TypeInt, UnitTokens, false, registry + "gen-ai/#gen-ai-request-max-tokens", "Limit of output tokens sent"},
	{GenAIRequestPresencePenaltyKey, TypeDouble, "", false, registry + "gen-ai/#gen-ai-request-presence-penalty", "Presence penalty sent"},
	{GenAIRequestFrequencyPenaltyKey, TypeDouble, "", false, registry + "gen-ai/#gen-ai-request-frequency-penalty", "Frequency penalty sent"},
	{GenAIRequestStopSequencesKey, TypeStrings, "", false, registry + "gen-ai/#gen-ai-request-stop-sequences", "Stop sequences sent"},
	{GenAIRequestSeedKey, TypeInt, "", false, registry + "gen-ai/#gen-ai-request-seed", "Random seed sent"},
	{GenAIRequestChoiceCountKey, TypeInt, "", false, registry + "gen-ai/#gen-ai-request-choice-count", "Number of choices asked for, when not 1"},
	{GenAIRequestStreamKey, TypeBoolean, "", false, registry + "gen-ai/#gen-ai-request-stream", "True when a stream was asked for"},
	{GenAIOutputTypeKey, TypeString, "", false, registry + "gen-ai/#gen-ai-output-type", "Type of output asked for"},
	{GenAIResponseIDKey, TypeString, "", false, registry + "gen-ai/#gen-ai-response-id", "Id that the response carries"},
	{GenAIResponseModelKey, TypeString, "", false, registry + "gen-ai/#gen-ai-response-model", "Model that the response names"},
	{GenAIResponseFinishReasonsKey, TypeStrings, "", false, registry + "gen-ai/#gen-ai-response-finish-reasons", "One finish reason per choice, in order"},
	{GenAIResponseTimeToFirstChunkKey, TypeDouble, UnitSeconds, false, registry + "gen-ai/#gen-ai-response-time-to-first-chunk", "Time to the first data event of a stream"},
	{GenAIUsageInputTokensKey, TypeInt, UnitTokens, false, registry + "gen-ai/#gen-ai-usage-input-tokens", "All input tokens, cached and audio included"},
	{GenAIUsageOutputTokensKey, TypeInt, UnitTokens, false, registry + "gen-ai/#gen-ai-usage-output-tokens", "All output tokens, reasoning included"},
	{GenAIUsageCacheReadInputTokensKey, TypeInt, UnitTokens, false, registry + "gen-ai/#gen-ai-usage-cache-read-input-tokens", "Input tokens read from a cache"},
	{GenAIUsageReasoningOutputTokensKey, TypeInt, UnitTokens, false, registry + "gen-ai/#gen-ai-usage-reasoning-output-tokens", "Output tokens for reasoning"},
	{GenAIInputMessagesKey, TypeString, "", true, registry + "gen-ai/#gen-ai-input-messages", "Messages sent, as JSON"},
	{GenAIOutputMessagesKey, TypeString, "", true, registry + "gen-ai/#gen-ai-output-messages", "Messages received, as JSON"},
	{GenAIToolDefinitionsKey, TypeString, "", true, registry + "gen-ai/#gen-ai-tool-definitions", "Tools offered to the model, as JSON"},
	{GenAIAgentIDKey, TypeString, "", false, registry + "gen-ai/#gen-ai-agent-id", "Id of the agent at the provider"},
	{GenAIAgentNameKey, TypeString, "", false, registry + "gen-ai/#gen-ai-agent-name", "Name of the agent"},
	{GenAIAgentDescriptionKey, TypeString, "", true, registry + "gen-ai/#gen-ai-agent-description", "What the agent is said to be for"},
	{GenAIAgentVersionKey, TypeString, "", false, registry + "gen-ai/#gen-ai-agent-version", "Version of the agent"},
	{GenAISystemInstructionsKey, TypeString, "", true, registry + "gen-ai/#gen-ai-system-instructions", "Instructions apart from the messages, as JSON"},
	{GenAIToolTypeKey, TypeString, "", false, registry + "gen-ai/#gen-ai-tool-type", "Who runs the tool"},
	{GenAIToolCallArgumentsKey, TypeString, "", true, registry + "gen-ai/#gen-ai-tool-call-arguments", "What the tool was given, as JSON"},
	{GenAIToolCallResultKey, TypeString, "", true, registry + "gen-ai/#gen-ai-tool-call-result", "What the tool answered, as JSON"},
	{GenAIWorkflowNameKey, TypeString, "", false, registry + "gen-ai/#gen-ai-workflow-name", "Name of the workflow"},
	{GenAIEmbeddingsDimensionCountKey, TypeInt, "", false, registry + "gen-ai/#gen-ai-embeddings-dimension-count", "Dimensions asked for"},
	{GenAIRequestEncodingFormatsKey, TypeStrings, "", false, registry + "gen-ai/#gen-ai-request-encoding-formats", "Encodings of embeddings asked for"},
	{GenAITokenTypeKey, TypeString, "", false, registry + "gen-ai/#gen-ai-token-type", "Whether tokens were input or output, on metrics"},
	{ServerAddressKey, TypeString, "", false, registry + "server/#server-address", "Host of the request URL"},
	{ServerPortKey, TypeInt, "", false, registry + "server/#server-port", "Port of the request URL, or its scheme's default"},
	{ErrorTypeKey, TypeString, "", false, registry + "error/#error-type", "How the call failed"},
	{HTTPResponseStatusCodeKey, TypeInt, "", false, registry + "http/#http-response-status-code", "Status code of the response"},
	{MistralOutcomeKey, TypeString, "", false, ownNames, "How the call ended"},
	{MistralRequestToolChoiceKey, TypeString, "", false, mistralAPI, "Tool choice sent"},
	{MistralRequestParallelToolCallsKey, TypeBoolean, "", false, mistralAPI, "Whether parallel tool calls were allowed"},
	{MistralRequestPromptModeKey, TypeString, "", false, mistralAPI, "Prompt mode sent"},
	{MistralRequestSafePromptKey, TypeBoolean, "", false, mistralAPI, "Whether the safety prompt was asked for"},
	{MistralRequestMinTokensKey, TypeInt, UnitTokens, false, mistralAPI, "Least number of output tokens asked for"},
	{MistralRequestServiceTierKey, TypeString, "", false, mistralAPI, "Service tier asked for"},
	{MistralRequestReasoningEffortKey, TypeString, "", false, mistralAPI, "Reasoning effort sent"},
	{MistralRequestPredictionKey, TypeBoolean, "", false, mistralAPI, "Whether a prediction was sent"},
	{MistralRequestPrefixKey, TypeBoolean, "", false, mistralAPI, "Whether a prefix message was sent"},
	{MistralRequestGuardrailsKey, TypeBoolean, "", false, mistralAPI, "Whether guardrails were sent"},
	{MistralRequestMetadataKey, TypeString, "", true, mistralAPI, "Metadata sent, as JSON"},
	{MistralRequestPromptCacheKeyKey, TypeString, "", true, mistralAPI, "Prompt cache key sent"},
	{MistralResponseTimeToFirstTokenKey, TypeDouble, UnitSeconds, false, ownNames, "Time to the first delta that is not empty"},
	{MistralResponseServiceTierKey, TypeString, "", false, mistralAPI, "Service tier that the response names"},
	{MistralErrorCodeKey, TypeString, "", false, mistralAPI, "Code in Mistral's error"},
	{MistralErrorTypeKey, TypeString, "", false, mistralAPI, "Type in Mistral's error"},
	{MistralCorrelationIDKey, TypeString, "", false, mistralAPI, "Request id that Mistral gave the call"},
	{MistralGatewayLogIDKey, TypeString, "", false, ownNames, "Id of the record that a gateway keeps of the call"},
	{MistralGatewayRequestIDKey, TypeString, "", false, ownNames, "Id that a gateway gave to the request"},
	{MistralUsageAudioTokensKey, TypeInt, UnitTokens, false, mistralAPI, "Input tokens for audio"},
	{MistralUsageAudioSecondsKey, TypeDouble, UnitSeconds, false, mistralAPI, "Length of the audio sent"},
	{MistralContentDroppedBytesKey, TypeInt, UnitBytes, false, ownNames, "Bytes of content left out by the limits"},
	{MistralDecodeErrorsKey, TypeInt, "", false, ownNames, "Events, bodies or fields that could not be understood"},
	{MistralRateLimitRetryAfterKey, TypeDouble, UnitSeconds, false, mistralAPI, "Time to wait before the next try"},
	{MistralOperationKey, TypeString, "", false, ownNames, "What the call does, where the conventions have no name for it"},
	{MistralRequestInputCountKey, TypeInt, "", false, ownNames, "Inputs in the request"},
	{MistralRequestLanguageKey, TypeString, "", false, mistralAPI, "Language that the request names"},
	{MistralRequestVoiceIDKey, TypeString, "", false, mistralAPI, "Voice asked for"},
	{MistralRequestResponseFormatKey, TypeString, "", false, mistralAPI, "Audio format asked for"},
	{MistralResponseLanguageKey, TypeString, "", false, mistralAPI, "Language found in the audio"},
	{MistralUsageConnectorTokensKey, TypeInt, UnitTokens, false, mistralAPI, "Tokens that connectors used, in no other count"},
	{MistralUsageConnectorsKey, TypeStrings, "", false, mistralAPI, "Calls of connectors, as name=calls"},
	{MistralOCRUsagePagesProcessedKey, TypeInt, "", false, mistralAPI, "Pages that were read"},
	{MistralOCRUsageDocSizeBytesKey, TypeInt, UnitBytes, false, mistralAPI, "Size of the document that was read"},
	{MistralModerationFlaggedKey, TypeStrings, "", false, ownNames, "Categories that an input fell into"},
	{MistralClassificationLabelsKey, TypeStrings, "", false, ownNames, "Likeliest labels, as target=label"},
}

// all and byKey are written once, before main, and only read after that.
var (
	all   = table()
	byKey = index(all)
)

func table() []Attribute {
	t := slices.Concat(attributes[:], newest[:], observations[:], destinations[:], foreign[:], exceptions[:])
	for _, r := range rateLimits {
		t = append(t, Attribute{r.key, TypeInt, r.unit, false, mistralAPI, "Header x-ratelimit-" + r.suffix})
	}
	return t
}

// index maps each key to whether it carries content.
func index(t []Attribute) map[attribute.Key]bool {
	m := make(map[attribute.Key]bool, len(t))
	for _, a := range t {
		m[a.Key] = a.Content
	}
	return m
}

// Attributes describes every key that the library may set: first those of the
// conventions, then the project's own. With them are the keys with content of
// other GenAI instrumentations. The slice is the caller's.
func Attributes() []Attribute { return slices.Clone(all) }

// IsContent reports whether the key carries content: what a user said, what a
// model answered, or what may name a user. Content is recorded only where
// content capture is on. An unknown key is no content. It does not allocate
// and is safe for concurrent use.
func IsContent(k attribute.Key) bool { return byKey[k] }

// Known reports whether the key is one of [Attributes], or metadata (see
// [IsMetadata]). It does not allocate and is safe for concurrent use.
func Known(k attribute.Key) bool {
	_, ok := byKey[k]
	return ok || IsMetadata(k)
}
