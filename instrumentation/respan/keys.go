// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// The names that Respan reads. They are its own, or Traceloop's and OpenLLMetry's
// from before the GenAI conventions.
const (
	requestTypeKey = attribute.Key("llm.request.type") // makes Respan read prompts, model and tokens
	functionsKey   = attribute.Key("llm.request.functions")
	streamingKey   = attribute.Key("llm.is_streaming")
	systemKey      = attribute.Key("gen_ai.system")

	totalTokensKey = attribute.Key("llm.usage.total_tokens")

	logTypeKey   = attribute.Key("respan.entity.log_type")
	logMethodKey = attribute.Key("respan.entity.log_method")
	metadataKey  = attribute.Key("respan.metadata")

	spanKindKey     = attribute.Key("traceloop.span.kind")
	workflowNameKey = attribute.Key("traceloop.workflow.name")
	entityNameKey   = attribute.Key("traceloop.entity.name")
	entityPathKey   = attribute.Key("traceloop.entity.path")
	entityInputKey  = attribute.Key("traceloop.entity.input")
	entityOutputKey = attribute.Key("traceloop.entity.output")

	// The bare names are columns.
	streamKey           = attribute.Key("stream")
	statusCodeKey       = attribute.Key("status_code")
	timeToFirstTokenKey = attribute.Key("time_to_first_token") // in seconds

	// openAIFirstTokenKey is the older name of timeToFirstTokenKey.
	openAIFirstTokenKey = attribute.Key("llm.openai.chat_completions.streaming_time_to_first_token")
)

// copied lists what Respan has another name for, for model calls.
var copied = [...]struct{ from, to attribute.Key }{
	{semconv.GenAIUsageInputTokensKey, "gen_ai.usage.prompt_tokens"},
	{semconv.GenAIUsageOutputTokensKey, "gen_ai.usage.completion_tokens"},
	{semconv.GenAIUsageCacheReadInputTokensKey, "llm.usage.cache_read_input_tokens"},
	{semconv.GenAIUsageReasoningOutputTokensKey, "llm.usage.reasoning_tokens"},
	{semconv.GenAIRequestTopKKey, "llm.top_k"},
	{semconv.GenAIRequestFrequencyPenaltyKey, "llm.frequency_penalty"},
	{semconv.GenAIRequestPresencePenaltyKey, "llm.presence_penalty"},
	{semconv.GenAIRequestStopSequencesKey, "llm.chat.stop_sequences"},
	{semconv.MistralRequestReasoningEffortKey, "llm.request.reasoning_effort"},
	{semconv.GenAIRequestReasoningLevelKey, "llm.request.reasoning_effort"},
}

// identity lists what Respan calls the things that the context carries onto
// every span. The environment has two names: the bare one is the column, the
// other what Respan's SDKs send.
var identity = [...]struct{ from, to attribute.Key }{
	{semconv.UserIDKey, "respan.customer_params.customer_identifier"},
	{semconv.CustomerNameKey, "respan.customer_params.name"},
	{semconv.CustomerEmailKey, "respan.customer_params.email"},
	{semconv.GenAIConversationIDKey, "respan.threads.thread_identifier"},
	{semconv.SessionIDKey, "respan.sessions.session_identifier"},
	{semconv.GroupKey, "respan.trace.trace_group_identifier"},
	{semconv.CustomIDKey, "respan.span_params.custom_identifier"},
	{semconv.EnvironmentKey, "environment"},
	{semconv.EnvironmentKey, "respan.environment"},
}

// forbidden are names that Respan's span contract rules out. On a span of the
// application's own or of another library they become metadata.
var forbidden = map[attribute.Key]bool{
	"respan.span.tools": true, "respan.span.tool_calls": true, "respan.span.handoffs": true,
	"tools": true, "tool_calls": true, "model": true, "prompt_tokens": true, "completion_tokens": true,
	"total_request_tokens": true, "span_tools": true, "has_tool_calls": true, "parallel_tool_calls": true,
}

// kind is what Respan calls a span.
type kind struct {
	request string // llm.request.type, of model calls only
	log     string // respan.entity.log_type
	span    string // traceloop.span.kind, of observations only
}

var (
	chatKind      = kind{request: "chat", log: "chat"}
	embeddingKind = kind{request: "embedding", log: "embedding"}
	taskKind      = kind{log: "task", span: "task"}
	toolKind      = kind{log: "tool", span: "tool"}
	guardrailKind = kind{log: "guardrail"}
)

// observationKinds has the values of [semconv.ObservationTypeKey]. What Respan
// has no type for is a task.
var observationKinds = map[string]kind{
	semconv.ObservationWorkflow:   {log: "workflow", span: "workflow"},
	semconv.ObservationAgent:      {log: "agent", span: "agent"},
	semconv.ObservationTool:       toolKind,
	semconv.ObservationGuardrail:  {log: "guardrail", span: "task"},
	semconv.ObservationGeneration: chatKind,
	semconv.ObservationEmbedding:  embeddingKind,
}

// operationKinds has the values of [semconv.GenAIOperationNameKey], and for calls
// that the conventions have no operation for those of
// [semconv.MistralOperationKey], that Respan has a type for. A call of an agent is
// a call of its model.
var operationKinds = map[string]kind{
	semconv.OperationChat:            chatKind,
	semconv.OperationGenerateContent: chatKind,
	semconv.OperationInvokeAgent:     chatKind,
	semconv.OperationTextCompletion:  {request: "completion", log: "completion"},
	semconv.OperationEmbeddings:      embeddingKind,
	semconv.OperationExecuteTool:     toolKind,
	semconv.OperationRetrieval:       taskKind,
	semconv.OperationInvokeWorkflow:  {log: "workflow", span: "workflow"},
	semconv.RouteTranscription:       {log: "transcription"},
	semconv.RouteSpeech:              {log: "speech"},
	semconv.RouteModeration:          guardrailKind,
	semconv.RouteChatModeration:      guardrailKind,
	semconv.RouteClassification:      guardrailKind,
	semconv.RouteChatClassification:  guardrailKind,
}

// otherKind is a model call of an operation that is not in the table.
var otherKind = kind{log: "custom"}
