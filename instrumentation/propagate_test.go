// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

func endIn(ctx context.Context, p trace.TracerProvider, name string, opts ...trace.SpanStartOption) {
	_, s := p.Tracer("test").Start(ctx, name, opts...)
	s.End()
}

func TestAttributesHaveTheirKeysAndTypes(t *testing.T) {
	i, got := started(t)
	endIn(Propagate(t.Context(), UserID("u"), SessionID("s"), ThreadID("t"), TraceName("n"), Tags("a", "b"),
		Metadata("plan", "pro"), Metadata("seats", 3), Metadata("more", []int{1}), Environment("prod"), Release("v1"),
		Prompt("greet", 2), UserID(""), Metadata("", 1), Metadata("nil", nil), Prompt("", 1)), i.TracerProvider(), "x")
	s := got.named(t, "x")
	want := map[attribute.Key]any{
		"user.id": "u", "session.id": "s", "gen_ai.conversation.id": "t", "otelmistral.trace.name": "n",
		"otelmistral.tags": []string{"a", "b"}, "otelmistral.metadata.plan": "pro", "otelmistral.metadata.seats": int64(3),
		"otelmistral.metadata.more": "[1]", "otelmistral.environment": "prod", "otelmistral.release": "v1",
		"otelmistral.prompt.name": "greet", "otelmistral.prompt.version": int64(2),
	}
	for k, v := range want {
		assert.Equal(t, v, s.value(k), k)
	}
	assert.Len(t, s.Attributes(), len(want))
}

func TestPromptWithoutAVersion(t *testing.T) {
	i, got := started(t)
	endIn(Propagate(t.Context(), Prompt("greet", 0)), i.TracerProvider(), "x")
	assert.Len(t, got.named(t, "x").Attributes(), 1)
}

// Each source lacks one more key than the source below it.
func TestPrecedenceOfAttributes(t *testing.T) {
	all := func(value string, keys string) []Attribute {
		var attrs []Attribute
		for k := range strings.SplitSeq(keys, "") {
			attrs = append(attrs, Metadata(k, value))
		}
		return attrs
	}
	foreign := sdktrace.NewTracerProvider()
	i, got := started(t, WithDefaults(all("default", "abcde")...), WithBaggage())
	foreign.RegisterSpanProcessor(i.SpanProcessor())
	foreignSpans := &spans{tracetest.NewSpanRecorder()}
	foreign.RegisterSpanProcessor(foreignSpans)
	defer func() { _ = foreign.Shutdown(context.Background()) }()

	var members []baggage.Member
	for _, k := range []string{"a", "b", "c", "d"} {
		m, err := baggage.NewMemberRaw("otelmistral.metadata."+k, "baggage")
		require.NoError(t, err)
		members = append(members, m)
	}
	bag, err := baggage.New(members...)
	require.NoError(t, err)
	ctx := baggage.ContextWithBaggage(t.Context(), bag)
	ctx = Propagate(ctx, all("outer", "abc")...)
	ctx = Propagate(ctx, all("inner", "ab")...)
	explicit := trace.WithAttributes(attribute.String("otelmistral.metadata.a", "explicit"))
	endIn(ctx, i.TracerProvider(), "own", explicit)
	endIn(ctx, foreign, "foreign", explicit)
	for _, s := range []span{got.named(t, "own"), foreignSpans.named(t, "foreign")} {
		for k, v := range map[attribute.Key]string{"a": "explicit", "b": "inner", "c": "outer", "d": "baggage", "e": "default"} {
			assert.Equal(t, v, s.value("otelmistral.metadata."+k), "%s of %s", k, s.Name())
		}
	}
}

func TestDefaultsReachSpansOutsideOfAnyContext(t *testing.T) {
	i, got := started(t, WithDefaults(Environment("test"), Tags("x")), WithDefaults(Tags("y")))
	endIn(t.Context(), i.TracerProvider(), "x")
	assert.Equal(t, "test", got.named(t, "x").value(semconv.EnvironmentKey))
	assert.Equal(t, []string{"x", "y"}, got.named(t, "x").value(semconv.TagsKey))
}

func TestPropagateReachesTheSpanThatIsThere(t *testing.T) {
	i, got := started(t, WithDefaults(UserID("default"), Tags("default")))
	ctx, s := i.TracerProvider().Tracer("test").Start(Propagate(t.Context(), Tags("outer"), SessionID("s")), "current")
	inner := Propagate(ctx, UserID("u"), Tags("inner"))
	endIn(inner, i.TracerProvider(), "below")
	endIn(ctx, i.TracerProvider(), "beside")
	s.End()
	for name, want := range map[string]struct {
		user string
		tags []string
	}{
		"current": {"u", []string{"default", "outer", "inner"}},
		"below":   {"u", []string{"default", "outer", "inner"}},
		"beside":  {"default", []string{"default", "outer"}},
	} {
		got := got.named(t, name)
		assert.Equal(t, want.user, got.value(semconv.UserIDKey), name)
		assert.ElementsMatch(t, want.tags, got.value(semconv.TagsKey), name)
		assert.Equal(t, "s", got.value(semconv.SessionIDKey), name)
	}
}

func TestModelCallsCarryWhatIsPropagated(t *testing.T) {
	i, got := started(t, WithDefaults(Tags("default"), Release("v1")))
	m := testserver.NewMistral()
	t.Cleanup(m.Close)
	client := i.Client()
	client.Transport = i.Transport(&http.Transport{DisableKeepAlives: true})
	_, err := Observe(Propagate(t.Context(), UserID("u"), ThreadID("t"), Tags("x")), "shop", "in",
		func(ctx context.Context, _ string) (string, error) {
			chatIn(ctx, t, client, m.URL)
			return "", nil
		}, AsWorkflow())
	require.NoError(t, err)
	s := got.named(t, "chat mistral-small-latest")
	assert.Equal(t, "u", s.value(semconv.UserIDKey))
	assert.Equal(t, "t", s.value(semconv.GenAIConversationIDKey))
	assert.Equal(t, []string{"default", "x"}, s.value(semconv.TagsKey), "the defaults' tags, too")
	assert.Equal(t, "v1", s.value(semconv.ReleaseKey))
	assert.Equal(t, "shop", s.value(semconv.WorkflowNameKey))
	assert.Equal(t, got.named(t, "shop").SpanContext().SpanID(), s.Parent().SpanID())
}

func TestBaggageCrossesServices(t *testing.T) {
	i, got := started(t, WithBaggage())
	ctx := Propagate(t.Context(), UserID("ü, =;"), SessionID("s"), ThreadID("t"), TraceName("n"),
		Tags("a,b", "c"), Metadata("plan", 3), Release("v1"), Environment("prod"))
	header := propagation.HeaderCarrier{}
	propagation.Baggage{}.Inject(ctx, header)
	assert.NotContains(t, header.Get("baggage"), "release")
	assert.NotContains(t, header.Get("baggage"), "environment")

	there := propagation.Baggage{}.Extract(t.Context(), header)
	endIn(there, i.TracerProvider(), "x")
	s := got.named(t, "x")
	assert.Equal(t, "ü, =;", s.value(semconv.UserIDKey))
	assert.Equal(t, "s", s.value(semconv.SessionIDKey))
	assert.Equal(t, "t", s.value(semconv.GenAIConversationIDKey))
	assert.Equal(t, "n", s.value(semconv.TraceNameKey))
	assert.Equal(t, []string{"a,b", "c"}, s.value(semconv.TagsKey))
	assert.Equal(t, "3", s.value("otelmistral.metadata.plan"))
	assert.Len(t, s.Attributes(), 6)
}

func TestBaggageIsOptIn(t *testing.T) {
	i, got := started(t)
	assert.Zero(t, baggage.FromContext(Propagate(t.Context(), UserID("u"))).Len())
	m, err := baggage.NewMemberRaw("user.id", "theirs")
	require.NoError(t, err)
	bag, err := baggage.New(m)
	require.NoError(t, err)
	endIn(baggage.ContextWithBaggage(t.Context(), bag), i.TracerProvider(), "x")
	assert.Empty(t, got.named(t, "x").Attributes())
}

func TestBaggageOfOthersIsKeptAndNotTaken(t *testing.T) {
	i, got := started(t, WithBaggage())
	theirs, err := baggage.Parse("region=eu,otelmistral.tags=broken,otelmistral.app_root=true")
	require.NoError(t, err)
	ctx := Propagate(baggage.ContextWithBaggage(t.Context(), theirs), UserID("u"), Metadata("huge", strings.Repeat("x", 10000)))
	assert.Equal(t, "eu", baggage.FromContext(ctx).Member("region").Value())
	endIn(ctx, i.TracerProvider(), "x")
	s := got.named(t, "x")
	assert.Nil(t, s.value("region"))
	assert.Nil(t, s.value(semconv.TagsKey))
	assert.Nil(t, s.value(semconv.AppRootKey))
	assert.Equal(t, "u", s.value(semconv.UserIDKey))
}

func TestSpansWithoutAnythingToCarryAreLeftAlone(t *testing.T) {
	i, got := started(t)
	endIn(t.Context(), i.TracerProvider(), "x")
	assert.Empty(t, got.named(t, "x").Attributes())
	assert.Equal(t, t.Context(), Propagate(t.Context()))
	assert.Equal(t, t.Context(), Propagate(t.Context(), UserID("")))
}

// Each case runs one Propagate after the other in the same context.
func TestPropagateReplacesWhatAnEarlierOnePutOntoTheSpan(t *testing.T) {
	set := func(key, value string) func(trace.Span) {
		return func(s trace.Span) { s.SetAttributes(attribute.String(key, value)) }
	}
	tests := []struct {
		name     string
		explicit []attribute.KeyValue
		first    []Attribute
		between  func(trace.Span)
		second   []Attribute
		want     map[attribute.Key]any
	}{
		{
			name: "the last one wins", first: []Attribute{UserID("a"), SessionID("s")}, second: []Attribute{UserID("b")},
			want: map[attribute.Key]any{"user.id": "b", "session.id": "s"},
		},
		{
			name:  "metadata key by key",
			first: []Attribute{Metadata("k", "a"), Metadata("l", 1)}, second: []Attribute{Metadata("k", 2), Metadata("m", true)},
			want: map[attribute.Key]any{
				"otelmistral.metadata.k": int64(2), "otelmistral.metadata.l": int64(1), "otelmistral.metadata.m": true,
			},
		},
		{
			name: "tags add up", first: []Attribute{Tags("a", "b")}, second: []Attribute{Tags("b", "c")},
			want: map[attribute.Key]any{"otelmistral.tags": []string{"outer", "a", "b", "c"}},
		},
		{
			name: "what only the outer context carries does not come back", first: []Attribute{Release("v2")}, second: []Attribute{UserID("b")},
			want: map[attribute.Key]any{"otelmistral.release": "v2", "user.id": "b"},
		},
		{
			name: "started with", explicit: []attribute.KeyValue{attribute.String("user.id", "own")},
			first: []Attribute{UserID("a")}, second: []Attribute{UserID("b")},
			want: map[attribute.Key]any{"user.id": "own"},
		},
		{
			name: "set between", first: []Attribute{UserID("a")}, between: set("user.id", "own"), second: []Attribute{UserID("b")},
			want: map[attribute.Key]any{"user.id": "own"},
		},
		{
			name: "over baggage", second: []Attribute{ThreadID("t2")},
			want: map[attribute.Key]any{"gen_ai.conversation.id": "t2"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i, got := started(t, WithDefaults(Environment("test")), WithBaggage())
			theirs, err := baggage.Parse("gen_ai.conversation.id=t1")
			require.NoError(t, err)
			outer := Propagate(baggage.ContextWithBaggage(t.Context(), theirs), Release("v1"), Tags("outer"))
			ctx, s := i.TracerProvider().Tracer("test").Start(outer, "current", trace.WithAttributes(tt.explicit...))
			Propagate(ctx, tt.first...)
			if tt.between != nil {
				tt.between(s)
			}
			Propagate(ctx, tt.second...)
			s.End()
			want := map[attribute.Key]any{
				"otelmistral.environment": "test", "otelmistral.release": "v1",
				"otelmistral.tags": []string{"outer"}, "gen_ai.conversation.id": "t1",
			}
			maps.Copy(want, tt.want)
			current := got.named(t, "current")
			for k, v := range want {
				assert.Equal(t, v, current.value(k), k)
			}
			assert.Len(t, current.Attributes(), len(want))
		})
	}
}

func TestPropagateAddsTagsToThoseByDefault(t *testing.T) {
	i, got := started(t, WithDefaults(Tags("default")))
	ctx, s := i.TracerProvider().Tracer("test").Start(t.Context(), "current")
	Propagate(ctx, Tags("x"))
	s.End()
	assert.Equal(t, []string{"default", "x"}, got.named(t, "current").value(semconv.TagsKey))
}

func TestLedgerForgetsTheOldest(t *testing.T) {
	l := ledger{limit: 2}
	span := func(id byte) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{id}})
	}
	kv := attribute.String("k", "v")
	for id := byte(1); id <= 5; id++ {
		l.add(span(id), []attribute.KeyValue{kv})
		l.add(span(id), []attribute.KeyValue{kv}) // takes no room
	}
	for id, known := range map[byte]bool{1: false, 2: false, 3: false, 4: true, 5: true} {
		assert.Equal(t, known, l.has(span(id), kv), id)
	}
	assert.False(t, l.has(span(5), attribute.String("k", "w")))
	assert.False(t, l.has(span(5), attribute.String("l", "v")))
	assert.Len(t, l.puts, 2)
	assert.Len(t, l.ring, 2)
}
