// SPDX-License-Identifier: Apache-2.0

package semconv_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

func Example() {
	// A dialect or a processor that must not let content through.
	attrs := []attribute.KeyValue{
		semconv.GenAIOperationNameKey.String(semconv.OperationChat),
		semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[]}]`),
		semconv.MistralOutcomeKey.String(semconv.OutcomeCompleted),
	}
	for _, a := range attrs {
		if !semconv.IsContent(a.Key) {
			fmt.Println(a.Key, a.Value.AsString())
		}
	}
	// Output:
	// gen_ai.operation.name chat
	// mistral_ai.outcome completed
}

func ExampleRateLimitKey() {
	key, ok := semconv.RateLimitKey("Limit-Req-Minute")
	fmt.Println(key, ok)
	// Output: mistral_ai.ratelimit.limit_req_minute true
}

func TestContentIsWhatAUserSaidOrNamesAUser(t *testing.T) {
	var content []attribute.Key
	for _, a := range semconv.Attributes() {
		assert.Equal(t, a.Content, semconv.IsContent(a.Key), a.Key)
		if a.Content {
			content = append(content, a.Key)
		}
	}
	assert.ElementsMatch(t, []attribute.Key{
		"gen_ai.input.messages",
		"gen_ai.output.messages",
		"gen_ai.retrieval.documents",
		"gen_ai.retrieval.query.text",
		"gen_ai.system_instructions",
		"gen_ai.tool.call.arguments",
		"gen_ai.tool.call.result",
		"gen_ai.tool.definitions",
		"gen_ai.agent.description",
		"mistral_ai.request.metadata",
		"mistral_ai.request.prompt_cache_key",
		"otelmistral.observation.input",
		"otelmistral.observation.output",
	}, content)
	assert.False(t, semconv.IsContent("nobody.knows.this"))
}

func TestKnownIsExactlyTheTableAndMetadata(t *testing.T) {
	for _, a := range semconv.Attributes() {
		assert.True(t, semconv.Known(a.Key), a.Key)
		assert.False(t, semconv.IsMetadata(a.Key), a.Key)
	}
	for _, k := range []attribute.Key{
		semconv.MetadataPrefix + "tenant", semconv.MetadataPrefix + "a.b", semconv.ObservationMetadataPrefix + "step",
	} {
		assert.True(t, semconv.Known(k), k)
		assert.True(t, semconv.IsMetadata(k), k)
	}
	for _, k := range []attribute.Key{
		"", "gen_ai", "gen_ai.system", "Gen_ai.operation.name", "mistral_ai.ratelimit.",
		"otelmistral.metadata", "otelmistral.metadat", "otelmistral.unknown",
	} {
		assert.False(t, semconv.Known(k), k)
		assert.False(t, semconv.IsMetadata(k), k)
	}
}

func TestAttributesAreTheCallersOwn(t *testing.T) {
	got := semconv.Attributes()
	got[0].Key = "changed"
	assert.NotEqual(t, got[0].Key, semconv.Attributes()[0].Key)
}

func TestEachAttributeIsDescribed(t *testing.T) {
	types := []semconv.Type{
		semconv.TypeString, semconv.TypeInt, semconv.TypeDouble, semconv.TypeBoolean, semconv.TypeStrings,
	}
	units := []string{
		"", semconv.UnitSeconds, semconv.UnitBytes, semconv.UnitTokens,
		semconv.UnitRequests, semconv.UnitPages, semconv.UnitCharacters,
	}
	for _, a := range semconv.Attributes() {
		assert.Contains(t, types, a.Type, a.Key)
		assert.Contains(t, units, a.Unit, a.Key)
		assert.NotEmpty(t, a.Brief, a.Key)
		assert.NotContains(t, a.Brief, "\n", a.Key)
		if a.Unit != "" {
			assert.Contains(t, []semconv.Type{semconv.TypeInt, semconv.TypeDouble}, a.Type, "%s has a unit", a.Key)
		}
		if a.Content {
			assert.Equal(t, semconv.TypeString, a.Type, "%s is content", a.Key)
		}
		if strings.HasPrefix(string(a.Key), "mistral_ai.") {
			assert.Contains(t, []string{"https://docs.mistral.ai/api/", "semconv/mistral.go"}, a.Link, a.Key)
			continue
		}
		if strings.HasPrefix(string(a.Key), "otelmistral.") {
			assert.Contains(t, []string{"semconv/observation.go", "semconv/destination.go"}, a.Link, a.Key)
			continue
		}
		if a.Link == "https://github.com/open-telemetry/semantic-conventions-genai" {
			continue // it has no page for each
		}
		namespace, _, _ := strings.Cut(string(a.Key), ".")
		anchor := strings.NewReplacer(".", "-", "_", "-")
		assert.Equal(t, "https://opentelemetry.io/docs/specs/semconv/registry/attributes/"+
			anchor.Replace(namespace)+"/#"+anchor.Replace(string(a.Key)), a.Link)
	}
}

func TestUsageNamespaceHoldsTokenCountsOnly(t *testing.T) {
	var seen int
	for _, a := range semconv.Attributes() {
		if !strings.HasPrefix(string(a.Key), "gen_ai.usage.") {
			continue
		}
		seen++
		assert.Equal(t, semconv.TypeInt, a.Type, a.Key)
		assert.Equal(t, semconv.UnitTokens, a.Unit, a.Key)
		assert.True(t, strings.HasSuffix(string(a.Key), "_tokens"), a.Key)
	}
	assert.NotZero(t, seen)
}

func TestRateLimitKeyKnowsEachHeader(t *testing.T) {
	suffixes := []string{"tokens-query-cost", "ocr-pages-query-cost", "audio-seconds-query-cost", "input-characters-query-cost"}
	for _, what := range []string{
		"req-minute", "tokens-minute", "req-10-second", "tokens-month", "ocr-pages-minute",
		"audio-seconds-minute", "input-characters-minute", "code-interpreter-minute", "code-interpreter-day",
	} {
		suffixes = append(suffixes, "limit-"+what, "remaining-"+what)
	}
	var keys []attribute.Key
	for _, suffix := range suffixes {
		want := attribute.Key("mistral_ai.ratelimit." + strings.ReplaceAll(suffix, "-", "_"))
		keys = append(keys, want)
		canonical := strings.TrimPrefix(http.CanonicalHeaderKey("x-ratelimit-"+suffix), "X-Ratelimit-")
		for _, spelling := range []string{suffix, canonical, strings.ToUpper(suffix)} {
			got, ok := semconv.RateLimitKey(spelling)
			require.True(t, ok, spelling)
			assert.Equal(t, want, got)
		}
	}

	var tabled []attribute.Key
	for _, a := range semconv.Attributes() {
		if strings.HasPrefix(string(a.Key), "mistral_ai.ratelimit.") && a.Key != semconv.MistralRateLimitRetryAfterKey {
			assert.Equal(t, semconv.TypeInt, a.Type, a.Key)
			tabled = append(tabled, a.Key)
		}
	}
	assert.ElementsMatch(t, keys, tabled)
}

func TestRateLimitKeyRefusesOtherHeaders(t *testing.T) {
	for _, suffix := range []string{
		"", "limit", "limit-", "limit-req-minut", "limit-req-minutes", "x-ratelimit-limit-req-minute",
		"limit_req_minute", "limit-to\u212Aens-minute", // the Kelvin sign folds to k
	} {
		key, ok := semconv.RateLimitKey(suffix)
		assert.False(t, ok, suffix)
		assert.Empty(t, key, suffix)
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	var sum int
	count := func(ok bool) {
		if ok {
			sum++
		}
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_, ok := semconv.RateLimitKey("Tokens-Query-Cost")
		count(ok)
		_, ok = semconv.RateLimitKey("Unknown")
		count(ok)
		count(semconv.IsContent(semconv.GenAIInputMessagesKey))
		count(semconv.Known("nobody.knows.this"))
	}))
	assert.NotZero(t, sum)
}
