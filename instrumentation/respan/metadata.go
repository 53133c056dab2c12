// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/semconv"
)

// members is what becomes metadata for want of a parameter of its own.
var members = [...]struct {
	from attribute.Key
	name string
}{
	{semconv.TagsKey, "tags"},
	{semconv.ReleaseKey, "release"},
	{semconv.PromptNameKey, "prompt_name"},
	{semconv.PromptVersionKey, "prompt_version"},
}

// metadata is one JSON object, "" if it has no members. What an observation says
// of itself wins over what the context says of the trace.
func (s *span) metadata() string {
	all := make(map[string]attribute.Value)
	attrs := s.Attributes()
	for _, a := range attrs {
		if name, ok := strings.CutPrefix(string(a.Key), semconv.MetadataPrefix); ok {
			all[name] = a.Value
		}
	}
	for _, a := range attrs {
		if name, ok := strings.CutPrefix(string(a.Key), semconv.ObservationMetadataPrefix); ok {
			all[name] = a.Value
		} else if forbidden[a.Key] {
			s.member(all, string(a.Key), a.Key)
		}
	}
	for _, m := range members {
		s.member(all, m.name, m.from)
	}
	if s.kind != (kind{}) {
		s.member(all, "resend_count", semconv.HTTPRequestResendCountKey)
	}
	if s.kind == toolKind {
		s.member(all, "tool_call_id", semconv.GenAIToolCallIDKey)
		s.member(all, "tool_type", semconv.GenAIToolTypeKey)
		s.member(all, "tool_description", "gen_ai.tool.description")
	}
	if s.text(semconv.ObservationLevelKey) != semconv.LevelDefault {
		s.member(all, "level", semconv.ObservationLevelKey)
	}
	if s.text(semconv.TraceNameKey) != s.workflow() {
		s.member(all, "trace_name", semconv.TraceNameKey)
	}
	if len(all) == 0 {
		return ""
	}
	b := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsonscan.AppendQuoted(b, name)
		b = append(b, ':')
		b = appendAttribute(b, all[name])
	}
	return string(append(b, '}'))
}

// member adds the attribute unless the application has metadata of that name.
func (s *span) member(all map[string]attribute.Value, name string, from attribute.Key) {
	if _, taken := all[name]; taken {
		return
	}
	if v, ok := s.in[from]; ok {
		all[name] = v
	}
}

// appendAttribute appends the value with its JSON type. A string that is the
// JSON of an object or a list was one before it became an attribute.
func appendAttribute(dst []byte, v attribute.Value) []byte {
	switch v.Type() {
	case attribute.STRING:
		if text := v.AsString(); strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			return appendValue(dst, text)
		}
		return jsonscan.AppendQuoted(dst, v.AsString())
	case attribute.STRINGSLICE:
		dst = append(dst, '[')
		for i, text := range v.AsStringSlice() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = jsonscan.AppendQuoted(dst, text)
		}
		return append(dst, ']')
	case attribute.MAP, attribute.SLICE:
		return appendValue(dst, v.String())
	case attribute.BOOL, attribute.INT64, attribute.FLOAT64,
		attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE:
		if b, err := json.Marshal(v.AsInterface()); err == nil { // NaN has no JSON
			return append(dst, b...)
		}
	}
	return jsonscan.AppendQuoted(dst, v.String())
}
