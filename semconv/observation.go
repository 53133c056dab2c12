// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// Keys of application spans, and of what the context carries onto every span.
// Where OpenTelemetry has a name it is used; the others are the project's own,
// and each destination's dialect turns them into what its backend reads.
const (
	// UserIDKey is the user on whose behalf the application works.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/user/#user-id
	UserIDKey = attribute.Key("user.id")

	// SessionIDKey is the session of that user.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/session/#session-id
	SessionIDKey = attribute.Key("session.id")

	// GenAIConversationIDKey is the thread of messages that a call belongs to.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-conversation-id
	GenAIConversationIDKey = attribute.Key("gen_ai.conversation.id")

	// GenAIToolNameKey is the tool that an observation executes.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-tool-name
	GenAIToolNameKey = attribute.Key("gen_ai.tool.name")

	// GenAIToolCallIDKey is the id of the tool call that asked for an execution.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-tool-call-id
	GenAIToolCallIDKey = attribute.Key("gen_ai.tool.call.id")

	// HTTPRequestResendCountKey is the number of the attempt among those of one
	// logical call, beginning with 1 for the first repetition.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/#http-request-resend-count
	HTTPRequestResendCountKey = attribute.Key("http.request.resend_count")

	// ObservationTypeKey is what an application span is, for example
	// [ObservationTool].
	//
	// Defined by this project, see [Attributes].
	ObservationTypeKey = attribute.Key("otelmistral.observation.type")

	// ObservationInputKey is what an observation was given, as JSON.
	//
	// Defined by this project, see [Attributes].
	ObservationInputKey = attribute.Key("otelmistral.observation.input")

	// ObservationOutputKey is what an observation gave back, as JSON.
	//
	// Defined by this project, see [Attributes].
	ObservationOutputKey = attribute.Key("otelmistral.observation.output")

	// ObservationLevelKey is how much an observation matters, for example
	// [LevelWarning].
	//
	// Defined by this project, see [Attributes].
	ObservationLevelKey = attribute.Key("otelmistral.observation.level")

	// ObservationPathKey is the names of the observations above a span and of
	// its own, if it is one, from the outermost on, joined by dots. The
	// outermost workflow or agent is left out.
	//
	// Defined by this project, see [Attributes].
	ObservationPathKey = attribute.Key("otelmistral.observation.path")

	// WorkflowNameKey is the innermost workflow or agent around a span.
	//
	// Defined by this project, see [Attributes].
	WorkflowNameKey = attribute.Key("otelmistral.workflow.name")

	// TraceNameKey is what the trace is to be called.
	//
	// Defined by this project, see [Attributes].
	TraceNameKey = attribute.Key("otelmistral.trace.name")

	// TagsKey is labels of the trace.
	//
	// Defined by this project, see [Attributes].
	TagsKey = attribute.Key("otelmistral.tags")

	// ReleaseKey is the release of the application.
	//
	// Defined by this project, see [Attributes].
	ReleaseKey = attribute.Key("otelmistral.release")

	// EnvironmentKey is where the application runs, for example "production".
	//
	// Defined by this project, see [Attributes].
	EnvironmentKey = attribute.Key("otelmistral.environment")

	// PromptNameKey is the managed prompt that a call was made from.
	//
	// Defined by this project, see [Attributes].
	PromptNameKey = attribute.Key("otelmistral.prompt.name")

	// PromptVersionKey is the version of that prompt.
	//
	// Defined by this project, see [Attributes].
	PromptVersionKey = attribute.Key("otelmistral.prompt.version")

	// CustomerNameKey is the name of the user.
	//
	// Defined by this project, see [Attributes].
	CustomerNameKey = attribute.Key("otelmistral.customer.name")

	// CustomerEmailKey is the mail address of the user.
	//
	// Defined by this project, see [Attributes].
	CustomerEmailKey = attribute.Key("otelmistral.customer.email")

	// GroupKey is the group of traces that a trace belongs to.
	//
	// Defined by this project, see [Attributes].
	GroupKey = attribute.Key("otelmistral.group")

	// CustomIDKey is an identifier of the application's own.
	//
	// Defined by this project, see [Attributes].
	CustomIDKey = attribute.Key("otelmistral.custom_id")

	// AppRootKey is whether the span is the topmost one of its trace that a
	// destination gets from this process; only ever true.
	//
	// Defined by this project, see [Attributes].
	AppRootKey = attribute.Key("otelmistral.app_root")
)

// The keys of metadata begin with one of these; what follows is the
// application's. Values are strings, numbers, booleans or, for anything else,
// JSON in a string.
const (
	// MetadataPrefix begins metadata of the trace.
	MetadataPrefix = "otelmistral.metadata."
	// ObservationMetadataPrefix begins metadata of one observation.
	ObservationMetadataPrefix = "otelmistral.observation.metadata."
)

// IsMetadata reports whether the key is metadata of the trace or of an
// observation.
func IsMetadata(k attribute.Key) bool {
	return strings.HasPrefix(string(k), MetadataPrefix) || strings.HasPrefix(string(k), ObservationMetadataPrefix)
}

// Values of [ObservationTypeKey].
const (
	ObservationSpan       = "span"       // any work
	ObservationWorkflow   = "workflow"   // a whole run
	ObservationTask       = "task"       // a step of a workflow
	ObservationAgent      = "agent"      // work that decides by itself
	ObservationTool       = "tool"       // the execution of a tool
	ObservationGeneration = "generation" // a call to a model that nothing else records
	ObservationEmbedding  = "embedding"  // likewise, for embeddings
	ObservationRetriever  = "retriever"  // a search for what to give a model
	ObservationGuardrail  = "guardrail"  // a check of what goes in or comes out
	ObservationEvaluator  = "evaluator"  // a judgement of what came out
)

// Values of [ObservationLevelKey].
const (
	LevelDebug   = "DEBUG"
	LevelDefault = "DEFAULT"
	LevelWarning = "WARNING"
	LevelError   = "ERROR"
)

// observations is the part of the table for these keys.
var observations = [...]Attribute{
	{UserIDKey, TypeString, "", false, registry + "user/#user-id", "User on whose behalf the application works"},
	{SessionIDKey, TypeString, "", false, registry + "session/#session-id", "Session of the user"},
	{GenAIConversationIDKey, TypeString, "", false, registry + "gen-ai/#gen-ai-conversation-id", "Thread of messages"},
	{GenAIToolNameKey, TypeString, "", false, registry + "gen-ai/#gen-ai-tool-name", "Tool that is executed"},
	{GenAIToolCallIDKey, TypeString, "", false, registry + "gen-ai/#gen-ai-tool-call-id", "Tool call that asked for the execution"},
	{HTTPRequestResendCountKey, TypeInt, "", false, registry + "http/#http-request-resend-count", "Number of the repetition of a call"},
	{ObservationTypeKey, TypeString, "", false, ownObservations, "What an application span is"},
	{ObservationInputKey, TypeString, "", true, ownObservations, "What an observation was given, as JSON"},
	{ObservationOutputKey, TypeString, "", true, ownObservations, "What an observation gave back, as JSON"},
	{ObservationLevelKey, TypeString, "", false, ownObservations, "How much an observation matters"},
	{ObservationPathKey, TypeString, "", false, ownObservations, "Names of the observations around a span, joined by dots"},
	{WorkflowNameKey, TypeString, "", false, ownObservations, "Innermost workflow or agent around a span"},
	{TraceNameKey, TypeString, "", false, ownObservations, "Name of the trace"},
	{TagsKey, TypeStrings, "", false, ownObservations, "Labels of the trace"},
	{ReleaseKey, TypeString, "", false, ownObservations, "Release of the application"},
	{EnvironmentKey, TypeString, "", false, ownObservations, "Where the application runs"},
	{PromptNameKey, TypeString, "", false, ownObservations, "Managed prompt of a call"},
	{PromptVersionKey, TypeInt, "", false, ownObservations, "Version of the managed prompt"},
	{CustomerNameKey, TypeString, "", false, ownObservations, "Name of the user"},
	{CustomerEmailKey, TypeString, "", false, ownObservations, "Mail address of the user"},
	{GroupKey, TypeString, "", false, ownObservations, "Group of traces"},
	{CustomIDKey, TypeString, "", false, ownObservations, "Identifier of the application's own"},
	{AppRootKey, TypeBoolean, "", false, ownObservations, "Topmost span that a destination gets of a trace"},
}
