// SPDX-License-Identifier: Apache-2.0

package semconv

import "go.opentelemetry.io/otel/attribute"

// Keys of this project, for what version 1.41.0 of the conventions has no name.
// The keys of the rate-limit headers are in the table of [RateLimitKey].
const (
	// MistralOutcomeKey is how the call ended, for example [OutcomeCompleted].
	// Every finished call has exactly one.
	//
	// Defined by this project, see [Attributes].
	MistralOutcomeKey = attribute.Key("mistral_ai.outcome")

	// MistralRequestToolChoiceKey is the tool_choice sent: a mode, or the name of
	// the function that was forced.
	//
	// https://docs.mistral.ai/api/
	MistralRequestToolChoiceKey = attribute.Key("mistral_ai.request.tool_choice")

	// MistralRequestParallelToolCallsKey is the parallel_tool_calls sent.
	//
	// https://docs.mistral.ai/api/
	MistralRequestParallelToolCallsKey = attribute.Key("mistral_ai.request.parallel_tool_calls")

	// MistralRequestPromptModeKey is the prompt_mode sent.
	//
	// https://docs.mistral.ai/api/
	MistralRequestPromptModeKey = attribute.Key("mistral_ai.request.prompt_mode")

	// MistralRequestSafePromptKey is the safe_prompt sent.
	//
	// https://docs.mistral.ai/api/
	MistralRequestSafePromptKey = attribute.Key("mistral_ai.request.safe_prompt")

	// MistralRequestMinTokensKey is the least number of output tokens asked for.
	//
	// https://docs.mistral.ai/api/
	MistralRequestMinTokensKey = attribute.Key("mistral_ai.request.min_tokens")

	// MistralRequestServiceTierKey is the service_tier asked for.
	//
	// https://docs.mistral.ai/api/
	MistralRequestServiceTierKey = attribute.Key("mistral_ai.request.service_tier")

	// MistralRequestReasoningEffortKey is the reasoning_effort sent. Version 1.41
	// of the conventions has no name for it.
	//
	// https://docs.mistral.ai/api/
	MistralRequestReasoningEffortKey = attribute.Key("mistral_ai.request.reasoning_effort")

	// MistralRequestPredictionKey is whether a prediction was sent.
	//
	// https://docs.mistral.ai/api/
	MistralRequestPredictionKey = attribute.Key("mistral_ai.request.prediction")

	// MistralRequestPrefixKey is whether a prefix message was sent: an assistant
	// message that the answer must begin with.
	//
	// https://docs.mistral.ai/api/
	MistralRequestPrefixKey = attribute.Key("mistral_ai.request.prefix")

	// MistralRequestGuardrailsKey is whether guardrails were sent.
	//
	// https://docs.mistral.ai/api/
	MistralRequestGuardrailsKey = attribute.Key("mistral_ai.request.guardrails")

	// MistralRequestMetadataKey is the metadata sent, as a JSON string. Content.
	//
	// https://docs.mistral.ai/api/
	MistralRequestMetadataKey = attribute.Key("mistral_ai.request.metadata")

	// MistralRequestPromptCacheKeyKey is the prompt_cache_key sent. It may
	// identify a user, so it is content.
	//
	// https://docs.mistral.ai/api/
	MistralRequestPromptCacheKeyKey = attribute.Key("mistral_ai.request.prompt_cache_key")

	// MistralResponseTimeToFirstTokenKey is the time from the request to the first
	// delta that is not empty, in seconds.
	//
	// Defined by this project, see [Attributes].
	MistralResponseTimeToFirstTokenKey = attribute.Key("mistral_ai.response.time_to_first_token")

	// MistralResponseServiceTierKey is the service tier that the response names.
	//
	// https://docs.mistral.ai/api/
	MistralResponseServiceTierKey = attribute.Key("mistral_ai.response.service_tier")

	// MistralErrorCodeKey is the code in the error that Mistral answered.
	//
	// https://docs.mistral.ai/api/
	MistralErrorCodeKey = attribute.Key("mistral_ai.error.code")

	// MistralErrorTypeKey is the type in the error that Mistral answered.
	//
	// https://docs.mistral.ai/api/
	MistralErrorTypeKey = attribute.Key("mistral_ai.error.type")

	// MistralCorrelationIDKey is the mistral-correlation-id header of the
	// response. Mistral's support asks for it.
	//
	// https://docs.mistral.ai/api/
	MistralCorrelationIDKey = attribute.Key("mistral_ai.correlation_id")

	// MistralGatewayLogIDKey is the id of the record that a gateway keeps of the
	// call: the x-respan-log-id header of the response.
	//
	// Defined by this project, see [Attributes].
	MistralGatewayLogIDKey = attribute.Key("mistral_ai.gateway.log_id")

	// MistralGatewayRequestIDKey is the id that a gateway gave to the request: the
	// x-respan-gateway-request-id header of the response.
	//
	// Defined by this project, see [Attributes].
	MistralGatewayRequestIDKey = attribute.Key("mistral_ai.gateway.request_id")

	// MistralUsageAudioTokensKey is the input tokens for audio, a part of
	// [GenAIUsageInputTokensKey].
	//
	// https://docs.mistral.ai/api/
	MistralUsageAudioTokensKey = attribute.Key("mistral_ai.usage.audio_tokens")

	// MistralUsageAudioSecondsKey is the length of the audio sent, in seconds. It
	// is no token count, so it stays out of gen_ai.usage.
	//
	// https://docs.mistral.ai/api/
	MistralUsageAudioSecondsKey = attribute.Key("mistral_ai.usage.audio_seconds")

	// MistralContentDroppedBytesKey is the number of bytes of content left out by
	// the limits.
	//
	// Defined by this project, see [Attributes].
	MistralContentDroppedBytesKey = attribute.Key("mistral_ai.content.dropped_bytes")

	// MistralDecodeErrorsKey is the number of events, bodies or fields of the call
	// that could not be understood.
	//
	// Defined by this project, see [Attributes].
	MistralDecodeErrorsKey = attribute.Key("mistral_ai.decode_errors")

	// MistralRateLimitRetryAfterKey is the Retry-After header of the response, in
	// seconds. A date is turned into the time left until then.
	//
	// https://docs.mistral.ai/api/
	MistralRateLimitRetryAfterKey = attribute.Key("mistral_ai.ratelimit.retry_after")

	// MistralOperationKey is what a call does whose route has no operation in the
	// conventions. Its values are the Route constants.
	//
	// Defined by this project, see [Attributes].
	MistralOperationKey = attribute.Key("mistral_ai.operation")

	// MistralRequestInputCountKey is the number of inputs in one request: texts to
	// embed, to check or to label.
	//
	// Defined by this project, see [Attributes].
	MistralRequestInputCountKey = attribute.Key("mistral_ai.request.input_count")

	// MistralRequestLanguageKey is the language that a request for a transcription
	// names.
	//
	// https://docs.mistral.ai/api/
	MistralRequestLanguageKey = attribute.Key("mistral_ai.request.language")

	// MistralRequestVoiceIDKey is the voice that speech was asked for in.
	//
	// https://docs.mistral.ai/api/
	MistralRequestVoiceIDKey = attribute.Key("mistral_ai.request.voice_id")

	// MistralRequestResponseFormatKey is the audio format asked for.
	//
	// https://docs.mistral.ai/api/
	MistralRequestResponseFormatKey = attribute.Key("mistral_ai.request.response_format")

	// MistralResponseLanguageKey is the language that a transcription was found to be
	// in.
	//
	// https://docs.mistral.ai/api/
	MistralResponseLanguageKey = attribute.Key("mistral_ai.response.language")

	// MistralUsageConnectorTokensKey is the tokens that connectors used. They are in
	// no other count, and in Mistral's total.
	//
	// https://docs.mistral.ai/api/
	MistralUsageConnectorTokensKey = attribute.Key("mistral_ai.usage.connector_tokens")

	// MistralUsageConnectorsKey is the calls of connectors, as "name=calls", in order of
	// the names.
	//
	// https://docs.mistral.ai/api/
	MistralUsageConnectorsKey = attribute.Key("mistral_ai.usage.connectors")

	// MistralOCRUsagePagesProcessedKey is the pages that were read.
	//
	// https://docs.mistral.ai/api/
	MistralOCRUsagePagesProcessedKey = attribute.Key("mistral_ai.ocr.usage.pages_processed")

	// MistralOCRUsageDocSizeBytesKey is the size of the document that was read.
	//
	// https://docs.mistral.ai/api/
	MistralOCRUsageDocSizeBytesKey = attribute.Key("mistral_ai.ocr.usage.doc_size_bytes")

	// MistralModerationFlaggedKey is the categories that at least one input fell into.
	//
	// Defined by this project, see [Attributes].
	MistralModerationFlaggedKey = attribute.Key("mistral_ai.moderation.flagged")

	// MistralClassificationLabelsKey is the likeliest label of each target, as
	// "target=label", of all inputs.
	//
	// Defined by this project, see [Attributes].
	MistralClassificationLabelsKey = attribute.Key("mistral_ai.classification.labels")
)
