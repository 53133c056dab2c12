// SPDX-License-Identifier: Apache-2.0

// Package genai holds the neutral record of one call to a model, and turns it
// into span attributes in the words of the OpenTelemetry GenAI conventions.
//
// It knows neither HTTP nor any provider's wire format: internal/mistral fills
// a [Call], roundtripper puts it on a span.
package genai

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// Opt is a value that may be absent. Absent is not zero: temperature 0 is
// recorded, a missing temperature is not.
type Opt[T any] struct {
	Value T
	Set   bool
}

// Some returns a present value.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Set: true} }

// Call is the record of one HTTP exchange with a model. The zero value of each
// field means that nothing is known about it. A Call is filled by one
// goroutine at a time.
type Call struct {
	// Operation is the gen_ai.operation.name; where the conventions have none,
	// Route is the mistral_ai.operation.
	Operation     string
	Route         string
	Provider      string
	ServerAddress string
	ServerPort    int

	Request  Request
	Response Response
	Usage    Usage
	Failure  Failure

	// Agent, ConversationID, Tool and Workflow are what was called, where that
	// is no mere model.
	Agent          Agent
	ConversationID string
	Tool           ToolCall
	Workflow       string

	// Executions are the tools that the provider ran on its own side.
	Executions []Execution

	// Extra holds what only one endpoint or one provider has, ready to be
	// recorded. None of it is content.
	Extra []attribute.KeyValue

	// Outcome is one of semconv.Outcome….
	Outcome string

	// Duration is from the start of the call to its end. TimeToFirstChunk and
	// TimeToFirstToken count from the start, too, for streams only.
	Duration         time.Duration
	TimeToFirstChunk Opt[time.Duration]
	TimeToFirstToken Opt[time.Duration]
	// Chunks counts the data events of a stream, as they come.
	Chunks int

	// DecodeErrors counts events, bodies and choices that could not be
	// understood; their data is missing from the record.
	DecodeErrors int
	// Panics counts those of decoding.
	Panics int
	// DroppedBytes counts the bytes of content that the limits left out.
	DroppedBytes int64

	// Held is the memory that the slices of bytes in the record lie in. Reset
	// releases it.
	Held []interface{ Release() }
	// Attributes is memory in which to gather those of the call.
	Attributes []attribute.KeyValue

	// Vocabulary is whose words the attributes are in.
	Vocabulary semconv.Vocabulary
	// Redactor is shown the content before it becomes attributes.
	Redactor Redactor
}

// Reset makes the record ready for another call, and keeps the memory that most
// calls need. Nothing may refer to the record's content any more.
func (c *Call) Reset() {
	const (
		most = 16
		wide = 64   // attributes
		long = 1024 // messages of a history
	)
	for _, memory := range c.Held {
		memory.Release()
	}
	choices, extra, attributes := emptied(c.Response.Choices, most), emptied(c.Extra, most), emptied(c.Attributes, wide)
	messages, tools, held := emptied(c.Request.Messages, long), emptied(c.Request.Tools, most), emptied(c.Held, most)
	*c = Call{Extra: extra, Attributes: attributes, Held: held}
	c.Request.Messages, c.Request.Tools, c.Response.Choices = messages, tools, choices
}

// emptied is s with room but nothing in it, and without room that is longer than
// most calls need.
func emptied[T any](s []T, most int) []T {
	if cap(s) > most {
		return nil
	}
	clear(s)
	return s[:0]
}

// IsInference tells whether an operation is one that the conventions call
// inference. Only these have [semconv.EventInferenceDetails].
func IsInference(operation string) bool {
	switch operation {
	case semconv.OperationChat, semconv.OperationTextCompletion, semconv.OperationGenerateContent:
		return true
	}
	return false
}

// Agent is an agent that the provider keeps.
type Agent struct {
	ID      string
	Name    string
	Version string
	// Description is content.
	Description string
}

// ToolCall is the call of a tool that the provider runs.
type ToolCall struct {
	Name string
	ID   string
	// Type is one of semconv.ToolType….
	Type string
	// Arguments and Result are JSON, and content.
	Arguments string
	Result    string
}

// Execution is the run of a tool at the provider, during a call.
type Execution struct {
	ToolCall
	// Start and End are by the provider's clock, zero if it did not tell.
	Start, End time.Time
}

// Request is what the model was asked.
type Request struct {
	Model            string
	Stream           bool
	Temperature      Opt[float64]
	TopP             Opt[float64]
	TopK             Opt[float64]
	FrequencyPenalty Opt[float64]
	PresencePenalty  Opt[float64]
	MaxTokens        Opt[int64]
	MinTokens        Opt[int64]
	Seed             Opt[int64]
	ChoiceCount      Opt[int64]
	StopSequences    []string
	OutputType       string

	ToolChoice        string
	ParallelToolCalls Opt[bool]
	PromptMode        string
	ReasoningEffort   string
	SafePrompt        Opt[bool]
	ServiceTier       string
	// Prediction, Prefix and Guardrails tell whether the request had them.
	Prediction bool
	Prefix     bool
	Guardrails bool
	// Dimensions and EncodingFormats are those of embeddings.
	Dimensions      Opt[int64]
	EncodingFormats []string

	// The rest is content: it is filled only when it is captured.

	// Instructions stand apart from the messages.
	Instructions []Part
	Messages     []Message
	Tools        []Tool
	// Metadata is the JSON object as it was sent.
	Metadata       string
	PromptCacheKey string
}

// Response is what the server answered.
type Response struct {
	// Status is the HTTP status code.
	Status        int
	ID            string
	Model         string
	ServiceTier   string
	CorrelationID string
	// Choices are in order of their index.
	Choices []Choice
}

// Choice is one answer of the model.
type Choice struct {
	// Index is the place that the provider gave it.
	Index int64
	// FinishReason is as the provider spells it, "" when it never came.
	FinishReason string
	Message      Message
}

// Usage counts tokens, as the provider reported them.
type Usage struct {
	// Input counts every token of the request, cached ones and audio included.
	Input     Opt[int64]
	Output    Opt[int64]
	Cached    Opt[int64]
	Reasoning Opt[int64]
	// Audio is the part of Input that was audio.
	Audio        Opt[int64]
	AudioSeconds Opt[float64]
}

// Failure says what went wrong; the zero value means that nothing did.
type Failure struct {
	// Type is the error.type: low cardinality, never empty on a failure.
	Type string
	// ProviderType and Code are the provider's own names for the error.
	ProviderType string
	Code         string
	// Message is the provider's text. It may repeat the input, so it is
	// content.
	Message string
}
