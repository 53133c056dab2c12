// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
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

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// chat makes one chat call and reads the reply to its end.
func chat(t *testing.T, client *http.Client, baseURL, model string) {
	t.Helper()
	body := strings.NewReader(`{"model":"` + model + `","messages":[{"role":"user","content":"What is the capital of France?"}]}`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, baseURL+"/v1/chat/completions", body)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer secret")
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}

func mistral(t *testing.T) *testserver.Mistral {
	t.Helper()
	m := testserver.NewMistral()
	t.Cleanup(m.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return m
}

func attr(s tracetest.SpanStub, key attribute.Key) string {
	set := attribute.NewSet(s.Attributes...)
	v, _ := set.Value(key)
	return v.String()
}

func TestCallOfClientArrivesOverOTLP(t *testing.T) {
	cleanEnv(t, nil)
	m, r := mistral(t), receiver(t)
	i := startLocal(t, WithDestination(to(t, r)), WithServiceName("shop"), WithResourceAttributes(attribute.String("service.version", "7")))
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	require.NoError(t, i.Flush(t.Context()))

	require.Len(t, r.Spans(), 1)
	s := r.Spans()[0]
	assert.Equal(t, "chat mistral-small-latest", s.Name)
	assert.Equal(t, semconv.OutcomeCompleted, attr(s, semconv.MistralOutcomeKey))
	assert.Empty(t, attr(s, semconv.GenAIInputMessagesKey), "plain OTLP gets no content")
	name, _ := s.Resource.Set().Value("service.name")
	version, _ := s.Resource.Set().Value("service.version")
	assert.Equal(t, "shop 7", name.String()+" "+version.String())
	assert.EqualValues(t, 1, i.Stats().Destinations[0].Exported)
	require.NoError(t, i.Shutdown(t.Context()))

	chat(t, i.Client(), m.URL, "mistral-small-latest")
	assert.Len(t, r.Spans(), 1, "after Shutdown calls work, unobserved")
}

func TestWhoGetsContent(t *testing.T) {
	span, none := roundtripper.CaptureSpan, roundtripper.CaptureNone
	tests := []struct {
		name         string
		env          string
		option       *roundtripper.ContentCapture
		wants        bool // the first destination wants content, the second and third do not; the third must not have it
		first, other bool // who gets it
	}{
		{"nobody asks", "", nil, false, false, false},
		{"a destination wants it", "", nil, true, true, false},
		{"the environment asks", "span_only", nil, false, true, true},
		{"the environment refuses", "NO_CONTENT", nil, true, false, false},
		{"the environment asks for events only", "EVENT_ONLY", nil, true, false, false},
		{"the option asks", "NO_CONTENT", &span, false, true, true},
		{"the option refuses", "SPAN_ONLY", &none, true, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cleanEnv(t, map[string]string{captureVariable: tt.env})
			m, first, other, never := mistral(t), receiver(t), receiver(t), receiver(t)
			opts := []Option{
				WithDestination(to(t, first, func(c *otlp.Config) { c.Content = tt.wants })),
				WithDestination(to(t, other)),
				WithDestination(to(t, never, func(c *otlp.Config) { c.Content, c.NoContent = tt.wants, true })),
			}
			if tt.option != nil {
				opts = append(opts, WithContentCapture(*tt.option))
			}
			i := startLocal(t, opts...)
			chat(t, i.Client(), m.URL, "no-such-model")
			require.NoError(t, i.Shutdown(t.Context()))
			for r, want := range map[*testserver.Receiver]bool{first: tt.first, other: tt.other, never: false} {
				require.Len(t, r.Spans(), 1)
				s := r.Spans()[0]
				assert.Equal(t, want, strings.Contains(attr(s, semconv.GenAIInputMessagesKey), "capital of France"))
				assert.Equal(t, codes.Error, s.Status.Code)
				assert.Equal(t, want, strings.Contains(s.Status.Description, ": "), s.Status.Description)
			}
		})
	}
}

// A context decides what is recorded, the destinations decide who gets it.
func TestContentOfOneContextReachesWhoWantsContent(t *testing.T) {
	none, span := roundtripper.CaptureNone, roundtripper.CaptureSpan
	tests := []struct {
		name                  string
		process, ctx          roundtripper.ContentCapture
		wanting, plain, never bool // who gets it
	}{
		{"asked in a context", none, span, true, false, false},
		{"refused in a context", span, none, false, false, false},
		{"asked for the process, too", span, span, true, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cleanEnv(t, nil)
			m, wanting, plain, never := mistral(t), receiver(t), receiver(t), receiver(t)
			i := startLocal(t, WithContentCapture(tt.process),
				WithDestination(to(t, wanting, func(c *otlp.Config) { c.Content = true })), WithDestination(to(t, plain)),
				WithDestination(to(t, never, func(c *otlp.Config) { c.Content, c.NoContent = true, true })))
			chatIn(roundtripper.ContextWithCapture(t.Context(), tt.ctx), t, i.Client(), m.URL)
			require.NoError(t, i.Shutdown(t.Context()))
			for r, want := range map[*testserver.Receiver]bool{wanting: tt.wanting, plain: tt.plain, never: tt.never} {
				require.Len(t, r.Spans(), 1)
				assert.Equal(t, want, attr(r.Spans()[0], semconv.GenAIInputMessagesKey) != "")
			}
		})
	}
}

func TestNothingThatEndedBeforeIsLost(t *testing.T) {
	const workers, each = 10, 500 // more than the queue of a stock batch processor
	for _, way := range []string{"flush", "shutdown"} {
		t.Run(way, func(t *testing.T) {
			cleanEnv(t, nil)
			one, two := receiver(t), receiver(t)
			i := startLocal(t, WithDestination(to(t, one)), WithDestination(to(t, two)))
			tracer := i.TracerProvider().Tracer("test")
			var wg sync.WaitGroup
			for w := range workers {
				wg.Go(func() {
					for n := range each {
						end(tracer, fmt.Sprintf("%d/%d", w, n))
					}
				})
			}
			wg.Wait()
			if way == "flush" {
				require.NoError(t, i.Flush(t.Context()))
			} else {
				require.NoError(t, i.Shutdown(t.Context()))
			}
			for n, r := range []*testserver.Receiver{one, two} {
				names := make(map[string]bool)
				for _, s := range r.Spans() {
					names[s.Name] = true
				}
				assert.Len(t, names, workers*each)
				c := i.Stats().Destinations[n]
				name := []string{"otlp", "otlp-2"}[n]
				assert.Equal(t, destination.Counts{Name: name, Endpoint: r.URL + "/v1/traces", Exported: workers * each, Dropped: map[destination.Reason]int64{}}, c)
			}
			require.NoError(t, i.Shutdown(t.Context()))
		})
	}
}

func TestOutageAtOneDestinationCostsTheOthersNothing(t *testing.T) {
	cleanEnv(t, nil)
	healthy, broken, hanging := receiver(t), receiver(t), receiver(t)
	broken.Enqueue(slices.Repeat([]testserver.Response{{Status: 500}}, 100)...)
	hanging.Enqueue(testserver.Response{Delay: time.Hour})
	named := func(name string) func(*otlp.Config) { return func(c *otlp.Config) { c.Name = name } }
	i := startLocal(t,
		WithDestination(to(t, hanging, named("hanging"))),
		WithDestination(to(t, broken, named("broken"))),
		WithDestination(to(t, healthy, named("healthy"))),
	)
	tracer := i.TracerProvider().Tracer("test")
	for range 20 {
		end(tracer, "s")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := i.Shutdown(ctx)
	require.ErrorContains(t, err, "20 spans did not reach destination hanging")
	require.ErrorContains(t, err, "20 spans did not reach destination broken")
	require.NotContains(t, err.Error(), "healthy")
	var loss *destination.LossError
	require.ErrorAs(t, err, &loss)
	assert.Len(t, healthy.Spans(), 20)
	c, found := i.Stats().Of("broken")
	assert.True(t, found)
	assert.Equal(t, map[destination.Reason]int64{destination.ReasonExportFailed: 20}, c.Dropped)
	c, _ = i.Stats().Of("hanging")
	assert.Equal(t, map[destination.Reason]int64{destination.ReasonShutdown: 20}, c.Dropped)
	assert.ErrorContains(t, i.Shutdown(t.Context()), "20 spans did not reach destination hanging", "a second Shutdown")
}

// deaf is a processor that knows how often it was shut down.
type deaf struct {
	sdktrace.SpanProcessor
	shutdowns int
}

func (d *deaf) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (d *deaf) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (d *deaf) ForceFlush(context.Context) error                { return nil }
func (d *deaf) Shutdown(context.Context) error                  { d.shutdowns++; return nil }

func TestShutdownIsBoundedByItsOwnContextEveryTime(t *testing.T) {
	cleanEnv(t, nil)
	hanging := receiver(t)
	hanging.Enqueue(testserver.Response{Delay: time.Hour})
	processor := &deaf{}
	i := startLocal(t, WithDestination(to(t, hanging)), WithSpanProcessor(processor))
	end(i.TracerProvider().Tracer("test"), "s")
	first := make(chan error)
	patient, giveUp := context.WithCancel(t.Context())
	go func() { first <- i.Shutdown(patient) }()
	require.Eventually(t, func() bool { return len(hanging.Requests()) > 0 || i.Stats().Destinations[0].Queued == 1 }, 5*time.Second, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, i.Shutdown(ctx), context.DeadlineExceeded, "while the first one still waits")
	giveUp()
	require.Error(t, <-first)
	assert.Equal(t, 1, processor.shutdowns, "the application's own is shut down once")
}

func TestDestinationsOfTheEnvironment(t *testing.T) {
	own := WithDestination(destination.Destination{Name: "own"})
	page := filepath.Join(t.TempDir(), "trace.html")
	tests := []struct {
		name string
		env  map[string]string
		opts []Option
		want []string
		err  string
	}{
		{"default", nil, nil, []string{"otlp (http://localhost:4318/v1/traces)"}, ""},
		{"endpoint", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1"}, nil, []string{"otlp (http://c:1/v1/traces)"}, ""},
		{"option over environment", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1"}, []Option{own}, []string{"own"}, ""},
		{"processor over environment", nil, []Option{WithSpanProcessor(tracetest.NewSpanRecorder())}, nil, ""},
		{"nil processor is none", nil, []Option{WithSpanProcessor(nil)}, []string{"otlp (http://localhost:4318/v1/traces)"}, ""},
		{"none", map[string]string{"OTEL_TRACES_EXPORTER": "none"}, nil, nil, ""},
		{"two", map[string]string{"OTEL_TRACES_EXPORTER": "console, otlp"}, nil, []string{"console", "otlp (http://localhost:4318/v1/traces)"}, ""},
		{"unknown", map[string]string{"OTEL_TRACES_EXPORTER": "jaeger,console"}, nil, []string{"console"}, `OTEL_TRACES_EXPORTER names "jaeger": set otlp, console or none`},
		{"langfuse", langfuseKeys, nil, []string{"langfuse (https://cloud.langfuse.com/api/public/otel/v1/traces)"}, ""},
		{"respan", map[string]string{"RESPAN_API_KEY": "k"}, nil, []string{"respan (https://api.respan.ai/api/v2/traces)"}, ""},
		{"all of them", with(langfuseKeys, "RESPAN_API_KEY", "k", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:1/x"), nil, []string{
			"langfuse (https://cloud.langfuse.com/api/public/otel/v1/traces)", "respan (https://api.respan.ai/api/v2/traces)", "otlp (http://c:1/x)",
		}, ""},
		{"langfuse and the console", with(langfuseKeys, "OTEL_TRACES_EXPORTER", "console"), nil,
			[]string{"langfuse (https://cloud.langfuse.com/api/public/otel/v1/traces)", "console"}, ""},
		{"a page", map[string]string{"OTELMISTRAL_CONSOLE_HTML": page}, nil, []string{"console"}, ""},
		{"a page of the console", map[string]string{"OTELMISTRAL_CONSOLE_HTML": page, "OTEL_TRACES_EXPORTER": "otlp,console"}, nil,
			[]string{"console", "otlp (http://localhost:4318/v1/traces)"}, ""},
		{"none wins over keys", with(langfuseKeys, "OTEL_TRACES_EXPORTER", "none"), nil, nil, ""},
		{"option over keys", langfuseKeys, []Option{own}, []string{"own"}, ""},
		{"public key alone", map[string]string{"LANGFUSE_PUBLIC_KEY": "pk-lf-1"}, nil, nil, "~LANGFUSE_SECRET_KEY"},
		{"secret key alone", map[string]string{"LANGFUSE_SECRET_KEY": "sk-lf-1"}, nil, nil, "~LANGFUSE_PUBLIC_KEY"},
		{"one key alone costs no other destination", map[string]string{"LANGFUSE_SECRET_KEY": "sk-lf-1", "RESPAN_API_KEY": "k"}, nil,
			[]string{"respan (https://api.respan.ai/api/v2/traces)"}, "~LANGFUSE_PUBLIC_KEY"},
		{"malformed", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "c:1"}, nil, nil, "otlp: OTEL_EXPORTER_OTLP_ENDPOINT must begin with http:// or https://"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cleanEnv(t, tt.env)
			all, err := newConfig(tt.opts).resolveDestinations()
			var got []string
			for _, d := range all {
				got = append(got, d.String())
			}
			assert.Equal(t, tt.want, got)
			switch part, contained := strings.CutPrefix(tt.err, "~"); {
			case tt.err == "":
				require.NoError(t, err)
			case contained:
				require.ErrorContains(t, err, part)
			default:
				require.EqualError(t, err, tt.err)
			}
		})
	}
}

var langfuseKeys = map[string]string{"LANGFUSE_PUBLIC_KEY": "pk-lf-1", "LANGFUSE_SECRET_KEY": "sk-lf-1"}

func with(env map[string]string, pairs ...string) map[string]string {
	env = maps.Clone(env)
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return env
}

func TestStartIsUsableAlsoWithAnError(t *testing.T) {
	cleanEnv(t, map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "broken"})
	m, r := mistral(t), receiver(t)
	failing := destination.Destination{Name: "failing", NewExporter: func(context.Context) (sdktrace.SpanExporter, error) {
		return nil, errors.New("no disk")
	}}
	i, err := Start(t.Context(), WithoutGlobalProvider(), nil,
		WithDestination(failing), WithDestination(destination.Destination{}), WithDestination(to(t, r)))
	require.ErrorContains(t, err, "instrumentation: destination failing: no disk")
	require.ErrorContains(t, err, "instrumentation: destination: Name is empty")
	require.ErrorContains(t, err, "OTEL_RESOURCE_ATTRIBUTES")
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	require.NoError(t, i.Shutdown(t.Context()))
	assert.Len(t, r.Spans(), 1)
}

func TestDisabled(t *testing.T) {
	cleanEnv(t, map[string]string{"OTEL_SDK_DISABLED": "True"})
	m, r := mistral(t), receiver(t)
	i, err := Start(t.Context(), WithDestination(to(t, r)))
	require.NoError(t, err)
	assert.Same(t, http.DefaultTransport, i.Transport(nil))
	base := &http.Transport{}
	assert.Same(t, base, i.Transport(base))
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	end(i.TracerProvider().Tracer("x"), "s")
	i.SpanProcessor().OnEnd(nil)
	require.NoError(t, i.Flush(t.Context()))
	require.NoError(t, i.Shutdown(t.Context()))
	assert.Empty(t, i.Stats().Destinations)
	assert.Empty(t, r.Requests())
}

func TestLengthLimitOfTheEnvironmentDoesNotCutContent(t *testing.T) {
	cleanEnv(t, map[string]string{
		"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "5", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "5", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "2",
	})
	recorder := tracetest.NewSpanRecorder()
	i := startLocal(t, WithSpanProcessor(recorder))
	_, span := i.TracerProvider().Tracer("test").Start(t.Context(), "s")
	span.SetAttributes(attribute.String("a", "longer than five"), attribute.Int("b", 1), attribute.Int("c", 1))
	span.End()
	require.NoError(t, i.Shutdown(t.Context()))
	ended := recorder.Ended()[0]
	assert.Equal(t, "longer than five", ended.Attributes()[0].Value.AsString())
	assert.Equal(t, 1, ended.DroppedAttributes(), "other limits hold")
}

// stubborn counts how often it was shut down.
type stubborn struct {
	tracetest.SpanRecorder
	shutdowns, flushes int
}

func (s *stubborn) Shutdown(context.Context) error   { s.shutdowns++; return errors.New("stubborn") }
func (s *stubborn) ForceFlush(context.Context) error { s.flushes++; return nil }

func TestProcessorOfTheApplicationAlone(t *testing.T) {
	cleanEnv(t, nil)
	own := &stubborn{}
	i := startLocal(t, WithSpanProcessor(own))
	end(i.TracerProvider().Tracer("test"), "s")
	require.NoError(t, i.Flush(t.Context()))
	require.EqualError(t, i.Shutdown(t.Context()), "stubborn")
	require.EqualError(t, i.Shutdown(t.Context()), "stubborn")
	assert.Equal(t, 1, own.flushes)
	assert.Equal(t, 1, own.shutdowns)
	assert.Len(t, own.Ended(), 1)
	assert.Empty(t, i.Stats().Destinations)
}

func TestForeignProviderReachesTheDestinations(t *testing.T) {
	cleanEnv(t, nil)
	r := receiver(t)
	i := startLocal(t, WithDestination(to(t, r)))
	provider := sdktrace.NewTracerProvider()
	provider.RegisterSpanProcessor(i.SpanProcessor())
	end(provider.Tracer("theirs"), "s")
	require.NoError(t, provider.Shutdown(t.Context()))
	assert.Len(t, r.Spans(), 1)
	require.NoError(t, i.Shutdown(t.Context()))
}

func TestShutdownAfterItsDeadlineStillStops(t *testing.T) {
	cleanEnv(t, nil)
	r := receiver(t)
	i := startLocal(t, WithDestination(to(t, r)))
	end(i.TracerProvider().Tracer("test"), "s")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := i.Shutdown(ctx); err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	c := i.Stats().Destinations[0]
	assert.EqualValues(t, 1, c.Exported+c.Lost())
	assert.Zero(t, c.Queued)
	_, span := i.TracerProvider().Tracer("test").Start(t.Context(), "after")
	assert.False(t, span.IsRecording())
}

// endlessPipe needs all the time that it gets.
type endlessPipe struct{}

func (endlessPipe) ForceFlush(ctx context.Context) error { return endlessPipe{}.Shutdown(ctx) }

func (endlessPipe) Shutdown(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestShutdownIsBoundedAlsoByAContextWithoutDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, limit := range []time.Duration{0, time.Second, time.Hour} {
			ctx, want := t.Context(), DefaultShutdownTimeout
			if limit > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, limit)
				defer cancel()
				want = limit
			}
			i := &Instrumentation{pipes: []pipe{endlessPipe{}}, metrics: []pipe{endlessPipe{}}}
			begin := time.Now()
			require.ErrorIs(t, i.Shutdown(ctx), context.DeadlineExceeded)
			assert.Equal(t, want, time.Since(begin))
		}
	})
}
