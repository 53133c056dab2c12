// SPDX-License-Identifier: Apache-2.0

// Package exampletest is what the tests of the examples have in common.
package exampletest

import (
	"slices"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
)

// Paths returns the name of each span after those of the spans above it, with
// " > " between, sorted. It begins with "? > " when the parent of the topmost is
// not there.
func Paths(spans []instrumentationtest.Span) []string {
	byID := map[trace.SpanID]instrumentationtest.Span{}
	for _, s := range spans {
		byID[s.SpanContext().SpanID()] = s
	}
	paths := make([]string, 0, len(spans))
	for _, s := range spans {
		path := s.Name()
		for s.Parent().IsValid() {
			above, found := byID[s.Parent().SpanID()]
			if !found {
				path = "? > " + path
				break
			}
			s, path = above, above.Name()+" > "+path
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// Named returns the spans with that name, in the order of spans.
func Named(spans []instrumentationtest.Span, name string) []instrumentationtest.Span {
	return slices.DeleteFunc(slices.Clone(spans), func(s instrumentationtest.Span) bool { return s.Name() != name })
}
