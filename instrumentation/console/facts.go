// SPDX-License-Identifier: Apache-2.0

package console

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// facts is what is told about one span below its name.
type facts struct {
	Outcome string // in words; empty for what is no call
	Kind    string // of an observation, such as workflow
	Tokens  usage
	Short   []string // the model, the tokens and the like, the weightiest first
	Problem string   // in plain words
	Bad     bool     // the status is Error
	Input   string   // the last thing that was asked or given
	Output  string

	traceName string
}

func factsOf(s sdktrace.ReadOnlySpan) facts {
	attrs := make(map[attribute.Key]attribute.Value)
	for _, kv := range s.Attributes() {
		attrs[kv.Key] = kv.Value
	}
	f := facts{
		Outcome: strings.ReplaceAll(attrs[semconv.MistralOutcomeKey].String(), "_", " "),
		Kind:    attrs[semconv.ObservationTypeKey].String(),
		Tokens:  usageOf(attrs),
		Bad:     s.Status().Code == codes.Error,
		Input:   first(attrs, inputs),
		Output:  first(attrs, outputs),

		traceName: attrs[semconv.TraceNameKey].String(),
	}
	if f.Bad {
		f.Problem = problemOf(attrs, s.Status().Description)
	}
	for _, short := range []string{
		modelOf(attrs),
		f.Tokens.String(),
		measured(attrs, semconv.MistralOCRUsagePagesProcessedKey, "pages"),
		measured(attrs, semconv.MistralUsageAudioSecondsKey, "s of audio"),
		measured(attrs, semconv.MistralRequestInputCountKey, "inputs"),
		flagged(attrs),
		listed(attrs, semconv.MistralClassificationLabelsKey, "labels"),
		listed(attrs, semconv.MistralUsageConnectorsKey, "connectors"),
		stopped(attrs),
		label("retry ", attrs[semconv.HTTPRequestResendCountKey].String()),
		firstToken(attrs),
	} {
		if short != "" {
			f.Short = append(f.Short, short)
		}
	}
	return f
}

// content says where to look for what a span was given or gave back, and how to
// make a line of it.
type content struct {
	key  attribute.Key
	line func(string) string
}

// inputs and outputs name the same content in the same order; the first that is
// there is shown.
var (
	inputs = []content{
		{semconv.GenAIInputMessagesKey, inputLine},
		{semconv.ObservationInputKey, unquoted},
		{semconv.GenAIToolCallArgumentsKey, unquoted},
		{semconv.GenAIRetrievalQueryTextKey, unquoted},
	}
	outputs = []content{
		{semconv.GenAIOutputMessagesKey, outputLine},
		{semconv.ObservationOutputKey, unquoted},
		{semconv.GenAIToolCallResultKey, unquoted},
		{semconv.GenAIRetrievalDocumentsKey, unquoted},
	}
)

func first(attrs map[attribute.Key]attribute.Value, from []content) string {
	for _, c := range from {
		if v, ok := attrs[c.key]; ok {
			return c.line(v.String())
		}
	}
	return ""
}

func unquoted(s string) string { return text(json.RawMessage(s)) }

// modelOf prefers the model that answered; the one that was asked for stands in
// the name of the span.
func modelOf(attrs map[attribute.Key]attribute.Value) string {
	return cmp.Or(attrs[semconv.GenAIResponseModelKey].String(), attrs[semconv.GenAIRequestModelKey].String())
}

// measured is a number with its unit. One of something has no plural.
func measured(attrs map[attribute.Key]attribute.Value, key attribute.Key, unit string) string {
	n := attrs[key].String()
	if n == "1" {
		unit = strings.TrimSuffix(unit, "s")
	}
	if n == "" {
		return ""
	}
	return n + " " + unit
}

func listed(attrs map[attribute.Key]attribute.Value, key attribute.Key, name string) string {
	return label(name+": ", strings.Join(attrs[key].AsStringSlice(), ", "))
}

// flagged tells what a moderation found, also when that is nothing, for which
// there is no attribute.
func flagged(attrs map[attribute.Key]attribute.Value) string {
	if found := listed(attrs, semconv.MistralModerationFlaggedKey, "flagged"); found != "" {
		return found
	}
	checks := attrs[semconv.MistralOperationKey].String()
	_, unsure := attrs[semconv.MistralDecodeErrorsKey]
	if checks != semconv.RouteModeration && checks != semconv.RouteChatModeration || unsure ||
		attrs[semconv.MistralOutcomeKey].String() != semconv.OutcomeCompleted {
		return ""
	}
	return "nothing flagged"
}

// stopped tells why the model stopped, unless it was done or wants a tool.
func stopped(attrs map[attribute.Key]attribute.Value) string {
	var reasons []string
	for _, reason := range attrs[semconv.GenAIResponseFinishReasonsKey].AsStringSlice() {
		if reason != "stop" && !strings.HasPrefix(reason, "tool_call") {
			reasons = append(reasons, reason)
		}
	}
	return label("stopped: ", strings.Join(slices.Compact(reasons), ", "))
}

// label stands before a text, if there is one.
func label(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}

func firstToken(attrs map[attribute.Key]attribute.Value) string {
	for _, key := range []attribute.Key{semconv.MistralResponseTimeToFirstTokenKey, semconv.GenAIResponseTimeToFirstChunkKey} {
		if v, ok := attrs[key]; ok {
			if seconds, err := strconv.ParseFloat(v.String(), 64); err == nil {
				return "first token after " + duration(time.Duration(seconds*float64(time.Second)))
			}
		}
	}
	return ""
}

// words say what an outcome means. A refused call is told by its status instead.
var words = map[string]string{
	semconv.OutcomeDeadline:    "the time limit passed",
	semconv.OutcomeFailed:      "no response",
	semconv.OutcomeCut:         "the connection broke while the reply was read",
	semconv.OutcomeTruncated:   "the reply ended before its end",
	semconv.OutcomeStreamError: "the server reported an error inside the stream",
}

func problemOf(attrs map[attribute.Key]attribute.Value, description string) string {
	kind := attrs[semconv.ErrorTypeKey].String()
	head := words[attrs[semconv.MistralOutcomeKey].String()]
	if status, ok := attrs[semconv.HTTPResponseStatusCodeKey]; ok && head == "" {
		head = "the server answered " + status.String()
		kind = ""
		// The description begins with the same number.
		description = strings.TrimLeft(strings.TrimPrefix(description, status.String()), " :")
	}
	// The description of a call begins with the error type.
	if rest, ok := strings.CutPrefix(description, kind); ok {
		description = strings.TrimLeft(rest, " :")
	}
	return cmp.Or(join(": ", head, strings.ReplaceAll(kind, "_", " "), description), "failed")
}

// join leaves out what is empty.
func join(separator string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), separator)
}
