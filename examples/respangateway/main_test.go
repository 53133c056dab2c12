// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

// detour sends what is for the real gateway to one on loopback, so that the spans
// have the name of the real one.
type detour struct {
	to      string
	network *http.Transport
}

func (d detour) RoundTrip(req *http.Request) (*http.Response, error) {
	to, err := url.Parse(d.to)
	if err != nil {
		return nil, err
	}
	turned := req.Clone(req.Context())
	turned.URL.Scheme, turned.URL.Host = to.Scheme, to.Host
	return d.network.RoundTrip(turned)
}

const (
	respanKey   = "respan-secret"
	providerKey = "provider-secret"
)

func start(t *testing.T) (*instrumentationtest.Env, *testserver.Mistral, gateway) {
	env := instrumentationtest.New(t)
	server := testserver.NewMistral(testserver.WithRespanGateway(), testserver.WithAnswer(func(string) string { return "Hello! Bonjour!" }))
	network := &http.Transport{}
	t.Cleanup(func() {
		server.Close()
		network.CloseIdleConnections()
	})
	return env, server, gateway{
		client:      &http.Client{Transport: env.Instrumentation().Transport(detour{server.URL, network})},
		baseURL:     "https://api.respan.ai",
		key:         respanKey,
		credentials: map[string]string{"mistral": providerKey},
		user:        "user_123",
		thread:      "conversation_456",
	}
}

func TestModelsOfAllProvidersAreRecordedAsTheirOwn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ model, provider, answeredBy string }{
		{"mistral-large-latest", semconv.ProviderMistralAI, "mistral-large-2512"},
		{"mistral/mistral-small-latest", semconv.ProviderMistralAI, "mistral-small-2512"},
		{"claude-sonnet-4-5-20250929", semconv.ProviderAnthropic, "claude-sonnet-4-5-20250929"},
		{"gpt-4o", semconv.ProviderOpenAI, "gpt-4o"},
		{"qwen3-max", semconv.ProviderOther, "qwen3-max"},
	} {
		t.Run(tt.model, func(t *testing.T) {
			t.Parallel()
			env, _, g := start(t)
			var answer strings.Builder
			require.NoError(t, g.ask(env.Context(), tt.model, "Hello?", func(text string) { answer.WriteString(text) }))
			assert.Equal(t, "Hello! Bonjour!", answer.String())

			require.Equal(t, []string{"chat " + tt.model}, exampletest.Paths(env.Spans()))
			call := env.Spans()[0]
			assert.Equal(t, tt.provider, call.Attr(semconv.GenAIProviderNameKey).AsString())
			assert.Equal(t, "api.respan.ai", call.Attr(semconv.ServerAddressKey).AsString())
			assert.Equal(t, tt.model, call.Attr(semconv.GenAIRequestModelKey).AsString())
			assert.Equal(t, tt.answeredBy, call.Attr(semconv.GenAIResponseModelKey).AsString())
		})
	}
}

func TestStreamWithoutDoneIsComplete(t *testing.T) {
	t.Parallel()
	env, _, g := start(t)
	require.NoError(t, g.ask(env.Context(), "mistral-large-latest", "Hello?", func(string) {}))
	call := env.Spans()[0]
	assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
	assert.Equal(t, []string{"stop"}, call.Attr(semconv.GenAIResponseFinishReasonsKey).AsStringSlice())
	assert.Positive(t, call.Attr(semconv.GenAIUsageOutputTokensKey).AsInt64())
	require.Len(t, call.Output(), 1)
	assert.Equal(t, "Hello! Bonjour!", call.Output()[0].Text())
}

func TestCredentialsAreSentButNotRecorded(t *testing.T) {
	t.Parallel()
	env, server, g := start(t)
	require.NoError(t, g.ask(env.Context(), "mistral-large-latest", "Hello?", func(string) {}))
	require.Len(t, server.Requests(), 1)
	assert.Contains(t, string(server.Requests()[0].Body), providerKey)
	assert.Equal(t, "Bearer "+respanKey, server.Requests()[0].Header.Get("Authorization"))
	for _, s := range env.Spans() {
		for _, kv := range s.Attributes() {
			assert.NotContains(t, kv.Value.String(), providerKey, "%s: %s", s.Name(), kv.Key)
			assert.NotContains(t, kv.Value.String(), respanKey, "%s: %s", s.Name(), kv.Key)
		}
	}
}

func TestTheSpanAndTheGatewayHearTheSameOfTheUser(t *testing.T) {
	t.Parallel()
	env, server, g := start(t)
	require.NoError(t, g.ask(env.Context(), "mistral-large-latest", "Hello?", func(string) {}))
	body := string(server.Requests()[0].Body)
	assert.Contains(t, body, `"customer_identifier":"user_123"`)
	assert.Contains(t, body, `"thread_identifier":"conversation_456"`)
	assert.Contains(t, body, `"disable_log":true`)
	call := env.Spans()[0]
	assert.Equal(t, "user_123", call.Attr(semconv.UserIDKey).AsString())
	assert.Equal(t, "conversation_456", call.Attr(semconv.GenAIConversationIDKey).AsString())
	assert.Equal(t, "greeting", call.Attr(semconv.MetadataPrefix+"feature").AsString())
	assert.Regexp(t, "^log-", call.Attr(semconv.MistralGatewayLogIDKey).AsString())
	assert.Regexp(t, "^req-", call.Attr(semconv.MistralGatewayRequestIDKey).AsString())
}

func TestUnknownModelFails(t *testing.T) {
	t.Parallel()
	env, _, g := start(t)
	require.ErrorContains(t, g.ask(env.Context(), "no-such-model", "Hello?", func(string) {}), "404")
	spans := env.Spans()
	require.Len(t, spans, 1)
	assert.Equal(t, semconv.OutcomeRefused, spans[0].Outcome())
	assert.Equal(t, semconv.ProviderOther, spans[0].Attr(semconv.GenAIProviderNameKey).AsString(), "not Mistral's")
	assert.Equal(t, codes.Error, spans[0].Status().Code)
}

func TestProgramAsksModelsOfTwoProviders(t *testing.T) {
	out := exampletest.Run(t, program)
	for _, model := range models {
		assert.Contains(t, out, "\n"+model+": "+program.Answers[question]+"\n")
	}
}
