// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// withoutContent is a span as a destination sees it that wants no content. The
// rest of the span is the original's.
type withoutContent struct {
	sdktrace.ReadOnlySpan
	attributes []attribute.KeyValue
	events     []sdktrace.Event
	status     sdktrace.Status
}

func (s withoutContent) Attributes() []attribute.KeyValue { return s.attributes }
func (s withoutContent) Events() []sdktrace.Event         { return s.events }
func (s withoutContent) Status() sdktrace.Status          { return s.status }

// removeContent returns the span without what a user said or a model answered.
// A span that carries none is returned as it is.
func removeContent(s sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
	attrs, events, status := s.Attributes(), s.Events(), s.Status()
	keptAttrs, cutAttrs := withoutContentKeys(attrs)
	keptEvents, cutEvents := withoutContentEvents(events)
	keptStatus := status
	if slices.ContainsFunc(attrs, isOurs) {
		keptStatus.Description = withoutMessage(status.Description)
	}
	if !cutAttrs && !cutEvents && keptStatus == status {
		return s
	}
	return withoutContent{s, keptAttrs, keptEvents, keptStatus}
}

// withoutMessage cuts a status description of the form "<code> <type>: <message>"
// before the message, which may repeat the input. Only descriptions of calls and
// observations have this form, so those of other spans are not touched.
func withoutMessage(description string) string {
	head, _, _ := strings.Cut(description, ": ")
	return head
}

func isOurs(kv attribute.KeyValue) bool {
	return kv.Key == semconv.MistralOutcomeKey || kv.Key == semconv.ObservationTypeKey
}

func isContent(kv attribute.KeyValue) bool {
	return semconv.IsContent(kv.Key) || isForeignContent(string(kv.Key))
}

// isForeignContent knows how OpenLLMetry and OpenInference spell content. Their
// numbered keys are in no table.
func isForeignContent(key string) bool {
	switch key {
	case "traceloop.entity.input", "traceloop.entity.output", "input.value", "output.value", "llm.prompts":
		return true
	}
	for _, prefix := range []string{"gen_ai.prompt.", "gen_ai.completion.", "llm.prompts.", "llm.completions.", "llm.input_messages.", "llm.output_messages."} {
		// gen_ai.prompt.name, which the newest registry has, is none.
		if rest, ok := strings.CutPrefix(key, prefix); ok && rest != "" && '0' <= rest[0] && rest[0] <= '9' {
			return true
		}
	}
	return false
}

// withoutContentKeys copies only when there is something to remove, for the
// spans of several destinations share their attributes.
func withoutContentKeys(kvs []attribute.KeyValue) (kept []attribute.KeyValue, cut bool) {
	if !slices.ContainsFunc(kvs, isContent) {
		return kvs, false
	}
	return slices.DeleteFunc(slices.Clone(kvs), isContent), true
}

func withoutContentEvents(events []sdktrace.Event) (kept []sdktrace.Event, cut bool) {
	for i, e := range events {
		attrs, found := withoutContentKeys(e.Attributes)
		if !found {
			continue
		}
		if !cut {
			events, cut = slices.Clone(events), true
		}
		events[i].Attributes = attrs
	}
	return events, cut
}

// removeRecordContent removes from a log record what [removeContent] removes from a
// span. The text of a failed call's exception is content, too; that of other
// records is not known to be.
func removeRecordContent(r *sdklog.Record) {
	ofCall := r.EventName() == semconv.EventException
	var kept []attribute.KeyValue
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		if !isContent(kv) && (!ofCall || kv.Key != semconv.ExceptionMessageKey) {
			kept = append(kept, kv)
		}
		return true
	})
	if len(kept) < r.AttributesLen() {
		r.SetAttributes(kept...)
	}
}
