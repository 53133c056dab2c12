// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/semconv"
)

// effort makes a call with the parameter that the vocabularies name otherwise.
func (p *products) effort(ctx context.Context, t *testing.T) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.mistral.URL+"/v1/chat/completions",
		strings.NewReader(`{"model":"mistral-small-latest","reasoning_effort":"high","top_k":40,"messages":[{"role":"user","content":"hi"}]}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer key")
	resp, err := p.Client().Do(req)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}

func TestLangfuseAndRespanAreToldTheSameInEitherVocabulary(t *testing.T) {
	type told struct{ langfuse, respan map[string]string }
	tell := func(v semconv.Vocabulary) told {
		p := startProducts(t, WithVocabulary(v))
		p.effort(t.Context(), t)
		require.NoError(t, p.Flush(t.Context()))
		got := told{wire(t, p.langfuse)["chat mistral-small-latest"], wire(t, p.respan)["chat mistral-small-latest"]}
		for _, attrs := range []map[string]string{got.langfuse, got.respan} {
			require.NotEmpty(t, attrs)
			for key := range attrs { // what is the convention's, and what changes from run to run
				own := strings.HasPrefix(key, "langfuse.") || strings.HasPrefix(key, "llm.") || strings.HasPrefix(key, "respan.") ||
					strings.HasPrefix(key, "traceloop.") || strings.HasPrefix(key, "gen_ai.usage.")
				if !own {
					delete(attrs, key)
				}
			}
		}
		return got
	}
	released, newest := tell(semconv.Released), tell(semconv.Newest)
	assert.Equal(t, `{"stringValue":"high"}`, newest.respan["llm.request.reasoning_effort"])
	delete(released.respan, "llm.top_k") // the number is a double in one and an int in the other
	assert.Equal(t, `{"intValue":"40"}`, newest.respan["llm.top_k"])
	delete(newest.respan, "llm.top_k")
	assert.Equal(t, released, newest)
}

func TestVocabularyIsThatOfCallsAndObservations(t *testing.T) {
	for _, v := range []semconv.Vocabulary{semconv.Released, semconv.Newest} {
		p := startProducts(t, WithVocabulary(v))
		_, err := Observe(t.Context(), "answer", 0, func(ctx context.Context, _ int) (int, error) {
			p.effort(ctx, t)
			return 0, nil
		}, AsWorkflow())
		require.NoError(t, err)
		require.NoError(t, p.Flush(t.Context()))
		spans := 0
		for _, r := range p.withoutContent.ResourceSpans() {
			for _, s := range r.GetScopeSpans() {
				spans += len(s.GetSpans())
				assert.Equal(t, v.SchemaURL(), s.GetSchemaUrl(), s.GetScope().GetName())
			}
		}
		assert.Equal(t, 2, spans)
		call := wire(t, p.withoutContent)["chat mistral-small-latest"]
		assert.Equal(t, v == semconv.Newest, call["gen_ai.request.reasoning.level"] != "")
		assert.Equal(t, v == semconv.Released, call["mistral_ai.request.reasoning_effort"] != "")
	}
}
