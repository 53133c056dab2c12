// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ask sends a chat request to the path of a gateway.
func ask(t testing.TB, path, key, body string) answered {
	m := newMistral(t, WithRespanGateway())
	return post(t, newClient(t), m.URL+path, body, "Authorization", key, "Content-Type", "application/json")
}

func TestGatewayAnswersForAnyProvider(t *testing.T) {
	for model, want := range map[string]string{
		"mistral/mistral-small-latest": "mistral-small-2512",
		"mistral-large-latest":         "mistral-large-2512",
		"gpt-4o":                       "gpt-4o",
	} {
		for _, path := range []string{"/api/chat/completions", "/api/v1/chat/completions"} {
			got := ask(t, path, "Bearer k", `{"model":"`+model+`","messages":[{"role":"user","content":"What is the capital of France?"}]}`)
			require.Equal(t, 200, got.StatusCode, got.body)
			whole := decoded(t, got.body)
			assert.Equal(t, want, whole["model"])
			assert.Equal(t, "The capital of France is **Paris**.", at(t, whole, "choices", 0, "message", "content"))
			assert.Regexp(t, `^log-.{32}$`, got.Header.Get("X-Respan-Log-Id"))
			assert.Regexp(t, `^req-.{32}$`, got.Header.Get("X-Respan-Gateway-Request-Id"))
			assert.Empty(t, got.Header.Get("Mistral-Correlation-Id"))
		}
	}
}

func TestGatewayStreamsWithoutDone(t *testing.T) {
	const start = `{"model":"mistral-small-latest","stream":true,"messages":[{"role":"user","content":"Hello"}]`
	cases := map[string]struct {
		extra                    string
		wantUsage, wantBreakdown bool
	}{
		"by default":            {"}", false, false},
		"with usage":            {`,"stream_options":{"include_usage":true}}`, true, false},
		"with usage, breakdown": {`,"stream_options":{"include_usage":true},"request_breakdown":true}`, true, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := ask(t, "/api/chat/completions", "Bearer k", start+c.extra)
			assert.NotContains(t, got.body, "[DONE]")
			assert.NotEmpty(t, got.Header.Get("X-Respan-Log-Id"))
			assert.Equal(t, c.wantUsage, strings.Contains(got.body, `"usage"`))
			chunks := chunksWithoutDone(t, got.body)
			last := chunks[len(chunks)-1]
			if c.wantBreakdown {
				assert.Equal(t, "extra_parameter", last["model"])
				last = chunks[len(chunks)-2]
			}
			assert.Equal(t, "mistral-small-2512", last["model"])
			assert.Equal(t, "stop", at(t, last, "choices", 0, "finish_reason"))
		})
	}
}

func chunksWithoutDone(t testing.TB, body string) []map[string]any {
	var chunks []map[string]any
	for _, event := range splitEvents(body) {
		chunks = append(chunks, decoded(t, strings.TrimPrefix(event, "data: ")))
	}
	require.NotEmpty(t, chunks)
	return chunks
}

func TestGatewayRefuses(t *testing.T) {
	const sound = `{"model":"gpt-4o","messages":[]}`
	for name, c := range map[string]struct {
		path, key, body string
		want            int
	}{
		"no /api":       {"/v1/chat/completions", "Bearer k", sound, 404},
		"no key":        {"/api/chat/completions", "", sound, 401},
		"a wrong key":   {"/api/chat/completions", "Bearer invalid", sound, 401},
		"unknown model": {"/api/chat/completions", "Bearer k", `{"model":"no-such-model","messages":[]}`, 404},
		"no messages":   {"/api/chat/completions", "Bearer k", `{"model":"gpt-4o"}`, 400},
		"no JSON":       {"/api/chat/completions", "Bearer k", `{`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			got := ask(t, c.path, c.key, c.body)
			assert.Equal(t, c.want, got.StatusCode, got.body)
			assert.NotEmpty(t, decoded(t, got.body))
		})
	}
}
