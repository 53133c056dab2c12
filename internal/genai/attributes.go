// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// SpanName is the operation, or the route that has none, and behind it what was
// called as far as it is known: the model, the agent, the tool or the workflow.
func (c *Call) SpanName() string {
	name, target := c.named()
	if target == "" {
		return name
	}
	return name + " " + target
}

// IsNamed tells whether spanName is the call's [Call.SpanName], without making
// that.
func (c *Call) IsNamed(spanName string) bool {
	name, target := c.named()
	rest, ok := strings.CutPrefix(spanName, name)
	if ok && target != "" {
		rest, ok = strings.CutPrefix(rest, " ")
	}
	return ok && rest == target
}

// named returns both halves of the name.
func (c *Call) named() (name, target string) {
	name, target = c.Operation, c.Request.Model
	switch c.Operation {
	case "":
		name = c.Route
	case semconv.OperationCreateAgent, semconv.OperationInvokeAgent:
		target = c.Agent.Name
	case semconv.OperationExecuteTool:
		target = c.Tool.Name
	case semconv.OperationInvokeWorkflow:
		target = c.Workflow
	}
	return name, target
}

// AppendStart appends the attributes that samplers see: operation, provider,
// model, server address and port.
func (c *Call) AppendStart(dst []attribute.KeyValue) []attribute.KeyValue {
	dst = c.AppendHead(dst)
	if c.ServerAddress != "" {
		dst = append(dst, semconv.ServerAddressKey.String(c.ServerAddress))
		if c.ServerPort > 0 {
			dst = append(dst, semconv.ServerPortKey.Int(c.ServerPort))
		}
	}
	return dst
}

// AppendHead appends the operation, the provider and the model of the request.
// They are set again when the body tells more than was known at the start.
func (c *Call) AppendHead(dst []attribute.KeyValue) []attribute.KeyValue {
	dst = appendString(dst, semconv.GenAIOperationNameKey, c.Operation)
	if c.Operation == "" {
		dst = appendString(dst, semconv.MistralOperationKey, c.Route)
	}
	dst = append(dst, semconv.GenAIProviderNameKey.String(c.Provider))
	return appendString(dst, semconv.GenAIRequestModelKey, c.Request.Model)
}

// AppendEnd appends everything that is known when the call has ended. Content
// is there if it was captured into the record, as the redactor left it. It is
// to be called once, without any lock, and before [Failure.Description].
func (c *Call) AppendEnd(dst []attribute.KeyValue) []attribute.KeyValue {
	c.redact()
	begin := len(dst)
	dst = append(dst, semconv.MistralOutcomeKey.String(c.Outcome))
	dst = c.appendTarget(dst)
	if c.Vocabulary == semconv.Newest {
		c.Request.Instructions = texts(c.Request.Instructions)
	}
	dst = c.Request.append(dst, c.Redactor)
	dst = c.appendResponse(dst)
	dst = c.Usage.append(dst)
	dst = c.Failure.append(dst)
	if c.DecodeErrors > 0 {
		dst = append(dst, semconv.MistralDecodeErrorsKey.Int(c.DecodeErrors))
	}
	if c.DroppedBytes > 0 {
		dst = append(dst, semconv.MistralContentDroppedBytesKey.Int64(c.DroppedBytes))
	}
	// Last: a span that has as many attributes as it may have drops these.
	dst = append(dst, c.Extra...)
	c.Vocabulary.Translate(dst[begin:])
	return dst
}

// texts are the parts that are text: [semconv.Newest] has no other instructions.
func texts(parts []Part) []Part {
	return slices.DeleteFunc(parts, func(p Part) bool { return p.Type != PartText })
}

// appendTarget appends what was called, where that is no mere model.
func (c *Call) appendTarget(dst []attribute.KeyValue) []attribute.KeyValue {
	dst = appendString(dst, semconv.GenAIAgentIDKey, c.Agent.ID)
	dst = appendString(dst, semconv.GenAIAgentNameKey, c.Agent.Name)
	dst = appendString(dst, semconv.GenAIAgentVersionKey, c.Agent.Version)
	dst = appendString(dst, semconv.GenAIAgentDescriptionKey, c.Agent.Description)
	dst = appendString(dst, semconv.GenAIConversationIDKey, c.ConversationID)
	dst = appendString(dst, semconv.GenAIWorkflowNameKey, c.Workflow)
	return c.Tool.append(dst)
}

// SpanName is that of the span of its own that an execution gets.
func (e *Execution) SpanName() string {
	if e.Name == "" {
		return semconv.OperationExecuteTool
	}
	return semconv.OperationExecuteTool + " " + e.Name
}

// Append appends the attributes of that span.
func (e *Execution) Append(dst []attribute.KeyValue) []attribute.KeyValue {
	return e.append(append(dst, semconv.GenAIOperationNameKey.String(semconv.OperationExecuteTool)))
}

func (t *ToolCall) append(dst []attribute.KeyValue) []attribute.KeyValue {
	dst = appendString(dst, semconv.GenAIToolNameKey, t.Name)
	dst = appendString(dst, semconv.GenAIToolCallIDKey, t.ID)
	dst = appendString(dst, semconv.GenAIToolTypeKey, t.Type)
	dst = appendString(dst, semconv.GenAIToolCallArgumentsKey, t.Arguments)
	return appendString(dst, semconv.GenAIToolCallResultKey, t.Result)
}

func (r *Request) append(dst []attribute.KeyValue, redactor Redactor) []attribute.KeyValue {
	if r.Stream {
		dst = append(dst, semconv.GenAIRequestStreamKey.Bool(true))
	}
	dst = appendFloat(dst, semconv.GenAIRequestTemperatureKey, r.Temperature)
	dst = appendFloat(dst, semconv.GenAIRequestTopPKey, r.TopP)
	dst = appendFloat(dst, semconv.GenAIRequestTopKKey, r.TopK)
	dst = appendFloat(dst, semconv.GenAIRequestFrequencyPenaltyKey, r.FrequencyPenalty)
	dst = appendFloat(dst, semconv.GenAIRequestPresencePenaltyKey, r.PresencePenalty)
	dst = appendInt(dst, semconv.GenAIRequestMaxTokensKey, r.MaxTokens)
	dst = appendInt(dst, semconv.MistralRequestMinTokensKey, r.MinTokens)
	dst = appendInt(dst, semconv.GenAIRequestSeedKey, r.Seed)
	if r.ChoiceCount.Value != 1 {
		dst = appendInt(dst, semconv.GenAIRequestChoiceCountKey, r.ChoiceCount)
	}
	if len(r.StopSequences) > 0 {
		dst = append(dst, semconv.GenAIRequestStopSequencesKey.StringSlice(r.StopSequences))
	}
	dst = appendString(dst, semconv.GenAIOutputTypeKey, r.OutputType)
	dst = appendString(dst, semconv.MistralRequestToolChoiceKey, r.ToolChoice)
	dst = appendBool(dst, semconv.MistralRequestParallelToolCallsKey, r.ParallelToolCalls)
	dst = appendString(dst, semconv.MistralRequestPromptModeKey, r.PromptMode)
	dst = appendString(dst, semconv.MistralRequestReasoningEffortKey, r.ReasoningEffort)
	dst = appendBool(dst, semconv.MistralRequestSafePromptKey, r.SafePrompt)
	dst = appendString(dst, semconv.MistralRequestServiceTierKey, r.ServiceTier)
	dst = appendTrue(dst, semconv.MistralRequestPredictionKey, r.Prediction)
	dst = appendTrue(dst, semconv.MistralRequestPrefixKey, r.Prefix)
	dst = appendTrue(dst, semconv.MistralRequestGuardrailsKey, r.Guardrails)
	dst = appendString(dst, semconv.MistralRequestMetadataKey, r.Metadata)
	dst = appendString(dst, semconv.MistralRequestPromptCacheKeyKey, r.PromptCacheKey)
	dst = appendInt(dst, semconv.GenAIEmbeddingsDimensionCountKey, r.Dimensions)
	if len(r.EncodingFormats) > 0 {
		dst = append(dst, semconv.GenAIRequestEncodingFormatsKey.StringSlice(r.EncodingFormats))
	}
	if len(r.Instructions) > 0 {
		dst = append(dst, semconv.GenAISystemInstructionsKey.String(string(AppendParts(nil, r.Instructions))))
	}
	if len(r.Messages) > 0 {
		dst = append(dst, semconv.GenAIInputMessagesKey.String(built(func(dst []byte) []byte {
			return AppendMessages(dst, r.Messages)
		})))
	}
	if len(r.Tools) > 0 {
		dst = append(dst, semconv.GenAIToolDefinitionsKey.String(built(func(dst []byte) []byte {
			return redactor.JSON(KindToolDefinitions, AppendTools(dst, r.Tools))
		})))
	}
	return dst
}

func (c *Call) appendResponse(dst []attribute.KeyValue) []attribute.KeyValue {
	r := &c.Response
	if r.Status > 0 {
		dst = append(dst, semconv.HTTPResponseStatusCodeKey.Int(r.Status))
	}
	dst = appendString(dst, semconv.GenAIResponseIDKey, r.ID)
	dst = appendString(dst, semconv.GenAIResponseModelKey, r.Model)
	dst = appendString(dst, semconv.MistralResponseServiceTierKey, r.ServiceTier)
	dst = appendString(dst, semconv.MistralCorrelationIDKey, r.CorrelationID)
	dst = appendSeconds(dst, semconv.GenAIResponseTimeToFirstChunkKey, c.TimeToFirstChunk)
	dst = appendSeconds(dst, semconv.MistralResponseTimeToFirstTokenKey, c.TimeToFirstToken)

	missing := c.missingFinishReason()
	dst = c.appendFinishReasons(dst, missing)
	for i := range r.Choices {
		if len(r.Choices[i].Message.Parts) > 0 {
			return append(dst, semconv.GenAIOutputMessagesKey.String(built(func(dst []byte) []byte {
				return AppendChoices(dst, r.Choices, missing)
			})))
		}
	}
	return dst
}

// missingFinishReason stands where the message schema wants a finish reason that
// never came: "error" if the call failed, as the conventions want it, "stop" for
// a whole reply of the kind that has none, and "unknown" if the caller ended it.
// [semconv.Newest] has "error" for that, too.
func (c *Call) missingFinishReason() string {
	switch {
	case c.Failure.Type != "":
		return "error"
	case c.Outcome == semconv.OutcomeCompleted:
		return "stop"
	case c.Vocabulary == semconv.Newest && IsInference(c.Operation):
		return "error"
	}
	return "unknown"
}

// Most calls end for one of these.
var (
	stopped     = semconv.GenAIResponseFinishReasonsKey.StringSlice([]string{"stop"})
	calledTools = semconv.GenAIResponseFinishReasonsKey.StringSlice([]string{"tool_calls"})
)

// appendFinishReasons appends one reason per choice, in order, but nothing when no
// choice has one, except in [semconv.Newest] where one was to be expected.
func (c *Call) appendFinishReasons(dst []attribute.KeyValue, missing string) []attribute.KeyValue {
	choices := c.Response.Choices
	if len(choices) == 1 {
		switch choices[0].FinishReason {
		case "stop":
			return append(dst, stopped)
		case "tool_calls":
			return append(dst, calledTools)
		}
	}
	some := c.Vocabulary == semconv.Newest && missing == "error" && IsInference(c.Operation)
	for i := range choices {
		some = some || choices[i].FinishReason != ""
	}
	if !some || len(choices) == 0 {
		return dst
	}
	reasons := make([]string, len(choices))
	for i := range choices {
		if reasons[i] = choices[i].FinishReason; reasons[i] == "" {
			reasons[i] = missing
		}
	}
	return append(dst, semconv.GenAIResponseFinishReasonsKey.StringSlice(reasons))
}

func (u *Usage) append(dst []attribute.KeyValue) []attribute.KeyValue {
	dst = appendInt(dst, semconv.GenAIUsageInputTokensKey, u.Input)
	dst = appendInt(dst, semconv.GenAIUsageOutputTokensKey, u.Output)
	dst = appendInt(dst, semconv.GenAIUsageCacheReadInputTokensKey, u.Cached)
	dst = appendInt(dst, semconv.GenAIUsageReasoningOutputTokensKey, u.Reasoning)
	dst = appendInt(dst, semconv.MistralUsageAudioTokensKey, u.Audio)
	return appendFloat(dst, semconv.MistralUsageAudioSecondsKey, u.AudioSeconds)
}

func (f *Failure) append(dst []attribute.KeyValue) []attribute.KeyValue {
	dst = appendString(dst, semconv.ErrorTypeKey, f.Type)
	dst = appendString(dst, semconv.MistralErrorTypeKey, f.ProviderType)
	return appendString(dst, semconv.MistralErrorCodeKey, f.Code)
}

// Description is the status description of a failed call: the error type, the
// provider's type, and behind a colon the provider's message if it was
// captured.
func (f *Failure) Description() string {
	d := f.Type
	if f.ProviderType != "" {
		d += " " + f.ProviderType
	}
	if f.Message != "" {
		d += ": " + f.Message
	}
	return d
}

// buffers keeps the memory in which content becomes JSON.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxIdle is the largest of them that is kept.
const maxIdle = 256 << 10

// built returns what build appends to an empty slice.
func built(build func(dst []byte) []byte) string {
	buf := buffers.Get().(*[]byte)
	*buf = build((*buf)[:0])
	s := string(*buf)
	if cap(*buf) <= maxIdle {
		buffers.Put(buf)
	}
	return s
}

func appendString(dst []attribute.KeyValue, k attribute.Key, v string) []attribute.KeyValue {
	if v == "" {
		return dst
	}
	return append(dst, k.String(v))
}

func appendTrue(dst []attribute.KeyValue, k attribute.Key, v bool) []attribute.KeyValue {
	if !v {
		return dst
	}
	return append(dst, k.Bool(true))
}

func appendBool(dst []attribute.KeyValue, k attribute.Key, v Opt[bool]) []attribute.KeyValue {
	if !v.Set {
		return dst
	}
	return append(dst, k.Bool(v.Value))
}

func appendInt(dst []attribute.KeyValue, k attribute.Key, v Opt[int64]) []attribute.KeyValue {
	if !v.Set {
		return dst
	}
	return append(dst, k.Int64(v.Value))
}

func appendFloat(dst []attribute.KeyValue, k attribute.Key, v Opt[float64]) []attribute.KeyValue {
	if !v.Set {
		return dst
	}
	return append(dst, k.Float64(v.Value))
}

func appendSeconds(dst []attribute.KeyValue, k attribute.Key, v Opt[time.Duration]) []attribute.KeyValue {
	if !v.Set {
		return dst
	}
	return append(dst, k.Float64(v.Value.Seconds()))
}
