// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// The names that Langfuse reads.
const (
	typeKey            = attribute.Key("langfuse.observation.type")
	inputKey           = attribute.Key("langfuse.observation.input")
	outputKey          = attribute.Key("langfuse.observation.output")
	levelKey           = attribute.Key("langfuse.observation.level")
	statusMessageKey   = attribute.Key("langfuse.observation.status_message")
	completionStartKey = attribute.Key("langfuse.observation.completion_start_time")
	modelNameKey       = attribute.Key("langfuse.observation.model.name")
	costDetailsKey     = attribute.Key("langfuse.observation.cost_details")
	promptNameKey      = attribute.Key("langfuse.observation.prompt.name")
	promptVersionKey   = attribute.Key("langfuse.observation.prompt.version")

	sessionIDKey   = attribute.Key("langfuse.session.id")
	traceNameKey   = attribute.Key("langfuse.trace.name")
	tagsKey        = attribute.Key("langfuse.trace.tags")
	environmentKey = attribute.Key("langfuse.environment")
	releaseKey     = attribute.Key("langfuse.release")
	versionKey     = attribute.Key("langfuse.version")
	appRootKey     = attribute.Key("langfuse.internal.is_app_root")

	observationMetadataPrefix = "langfuse.observation.metadata."
	traceMetadataPrefix       = "langfuse.trace.metadata."
)

const (
	serviceVersionKey = attribute.Key("service.version")

	usagePrefix = "gen_ai.usage."
)

// renamed lists what Langfuse has another name for, for every span.
var renamed = [...]struct{ from, to attribute.Key }{
	{semconv.UserIDKey, "langfuse.user.id"},
	{semconv.CustomerNameKey, traceMetadataPrefix + "customer_name"},
	{semconv.CustomerEmailKey, traceMetadataPrefix + "customer_email"},
	{semconv.GroupKey, traceMetadataPrefix + "group"},
	{semconv.CustomIDKey, traceMetadataPrefix + "custom_id"},
	{semconv.WorkflowNameKey, observationMetadataPrefix + "workflow"},
	{semconv.ObservationPathKey, observationMetadataPrefix + "path"},
}

// moved are the attributes whose content is said in Langfuse's words. To keep
// them would store it twice.
var moved = map[attribute.Key]bool{
	semconv.GenAIInputMessagesKey:      true,
	semconv.GenAIOutputMessagesKey:     true,
	semconv.GenAIToolDefinitionsKey:    true,
	semconv.GenAISystemInstructionsKey: true,
	semconv.GenAIToolCallArgumentsKey:  true,
	semconv.GenAIToolCallResultKey:     true,
	semconv.GenAIRetrievalQueryTextKey: true,
	semconv.GenAIRetrievalDocumentsKey: true,
	semconv.UserIDKey:                  true,
	semconv.SessionIDKey:               true,
}

// tokenCounts are what may stand under gen_ai.usage. Langfuse takes any other
// number there for tokens too, and adds it to their total.
var tokenCounts = map[attribute.Key]bool{
	semconv.GenAIUsageInputTokensKey:           true,
	semconv.GenAIUsageOutputTokensKey:          true,
	semconv.GenAIUsageCacheReadInputTokensKey:  true,
	semconv.GenAIUsageReasoningOutputTokensKey: true,
	"gen_ai.usage.cache_creation.input_tokens": true,
}

// misread are names that Langfuse takes for the input or output of a span.
var misread = map[attribute.Key]bool{"input": true, "output": true, "prompt": true, "events": true}

// reserved are names of metadata that Langfuse fills itself.
var reserved = map[string]bool{"scope": true, "attributes": true, "resourceAttributes": true}

// Types of observations.
const (
	typeSpan       = "span"
	typeGeneration = "generation"
	typeEmbedding  = "embedding"
	typeAgent      = "agent"
	typeTool       = "tool"
	typeChain      = "chain"
	typeRetriever  = "retriever"
	typeGuardrail  = "guardrail"
	typeEvaluator  = "evaluator"
)

// observationTypes has the values of [semconv.ObservationTypeKey].
var observationTypes = map[string]string{
	semconv.ObservationSpan:       typeSpan,
	semconv.ObservationWorkflow:   typeChain,
	semconv.ObservationTask:       typeSpan,
	semconv.ObservationAgent:      typeAgent,
	semconv.ObservationTool:       typeTool,
	semconv.ObservationGeneration: typeGeneration,
	semconv.ObservationEmbedding:  typeEmbedding,
	semconv.ObservationRetriever:  typeRetriever,
	semconv.ObservationGuardrail:  typeGuardrail,
	semconv.ObservationEvaluator:  typeEvaluator,
}

// operationTypes has the values of [semconv.GenAIOperationNameKey], and for calls
// that the conventions have no operation for those of
// [semconv.MistralOperationKey]. What is not here is a generation if it names a
// model, else a span.
var operationTypes = map[string]string{
	semconv.OperationChat:            typeGeneration,
	semconv.OperationTextCompletion:  typeGeneration,
	semconv.OperationGenerateContent: typeGeneration,
	semconv.OperationEmbeddings:      typeEmbedding,
	semconv.OperationExecuteTool:     typeTool,
	semconv.OperationInvokeWorkflow:  typeChain,
	semconv.OperationRetrieval:       typeRetriever,
	semconv.RouteModeration:          typeGuardrail,
	semconv.RouteChatModeration:      typeGuardrail,
	semconv.RouteClassification:      typeGuardrail,
	semconv.RouteChatClassification:  typeGuardrail,
	// What other libraries say.
	"rerank":         typeRetriever,
	"moderation":     typeGuardrail,
	"classification": typeGuardrail,
}

// agentOperations are the ones that concern an agent of the provider's. Langfuse
// drops model, tokens and cost of spans that say some of them.
var agentOperations = map[string]bool{
	semconv.OperationInvokeAgent: true, semconv.OperationCreateAgent: true, "agent_step": true,
}
