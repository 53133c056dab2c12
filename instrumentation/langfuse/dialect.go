// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"maps"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// dialect turns neutral spans into Langfuse's. It is safe for concurrent use.
type dialect struct {
	environment, environmentSource string
	release                        string
	prices                         map[string]Price
	resources                      resourceCache
	reportEnvironment              sync.Once
}

func newDialect(c Config) *dialect {
	d := &dialect{prices: maps.Clone(c.Prices)}
	d.environment, d.environmentSource = first(c.Environment, "Environment", environmentVariable)
	d.release, _ = first(c.Release, "Release", releaseVariables...)
	return d
}

// span is a span that is being translated.
type span struct {
	sdktrace.ReadOnlySpan
	kind string // of observation; "" for a span of another library
	in   map[attribute.Key]attribute.Value
	out  []attribute.KeyValue
}

// translated is a span as Langfuse gets it. The rest is the original's.
type translated struct {
	sdktrace.ReadOnlySpan
	name       string
	attributes []attribute.KeyValue
	resource   *resource.Resource
	scope      instrumentation.Scope
}

func (s translated) Name() string                                { return s.name }
func (s translated) Attributes() []attribute.KeyValue            { return s.attributes }
func (s translated) Resource() *resource.Resource                { return s.resource }
func (s translated) InstrumentationScope() instrumentation.Scope { return s.scope }

// translate is the dialect of the destination.
func (d *dialect) translate(original sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
	attrs := original.Attributes()
	s := &span{
		ReadOnlySpan: original,
		in:           make(map[attribute.Key]attribute.Value, len(attrs)),
		out:          make([]attribute.KeyValue, 0, len(attrs)+16),
	}
	for _, a := range attrs {
		s.in[a.Key] = a.Value
	}
	s.kind = kindOf(s.in)
	for _, a := range attrs {
		s.carry(a)
	}
	s.addTrace(d)
	if s.kind != "" {
		s.addText(typeKey, s.kind)
		s.addInputAndOutput()
		s.addFirstToken()
		s.addModel()
		s.addCost(d.prices)
		s.addPrompt()
	}
	s.addLevel()
	return translated{
		ReadOnlySpan: original,
		name:         shortName(original.Name()),
		attributes:   s.out,
		resource:     d.resources.readable(original.Resource()),
		scope:        neutralScope(original.InstrumentationScope()),
	}
}

// kindOf tells what Langfuse calls a span with these attributes. An observation
// may have the name of an operation besides, so its type goes first.
func kindOf(in map[attribute.Key]attribute.Value) string {
	if v, ok := in[semconv.ObservationTypeKey]; ok {
		if kind, ok := observationTypes[v.AsString()]; ok {
			return kind
		}
		return typeSpan
	}
	v, ok := in[semconv.GenAIOperationNameKey]
	if !ok {
		v, ok = in[semconv.MistralOperationKey]
	}
	if !ok {
		return ""
	}
	operation := v.AsString()
	if kind, ok := operationTypes[operation]; ok {
		return kind
	}
	if agentOperations[operation] && !countsTokens(in) {
		return typeAgent
	}
	if namesModel(in) || countsTokens(in) {
		return typeGeneration
	}
	return typeSpan
}

func namesModel(in map[attribute.Key]attribute.Value) bool {
	_, request := in[semconv.GenAIRequestModelKey]
	_, response := in[semconv.GenAIResponseModelKey]
	return request || response
}

func countsTokens(in map[attribute.Key]attribute.Value) bool {
	_, input := in[semconv.GenAIUsageInputTokensKey]
	_, output := in[semconv.GenAIUsageOutputTokensKey]
	return input || output
}

// carry decides what becomes of one attribute that Langfuse does not have
// another name for.
func (s *span) carry(a attribute.KeyValue) {
	k := string(a.Key)
	name, isObservation := strings.CutPrefix(k, semconv.ObservationMetadataPrefix)
	traceName, isTrace := strings.CutPrefix(k, semconv.MetadataPrefix)
	switch {
	case isObservation:
		s.addMetadata(observationMetadataPrefix, name, a.Value)
	case isTrace:
		s.addMetadata(traceMetadataPrefix, traceName, attribute.StringValue(a.Value.String()))
	case strings.HasPrefix(k, "otelmistral."), s.isMoved(a.Key):
	case misread[a.Key]:
		s.addMetadata(observationMetadataPrefix, k, a.Value)
	case strings.HasPrefix(k, usagePrefix) && !tokenCounts[a.Key]:
		s.addMetadata(observationMetadataPrefix, strings.TrimPrefix(k, "gen_ai."), a.Value)
	case a.Key == semconv.GenAIOperationNameKey && agentOperations[a.Value.AsString()]:
		s.addMetadata(observationMetadataPrefix, "operation", a.Value)
		if s.kind == typeGeneration {
			s.out = append(s.out, a.Key.String(semconv.OperationChat))
		}
	case a.Key == semconv.GenAIToolNameKey && s.kind != "" && s.kind != typeTool:
		s.addMetadata(observationMetadataPrefix, "tool_name", a.Value) // else it would be the name of the span
	case !empty(a.Value):
		s.out = append(s.out, attribute.KeyValue{Key: a.Key, Value: readable(a.Value)})
	}
}

// isMoved tells whether what the attribute says stands elsewhere. The content of
// a span of another library stays where it is.
func (s *span) isMoved(k attribute.Key) bool {
	if !moved[k] {
		return false
	}
	return s.kind != "" || k == semconv.UserIDKey || k == semconv.SessionIDKey
}

// addLevel says how the span ended. Langfuse does not look at error.type, nor at
// exceptions.
func (s *span) addLevel() {
	level := s.text(semconv.ObservationLevelKey)
	status := s.Status()
	if status.Code != codes.Error {
		s.addText(levelKey, level)
		return
	}
	if level == "" || level == semconv.LevelDefault {
		level = semconv.LevelError
	}
	s.addText(levelKey, level)
	message := status.Description
	if message == "" {
		message = s.text(semconv.ErrorTypeKey)
	}
	s.addText(statusMessageKey, message)
}

// text is the value of a string attribute, "" for one that is not there. What
// has a structure is JSON.
func (s *span) text(k attribute.Key) string {
	return s.in[k].String()
}

func (s *span) addText(k attribute.Key, v string) {
	if v != "" {
		s.add(k, attribute.StringValue(v))
	}
}

// add adds an attribute of Langfuse's. One that is there already wins: the
// application set it, or what has precedence came first.
func (s *span) add(k attribute.Key, v attribute.Value) {
	if _, taken := s.in[k]; taken || empty(v) {
		return
	}
	s.in[k] = v
	s.out = append(s.out, attribute.KeyValue{Key: k, Value: readable(v)})
}
