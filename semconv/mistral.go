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
)
