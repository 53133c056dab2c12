// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// recorded starts an Instrumentation whose spans are kept.
func recorded(t *testing.T, opts ...Option) (*Instrumentation, *tracetest.InMemoryExporter) {
	t.Helper()
	cleanEnv(t, nil)
	exporter := tracetest.NewInMemoryExporter()
	i := startLocal(t, append([]Option{
		WithSpanProcessor(sdktrace.NewSimpleSpanProcessor(exporter)),
		WithContentCapture(roundtripper.CaptureSpan),
	}, opts...)...)
	t.Cleanup(func() { last.Store(nil) })
	return i, exporter
}

// spanOf finds the span with that name.
func spanOf(t *testing.T, e *tracetest.InMemoryExporter, name string) (tracetest.SpanStub, map[attribute.Key]any) {
	t.Helper()
	for _, s := range e.GetSpans() {
		if s.Name == name {
			attrs := map[attribute.Key]any{}
			for _, kv := range s.Attributes {
				attrs[kv.Key] = kv.Value.AsInterface()
			}
			return s, attrs
		}
	}
	require.Fail(t, "no span "+name)
	return tracetest.SpanStub{}, nil
}

type question struct {
	Text          string `json:"text"`
	Authorization string `json:"authorization,omitempty"`
}

func TestObserveRecordsAndPassesOn(t *testing.T) {
	_, e := recorded(t)
	out, err := Observe(t.Context(), "answer", question{"Why?", "SECRET"}, func(ctx context.Context, q question) (string, error) {
		return Observe(ctx, "look up", 7, func(ctx context.Context, n int) (string, error) {
			ObservationFromContext(ctx).SetMetadata("hits", 3)
			ObservationFromContext(ctx).SetLevel(semconv.LevelWarning)
			return strings.Repeat("x", n), nil
		}, AsTool(), WithToolCall("D681PevKs"))
	}, AsWorkflow())
	require.NoError(t, err)
	assert.Equal(t, "xxxxxxx", out)

	outer, attrs := spanOf(t, e, "answer")
	assert.Equal(t, trace.SpanKindInternal, outer.SpanKind)
	assert.Equal(t, codes.Unset, outer.Status.Code)
	assert.Equal(t, map[attribute.Key]any{
		semconv.ObservationTypeKey:    "workflow",
		semconv.GenAIOperationNameKey: "invoke_workflow",
		semconv.WorkflowNameKey:       "answer",
		semconv.ObservationInputKey:   `{"text":"Why?"}`,
		semconv.ObservationOutputKey:  `"xxxxxxx"`,
	}, attrs)
	inner, attrs := spanOf(t, e, "look up")
	assert.Equal(t, outer.SpanContext.SpanID(), inner.Parent.SpanID())
	assert.Equal(t, map[attribute.Key]any{
		semconv.ObservationTypeKey:                 "tool",
		semconv.WorkflowNameKey:                    "answer",
		semconv.ObservationPathKey:                 "look up",
		semconv.GenAIOperationNameKey:              "execute_tool",
		semconv.GenAIToolNameKey:                   "look up",
		semconv.GenAIToolCallIDKey:                 "D681PevKs",
		semconv.ObservationInputKey:                "7",
		semconv.ObservationOutputKey:               `"xxxxxxx"`,
		semconv.ObservationLevelKey:                "WARNING",
		semconv.ObservationMetadataPrefix + "hits": int64(3),
	}, attrs)
	for _, s := range e.GetSpans() {
		for _, kv := range s.Attributes {
			assert.True(t, semconv.Known(kv.Key), kv.Key)
		}
	}
}

func TestObservationTypes(t *testing.T) {
	_, e := recorded(t)
	for want, opt := range map[string]ObserveOption{
		"span": nil, "workflow": AsWorkflow(), "task": AsTask(), "agent": AsAgent(), "tool": AsTool(), "generation": AsGeneration(),
		"embedding": AsEmbedding(), "retriever": AsRetriever(), "guardrail": AsGuardrail(), "evaluator": AsEvaluator(),
	} {
		_, o := StartObservation(t.Context(), want, opt)
		o.End(nil)
		_, attrs := spanOf(t, e, want)
		assert.Equal(t, want, attrs[semconv.ObservationTypeKey])
	}
}

func TestPathsOfNestedObservations(t *testing.T) {
	_, e := recorded(t)
	ctx := t.Context()
	for _, step := range []struct {
		name string
		opt  ObserveOption
	}{{"plan", AsWorkflow()}, {"search", AsTask()}, {"helper", AsAgent()}, {"fetch", AsTool()}} {
		var o *Observation
		ctx, o = StartObservation(ctx, step.name, step.opt)
		defer o.End(nil)
	}
	mistral := testserver.NewMistral()
	defer mistral.Close()
	client := last.Load().Client()
	defer client.CloseIdleConnections()
	call(t, ctx, client, mistral.URL)
	_, attrs := spanOf(t, e, "chat mistral-small-latest")
	assert.Equal(t, "search.helper.fetch", attrs[semconv.ObservationPathKey])
	assert.Equal(t, "helper", attrs[semconv.WorkflowNameKey])
}

func call(t *testing.T, ctx context.Context, client *http.Client, url string) { //nolint:revive // t goes first
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions",
		strings.NewReader(`{"model":"mistral-small-latest","messages":[{"role":"user","content":"Hi"}]}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer any-key")
	resp, err := client.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}

type ownError struct{}

func (ownError) Error() string { return "secret reason" }

func TestErrorsAreRecordedAndPassedOn(t *testing.T) {
	for capture, description := range map[roundtripper.ContentCapture]string{
		roundtripper.CaptureSpan: ": secret reason",
		roundtripper.CaptureNone: "",
	} {
		_, e := recorded(t, WithContentCapture(capture))
		out, err := Observe(t.Context(), "fails", "secret input", func(context.Context, string) (int, error) { return 3, ownError{} })
		assert.Equal(t, 3, out, "what fn returned")
		assert.Equal(t, ownError{}, err)
		s, attrs := spanOf(t, e, "fails")
		assert.Equal(t, codes.Error, s.Status.Code)
		kind := attrs[semconv.ErrorTypeKey].(string)
		assert.Contains(t, kind, "ownError")
		assert.Equal(t, kind+description, s.Status.Description)
		assert.NotContains(t, attrs, semconv.ObservationOutputKey)
		assert.Equal(t, capture == roundtripper.CaptureSpan, attrs[semconv.ObservationInputKey] != nil)
		assert.Empty(t, s.Events, "no exception event besides")
	}
}

func TestPanicsArePassedOnWithTheirSpanEnded(t *testing.T) {
	_, e := recorded(t)
	assert.PanicsWithValue(t, "boom", func() {
		_, _ = Observe(t.Context(), "panics", 1, func(context.Context, int) (int, error) { panic("boom") })
	})
	s, attrs := spanOf(t, e, "panics")
	assert.Equal(t, codes.Error, s.Status.Code)
	assert.Equal(t, "panic", attrs[semconv.ErrorTypeKey])

	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = Observe(t.Context(), "exits", 1, func(context.Context, int) (int, error) { runtime.Goexit(); return 0, nil })
	}()
	<-done
	spanOf(t, e, "exits")
}

type rude struct{ A int }

func (rude) MarshalJSON() ([]byte, error) { panic("rude") }

func TestValuesThatAreNoJSONCostOnlyThemselves(t *testing.T) {
	_, e := recorded(t)
	for name, v := range map[string]any{"channel": make(chan int), "panicking": rude{}, "function": func() {}} {
		_, err := Observe(t.Context(), name, v, func(context.Context, any) (int, error) { return 1, nil })
		require.NoError(t, err)
		_, attrs := spanOf(t, e, name)
		assert.Contains(t, attrs[semconv.ObservationInputKey], "not recorded: ", name)
		assert.Equal(t, "1", attrs[semconv.ObservationOutputKey])
	}
}

func TestContentOfObservationsIsBounded(t *testing.T) {
	_, e := recorded(t)
	_, o := StartObservation(t.Context(), "long")
	o.SetInput(strings.Repeat("x", 1<<20))
	o.End(errors.New(strings.Repeat("y", 1<<20)))
	s, attrs := spanOf(t, e, "long")
	assert.Less(t, len(attrs[semconv.ObservationInputKey].(string)), roundtripper.DefaultMaxContentBytes+100)
	assert.Less(t, len(s.Status.Description), roundtripper.DefaultMaxContentBytes+200)
}

func TestContextOverridesTheCaptureOfObservations(t *testing.T) {
	_, e := recorded(t)
	ctx := roundtripper.ContextWithCapture(t.Context(), roundtripper.CaptureNone)
	_, _ = Observe(ctx, "private", "secret", func(context.Context, string) (string, error) { return "secret", nil })
	_, attrs := spanOf(t, e, "private")
	assert.NotContains(t, attrs, semconv.ObservationInputKey)
	assert.NotContains(t, attrs, semconv.ObservationOutputKey)
}

func TestObserveSeq(t *testing.T) {
	_, e := recorded(t)
	count := func(_ context.Context, n int) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range n {
				if !yield(i, nil) {
					return
				}
			}
			yield(0, ownError{})
		}
	}
	var got []int
	var last error
	for v, err := range ObserveSeq(t.Context(), "all", 3, count, AsTask()) {
		if last = err; err == nil {
			got = append(got, v)
		}
	}
	assert.Equal(t, []int{0, 1, 2}, got)
	assert.Equal(t, ownError{}, last)
	s, attrs := spanOf(t, e, "all")
	assert.Equal(t, codes.Error, s.Status.Code)
	assert.Equal(t, "[0,1,2]", attrs[semconv.ObservationOutputKey])

	for v, err := range ObserveSeq(t.Context(), "left", 3, count) {
		require.NoError(t, err)
		if v == 1 {
			break
		}
	}
	s, attrs = spanOf(t, e, "left")
	assert.Equal(t, codes.Unset, s.Status.Code)
	assert.Equal(t, "[0,1]", attrs[semconv.ObservationOutputKey])

	assert.Panics(t, func() { // in the loop
		for _, err := range ObserveSeq(t.Context(), "breaks", 3, count) {
			panic(err)
		}
	})
	s, _ = spanOf(t, e, "breaks")
	assert.Equal(t, codes.Error, s.Status.Code)
}

func TestObserveBeforeAnyStartOnlyCallsTheFunction(t *testing.T) {
	last.Store(nil)
	out, err := Observe(t.Context(), "x", 1, func(ctx context.Context, n int) (int, error) {
		assert.False(t, trace.SpanFromContext(ctx).SpanContext().IsValid())
		ObservationFromContext(ctx).SetMetadata("a", 1) // does nothing
		return n + 1, nil
	})
	require.NoError(t, err)
	assert.Equal(t, 2, out)
	ObservationFromContext(t.Context()).End(nil)
}

func TestObserveUsesTheProviderOfTheSpanAbove(t *testing.T) {
	_, e := recorded(t)
	own := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(own))
	ctx, span := provider.Tracer("").Start(t.Context(), "above")
	_, o := StartObservation(ctx, "below")
	o.End(nil)
	span.End()
	assert.Empty(t, e.GetSpans())
	assert.Len(t, own.GetSpans(), 2)

	remote := trace.ContextWithRemoteSpanContext(t.Context(), span.SpanContext())
	_, o = StartObservation(remote, "of another process")
	o.End(nil)
	s, _ := spanOf(t, e, "of another process")
	assert.Equal(t, span.SpanContext().SpanID(), s.Parent.SpanID())
}

func TestPropagate(t *testing.T) {
	i, e := recorded(t, WithDefaults(Environment("default"), Release("r1")))
	mistral := testserver.NewMistral()
	defer mistral.Close()
	client := i.Client()
	defer client.CloseIdleConnections()

	tracer := i.TracerProvider().Tracer("app")
	_, before := tracer.Start(t.Context(), "before")
	before.End()
	ctx := Propagate(t.Context(), UserID("u1"), Tags("a"), Metadata("plan", "pro"), Metadata("n", 1), Environment("outer"))
	ctx, root := tracer.Start(ctx, "root", trace.WithAttributes(semconv.UserIDKey.String("explicit")))
	ctx = Propagate(ctx, SessionID("s1"), Tags("b"), Metadata("n", 2), Environment("inner"), UserID("u2"),
		ThreadID("t1"), TraceName("trace"), Prompt("greeting", 3), Metadata("list", []int{1}), UserID(""), Prompt("", 1), Tags(), Metadata("", 1))
	_, sql := tracer.Start(ctx, "sql")
	sql.End()
	call(t, ctx, client, mistral.URL)
	_, o := StartObservation(ctx, "task")
	o.End(nil)
	root.End()

	want := map[attribute.Key]any{
		semconv.UserIDKey: "u2", semconv.SessionIDKey: "s1", semconv.GenAIConversationIDKey: "t1",
		semconv.TraceNameKey: "trace", semconv.TagsKey: []string{"a", "b"}, semconv.EnvironmentKey: "inner", semconv.ReleaseKey: "r1",
		semconv.PromptNameKey: "greeting", semconv.PromptVersionKey: int64(3),
		semconv.MetadataPrefix + "plan": "pro", semconv.MetadataPrefix + "n": int64(2), semconv.MetadataPrefix + "list": "[1]",
	}
	for _, name := range []string{"sql", "chat mistral-small-latest", "task", "root"} {
		_, attrs := spanOf(t, e, name)
		for key, value := range want {
			if name == "root" && key == semconv.UserIDKey {
				value = "explicit" // what the span was given itself
			}
			assert.Equal(t, value, attrs[key], "%s of %s", key, name)
		}
	}
	_, attrs := spanOf(t, e, "before")
	assert.Equal(t, map[attribute.Key]any{semconv.EnvironmentKey: "default", semconv.ReleaseKey: "r1"}, attrs)
}

func TestPropagateUnderAForeignProvider(t *testing.T) {
	i, _ := recorded(t)
	own := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(i.SpanProcessor()), sdktrace.WithSyncer(own))
	ctx := Propagate(t.Context(), UserID("u1"))
	_, span := provider.Tracer("").Start(ctx, "any")
	span.End()
	_, attrs := spanOf(t, own, "any")
	assert.Equal(t, "u1", attrs[semconv.UserIDKey])
}

func TestObservationConcurrentSafe(t *testing.T) {
	_, e := recorded(t)
	ctx, o := StartObservation(t.Context(), "shared")
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			ObservationFromContext(ctx).SetMetadata(fmt.Sprint(n), n)
			o.SetOutput(n)
			o.End(nil)
			Propagate(ctx, Metadata(fmt.Sprint(n), n))
		})
	}
	wg.Wait()
	assert.Len(t, e.GetSpans(), 1)
}

func TestPropagateOntoTheCurrentSpanBeatsDefaults(t *testing.T) {
	i, e := recorded(t, WithDefaults(UserID("anonymous")))
	ctx, span := i.TracerProvider().Tracer("app").Start(t.Context(), "root")
	Propagate(ctx, UserID("u1"))
	span.End()
	_, attrs := spanOf(t, e, "root")
	assert.Equal(t, "u1", attrs[semconv.UserIDKey])
}

func TestEachInstrumentationKeepsItsOwnCapture(t *testing.T) {
	silent, none := recorded(t, WithContentCapture(roundtripper.CaptureNone))
	_, _ = recorded(t) // the last one captures
	ctx, span := silent.TracerProvider().Tracer("app").Start(t.Context(), "root")
	_, _ = Observe(ctx, "inside", "SECRET", func(context.Context, string) (string, error) { return "SECRET", nil })
	span.End()
	_, attrs := spanOf(t, none, "inside")
	assert.NotContains(t, attrs, semconv.ObservationInputKey)
	assert.NotContains(t, attrs, semconv.ObservationOutputKey)
}

// frank is an error that names its type itself.
type frank struct{}

func (frank) Error() string     { return "SECRET" }
func (frank) ErrorType() string { return "SECRET prompt" }

func TestErrorTypeOfAnObservationCarriesNoText(t *testing.T) {
	_, e := recorded(t, WithContentCapture(roundtripper.CaptureNone))
	_, err := Observe(t.Context(), "x", 1, func(context.Context, int) (int, error) { return 0, frank{} })
	require.Error(t, err)
	s, attrs := spanOf(t, e, "x")
	assert.Equal(t, "_OTHER", attrs[semconv.ErrorTypeKey])
	assert.Equal(t, "_OTHER", s.Status.Description)
}

func TestContentOfObservationsStaysAwayFromThoseThatWantNone(t *testing.T) {
	cleanEnv(t, nil)
	full, plain := receiver(t), receiver(t)
	i := startLocal(t,
		WithDestination(to(t, full, func(c *otlp.Config) { c.Name, c.Content = "full", true })),
		WithDestination(to(t, plain, func(c *otlp.Config) { c.Name = "plain" })))
	_, err := Observe(t.Context(), "x", "SECRET", func(ctx context.Context, _ string) (string, error) {
		trace.SpanFromContext(ctx).SetAttributes(attribute.String("gen_ai.tool.call.arguments", "SECRET"))
		return "", errors.New("SECRET")
	})
	require.Error(t, err)
	require.NoError(t, i.Shutdown(t.Context()))
	require.Len(t, plain.Spans(), 1)
	assert.NotContains(t, fmt.Sprint(plain.Spans()[0].Attributes, plain.Spans()[0].Status), "SECRET")
	assert.Contains(t, fmt.Sprint(full.Spans()[0].Attributes, full.Spans()[0].Status), "SECRET")
}

func TestCheckAsksEveryDestination(t *testing.T) {
	cleanEnv(t, nil)
	good, bad := receiver(t), receiver(t)
	bad.Enqueue(testserver.Response{Status: http.StatusUnauthorized})
	i := startLocal(t, WithDestination(to(t, good)), WithDestination(to(t, bad)))
	defer func() { require.NoError(t, i.Shutdown(context.Background())) }()
	err := i.Check(t.Context())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), good.URL)
	assert.Contains(t, err.Error(), "401")
	require.NoError(t, i.Check(t.Context()), "now it takes them")
}
