// SPDX-License-Identifier: Apache-2.0

package semconv

import "go.opentelemetry.io/otel/attribute"

// Vocabulary is the state of the GenAI conventions whose names telemetry
// carries. It is one or the other, never both. The zero value is [Released].
type Vocabulary uint8

const (
	// Released: version 1.41.0, the last release that has the GenAI names.
	Released Vocabulary = iota
	// Newest: the registry of its own that the names have since moved to. It has
	// no release, so these names may change with any version of this library.
	//
	// https://github.com/open-telemetry/semantic-conventions-genai
	Newest
)

// SchemaURLNewest names the state of the registry that [Newest] follows. Nothing
// is published at that address yet.
const SchemaURLNewest = "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev"

// SchemaURL is the schema URL of telemetry in this vocabulary.
func (v Vocabulary) SchemaURL() string {
	if v == Newest {
		return SchemaURLNewest
	}
	return SchemaURL
}

// newestRegistry is where the definitions are that no release has.
const newestRegistry = "https://github.com/open-telemetry/semantic-conventions-genai"

// Keys that only [Newest] has.
const (
	// GenAITokenModalityKey is the kind of content that tokens stand for, for
	// example [TokenModalityAudio]. On metrics only.
	//
	// https://github.com/open-telemetry/semantic-conventions-genai
	GenAITokenModalityKey = attribute.Key("gen_ai.token.modality")

	// GenAIRequestReasoningLevelKey is the reasoning effort sent, which [Released]
	// calls [MistralRequestReasoningEffortKey].
	//
	// https://github.com/open-telemetry/semantic-conventions-genai
	GenAIRequestReasoningLevelKey = attribute.Key("gen_ai.request.reasoning.level")

	// GenAIUsageAudioInputTokensKey is the input tokens for audio, which [Released]
	// calls [MistralUsageAudioTokensKey].
	//
	// https://github.com/open-telemetry/semantic-conventions-genai
	GenAIUsageAudioInputTokensKey = attribute.Key("gen_ai.usage.audio.input_tokens")
)

// newest describes the keys that only [Newest] has.
var newest = [...]Attribute{
	{GenAITokenModalityKey, TypeString, "", false, newestRegistry, "Kind of content that tokens stand for, on metrics"},
	{GenAIRequestReasoningLevelKey, TypeString, "", false, newestRegistry, "Reasoning effort sent"},
	{GenAIUsageAudioInputTokensKey, TypeInt, UnitTokens, false, newestRegistry, "Input tokens for audio"},
}
