// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// rateLimits has one row per x-ratelimit header of Mistral. The key is
// "mistral_ai.ratelimit." and the suffix with "_" for "-"; both are spelled out
// so that a search for either finds the row.
var rateLimits = [...]struct {
	suffix string
	key    attribute.Key
	unit   string
}{
	{"limit-req-minute", "mistral_ai.ratelimit.limit_req_minute", UnitRequests},
	{"remaining-req-minute", "mistral_ai.ratelimit.remaining_req_minute", UnitRequests},
	{"limit-tokens-minute", "mistral_ai.ratelimit.limit_tokens_minute", UnitTokens},
	{"remaining-tokens-minute", "mistral_ai.ratelimit.remaining_tokens_minute", UnitTokens},
	{"limit-req-10-second", "mistral_ai.ratelimit.limit_req_10_second", UnitRequests},
	{"remaining-req-10-second", "mistral_ai.ratelimit.remaining_req_10_second", UnitRequests},
	{"limit-tokens-month", "mistral_ai.ratelimit.limit_tokens_month", UnitTokens},
	{"remaining-tokens-month", "mistral_ai.ratelimit.remaining_tokens_month", UnitTokens},
	{"limit-ocr-pages-minute", "mistral_ai.ratelimit.limit_ocr_pages_minute", UnitPages},
	{"remaining-ocr-pages-minute", "mistral_ai.ratelimit.remaining_ocr_pages_minute", UnitPages},
	{"limit-audio-seconds-minute", "mistral_ai.ratelimit.limit_audio_seconds_minute", UnitSeconds},
	{"remaining-audio-seconds-minute", "mistral_ai.ratelimit.remaining_audio_seconds_minute", UnitSeconds},
	{"limit-input-characters-minute", "mistral_ai.ratelimit.limit_input_characters_minute", UnitCharacters},
	{"remaining-input-characters-minute", "mistral_ai.ratelimit.remaining_input_characters_minute", UnitCharacters},
	{"limit-code-interpreter-minute", "mistral_ai.ratelimit.limit_code_interpreter_minute", UnitRequests},
	{"remaining-code-interpreter-minute", "mistral_ai.ratelimit.remaining_code_interpreter_minute", UnitRequests},
	{"limit-code-interpreter-day", "mistral_ai.ratelimit.limit_code_interpreter_day", UnitRequests},
	{"remaining-code-interpreter-day", "mistral_ai.ratelimit.remaining_code_interpreter_day", UnitRequests},
	{"tokens-query-cost", "mistral_ai.ratelimit.tokens_query_cost", UnitTokens},
	{"ocr-pages-query-cost", "mistral_ai.ratelimit.ocr_pages_query_cost", UnitPages},
	{"audio-seconds-query-cost", "mistral_ai.ratelimit.audio_seconds_query_cost", UnitSeconds},
	{"input-characters-query-cost", "mistral_ai.ratelimit.input_characters_query_cost", UnitCharacters},
}

// RateLimitKey gives the key for the rate-limit header with that suffix: the
// header's name after "x-ratelimit-", in any case, since Go writes it as
// "X-Ratelimit-Limit-Req-Minute". The value is an int. The bool is false when
// Mistral is not known to send such a header. It does not allocate.
//
// https://docs.mistral.ai/api/
func RateLimitKey(headerSuffix string) (attribute.Key, bool) {
	for i := range rateLimits {
		r := &rateLimits[i]
		// Equal length keeps EqualFold from matching letters outside ASCII.
		if len(r.suffix) == len(headerSuffix) && strings.EqualFold(r.suffix, headerSuffix) {
			return r.key, true
		}
	}
	return "", false
}
