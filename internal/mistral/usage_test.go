// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelmistral/otelmistral/internal/genai"
)

func TestUsageIsReadInAllItsSpellings(t *testing.T) {
	count := genai.Some[int64]
	for _, tt := range []struct {
		name, usage string
		want        genai.Usage
	}{
		{"plain", `{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}`, genai.Usage{Input: count(5), Output: count(2)}},
		{"zero", `{"prompt_tokens":0,"completion_tokens":0}`, genai.Usage{Input: count(0), Output: count(0)}},
		{"null", `null`, genai.Usage{}},
		{"nothing", `{}`, genai.Usage{}},
		{"nulls", `{"prompt_tokens":5,"completion_tokens":null,"prompt_tokens_details":null,"prompt_token_details":null,"completion_tokens_details":null,"num_cached_tokens":null,"prompt_audio_seconds":null,"service_tier":null}`, genai.Usage{Input: count(5)}},
		{"negative", `{"prompt_tokens":-1,"completion_tokens":2,"num_cached_tokens":-1,"prompt_audio_seconds":-1}`, genai.Usage{Output: count(2)}},
		{"absurd", `{"prompt_tokens":9223372036854775807,"completion_tokens":2,"prompt_tokens_details":{"audio_tokens":5}}`, genai.Usage{Output: count(2), Audio: count(5)}},
		{"wrong types", `{"prompt_tokens":"5","completion_tokens":[2],"prompt_tokens_details":{"cached_tokens":"1","audio_tokens":{}},"completion_tokens_details":[]}`, genai.Usage{}},
		{"a whole number with a point", `{"prompt_tokens":5.0,"completion_tokens":2.5}`, genai.Usage{Input: count(5)}},
		{"cached, the newest spelling", `{"prompt_tokens":100,"prompt_tokens_details":{"cached_tokens":64,"messages":[]}}`, genai.Usage{Input: count(100), Cached: count(64)}},
		{"cached, an older spelling", `{"prompt_token_details":{"cached_tokens":64}}`, genai.Usage{Cached: count(64)}},
		{"cached, the oldest spelling", `{"num_cached_tokens":64}`, genai.Usage{Cached: count(64)}},
		{"cached zero", `{"prompt_tokens_details":{"cached_tokens":0},"num_cached_tokens":64}`, genai.Usage{Cached: count(0)}},
		{"cached, the newest of all spellings", `{"num_cached_tokens":1,"prompt_token_details":{"cached_tokens":2},"prompt_tokens_details":{"cached_tokens":3}}`, genai.Usage{Cached: count(3)}},
		{"cached, the newest that says something", `{"prompt_tokens_details":{"cached_tokens":null},"prompt_token_details":{"cached_tokens":2},"num_cached_tokens":1}`, genai.Usage{Cached: count(2)}},
		{"audio is part of the input", `{"prompt_tokens":11,"completion_tokens":15,"total_tokens":401,"prompt_tokens_details":{"audio_tokens":375},"prompt_audio_seconds":30}`, genai.Usage{Input: count(386), Output: count(15), Audio: count(375), AudioSeconds: genai.Some(30.0)}},
		{"audio before the prompt", `{"prompt_tokens_details":{"audio_tokens":375},"prompt_tokens":11}`, genai.Usage{Input: count(386), Audio: count(375)}},
		{"audio alone", `{"prompt_tokens_details":{"audio_tokens":375}}`, genai.Usage{Audio: count(375)}},
		{"reasoning", `{"completion_tokens":20,"completion_tokens_details":{"reasoning_tokens":0}}`, genai.Usage{Output: count(20), Reasoning: count(0)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := parseJSON(withoutContent, []byte(`{"usage":`+tt.usage+`,"id":"behind"}`))
			assert.Equal(t, tt.want, got.Usage)
			assert.Equal(t, "behind", got.Response.ID)

			got, _ = parseStream(withoutContent, []byte(event(`{"usage":`+tt.usage+`,"id":"behind","choices":[]}`)))
			assert.Equal(t, tt.want, got.Usage)
			assert.Equal(t, "behind", got.Response.ID)
		})
	}
}

func TestServiceTierIsReadFromUsage(t *testing.T) {
	got, _ := parseJSON(withoutContent, []byte(`{"usage":{"service_tier":"standard"}}`))
	assert.Equal(t, "standard", got.Response.ServiceTier)
	assert.Equal(t, genai.Usage{}, got.Usage)
}

func TestTheLastUsageOfAStreamCounts(t *testing.T) {
	got, _ := parseStream(withoutContent, []byte(
		event(`{"usage":{"prompt_tokens":5,"completion_tokens":1,"num_cached_tokens":1}}`)+
			event(`{"usage":{"prompt_tokens":5,"completion_tokens":2}}`)+
			event(`{"usage":null}`)+event(`{"usage":{}}`)+event(`{"usage":{"prompt_tokens":null,"completion_tokens":null}}`)+event(`{"usage":"x"}`)+event(`{}`)))
	assert.Equal(t, genai.Usage{Input: genai.Some(int64(5)), Output: genai.Some(int64(2))}, got.Usage)
}
