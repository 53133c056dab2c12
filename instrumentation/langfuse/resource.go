// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
)

// resourceCache holds the last resource as Langfuse can read it. The spans of one
// provider share one resource, so the last one is nearly always the next one.
type resourceCache struct {
	last atomic.Pointer[readableResource]
}

type readableResource struct{ from, to *resource.Resource }

// readable returns the resource with a text as service.version, since another
// type costs Langfuse's older store the whole span, and without empty lists.
func (c *resourceCache) readable(from *resource.Resource) *resource.Resource {
	if from == nil {
		return nil
	}
	last := c.last.Load()
	if last == nil || last.from != from {
		last = &readableResource{from, readableCopy(from)}
		c.last.Store(last)
	}
	return last.to
}

func readableCopy(r *resource.Resource) *resource.Resource {
	var kept []attribute.KeyValue
	for _, a := range r.Attributes() {
		switch {
		case empty(a.Value):
		case a.Key == serviceVersionKey:
			kept = append(kept, a.Key.String(a.Value.String()))
		default:
			kept = append(kept, attribute.KeyValue{Key: a.Key, Value: readable(a.Value)})
		}
	}
	return resource.NewWithAttributes(r.SchemaURL(), kept...)
}

// neutralScope renames a scope that Langfuse would take for one of its SDKs, to
// whose spans other rules apply.
func neutralScope(scope instrumentation.Scope) instrumentation.Scope {
	if strings.Contains(strings.ToLower(scope.Name), "langfuse") {
		scope.Name = "github.com/otelmistral/otelmistral"
	}
	return scope
}
