// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// dialect turns neutral spans into Respan's. It is safe for concurrent use.
type dialect struct {
	system    string // Config.System
	resources resourceCache
}

// span is a span that is being translated.
type span struct {
	sdktrace.ReadOnlySpan
	kind kind
	in   map[attribute.Key]attribute.Value
	out  []attribute.KeyValue
}

// translated is a span as Respan gets it. The rest is the original's.
type translated struct {
	sdktrace.ReadOnlySpan
	attributes []attribute.KeyValue
}

func (s translated) Attributes() []attribute.KeyValue { return s.attributes }

// translate is the dialect of the destination.
func (d *dialect) translate(original sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
	attrs := original.Attributes()
	s := &span{
		ReadOnlySpan: original,
		in:           make(map[attribute.Key]attribute.Value, len(attrs)),
	}
	for _, a := range attrs {
		s.in[a.Key] = a.Value
	}
	s.kind = kindOf(s.in)
	s.out = make([]attribute.KeyValue, 0, len(attrs)+len(attrs)/2+16+s.indexed()) // about half have another name besides
	for _, a := range attrs {
		if s.keeps(a.Key) {
			s.out = append(s.out, a)
		}
	}
	s.addContext()
	switch {
	case s.kind == (kind{}): // neither a model call nor an observation
	case s.kind.span != "":
		s.addObservation()
	default:
		s.addCall(d.system)
	}
	return translated{d.resources.trimmed(original), s.out}
}

// kindOf tells what Respan calls a span with these attributes. An observation
// may have the name of an operation besides, so its type goes first.
func kindOf(in map[attribute.Key]attribute.Value) kind {
	if t, ok := in[semconv.ObservationTypeKey]; ok {
		if k, ok := observationKinds[t.AsString()]; ok {
			return k
		}
		return taskKind
	}
	o, ok := in[semconv.GenAIOperationNameKey]
	if !ok {
		o, ok = in[semconv.MistralOperationKey]
	}
	if ok {
		if k, ok := operationKinds[o.AsString()]; ok {
			return k
		}
		return otherKind
	}
	return kind{}
}

// keeps tells whether Respan gets the attribute as it is. What Respan does not
// know becomes metadata there, so what is said in its own words is not said
// twice. Messages are: which of both forms Respan reads is not documented. A
// span of another library keeps what it has of HTTP.
func (s *span) keeps(k attribute.Key) bool {
	name := string(k)
	switch {
	case strings.HasPrefix(name, "otelmistral."), forbidden[k]:
		return false
	case s.kind == (kind{}):
		return k != semconv.UserIDKey && k != semconv.SessionIDKey
	case strings.HasPrefix(name, "http."), strings.HasPrefix(name, "net."):
		return false
	case s.kind == toolKind && strings.HasPrefix(name, "gen_ai.tool."):
		return false
	case s.kind.span != "" && strings.HasPrefix(name, "gen_ai.retrieval."):
		return !semconv.IsContent(k)
	}
	return k != semconv.UserIDKey && k != semconv.SessionIDKey && k != semconv.GenAIConversationIDKey
}

// addContext says whom and what the span belongs to.
func (s *span) addContext() {
	for _, name := range identity {
		s.addText(name.to, s.text(name.from))
	}
	if s.text(semconv.EnvironmentKey) == "" {
		environment := environmentOf(s.Resource())
		s.addText("environment", environment)
		s.addText("respan.environment", environment)
	}
	s.addText(metadataKey, s.metadata())
	s.addText(workflowNameKey, s.workflow())
	s.addText(logMethodKey, "tracing_integration")
	s.addText(logTypeKey, s.kind.log)
	s.addText(requestTypeKey, s.kind.request)
	s.addText(spanKindKey, s.kind.span)
	if s.kind == (kind{}) {
		return
	}
	s.addText(entityNameKey, s.name())
	if path := s.text(semconv.ObservationPathKey); path != "" || s.isRoot() {
		s.add(entityPathKey.String(path)) // "" says that it is the root
	}
	if code := s.statusCode(); code != 0 {
		s.add(statusCodeKey.Int(code))
	}
}

// workflow is the workflow around the span. Where there is none, the name of the
// trace is what comes next to it.
func (s *span) workflow() string {
	if name := s.text(semconv.WorkflowNameKey); name != "" {
		return name
	}
	switch s.text(semconv.ObservationTypeKey) {
	case semconv.ObservationWorkflow, semconv.ObservationAgent:
		return s.Name()
	}
	return s.text(semconv.TraceNameKey)
}

// name is the tool, or the name of the span.
func (s *span) name() string {
	if s.kind == toolKind {
		if name := s.text(semconv.GenAIToolNameKey); name != "" {
			return name
		}
	}
	return s.Name()
}

func (s *span) isRoot() bool {
	return !s.Parent().IsValid() || s.in[semconv.AppRootKey].AsBool()
}

// Status codes of calls that no server answered with one.
const (
	statusClientClosed = 499 // the caller did not wait for the end
	statusFailed       = 500
)

// statusCode is the HTTP status of what failed or was ended by the caller, 0 for
// everything else.
func (s *span) statusCode() int {
	if s.Status().Code == codes.Error {
		if code := int(s.in[semconv.HTTPResponseStatusCodeKey].AsInt64()); code >= 400 {
			return code
		}
		return statusFailed
	}
	switch s.text(semconv.MistralOutcomeKey) {
	case semconv.OutcomeCancelled, semconv.OutcomeClosedEarly, semconv.OutcomeAbandoned:
		return statusClientClosed
	}
	return 0
}

// text is the value of a string attribute and the JSON of one with a structure, ""
// for one that is of another type or not there.
func (s *span) text(k attribute.Key) string {
	switch v := s.in[k]; v.Type() {
	case attribute.STRING:
		return v.AsString()
	case attribute.MAP, attribute.SLICE:
		return v.String()
	}
	return ""
}

// add adds an attribute of Respan's. One that the span has already wins: the
// application set it.
func (s *span) add(a attribute.KeyValue) {
	if _, taken := s.in[a.Key]; !taken {
		s.out = append(s.out, a)
	}
}

func (s *span) addText(k attribute.Key, v string) {
	if v != "" {
		s.add(k.String(v))
	}
}
