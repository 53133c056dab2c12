// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// noise begins what a resource says of the machine and the SDK. Respan would
// show it as metadata of every span.
var noise = [...]string{"process.", "host.", "os.", "telemetry."}

// resourceCache holds the last resource without its noise. The spans of one
// provider share one resource, so the last one is nearly always the next one.
type resourceCache struct {
	last atomic.Pointer[trimmedResource]
}

type trimmedResource struct{ from, to *resource.Resource }

// onResource is a span with another resource.
type onResource struct {
	sdktrace.ReadOnlySpan
	resource *resource.Resource
}

func (s onResource) Resource() *resource.Resource { return s.resource }

// trimmed returns the span with a resource without noise.
func (c *resourceCache) trimmed(s sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
	from := s.Resource()
	if from == nil {
		return s
	}
	last := c.last.Load()
	if last == nil || last.from != from {
		last = &trimmedResource{from, withoutNoise(from)}
		c.last.Store(last)
	}
	return onResource{s, last.to}
}

func withoutNoise(r *resource.Resource) *resource.Resource {
	var kept []attribute.KeyValue
	for _, a := range r.Attributes() {
		if !isNoise(a.Key) {
			kept = append(kept, a)
		}
	}
	return resource.NewWithAttributes(r.SchemaURL(), kept...)
}

func isNoise(k attribute.Key) bool {
	for _, prefix := range noise {
		if strings.HasPrefix(string(k), prefix) {
			return true
		}
	}
	return false
}

// environmentOf is where the process runs, as the resource says it.
func environmentOf(r *resource.Resource) string {
	for _, k := range [...]attribute.Key{"deployment.environment.name", "deployment.environment"} {
		if v, ok := r.Set().Value(k); ok && v.Type() == attribute.STRING {
			return v.AsString()
		}
	}
	return ""
}
