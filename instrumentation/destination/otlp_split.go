// SPDX-License-Identifier: Apache-2.0

package destination

import (
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// item is one span of a batch with what it stands under. A batch is a slice of
// items, so that it can be cut at any place.
type item struct {
	resource *tracepb.ResourceSpans
	scope    *tracepb.ScopeSpans
	span     *tracepb.Span

	size         int // of the span in a request
	scopeSize    int // of what its scope adds, once for each run of it
	resourceSize int // of what its resource adds, likewise
}

// framing is the most that protobuf puts around a message: a tag of one byte and
// a length of up to five.
const framing = 6

// flatten lists the spans in the order of the request.
func flatten(request []*tracepb.ResourceSpans) []item {
	var items []item
	for _, r := range request {
		resourceSize := proto.Size(r.GetResource()) + len(r.GetSchemaUrl()) + 3*framing
		for _, s := range r.GetScopeSpans() {
			scopeSize := proto.Size(s.GetScope()) + len(s.GetSchemaUrl()) + 3*framing
			for _, span := range s.GetSpans() {
				items = append(items, item{r, s, span, proto.Size(span) + framing, scopeSize, resourceSize})
			}
		}
	}
	return items
}

// fit returns how many of the items make up a request of at most limit bytes,
// but at least one: a span that is too large for the limit may still be small
// enough for the backend.
func fit(items []item, limit int) int {
	size := 0
	for i := range items {
		size += added(items, i)
		if i > 0 && size > limit {
			return i
		}
	}
	return len(items)
}

// added returns what item i adds to a request of those before it.
func added(items []item, i int) int {
	it := items[i]
	size := it.size
	if i == 0 || it.scope != items[i-1].scope {
		size += it.scopeSize
	}
	if i == 0 || it.resource != items[i-1].resource {
		size += it.resourceSize
	}
	return size
}

// minLearnt keeps a backend that answers 413 for another reason than the size of
// requests from making them tiny.
const minLearnt = 64 << 10

// learn returns the limit after a request of items was too large for the backend:
// half of its size, which is what is tried next anyway.
func learn(items []item, limit int) int {
	size := 0
	for i := range items {
		size += added(items, i)
	}
	return min(limit, max(size/2, minLearnt))
}

// request is the inverse of flatten. It shares all but the slices with the
// request that the items are from.
func request(items []item) []*tracepb.ResourceSpans {
	var out []*tracepb.ResourceSpans
	var resource *tracepb.ResourceSpans
	var scope *tracepb.ScopeSpans
	for i, it := range items {
		newResource := i == 0 || it.resource != items[i-1].resource
		if newResource {
			resource = &tracepb.ResourceSpans{Resource: it.resource.GetResource(), SchemaUrl: it.resource.GetSchemaUrl()}
			out = append(out, resource)
		}
		if newResource || it.scope != items[i-1].scope {
			scope = &tracepb.ScopeSpans{Scope: it.scope.GetScope(), SchemaUrl: it.scope.GetSchemaUrl()}
			resource.ScopeSpans = append(resource.ScopeSpans, scope)
		}
		scope.Spans = append(scope.Spans, it.span)
	}
	return out
}
