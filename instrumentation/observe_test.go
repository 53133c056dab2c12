// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// chatIn makes one chat call in ctx and reads the reply to its end.
func chatIn(ctx context.Context, t *testing.T, client *http.Client, baseURL string) {
	t.Helper()
	body := strings.NewReader(`{"model":"mistral-small-latest","messages":[{"role":"user","content":"Hi"}]}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+"/v1/chat/completions", body)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer secret")
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}

func give[Out any](out Out, err error) func(context.Context, any) (Out, error) {
	return func(context.Context, any) (Out, error) { return out, err }
}

func TestObserveRecordsInputAndOutputAndReturnsWhatTheFunctionReturned(t *testing.T) {
	_, got := started(t)
	out, err := Observe(t.Context(), "add", []int{1, 2}, func(_ context.Context, in []int) (map[string]int, error) {
		return map[string]int{"sum": in[0] + in[1]}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"sum": 3}, out)
	s := got.named(t, "add")
	assert.Equal(t, trace.SpanKindInternal, s.SpanKind())
	assert.Equal(t, codes.Unset, s.Status().Code)
	assert.Equal(t, "[1,2]", s.value(semconv.ObservationInputKey))
	assert.Equal(t, `{"sum":3}`, s.value(semconv.ObservationOutputKey))
	assert.Equal(t, "span", s.value(semconv.ObservationTypeKey))
	assert.Equal(t, ScopeName, s.InstrumentationScope().Name)
}

func TestWhatAnObservationIs(t *testing.T) {
	tests := []struct {
		option          ObserveOption
		kind, operation string
	}{
		{nil, "span", ""},
		{AsWorkflow(), "workflow", "invoke_workflow"}, {AsTask(), "task", ""}, {AsAgent(), "agent", "invoke_agent"},
		{AsTool(), "tool", "execute_tool"}, {AsGeneration(), "generation", "chat"}, {AsEmbedding(), "embedding", "embeddings"},
		{AsRetriever(), "retriever", "retrieval"}, {AsGuardrail(), "guardrail", ""}, {AsEvaluator(), "evaluator", ""},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			_, got := started(t)
			_, err := Observe(t.Context(), "x", nil, give("", nil), tt.option)
			require.NoError(t, err)
			s := got.named(t, "x")
			assert.Equal(t, tt.kind, s.value(semconv.ObservationTypeKey))
			if tt.operation == "" {
				assert.Nil(t, s.value(semconv.GenAIOperationNameKey))
			} else {
				assert.Equal(t, tt.operation, s.value(semconv.GenAIOperationNameKey))
			}
			for kind, key := range map[string]attribute.Key{
				"workflow": "gen_ai.workflow.name", "agent": "gen_ai.agent.name", "tool": "gen_ai.tool.name",
			} {
				if tt.kind == kind {
					assert.Equal(t, "x", s.value(key))
				} else {
					assert.Nil(t, s.value(key), key)
				}
			}
		})
	}
}

func TestNestedObservationsTellTheirPath(t *testing.T) {
	_, got := started(t)
	_, err := Observe(t.Context(), "shop", nil, func(ctx context.Context, _ any) (string, error) {
		return Observe(ctx, "answer", nil, func(ctx context.Context, _ any) (string, error) {
			return Observe(ctx, "lookup", nil, give("", nil), AsTool())
		}, AsTask())
	}, AsWorkflow())
	require.NoError(t, err)
	for name, path := range map[string]any{"shop": nil, "answer": "answer", "lookup": "answer.lookup"} {
		s := got.named(t, name)
		assert.Equal(t, path, s.value(semconv.ObservationPathKey), name)
		assert.Equal(t, "shop", s.value(semconv.WorkflowNameKey), name)
	}
	assert.Equal(t, got.named(t, "answer").SpanContext().SpanID(), got.named(t, "lookup").Parent().SpanID())
	assert.Equal(t, got.named(t, "shop").SpanContext().SpanID(), got.named(t, "answer").Parent().SpanID())
}

func TestToolCarriesTheCallThatAskedForIt(t *testing.T) {
	_, got := started(t)
	ctx := ContextWithToolCall(t.Context(), "c1")
	for name, opts := range map[string][]ObserveOption{
		"from the context": {AsTool()},
		"from the option":  {AsTool(), WithToolCall("c2")},
		"no tool":          {AsTask()},
	} {
		_, err := Observe(ctx, name, nil, func(ctx context.Context, _ any) (string, error) {
			return Observe(ctx, "below "+name, nil, give("", nil), AsTool())
		}, opts...)
		require.NoError(t, err)
		assert.Nil(t, got.named(t, "below "+name).value(semconv.GenAIToolCallIDKey))
	}
	assert.Equal(t, "c1", got.named(t, "from the context").value(semconv.GenAIToolCallIDKey))
	assert.Equal(t, "from the context", got.named(t, "from the context").value(semconv.GenAIToolNameKey))
	assert.Equal(t, "c2", got.named(t, "from the option").value(semconv.GenAIToolCallIDKey))
	assert.Nil(t, got.named(t, "no tool").value(semconv.GenAIToolCallIDKey))
}

type ownError struct{}

func (ownError) Error() string { return "own" }

type evilError struct{}

func (evilError) Error() string     { panic("evil") }
func (evilError) ErrorType() string { panic("evil") }

func TestErrorsAreRecordedAndPassedOn(t *testing.T) {
	tests := []struct {
		err         error
		kind, text  string
		description string
	}{
		{errors.New("no"), "*errors.errorString", "no", ""},
		{fmt.Errorf("wrapped: %w", ownError{}), "github.com/otelmistral/otelmistral/instrumentation.ownError", "wrapped: own", ""},
		{context.DeadlineExceeded, "timeout", "context deadline exceeded", ""},
		{fmt.Errorf("x: %w", context.Canceled), "cancelled", "x: context canceled", ""},
		{evilError{}, "instrumentation.evilError", "%!v(PANIC=Error method: evil)", ""},
	}
	for _, capture := range []bool{true, false} {
		for _, tt := range tests {
			t.Run(fmt.Sprint(tt.kind, capture), func(t *testing.T) {
				var opts []Option
				if !capture {
					opts = append(opts, WithContentCapture(roundtripper.CaptureNone))
				}
				_, got := started(t, opts...)
				_, err := Observe(t.Context(), "x", "in", func(context.Context, string) (string, error) { return "partial", tt.err })
				assert.Equal(t, tt.err, err)
				s := got.named(t, "x")
				want := tt.kind
				if capture {
					want += ": " + tt.text
				}
				assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: want}, s.Status())
				assert.Equal(t, tt.kind, s.value(semconv.ErrorTypeKey))
				assert.Nil(t, s.value(semconv.ObservationOutputKey))
				assert.Equal(t, capture, s.value(semconv.ObservationInputKey) != nil)
				assert.Empty(t, s.Events())
			})
		}
	}
}

func TestPanicsGoOnWithTheSameValue(t *testing.T) {
	_, got := started(t)
	value := &struct{ s string }{"boom"}
	assert.PanicsWithValue(t, value, func() {
		_, _ = Observe(t.Context(), "x", nil, func(context.Context, any) (string, error) { panic(value) })
	})
	s := got.named(t, "x")
	assert.Equal(t, "panic", s.value(semconv.ErrorTypeKey))
	assert.Equal(t, "panic: &{boom}", s.Status().Description)
}

func TestGoexitEndsTheObservation(t *testing.T) {
	_, got := started(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		// What FailNow does, which itself must not be called here.
		_, _ = Observe(t.Context(), "x", nil, func(context.Context, any) (string, error) { runtime.Goexit(); return "", nil })
	}()
	<-done
	assert.Equal(t, "goexit", got.named(t, "x").value(semconv.ErrorTypeKey))
	assert.Equal(t, "goexit", got.named(t, "x").Status().Description)
}

func TestBeforeAnyStartObserveOnlyCallsTheFunction(t *testing.T) {
	before := last.Swap(nil)
	defer last.Store(before)
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	ctx, s := provider.Tracer("x").Start(t.Context(), "around")
	out, err := Observe(ctx, "x", 1, func(inner context.Context, in int) (int, error) {
		assert.Equal(t, ctx, inner)
		o := ObservationFromContext(inner)
		assert.Nil(t, o)
		o.SetInput(1)
		o.SetOutput(1)
		o.SetMetadata("k", 1)
		o.SetLevel(LevelWarning)
		o.SetModel("m")
		o.SetUsage(Usage{Input: 1})
		o.End(nil)
		return in + 1, nil
	})
	require.NoError(t, err)
	assert.Equal(t, 2, out)
	for item, err := range ObserveSeq(ctx, "x", 3, count) {
		require.NoError(t, err)
		assert.Less(t, item, 3)
	}
	s.End()
	assert.Len(t, recorder.Ended(), 1)
}

func TestNoObservationWhereTracingIsOff(t *testing.T) {
	_, got := started(t)
	_, err := Observe(roundtripper.ContextWithoutTracing(t.Context()), "x", nil, give("", nil))
	require.NoError(t, err)
	assert.Empty(t, got.Ended())
}

func TestProviderOfAnObservation(t *testing.T) {
	_, got := started(t)
	theirs := &spans{tracetest.NewSpanRecorder()}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(theirs))
	ctx, _ := provider.Tracer("x").Start(t.Context(), "around")
	remote := trace.ContextWithRemoteSpanContext(t.Context(), trace.SpanContextFromContext(ctx))
	for name, ctx := range map[string]context.Context{"theirs": ctx, "remote": remote, "none": t.Context()} {
		_, err := Observe(ctx, name, nil, give("", nil))
		require.NoError(t, err)
	}
	theirs.named(t, "theirs")
	got.named(t, "none")
	assert.Equal(t, trace.SpanContextFromContext(ctx).TraceID(), got.named(t, "remote").SpanContext().TraceID())
	assert.Len(t, got.Ended(), 2)
}

func TestUnsampledObservationMarshalsNothing(t *testing.T) {
	i, got := started(t)
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	i.provider = provider
	_, err := Observe(t.Context(), "x", json.Marshaler(marshaler(func() ([]byte, error) {
		t.Error("marshalled")
		return nil, nil
	})), func(context.Context, json.Marshaler) (string, error) { return "", nil })
	require.NoError(t, err)
	drain(ObserveSeq(t.Context(), "x", 3, func(context.Context, int) iter.Seq2[marshaler, error] {
		return func(yield func(marshaler, error) bool) {
			yield(func() ([]byte, error) { t.Error("marshalled"); return nil, nil }, nil)
		}
	}), -1)
	assert.Empty(t, got.Ended())
}

func TestContentFollowsTheCapturePolicy(t *testing.T) {
	none := WithContentCapture(roundtripper.CaptureNone)
	tests := []struct {
		name string
		opts []Option
		ctx  *roundtripper.ContentCapture
		want bool
	}{
		{"on", nil, nil, true},
		{"off", []Option{none}, nil, false},
		{"events only", []Option{WithContentCapture(roundtripper.CaptureEvent)}, nil, false},
		{"context on", []Option{none}, ptr(roundtripper.CaptureSpan), true},
		{"context off", nil, ptr(roundtripper.CaptureNone), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, got := started(t, tt.opts...)
			ctx := t.Context()
			if tt.ctx != nil {
				ctx = roundtripper.ContextWithCapture(ctx, *tt.ctx)
			}
			_, err := Observe(ctx, "x", "in", func(ctx context.Context, in string) (string, error) {
				ObservationFromContext(ctx).SetMetadata("k", "v")
				return in, nil
			})
			require.NoError(t, err)
			s := got.named(t, "x")
			assert.Equal(t, tt.want, s.value(semconv.ObservationInputKey) != nil)
			assert.Equal(t, tt.want, s.value(semconv.ObservationOutputKey) != nil)
			assert.Equal(t, "v", s.value("otelmistral.observation.metadata.k"), "metadata is no content")
		})
	}
}

func ptr[T any](v T) *T { return &v }

type marshaler func() ([]byte, error)

func (m marshaler) MarshalJSON() ([]byte, error) { return m() }

func TestInputsOfAnyKind(t *testing.T) {
	type cycle struct{ Next *cycle }
	loop := &cycle{}
	loop.Next = loop
	tests := []struct {
		name string
		in   any
		want any // the JSON; a string that begins with ~ is contained
	}{
		{"string", "a <b> & \"c\"", `"a <b> & \"c\""`},
		{"broken UTF-8", "a\xff", "\"a\uFFFD\""},
		{"number", 1.5, "1.5"}, {"bool", false, "false"}, {"zero", 0, "0"}, {"empty string", "", `""`},
		{"raw JSON", json.RawMessage(`{"a": 1}`), `{"a":1}`},
		{"nil", nil, nil}, {"nil pointer", (*cycle)(nil), nil}, {"nil slice", []string(nil), nil}, {"struct{}", struct{}{}, nil},
		{"channel", make(chan int), `~"type":"chan int"`},
		{"function", func() {}, `~"type":"func()"`},
		{"cycle", loop, `~"type":"*instrumentation.cycle"`},
		{"error", marshaler(func() ([]byte, error) { return nil, errors.New("no") }), `~not recorded`},
		{"panic", marshaler(func() ([]byte, error) { panic("no") }), `~not recorded: MarshalJSON panicked`},
		{"credentials", map[string]string{"api_key": "secret", "Authorization": "secret", "q": "x"}, `{"q":"x"}`},
		{"data URL", "data:image/png;base64," + strings.Repeat("QUJD", 100), `~sha256`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, got := started(t)
			_, err := Observe(t.Context(), "x", tt.in, give("", nil))
			require.NoError(t, err)
			in := got.named(t, "x").value(semconv.ObservationInputKey)
			part, contained := strings.CutPrefix(fmt.Sprint(tt.want), "~")
			if !contained {
				assert.Equal(t, tt.want, in)
				return
			}
			assert.Contains(t, in, part)
			assert.True(t, json.Valid([]byte(in.(string))))
		})
	}
}

func TestLongContentIsBounded(t *testing.T) {
	_, got := started(t, WithMaxContentBytes(10))
	in := map[string]any{"a long": strings.Repeat("x", 1000), "list": make([]int, 2<<20)}
	_, err := Observe(t.Context(), "x", in, func(context.Context, map[string]any) (string, error) {
		return "", errors.New(strings.Repeat("é", 1000))
	})
	require.Error(t, err)
	s := got.named(t, "x")
	recorded := s.value(semconv.ObservationInputKey).(string)
	assert.Less(t, len(recorded), 2<<20)
	assert.True(t, json.Valid([]byte(recorded)))
	assert.Equal(t, 10, strings.Count(recorded, "x"))
	assert.Less(t, len(s.Status().Description), 100)
}

func TestRedactorSeesObservationsAndCalls(t *testing.T) {
	var mu sync.Mutex
	kinds := map[string]bool{}
	i, got := started(t, WithRedactor(func(kind, text string) string {
		mu.Lock()
		defer mu.Unlock()
		kinds[kind] = true
		return strings.NewReplacer("SECRET", "[x]", "Hi", "[x]").Replace(text)
	}))
	m := testserver.NewMistral()
	t.Cleanup(m.Close)
	client := &http.Client{Transport: i.Transport(&http.Transport{DisableKeepAlives: true})}
	_, err := Observe(t.Context(), "good", map[string]string{"a": "SECRET"}, func(ctx context.Context, _ map[string]string) (string, error) {
		chatIn(ctx, t, client, m.URL)
		return "SECRET", nil
	})
	require.NoError(t, err)
	_, err = Observe(t.Context(), "bad", "SECRET", func(context.Context, string) (string, error) { return "", errors.New("SECRET") })
	require.Error(t, err)
	assert.Equal(t, `{"a":"[x]"}`, got.named(t, "good").value(semconv.ObservationInputKey))
	assert.Equal(t, `"[x]"`, got.named(t, "good").value(semconv.ObservationOutputKey))
	assert.Equal(t, "*errors.errorString: [x]", got.named(t, "bad").Status().Description)
	assert.Contains(t, got.named(t, "chat mistral-small-latest").value(semconv.GenAIInputMessagesKey), "[x]")
	for _, kind := range []string{"input", "output", "status", "text"} {
		assert.True(t, kinds[kind], kind)
	}
}

func TestRedactorThatPanicsWithholdsObservations(t *testing.T) {
	_, got := started(t, WithRedactor(func(string, string) string { panic("SECRET") }))
	for range 2 {
		_, err := Observe(t.Context(), "x", []string{"SECRET"}, func(context.Context, []string) (string, error) { return "SECRET", nil })
		require.NoError(t, err)
	}
	for _, s := range got.Ended() {
		assert.Equal(t, `"[withheld]"`, span{s}.value(semconv.ObservationInputKey))
		assert.Equal(t, `"[withheld]"`, span{s}.value(semconv.ObservationOutputKey))
	}
	handled.mu.Lock()
	defer handled.mu.Unlock()
	n := 0
	for _, err := range handled.errs {
		if strings.Contains(err, "instrumentation: the redactor panicked") {
			n++
			assert.NotContains(t, err, "SECRET")
		}
	}
	assert.Equal(t, 1, n, "reported once")
}

func TestCurrentObservationIsUpdatedFromInside(t *testing.T) {
	_, got := started(t)
	_, err := Observe(t.Context(), "x", "in", func(ctx context.Context, _ string) (string, error) {
		o := ObservationFromContext(ctx)
		o.SetInput("other")
		o.SetOutput("explicit")
		o.SetLevel(LevelWarning)
		o.SetModel("m1")
		o.SetMetadata("k", map[string]int{"a": 1})
		o.SetMetadata("n", 7)
		o.SetMetadata("", 7)
		o.SetMetadata("nil", nil)
		o.SetUsage(Usage{Input: 5, Output: 2, Cached: 3, Reasoning: 1})
		return "returned", nil
	}, AsGeneration())
	require.NoError(t, err)
	s := got.named(t, "x")
	want := map[attribute.Key]any{
		semconv.ObservationTypeKey: "generation", semconv.ObservationPathKey: "x", semconv.GenAIOperationNameKey: "chat",
		semconv.ObservationInputKey: `"other"`, semconv.ObservationOutputKey: `"explicit"`,
		semconv.ObservationLevelKey: "WARNING", semconv.GenAIRequestModelKey: "m1",
		"otelmistral.observation.metadata.k": `{"a":1}`, "otelmistral.observation.metadata.n": int64(7),
		semconv.GenAIUsageInputTokensKey: int64(5), semconv.GenAIUsageOutputTokensKey: int64(2),
		semconv.GenAIUsageCacheReadInputTokensKey: int64(3), semconv.GenAIUsageReasoningOutputTokensKey: int64(1),
	}
	for k, v := range want {
		assert.Equal(t, v, s.value(k), k)
	}
	assert.Len(t, s.Attributes(), len(want))
}

func TestOnlyGenerationsAndEmbeddingsCountTokens(t *testing.T) {
	for _, tt := range []struct {
		as            ObserveOption
		input, output any
	}{
		{AsGeneration(), int64(5), int64(2)}, {AsEmbedding(), int64(5), nil},
		{AsAgent(), nil, nil}, {AsWorkflow(), nil, nil}, {AsTool(), nil, nil},
	} {
		_, got := started(t)
		_, o := StartObservation(t.Context(), "x", tt.as)
		o.SetUsage(Usage{Input: 5, Output: 2})
		o.End(nil)
		assert.Equal(t, tt.input, got.named(t, "x").value(semconv.GenAIUsageInputTokensKey))
		assert.Equal(t, tt.output, got.named(t, "x").value(semconv.GenAIUsageOutputTokensKey))
	}
}

func TestManualObservationEndsOnce(t *testing.T) {
	_, got := started(t)
	ctx, o := StartObservation(t.Context(), "x", AsTask(), WithObservationAttributes(UserID("own")))
	assert.Same(t, o, ObservationFromContext(ctx))
	endIn(ctx, last.Load().TracerProvider(), "below")
	o.SetInput(1)
	o.End(errors.New("first"))
	o.End(nil)
	o.SetOutput("late")
	o.SetMetadata("late", 1)
	s := got.named(t, "x")
	assert.Equal(t, "*errors.errorString: first", s.Status().Description)
	assert.Equal(t, "own", s.value(semconv.UserIDKey))
	assert.Nil(t, s.value(semconv.ObservationOutputKey))
	assert.Nil(t, got.named(t, "below").value(semconv.UserIDKey), "of this observation alone")
}

func count(_ context.Context, n int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func pieces(err error, all ...string) func(context.Context, any) iter.Seq2[string, error] {
	return func(context.Context, any) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for _, p := range all {
				if !yield(p, nil) {
					return
				}
			}
			if err != nil {
				yield("", err)
			}
		}
	}
}

// drain iterates over all of seq, or leaves the loop after n items.
func drain[Out any](seq iter.Seq2[Out, error], n int) {
	seq(func(Out, error) bool { n--; return n != 0 })
}

func TestObserveSeqRecordsWhatCame(t *testing.T) {
	t.Run("strings are joined", func(t *testing.T) {
		_, got := started(t)
		drain(ObserveSeq(t.Context(), "x", nil, pieces(nil, "Bon", "jour")), -1)
		assert.Equal(t, `"Bonjour"`, got.named(t, "x").value(semconv.ObservationOutputKey))
	})
	t.Run("anything else is a list", func(t *testing.T) {
		_, got := started(t)
		n := 0
		for item, err := range ObserveSeq(t.Context(), "x", 3, count) {
			require.NoError(t, err)
			n += item
		}
		assert.Equal(t, 3, n)
		assert.Equal(t, "3", got.named(t, "x").value(semconv.ObservationInputKey))
		assert.Equal(t, "[0,1,2]", got.named(t, "x").value(semconv.ObservationOutputKey))
	})
	t.Run("a loop that is left early is no error", func(t *testing.T) {
		_, got := started(t)
		drain(ObserveSeq(t.Context(), "x", 100, count), 2)
		s := got.named(t, "x")
		assert.Equal(t, "[0,1]", s.value(semconv.ObservationOutputKey))
		assert.Equal(t, codes.Unset, s.Status().Code)
	})
	t.Run("an error keeps what came before it", func(t *testing.T) {
		_, got := started(t)
		var last error
		for _, err := range ObserveSeq(t.Context(), "x", nil, pieces(io.ErrUnexpectedEOF, "Bon")) {
			last = err
		}
		require.ErrorIs(t, last, io.ErrUnexpectedEOF)
		s := got.named(t, "x")
		assert.Equal(t, `"Bon"`, s.value(semconv.ObservationOutputKey))
		assert.Equal(t, "*errors.errorString: unexpected EOF", s.Status().Description)
	})
	t.Run("a panic of the loop goes on", func(t *testing.T) {
		_, got := started(t)
		assert.PanicsWithValue(t, "boom", func() {
			ObserveSeq(t.Context(), "x", 3, count)(func(int, error) bool { panic("boom") })
		})
		assert.Equal(t, "panic", got.named(t, "x").value(semconv.ErrorTypeKey))
	})
	t.Run("each iteration is one observation", func(t *testing.T) {
		_, got := started(t)
		seq := ObserveSeq(t.Context(), "x", 2, count)
		assert.Empty(t, got.Ended())
		for range 2 {
			drain(seq, -1)
		}
		assert.Len(t, got.Ended(), 2)
	})
	t.Run("a long sequence is bounded", func(t *testing.T) {
		_, got := started(t)
		drain(ObserveSeq(t.Context(), "x", 400_000, count), -1)
		out := got.named(t, "x").value(semconv.ObservationOutputKey).(string)
		assert.Less(t, len(out), 2<<20)
		assert.True(t, json.Valid([]byte(out)))
	})
	t.Run("without capture nothing is kept", func(t *testing.T) {
		_, got := started(t, WithContentCapture(roundtripper.CaptureNone))
		drain(ObserveSeq(t.Context(), "x", 3, count), -1)
		assert.Nil(t, got.named(t, "x").value(semconv.ObservationOutputKey))
	})
}

func TestSequenceKeepsNoMoreThanItsLimit(t *testing.T) {
	texts, items := (&recording{total: 10}).newSequence(), (&recording{total: 10}).newSequence()
	for range 1000 {
		texts.add("12345")
		items.add(12345)
	}
	assert.Len(t, texts.text, 10)
	assert.Equal(t, `12345,12345`, string(items.items))
	data, err := json.Marshal(items)
	require.NoError(t, err)
	assert.Equal(t, `[12345,12345,"(998 more)"]`, string(data))
}

func TestDurationOfAnObservationIsThatOfTheFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recorder := &spans{tracetest.NewSpanRecorder()}
		provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
		before := last.Swap(&Instrumentation{own: true, provider: provider})
		defer last.Store(before)
		_, err := Observe(t.Context(), "x", nil, func(context.Context, any) (string, error) {
			<-time.After(3 * time.Second)
			return "", nil
		})
		require.NoError(t, err)
		s := recorder.named(t, "x")
		assert.Equal(t, 3*time.Second, s.EndTime().Sub(s.StartTime()))
	})
}

func TestObserveConcurrentSafe(t *testing.T) {
	_, got := started(t, WithDefaults(Tags("default")), WithBaggage())
	ctx := Propagate(t.Context(), UserID("u"))
	_, err := Observe(ctx, "outer", nil, func(ctx context.Context, _ any) (string, error) {
		var wg sync.WaitGroup
		for n := range 20 {
			wg.Go(func() {
				ObservationFromContext(ctx).SetMetadata(fmt.Sprint(n), n)
				inner := Propagate(ctx, Tags(fmt.Sprint(n)))
				_, _ = Observe(inner, fmt.Sprint(n), n, func(context.Context, int) (int, error) { return n, nil }, AsTask())
			})
		}
		wg.Wait()
		return "", nil
	}, AsWorkflow())
	require.NoError(t, err)
	assert.Len(t, got.Ended(), 21)
	for n := range 20 {
		s := got.named(t, fmt.Sprint(n))
		assert.Equal(t, []string{"default", fmt.Sprint(n)}, s.value(semconv.TagsKey))
		assert.Equal(t, fmt.Sprint(n), s.value(semconv.ObservationInputKey))
		assert.EqualValues(t, n, got.named(t, "outer").value(attribute.Key(fmt.Sprintf("otelmistral.observation.metadata.%d", n))))
	}
}
