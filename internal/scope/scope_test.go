// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestInnerValuesWinAndTagsAreUnited(t *testing.T) {
	attr := func(kv attribute.KeyValue) Attribute { return NewAttribute(kv) }
	outer := With(t.Context(),
		attr(semconv.UserIDKey.String("u1")), attr(semconv.SessionIDKey.String("s1")),
		attr(semconv.TagsKey.StringSlice([]string{"a", "b"})), attr(attribute.Int(semconv.MetadataPrefix+"n", 1)))
	inner := With(outer,
		attr(semconv.UserIDKey.String("u2")), attr(semconv.TagsKey.StringSlice([]string{"b", "c"})),
		attr(attribute.Int(semconv.MetadataPrefix+"m", 2)), attr(attribute.KeyValue{}))

	assert.Equal(t, []attribute.KeyValue{
		semconv.UserIDKey.String("u2"),
		semconv.SessionIDKey.String("s1"),
		semconv.TagsKey.StringSlice([]string{"a", "b", "c"}),
		attribute.Int(semconv.MetadataPrefix+"n", 1),
		attribute.Int(semconv.MetadataPrefix+"m", 2),
	}, Attributes(inner))
	assert.Equal(t, "u1", Attributes(outer)[0].Value.AsString(), "the outer context is as it was")
	assert.Equal(t, []string{"a", "b"}, Attributes(outer)[2].Value.AsStringSlice())
}

func TestWithNothingIsTheSameContext(t *testing.T) {
	assert.Equal(t, t.Context(), With(t.Context()))
	assert.Empty(t, Attributes(t.Context()))
}

func TestMarks(t *testing.T) {
	ctx := t.Context()
	assert.False(t, Observed(ctx))
	assert.True(t, Observed(WithObserved(ctx)))
	assert.False(t, Untraced(ctx))
	assert.True(t, Untraced(WithoutTracing(ctx)))
	_, ok := Capture(ctx)
	assert.False(t, ok)
	capture, ok := Capture(WithCapture(ctx, 0))
	assert.True(t, ok, "zero is a choice, too")
	assert.Zero(t, capture)
}
