// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"cmp"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelmistral/otelmistral/internal/guard"
	"github.com/otelmistral/otelmistral/semconv"
)

// addTrace says whom and what the span belongs to. Langfuse builds a trace from
// its spans and filters by each of them, so every span has it all.
func (s *span) addTrace(d *dialect) {
	for _, name := range renamed {
		s.addText(name.to, s.text(name.from))
	}
	s.addText(traceNameKey, shortName(s.text(semconv.TraceNameKey)))
	session := s.text(semconv.SessionIDKey)
	if session == "" {
		session = s.text(semconv.GenAIConversationIDKey)
	}
	s.addText(sessionIDKey, session)
	if tags := s.in[semconv.TagsKey]; tags.Type() == attribute.STRINGSLICE {
		s.add(tagsKey, tags)
	}
	s.addText(environmentKey, s.environment(d))
	release := s.text(semconv.ReleaseKey)
	if release == "" {
		release = d.release
	}
	s.addText(releaseKey, release)
	if version, ok := resourceValue(s.Resource(), serviceVersionKey); ok {
		s.addText(versionKey, version.String())
	}
	if s.in[semconv.AppRootKey].AsBool() {
		s.add(appRootKey, attribute.BoolValue(true))
	}
}

// addMetadata adds one entry of the application's metadata. Where Langfuse has an
// object of its own of that name, the entry gets another.
func (s *span) addMetadata(prefix, name string, v attribute.Value) {
	if name == "" {
		return
	}
	first, rest, nested := strings.Cut(name, ".")
	if reserved[first] {
		first += "_"
	}
	if nested {
		first += "." + rest
	}
	key := attribute.Key(prefix + first)
	switch v.Type() {
	case attribute.STRINGSLICE, attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE:
		v = attribute.StringValue(v.String()) // JSON
	}
	s.add(key, v)
}

// environment is where the span was made, "" if nothing tells.
func (s *span) environment(d *dialect) string {
	name, source := s.text(semconv.EnvironmentKey), "Propagate"
	if name == "" {
		name, source = d.environment, d.environmentSource
	}
	for _, k := range [...]attribute.Key{"deployment.environment.name", "deployment.environment"} {
		if v, ok := resourceValue(s.Resource(), k); ok && name == "" {
			name, source = v.String(), string(k)+" of the resource"
		}
	}
	shown := environmentName(name)
	if shown != strings.ToLower(name) {
		d.reportEnvironment.Do(func() {
			guard.Handle(fmt.Errorf("langfuse: the environment %q, from %s, is shown as %q: use at most %d characters of a-z, 0-9, - and _, and do not begin with langfuse",
				name, source, cmp.Or(shown, "default"), maxEnvironment))
		})
	}
	return shown
}

const maxEnvironment = 40

// environmentName is the name under which Langfuse can store an environment, ""
// if none is left.
func environmentName(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	for strings.HasPrefix(name, "langfuse") {
		name = strings.TrimLeft(strings.TrimPrefix(name, "langfuse"), "-_")
	}
	name = strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '-'
	}, name)
	return name[:min(len(name), maxEnvironment)]
}

func resourceValue(r *resource.Resource, k attribute.Key) (attribute.Value, bool) {
	if r == nil {
		return attribute.Value{}, false
	}
	return r.Set().Value(k)
}
