// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/json"
	"fmt"
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
	outcome, tokens, model, first string
	problem                       string // in plain words
	bad                           bool   // the status is Error
	input, output                 string
}

func factsOf(s sdktrace.ReadOnlySpan) facts {
	attrs := make(map[attribute.Key]attribute.Value)
	for _, kv := range s.Attributes() {
		attrs[kv.Key] = kv.Value
	}
	f := facts{
		outcome: strings.ReplaceAll(attrs[semconv.MistralOutcomeKey].String(), "_", " "),
		tokens:  tokensOf(attrs),
		model:   modelOf(attrs),
		first:   firstToken(attrs),
		bad:     s.Status().Code == codes.Error,
	}
	if f.bad {
		f.problem = problemOf(attrs, s.Status().Description)
	}
	if v, ok := attrs[semconv.GenAIInputMessagesKey]; ok {
		f.input = inputLine(v.String())
	} else {
		f.input = text(json.RawMessage(attrs[semconv.ObservationInputKey].String()))
	}
	if v, ok := attrs[semconv.GenAIOutputMessagesKey]; ok {
		f.output = outputLine(v.String())
	} else {
		f.output = text(json.RawMessage(attrs[semconv.ObservationOutputKey].String()))
	}
	return f
}

// modelOf prefers the model that answered; the one that was asked for stands in
// the name of the span.
func modelOf(attrs map[attribute.Key]attribute.Value) string {
	asked := attrs[semconv.GenAIRequestModelKey].String()
	answered := attrs[semconv.GenAIResponseModelKey].String()
	if answered == "" || answered == asked {
		return asked
	}
	return answered
}

func tokensOf(attrs map[attribute.Key]attribute.Value) string {
	var counts []string
	if in, ok := attrs[semconv.GenAIUsageInputTokensKey]; ok {
		text := in.String() + " tokens in"
		if cached, ok := attrs[semconv.GenAIUsageCacheReadInputTokensKey]; ok {
			text += " (" + cached.String() + " cached)"
		}
		counts = append(counts, text)
	}
	if out, ok := attrs[semconv.GenAIUsageOutputTokensKey]; ok {
		text := out.String() + " out"
		if len(counts) == 0 {
			text = out.String() + " tokens out"
		}
		counts = append(counts, text)
	}
	return strings.Join(counts, ", ")
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
	kind = strings.ReplaceAll(kind, "_", " ")
	var parts []string
	for _, p := range []string{head, kind, description} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return "failed"
	}
	return strings.Join(parts, ": ")
}

// duration has three digits at most, so that a column of them can be compared.
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return "?"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
