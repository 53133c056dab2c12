// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestMatchFindsCallsToAModel(t *testing.T) {
	configured := map[string]bool{"gateway.example": true, "api.openai.com": true}
	for _, tt := range []struct {
		method, host, path string
		want               string
	}{
		{"POST", "api.mistral.ai", "/v1/chat/completions", "chat"},
		{"POST", "api.eu.mistral.ai", "/v1/chat/completions", "chat"},
		{"POST", "codestral.mistral.ai", "/v1/chat/completions", "chat"},
		{"POST", "127.0.0.1", "/chat/completions", "chat"},
		{"POST", "vllm.internal", "/any/prefix/v1/chat/completions", "chat"},
		{"POST", "gateway.example", "/v1/chat/completions", "chat"},
		{"POST", "api.openai.com", "/v1/chat/completions", "chat"}, // the user says so
		{"POST", "x.services.ai.azure.com", "/models/chat/completions", "chat"},
		{"POST", "x.models.ai.azure.com", "/v1/chat/completions", "chat"},
		{"POST", "codestral.mistral.ai", "/v1/fim/completions", "text_completion"},
		{"POST", "vllm.internal", "/v1/fim/completions", "text_completion"},
		{"POST", "api.mistral.ai", "/v1/agents/completions", "invoke_agent"},
		{"POST", "gateway.example", "/mistral/v1/agents/completions", "invoke_agent"},
		{"POST", "vllm.internal", "/v1/agents/completions", ""}, // somebody else's
		{"POST", "api.mistral.ai", "/agents/completions", ""},
		{"POST", "api.mistral.ai", "/v1/conversations", "invoke_agent"},
		{"POST", "api.mistral.ai", "/v1/conversations/c1", "invoke_agent"},
		{"POST", "api.mistral.ai", "/v1/conversations/c1/restart", "invoke_agent"},
		{"POST", "vllm.internal", "/v1/conversations", ""},
		{"GET", "api.mistral.ai", "/v1/conversations/c1", ""},
		{"DELETE", "api.mistral.ai", "/v1/conversations/c1", ""},
		{"GET", "api.mistral.ai", "/v1/conversations/c1/history", ""},
		{"POST", "api.mistral.ai", "/v1/conversations/c1/other", ""},
		{"POST", "api.mistral.ai", "/v1/agents", "create_agent"},
		{"PATCH", "api.mistral.ai", "/v1/agents/a1", "create_agent"},
		{"POST", "api.mistral.ai", "/v1/agents/a1", ""},
		{"PATCH", "api.mistral.ai", "/v1/agents/a1/version", ""},
		{"GET", "api.mistral.ai", "/v1/agents", ""},
		{"POST", "api.mistral.ai", "/v1/connectors/c1/tools/t1/call", "execute_tool"},
		{"GET", "api.mistral.ai", "/v1/connectors/c1/tools", ""},
		{"POST", "api.mistral.ai", "/v1/workflows/w1/execute", "invoke_workflow"},
		{"GET", "api.mistral.ai", "/v1/chat/completions", ""},
		{"post", "api.mistral.ai", "/v1/chat/completions", ""},
		{"POST", "api.mistral.ai", "/v1/chat/completions/", ""},
		{"POST", "api.mistral.ai", "/v1/chat/moderations", ""},
		{"POST", "api.mistral.ai", "/v1/models", ""},
		{"POST", "api.mistral.ai", "", ""},
		{"POST", "api.mistral.ai", "/v1/xchat/completions", ""},
		{"POST", "api.groq.com", "/openai/v1/chat/completions", ""},
		{"POST", "x.openai.azure.com", "/v1/chat/completions", ""},
		{"POST", "notopenai.com", "/v1/chat/completions", "chat"},
		{"POST", "openai.com.example", "/v1/chat/completions", "chat"},
		{"POST", "x.services.ai.azure.com", "/providers/mistral/azure/ocr", "generate_content"},
		{"POST", "x.services.ai.azure.com", "/v1/ocr", ""}, // on the same host and with the same end, but no route there
	} {
		got := ""
		if route, ok := matchAt(tt.method, tt.host, tt.path, configured); ok {
			got = route.Operation
		}
		assert.Equal(t, tt.want, got, "%s %s%s", tt.method, tt.host, tt.path)
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	configured := map[string]bool{"gateway.example": true}
	openAI := &url.URL{Host: "api.openai.com", Path: "/v1/chat/completions"}
	gateway := &url.URL{Host: "gateway.example", Path: "/v1/chat/completions"}
	other := &url.URL{Host: "service.internal", Path: "/v1/things"}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		for _, u := range []*url.URL{openAI, gateway, other} {
			Match("POST", u, configured)
		}
	}))
}

func TestProviderIsTheModelsFamilyButForMistralsHosts(t *testing.T) {
	for _, tt := range []struct {
		host, model, configured string
		want                    string
	}{
		{"api.mistral.ai", "mistral-small-latest", "", semconv.ProviderMistralAI},
		{"api.mistral.ai", "gpt-4o", "openai", semconv.ProviderMistralAI},
		{"api.mistral.ai", "", "", semconv.ProviderMistralAI},
		{"x.services.ai.azure.com", "mistral-large", "acme", semconv.ProviderAzureAIInference},
		{"x.models.ai.azure.com", "azureai", "", semconv.ProviderAzureAIInference},
		{"europe-west4-aiplatform.googleapis.com", "mistral-small-2503", "", semconv.ProviderGCPVertexAI},
		{"vllm.internal", "", "", semconv.ProviderMistralAI},
		{"vllm.internal", "my-finetune", "", semconv.ProviderMistralAI},
		{"vllm.internal", "my-finetune", "acme", "acme"},
		{"vllm.internal", "mistralai/Mistral-7B-Instruct-v0.3", "acme", semconv.ProviderMistralAI},
		{"openrouter.ai", "mistralai/mistral-large", "", semconv.ProviderMistralAI},
		{"openrouter.ai", "Ministral-8B", "", semconv.ProviderMistralAI},
		{"openrouter.ai", "magistral-small", "", semconv.ProviderMistralAI},
		{"openrouter.ai", "codestral-2508", "", semconv.ProviderMistralAI},
		{"openrouter.ai", "ft:open-mistral-7b:x", "", semconv.ProviderMistralAI},
		{"openrouter.ai", "openai/gpt-4o", "", semconv.ProviderOpenAI},
		{"openrouter.ai", "anthropic/claude-sonnet-4", "", semconv.ProviderAnthropic},
		{"openrouter.ai", "google/gemini-2.5-pro", "", semconv.ProviderGCPGemini},
		{"openrouter.ai", "x-ai/grok-4", "", semconv.ProviderXAI},
		{"openrouter.ai", "meta-llama/llama-4", "", semconv.ProviderOther},
		{"openrouter.ai", "acme/unheard-of", "", semconv.ProviderOther},
		{"openrouter.ai", "acme/unheard-of", "acme", "acme"},
		{"api.respan.ai", "", "", semconv.ProviderOther},
	} {
		assert.Equal(t, tt.want, Provider(tt.host, tt.model, tt.configured), "%+v", tt)
	}
}

func TestPatternsAreComparedBySegments(t *testing.T) {
	for _, tt := range []struct {
		path, pattern string
		want          bool
	}{
		{"/v1/a", "/v1/a", true},
		{"/x/v1/a", "/v1/a", true},
		{"v1/a", "/v1/a", false},
		{"/xv1/a", "/v1/a", false},
		{"/v1/a/", "/v1/a", false},
		{"/v1/a/7/b", "/v1/a/*/b", true},
		{"/v1/a//b", "/v1/a/*/b", false},
		{"/v1/a/7/8/b", "/v1/a/*/b", false},
		{"/v1/a/7", "/v1/a/*", true},
		{"/v1/a/", "/v1/a/*", false},
		{"/models/m:predict", "/models/*:predict", true},
		{"/models/:predict", "/models/*:predict", false},
		{"/models/m:other", "/models/*:predict", false},
		{"", "/a", false},
	} {
		assert.Equal(t, tt.want, endsWith(tt.path, tt.pattern), "%s, %s", tt.path, tt.pattern)
	}
}
