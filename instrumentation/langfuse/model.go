// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"math"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// maxPrice keeps a cost a finite number.
const maxPrice = 1e9

// addFirstToken says when the first token came. Langfuse reads a point in time
// only.
func (s *span) addFirstToken() {
	seconds, ok := s.seconds(semconv.MistralResponseTimeToFirstTokenKey)
	if !ok {
		seconds, ok = s.seconds(semconv.GenAIResponseTimeToFirstChunkKey)
	}
	if ok {
		after := time.Duration(math.Round(seconds * float64(time.Second)))
		s.addText(completionStartKey, s.StartTime().Add(after).UTC().Format(time.RFC3339Nano))
	}
}

func (s *span) seconds(k attribute.Key) (float64, bool) {
	v := s.in[k]
	if v.Type() != attribute.FLOAT64 {
		return 0, false
	}
	seconds := v.AsFloat64()
	return seconds, seconds >= 0 && seconds <= maxSeconds // NaN is not
}

// addModel names the model of a call, where the type of the span is not enough
// for Langfuse to look for it.
func (s *span) addModel() {
	if operation := s.text(semconv.GenAIOperationNameKey); agentOperations[operation] {
		s.addText(modelNameKey, s.firstText(semconv.GenAIResponseModelKey, semconv.GenAIRequestModelKey))
	}
}

// addPrompt links the managed prompt that a call was made from. Langfuse needs
// its name and its version, and takes them of generations only.
func (s *span) addPrompt() {
	name, version := s.in[semconv.PromptNameKey], s.in[semconv.PromptVersionKey]
	if s.kind != typeGeneration || name.Type() != attribute.STRING || name.AsString() == "" || version.Type() != attribute.INT64 {
		return
	}
	s.add(promptNameKey, name)
	s.add(promptVersionKey, version)
}

// addCost says what the call cost. Its parts have the names that Langfuse gives
// to the token counts, which do not overlap: cached tokens are not in input.
func (s *span) addCost(prices map[string]Price) {
	price, ok := s.price(prices)
	if !ok || !countsTokens(s.in) {
		return
	}
	input := max(s.in[semconv.GenAIUsageInputTokensKey].AsInt64(), 0)
	output := max(s.in[semconv.GenAIUsageOutputTokensKey].AsInt64(), 0)
	cached := min(max(s.in[semconv.GenAIUsageCacheReadInputTokensKey].AsInt64(), 0), input)
	if price.CachedInput == 0 {
		price.CachedInput = price.Input
	}
	b := appendCost([]byte(`{"input":`), input-cached, price.Input)
	if cached > 0 {
		b = appendCost(append(b, `,"input_cached_tokens":`...), cached, price.CachedInput)
	}
	b = appendCost(append(b, `,"output":`...), output, price.Output)
	s.addText(costDetailsKey, string(append(b, '}')))
}

func (s *span) price(prices map[string]Price) (Price, bool) {
	for _, k := range [...]attribute.Key{semconv.GenAIResponseModelKey, semconv.GenAIRequestModelKey} {
		if price, ok := prices[s.text(k)]; ok {
			return price, true
		}
	}
	return Price{}, false
}

// appendCost rounds to 10^-12 USD, so that 31 tokens at 0.3 are not
// 0.000009299999999999999.
func appendCost(dst []byte, tokens int64, perMillion float64) []byte {
	usd := math.Round(float64(tokens)*perMillion*1e6) / 1e12
	return strconv.AppendFloat(dst, usd, 'f', -1, 64)
}
