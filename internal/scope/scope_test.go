// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

func user(id string) Attribute     { return NewAttribute(semconv.UserIDKey.String(id)) }
func tags(all ...string) Attribute { return NewAttribute(semconv.TagsKey.StringSlice(all)) }
func meta(key, value string) Attribute {
	return NewAttribute(attribute.String(semconv.MetadataPrefix+key, value))
}

func carried(ctx context.Context) map[attribute.Key]any {
	m := map[attribute.Key]any{}
	for _, kv := range SpanAttributes(ctx) {
		m[kv.Key] = kv.Value.AsInterface()
	}
	return m
}

func TestInnerWinsKeyByKeyAndTagsAreUnited(t *testing.T) {
	outer := With(context.Background(), user("a"), tags("x", "y"), meta("k", "1"), meta("l", "1"))
	inner := With(outer, user("b"), tags("y", "z"), meta("l", "2"))
	assert.Equal(t, map[attribute.Key]any{
		"user.id": "b", "otelmistral.tags": []string{"x", "y", "z"},
		"otelmistral.metadata.k": "1", "otelmistral.metadata.l": "2",
	}, carried(inner))
	assert.Equal(t, map[attribute.Key]any{
		"user.id": "a", "otelmistral.tags": []string{"x", "y"},
		"otelmistral.metadata.k": "1", "otelmistral.metadata.l": "1",
	}, carried(outer), "the outer context is not changed")
}

func TestSiblingsDoNotShareAttributes(t *testing.T) {
	outer := With(context.Background(), user("a"))
	one, two := With(outer, meta("k", "1")), With(outer, meta("l", "2"))
	assert.NotContains(t, carried(one), attribute.Key("otelmistral.metadata.l"))
	assert.NotContains(t, carried(two), attribute.Key("otelmistral.metadata.k"))
}

func TestEmptyValuesCarryNothing(t *testing.T) {
	ctx := With(context.Background(), user("a"))
	assert.Same(t, get(ctx), get(With(ctx, user(""), tags(), NewAttribute(), Attribute{}, NewAttribute(attribute.String("", "x")))))
	assert.Nil(t, SpanAttributes(context.Background()))
	assert.Nil(t, Attributes(context.Background()))
}

func TestBrokenUTF8IsRepaired(t *testing.T) {
	ctx := With(context.Background(), user("a\xff"), tags("\xfe"), meta("k\xff", "v"))
	assert.Equal(t, map[attribute.Key]any{
		"user.id": "a\uFFFD", "otelmistral.tags": []string{"\uFFFD"}, "otelmistral.metadata.k\uFFFD": "v",
	}, carried(ctx))
}

func TestPathLeavesOutTheOutermostWorkflow(t *testing.T) {
	type step struct {
		name  string
		whole bool
	}
	tests := []struct {
		name           string
		steps          []step
		workflow, path any
	}{
		{"none", nil, nil, nil},
		{"task alone", []step{{"t", false}}, nil, "t"},
		{"workflow alone", []step{{"w", true}}, "w", nil},
		{"tasks in a workflow", []step{{"w", true}, {"t", false}, {"u", false}}, "w", "t.u"},
		{"agent in a workflow", []step{{"w", true}, {"a", true}, {"t", false}}, "a", "a.t"},
		{"workflow in a task", []step{{"t", false}, {"w", true}, {"u", false}}, "w", "t.u"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := context.Background()
			for i, s := range tt.steps {
				ctx = WithObservation(ctx, s.name, s.whole, i)
			}
			got := carried(ctx)
			assert.Equal(t, tt.workflow, got[semconv.WorkflowNameKey])
			assert.Equal(t, tt.path, got[semconv.ObservationPathKey])
			if n := len(tt.steps); n > 0 {
				assert.Equal(t, n-1, Observation(ctx))
			}
			assert.Empty(t, Attributes(ctx), "the path is not propagated further")
		})
	}
}

func TestPathAndPropagatedAttributesStandTogether(t *testing.T) {
	ctx := With(WithObservation(With(context.Background(), user("a")), "t", false, nil), tags("x"))
	assert.Equal(t, map[attribute.Key]any{
		"user.id": "a", "otelmistral.tags": []string{"x"}, "otelmistral.observation.path": "t",
	}, carried(ctx))
}

func TestToolCallEndsWithTheObservationThatAnswersIt(t *testing.T) {
	ctx := WithToolCall(context.Background(), "c1")
	assert.Equal(t, "c1", ToolCall(ctx))
	assert.Empty(t, ToolCall(WithObservation(ctx, "tool", false, nil)))
	assert.Empty(t, ToolCall(context.Background()))
}

func TestAttemptsAreCountedPerContext(t *testing.T) {
	ctx := WithAttempts(context.Background())
	below := context.WithValue(ctx, captureKey, uint8(1))
	assert.Equal(t, []int{0, 1, 2}, []int{Attempt(ctx), Attempt(below), Attempt(ctx)})
	assert.Equal(t, 0, Attempt(WithAttempts(ctx)), "a new logical call begins anew")
	for range 2 {
		assert.Equal(t, 0, Attempt(context.Background()))
	}
}

func TestContextWithoutAttributesCostsNothing(t *testing.T) {
	ctx := WithObserved(context.Background())
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = Attributes(ctx), SpanAttributes(ctx)
		_ = Attempt(ctx)
	}))
	ctx = With(ctx, user("a"), tags("x"))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = SpanAttributes(ctx) }))
}

func TestWithConcurrentSafe(t *testing.T) {
	ctx := With(context.Background(), user("a"), tags("x"))
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			tag := fmt.Sprint(i)
			inner := WithObservation(With(ctx, tags(tag), meta("k", tag)), tag, false, i)
			assert.Equal(t, []string{"x", tag}, carried(inner)[semconv.TagsKey])
			assert.Equal(t, i, Observation(inner))
		})
	}
	wg.Wait()
	assert.Len(t, carried(ctx), 2)
}
