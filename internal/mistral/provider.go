// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"strings"

	"github.com/otelmistral/otelmistral/semconv"
)

// isMistral tells whether host is one of Mistral's own.
func isMistral(host string) bool { return inDomain(host, "mistral.ai") }

// isAzure tells whether host serves models of Azure AI, Mistral's among them.
// openai.azure.com, which does not, is another domain.
func isAzure(host string) bool { return inDomain(host, "ai.azure.com") }

// isVertex tells whether host is one of Vertex AI's, such as
// europe-west4-aiplatform.googleapis.com.
func isVertex(host string) bool {
	region, ok := strings.CutSuffix(host, "aiplatform.googleapis.com")
	return ok && (region == "" || region[len(region)-1] == '-')
}

// foreign lists the domains of other providers. Their APIs have paths like
// Mistral's, but they are not ours to describe.
var foreign = []string{
	"openai.com", "openai.azure.com", "anthropic.com", "googleapis.com", "amazonaws.com",
	"cohere.com", "cohere.ai", "groq.com", "deepseek.com", "x.ai", "perplexity.ai",
	"moonshot.ai", "moonshot.cn", "aliyuncs.com", "ai21.com", "cerebras.ai",
}

func isForeign(host string) bool { return inAny(host, foreign) }

// gateways lists the domains of services besides Respan that pass requests on
// to many providers.
var gateways = []string{
	"openrouter.ai", "together.xyz", "together.ai", "fireworks.ai",
	"huggingface.co", "ai-gateway.vercel.sh", "gateway.ai.cloudflare.com", "portkey.ai", "requesty.ai",
}

func inAny(host string, domains []string) bool {
	for _, d := range domains {
		if inDomain(host, d) {
			return true
		}
	}
	return false
}

func inDomain(host, domain string) bool {
	rest, ok := strings.CutSuffix(host, domain)
	return ok && (rest == "" || rest[len(rest)-1] == '.')
}

// families names the provider of a model by the beginning of the model's name.
// The first match counts.
var families = []struct{ prefix, provider string }{
	{"mistral", semconv.ProviderMistralAI},
	{"ministral", semconv.ProviderMistralAI},
	{"magistral", semconv.ProviderMistralAI},
	{"codestral", semconv.ProviderMistralAI},
	{"devstral", semconv.ProviderMistralAI},
	{"pixtral", semconv.ProviderMistralAI},
	{"voxtral", semconv.ProviderMistralAI},
	{"mixtral", semconv.ProviderMistralAI},
	{"mathstral", semconv.ProviderMistralAI},
	{"open-mistral", semconv.ProviderMistralAI},
	{"open-mixtral", semconv.ProviderMistralAI},
	{"open-codestral", semconv.ProviderMistralAI},
	{"gpt-", semconv.ProviderOpenAI},
	{"chatgpt-", semconv.ProviderOpenAI},
	{"o1", semconv.ProviderOpenAI},
	{"o3", semconv.ProviderOpenAI},
	{"o4-", semconv.ProviderOpenAI},
	{"text-embedding-", semconv.ProviderOpenAI},
	{"claude", semconv.ProviderAnthropic},
	{"gemini", semconv.ProviderGCPGemini},
	{"command", semconv.ProviderCohere},
	{"deepseek", semconv.ProviderDeepseek},
	{"grok", semconv.ProviderXAI},
	{"sonar", semconv.ProviderPerplexity},
	// Known, and the conventions have no name for their makers.
	{"llama", semconv.ProviderOther},
	{"meta-llama", semconv.ProviderOther},
	{"qwen", semconv.ProviderOther},
	{"gemma", semconv.ProviderOther},
	{"phi-", semconv.ProviderOther},
	{"kimi", semconv.ProviderOther},
	{"glm-", semconv.ProviderOther},
}

func family(model string) (provider string, ok bool) {
	model = strings.TrimPrefix(model, "ft:")
	model = model[strings.LastIndexByte(model, '/')+1:]
	for _, f := range families {
		if len(model) >= len(f.prefix) && strings.EqualFold(model[:len(f.prefix)], f.prefix) {
			return f.provider, true
		}
	}
	return "", false
}

// Provider is the gen_ai.provider.name of a call: Mistral on Mistral's hosts,
// the cloud on a cloud's; elsewhere the family of the model decides, then what the user configured. A
// server that is not known is taken for a Mistral-compatible one, a gateway is
// not.
func Provider(host, model, configured string) string {
	switch {
	case isMistral(host):
		return semconv.ProviderMistralAI
	case isAzure(host):
		return semconv.ProviderAzureAIInference
	case isVertex(host):
		return semconv.ProviderGCPVertexAI
	}
	if p, ok := family(model); ok {
		return p
	}
	if configured != "" {
		return configured
	}
	if isRespan(host) || inAny(host, gateways) {
		return semconv.ProviderOther
	}
	return semconv.ProviderMistralAI
}
