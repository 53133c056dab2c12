// SPDX-License-Identifier: Apache-2.0

package semconv

// Values of [GenAIOperationNameKey].
//
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-operation-name
const (
	OperationChat            = "chat"             // a chat call
	OperationTextCompletion  = "text_completion"  // a completion of plain text, such as fill-in-the-middle
	OperationGenerateContent = "generate_content" // a call with content of several kinds, such as OCR
	OperationEmbeddings      = "embeddings"       // texts turned into vectors
	OperationRetrieval       = "retrieval"        // a search for context
	OperationCreateAgent     = "create_agent"     // an agent is made, or changed, at the provider
	OperationInvokeAgent     = "invoke_agent"     // a run of an agent
	OperationInvokeWorkflow  = "invoke_workflow"  // a run of a workflow
	OperationExecuteTool     = "execute_tool"     // the execution of a tool
)

// Values of [GenAIOperationNameKey] that only the registry after version 1.41
// has, which calls its state 1.42.0-dev. Those for memory are left out: Mistral's
// API has no such calls.
//
// https://github.com/open-telemetry/semantic-conventions-genai
const (
	OperationPlan          = "plan"           // an agent decides what to do
	OperationFetchResponse = "fetch_response" // a response that was made before is read
)

// Values of [MistralOperationKey]: what the routes are called that have no
// operation in the conventions.
const (
	RouteTranscription      = "audio.transcriptions" // speech to text
	RouteSpeech             = "audio.speech"         // text to speech
	RouteModeration         = "moderations"          // a check of texts
	RouteChatModeration     = "chat.moderations"     // a check of conversations
	RouteClassification     = "classifications"      // labels for texts
	RouteChatClassification = "chat.classifications" // labels for conversations
)

// Values of [GenAIToolTypeKey].
//
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-tool-type
const (
	ToolTypeFunction  = "function"  // run by the application
	ToolTypeExtension = "extension" // run by the provider
	ToolTypeDatastore = "datastore" // a search in data that the provider keeps
)

// Values of [GenAIOutputTypeKey].
//
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-output-type
const (
	OutputTypeText   = "text"   // plain text
	OutputTypeJSON   = "json"   // JSON, with a schema or without
	OutputTypeImage  = "image"  // an image
	OutputTypeSpeech = "speech" // speech
)

// Values of [GenAITokenTypeKey].
//
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-token-type
const (
	TokenTypeInput  = "input"  // what the model was given
	TokenTypeOutput = "output" // what the model made
)

// Values of [GenAITokenModalityKey]. Mistral tells audio apart, and nothing else.
//
// https://github.com/open-telemetry/semantic-conventions-genai
const (
	TokenModalityAudio   = "audio"   // audio
	TokenModalityUnknown = "unknown" // not told
)

// Values of [GenAIProviderNameKey].
//
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-provider-name
const (
	ProviderMistralAI        = "mistral_ai"         // Mistral and servers that speak its API
	ProviderOpenAI           = "openai"             // OpenAI
	ProviderAnthropic        = "anthropic"          // Anthropic
	ProviderGCPGemini        = "gcp.gemini"         // Gemini
	ProviderGCPVertexAI      = "gcp.vertex_ai"      // Vertex AI
	ProviderAWSBedrock       = "aws.bedrock"        // Amazon Bedrock
	ProviderAzureAIInference = "azure.ai.inference" // Azure AI Inference
	ProviderCohere           = "cohere"             // Cohere
	ProviderDeepseek         = "deepseek"           // DeepSeek
	ProviderGroq             = "groq"               // Groq
	ProviderPerplexity       = "perplexity"         // Perplexity
	ProviderXAI              = "x_ai"               // xAI
	ProviderIBMWatsonxAI     = "ibm.watsonx.ai"     // IBM watsonx.ai
	ProviderOther            = "_OTHER"             // unknown; not a value of the conventions
)

// Values of [MistralOutcomeKey]. Deadline, failed, cut, truncated, refused and
// stream_error set the status of the span to Error; the others leave it unset.
const (
	// OutcomeCompleted: a terminal event came, or a complete JSON value, or EOF
	// after every choice had a finish reason. What the caller does after that
	// changes nothing.
	OutcomeCompleted = "completed"
	// OutcomeClosedEarly: the caller closed the body before the end.
	OutcomeClosedEarly = "closed_early"
	// OutcomeCancelled: the caller's context was cancelled.
	OutcomeCancelled = "cancelled"
	// OutcomeAbandoned: the body was never read to the end and never closed.
	OutcomeAbandoned = "abandoned"
	// OutcomeDeadline: the context's deadline or the client's timeout passed.
	OutcomeDeadline = "deadline"
	// OutcomeFailed: no response came: connection refused, DNS, TLS, or a reset
	// before the headers.
	OutcomeFailed = "failed"
	// OutcomeCut: reading the body failed.
	OutcomeCut = "cut"
	// OutcomeTruncated: the body ended cleanly, but before its end.
	OutcomeTruncated = "truncated"
	// OutcomeRefused: the status was 400 or above.
	OutcomeRefused = "refused"
	// OutcomeStreamError: an error event came inside a response with status 200.
	OutcomeStreamError = "stream_error"
)

// Values of [ErrorTypeKey]. For [OutcomeRefused] the value is the status code
// as a string, such as "429". For a transport error that none of these names,
// it is the Go type of the error as ErrorType of
// go.opentelemetry.io/otel/semconv gives it, such as "*net.OpError".
//
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type
const (
	ErrorTypeTimeout           = "timeout"            // a deadline or a timeout passed
	ErrorTypeConnectionRefused = "connection_refused" // nobody listens at the address
	ErrorTypeConnectionReset   = "connection_reset"   // the other side reset the connection, or the stream in HTTP/2
	ErrorTypeDNS               = "dns_error"          // the host name was not resolved
	ErrorTypeTLS               = "tls_error"          // the TLS handshake or a certificate failed
	ErrorTypeUnexpectedEOF     = "unexpected_eof"     // the connection closed in the middle of the body
	ErrorTypeTruncated         = "truncated"          // the body ended cleanly, but before its end
	ErrorTypeStreamError       = "stream_error"       // an error event came inside the stream
	ErrorTypeOther             = "_OTHER"             // none of the others
)
