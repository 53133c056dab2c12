// SPDX-License-Identifier: Apache-2.0

package semconv_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	upstream "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestSchemaURLIsThatOfTheConventions(t *testing.T) {
	assert.Equal(t, upstream.SchemaURL, semconv.SchemaURL)
}

// An attribute that upstream makes tells the type as well as the key. Only for
// the type any upstream makes none: those are JSON strings here.
func TestKeysAreThoseOfTheConventions(t *testing.T) {
	tests := []struct {
		own, upstream attribute.Key
		made          attribute.KeyValue
	}{
		{semconv.GenAIOperationNameKey, upstream.GenAIOperationNameKey, upstream.GenAIOperationNameChat},
		{semconv.GenAIProviderNameKey, upstream.GenAIProviderNameKey, upstream.GenAIProviderNameMistralAI},
		{semconv.GenAIRequestModelKey, upstream.GenAIRequestModelKey, upstream.GenAIRequestModel("")},
		{semconv.GenAIRequestTemperatureKey, upstream.GenAIRequestTemperatureKey, upstream.GenAIRequestTemperature(0)},
		{semconv.GenAIRequestTopPKey, upstream.GenAIRequestTopPKey, upstream.GenAIRequestTopP(0)},
		{semconv.GenAIRequestTopKKey, upstream.GenAIRequestTopKKey, upstream.GenAIRequestTopK(0)},
		{semconv.GenAIRequestMaxTokensKey, upstream.GenAIRequestMaxTokensKey, upstream.GenAIRequestMaxTokens(0)},
		{semconv.GenAIRequestPresencePenaltyKey, upstream.GenAIRequestPresencePenaltyKey, upstream.GenAIRequestPresencePenalty(0)},
		{semconv.GenAIRequestFrequencyPenaltyKey, upstream.GenAIRequestFrequencyPenaltyKey, upstream.GenAIRequestFrequencyPenalty(0)},
		{semconv.GenAIRequestStopSequencesKey, upstream.GenAIRequestStopSequencesKey, upstream.GenAIRequestStopSequences("")},
		{semconv.GenAIRequestSeedKey, upstream.GenAIRequestSeedKey, upstream.GenAIRequestSeed(0)},
		{semconv.GenAIRequestChoiceCountKey, upstream.GenAIRequestChoiceCountKey, upstream.GenAIRequestChoiceCount(0)},
		{semconv.GenAIRequestStreamKey, upstream.GenAIRequestStreamKey, upstream.GenAIRequestStream(true)},
		{semconv.GenAIOutputTypeKey, upstream.GenAIOutputTypeKey, upstream.GenAIOutputTypeText},
		{semconv.GenAIResponseIDKey, upstream.GenAIResponseIDKey, upstream.GenAIResponseID("")},
		{semconv.GenAIResponseModelKey, upstream.GenAIResponseModelKey, upstream.GenAIResponseModel("")},
		{semconv.GenAIResponseFinishReasonsKey, upstream.GenAIResponseFinishReasonsKey, upstream.GenAIResponseFinishReasons("")},
		{semconv.GenAIResponseTimeToFirstChunkKey, upstream.GenAIResponseTimeToFirstChunkKey, upstream.GenAIResponseTimeToFirstChunk(0)},
		{semconv.GenAIUsageInputTokensKey, upstream.GenAIUsageInputTokensKey, upstream.GenAIUsageInputTokens(0)},
		{semconv.GenAIUsageOutputTokensKey, upstream.GenAIUsageOutputTokensKey, upstream.GenAIUsageOutputTokens(0)},
		{semconv.GenAIUsageCacheReadInputTokensKey, upstream.GenAIUsageCacheReadInputTokensKey, upstream.GenAIUsageCacheReadInputTokens(0)},
		{semconv.GenAIUsageReasoningOutputTokensKey, upstream.GenAIUsageReasoningOutputTokensKey, upstream.GenAIUsageReasoningOutputTokens(0)},
		{semconv.GenAIInputMessagesKey, upstream.GenAIInputMessagesKey, upstream.GenAIInputMessagesKey.String("")},
		{semconv.GenAIOutputMessagesKey, upstream.GenAIOutputMessagesKey, upstream.GenAIOutputMessagesKey.String("")},
		{semconv.GenAIToolDefinitionsKey, upstream.GenAIToolDefinitionsKey, upstream.GenAIToolDefinitionsKey.String("")},
		{semconv.GenAIAgentIDKey, upstream.GenAIAgentIDKey, upstream.GenAIAgentID("")},
		{semconv.GenAIAgentNameKey, upstream.GenAIAgentNameKey, upstream.GenAIAgentName("")},
		{semconv.GenAIAgentDescriptionKey, upstream.GenAIAgentDescriptionKey, upstream.GenAIAgentDescription("")},
		{semconv.GenAIAgentVersionKey, upstream.GenAIAgentVersionKey, upstream.GenAIAgentVersion("")},
		{semconv.GenAISystemInstructionsKey, upstream.GenAISystemInstructionsKey, upstream.GenAISystemInstructionsKey.String("")},
		{semconv.GenAIToolTypeKey, upstream.GenAIToolTypeKey, upstream.GenAIToolType("")},
		{semconv.GenAIToolCallArgumentsKey, upstream.GenAIToolCallArgumentsKey, upstream.GenAIToolCallArgumentsKey.String("")},
		{semconv.GenAIToolCallResultKey, upstream.GenAIToolCallResultKey, upstream.GenAIToolCallResultKey.String("")},
		{semconv.GenAIWorkflowNameKey, upstream.GenAIWorkflowNameKey, upstream.GenAIWorkflowName("")},
		{semconv.GenAIEmbeddingsDimensionCountKey, upstream.GenAIEmbeddingsDimensionCountKey, upstream.GenAIEmbeddingsDimensionCount(0)},
		{semconv.GenAIRequestEncodingFormatsKey, upstream.GenAIRequestEncodingFormatsKey, upstream.GenAIRequestEncodingFormats("")},
		{semconv.GenAIRetrievalQueryTextKey, upstream.GenAIRetrievalQueryTextKey, upstream.GenAIRetrievalQueryText("")},
		{semconv.GenAIRetrievalDocumentsKey, upstream.GenAIRetrievalDocumentsKey, upstream.GenAIRetrievalDocumentsKey.String("")},
		{semconv.UserIDKey, upstream.UserIDKey, upstream.UserID("")},
		{semconv.SessionIDKey, upstream.SessionIDKey, upstream.SessionID("")},
		{semconv.GenAIConversationIDKey, upstream.GenAIConversationIDKey, upstream.GenAIConversationID("")},
		{semconv.GenAIToolNameKey, upstream.GenAIToolNameKey, upstream.GenAIToolName("")},
		{semconv.GenAIToolCallIDKey, upstream.GenAIToolCallIDKey, upstream.GenAIToolCallID("")},
		{semconv.HTTPRequestResendCountKey, upstream.HTTPRequestResendCountKey, upstream.HTTPRequestResendCount(0)},
		{semconv.GenAITokenTypeKey, upstream.GenAITokenTypeKey, upstream.GenAITokenTypeInput},
		{semconv.ServerAddressKey, upstream.ServerAddressKey, upstream.ServerAddress("")},
		{semconv.ServerPortKey, upstream.ServerPortKey, upstream.ServerPort(0)},
		{semconv.ErrorTypeKey, upstream.ErrorTypeKey, upstream.ErrorTypeOther},
		{semconv.ExceptionTypeKey, upstream.ExceptionTypeKey, upstream.ExceptionType("")},
		{semconv.ExceptionMessageKey, upstream.ExceptionMessageKey, upstream.ExceptionMessage("")},
		{semconv.HTTPResponseStatusCodeKey, upstream.HTTPResponseStatusCodeKey, upstream.HTTPResponseStatusCode(0)},
	}
	types := map[attribute.Type]semconv.Type{
		attribute.STRING:      semconv.TypeString,
		attribute.INT64:       semconv.TypeInt,
		attribute.FLOAT64:     semconv.TypeDouble,
		attribute.BOOL:        semconv.TypeBoolean,
		attribute.STRINGSLICE: semconv.TypeStrings,
	}
	described := map[attribute.Key]semconv.Type{}
	for _, a := range semconv.Attributes() {
		own := strings.HasPrefix(string(a.Key), "mistral_ai.") || strings.HasPrefix(string(a.Key), "otelmistral.")
		released := a.Link != "https://github.com/open-telemetry/semantic-conventions-genai"
		if !own && released {
			described[a.Key] = a.Type
		}
	}
	for _, tt := range tests {
		assert.Equal(t, tt.upstream, tt.own)
		require.Equal(t, tt.upstream, tt.made.Key)
		assert.Equal(t, types[tt.made.Value.Type()], described[tt.own], tt.own)
		delete(described, tt.own)
	}
	assert.Empty(t, described, "keys of the conventions that this test does not compare")
}

func TestValuesAreThoseOfTheConventions(t *testing.T) {
	tests := []struct {
		own      string
		upstream attribute.KeyValue
	}{
		{semconv.OperationChat, upstream.GenAIOperationNameChat},
		{semconv.OperationTextCompletion, upstream.GenAIOperationNameTextCompletion},
		{semconv.OperationGenerateContent, upstream.GenAIOperationNameGenerateContent},
		{semconv.OperationEmbeddings, upstream.GenAIOperationNameEmbeddings},
		{semconv.OperationRetrieval, upstream.GenAIOperationNameRetrieval},
		{semconv.OperationCreateAgent, upstream.GenAIOperationNameCreateAgent},
		{semconv.OperationInvokeAgent, upstream.GenAIOperationNameInvokeAgent},
		{semconv.OperationInvokeWorkflow, upstream.GenAIOperationNameInvokeWorkflow},
		{semconv.OperationExecuteTool, upstream.GenAIOperationNameExecuteTool},
		{semconv.OutputTypeText, upstream.GenAIOutputTypeText},
		{semconv.OutputTypeJSON, upstream.GenAIOutputTypeJSON},
		{semconv.OutputTypeImage, upstream.GenAIOutputTypeImage},
		{semconv.OutputTypeSpeech, upstream.GenAIOutputTypeSpeech},
		{semconv.TokenTypeInput, upstream.GenAITokenTypeInput},
		{semconv.TokenTypeOutput, upstream.GenAITokenTypeOutput},
		{semconv.ProviderMistralAI, upstream.GenAIProviderNameMistralAI},
		{semconv.ProviderOpenAI, upstream.GenAIProviderNameOpenAI},
		{semconv.ProviderAnthropic, upstream.GenAIProviderNameAnthropic},
		{semconv.ProviderGCPGemini, upstream.GenAIProviderNameGCPGemini},
		{semconv.ProviderGCPVertexAI, upstream.GenAIProviderNameGCPVertexAI},
		{semconv.ProviderAWSBedrock, upstream.GenAIProviderNameAWSBedrock},
		{semconv.ProviderAzureAIInference, upstream.GenAIProviderNameAzureAIInference},
		{semconv.ProviderCohere, upstream.GenAIProviderNameCohere},
		{semconv.ProviderDeepseek, upstream.GenAIProviderNameDeepseek},
		{semconv.ProviderGroq, upstream.GenAIProviderNameGroq},
		{semconv.ProviderPerplexity, upstream.GenAIProviderNamePerplexity},
		{semconv.ProviderXAI, upstream.GenAIProviderNameXAI},
		{semconv.ProviderIBMWatsonxAI, upstream.GenAIProviderNameIBMWatsonxAI},
		{semconv.ErrorTypeOther, upstream.ErrorTypeOther},
		{semconv.ProviderOther, upstream.ErrorTypeOther}, // the conventions' word for "none of these"
	}
	for _, tt := range tests {
		assert.Equal(t, tt.upstream.Value.AsString(), tt.own)
	}
}
