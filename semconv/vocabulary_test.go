// SPDX-License-Identifier: Apache-2.0

package semconv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestTranslateSaysEachDifferenceInTheNewestWords(t *testing.T) {
	released := []attribute.KeyValue{
		semconv.GenAIOperationNameKey.String(semconv.OperationChat),
		semconv.GenAIProviderNameKey.String(semconv.ProviderMistralAI),
		semconv.GenAIRequestModelKey.String("m"),
		semconv.ServerAddressKey.String("api.mistral.ai"),
		semconv.ServerPortKey.Int(443),
		semconv.GenAIRequestTopKKey.Float64(40),
		semconv.MistralRequestReasoningEffortKey.String("high"),
		semconv.MistralUsageAudioTokensKey.Int(7),
		semconv.GenAIUsageCacheReadInputTokensKey.Int(3),
		semconv.MistralOutcomeKey.String(semconv.OutcomeCompleted),
	}
	newest := []attribute.KeyValue{
		// The five that samplers see are the same in both.
		semconv.GenAIOperationNameKey.String(semconv.OperationChat),
		semconv.GenAIProviderNameKey.String(semconv.ProviderMistralAI),
		semconv.GenAIRequestModelKey.String("m"),
		semconv.ServerAddressKey.String("api.mistral.ai"),
		semconv.ServerPortKey.Int(443),
		attribute.Int("gen_ai.request.top_k", 40),
		attribute.String("gen_ai.request.reasoning.level", "high"),
		attribute.Int("gen_ai.usage.audio.input_tokens", 7),
		attribute.Int("gen_ai.usage.cache_read.input_tokens", 3),
		semconv.MistralOutcomeKey.String(semconv.OutcomeCompleted),
	}
	got := append([]attribute.KeyValue(nil), released...)
	semconv.Released.Translate(got)
	assert.Equal(t, released, got)
	assert.Zero(t, testing.AllocsPerRun(10, func() { semconv.Newest.Translate(got) }))
	assert.Equal(t, newest, got, "and what is translated already stays as it is")
}

func TestTranslateInventsNoNumber(t *testing.T) {
	for _, v := range []float64{0.5, 1e300, -1e18} {
		got := []attribute.KeyValue{semconv.GenAIRequestTopKKey.Float64(v)}
		semconv.Newest.Translate(got)
		assert.Equal(t, semconv.GenAIRequestTopKKey.Float64(v), got[0])
	}
}
