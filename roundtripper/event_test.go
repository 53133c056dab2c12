// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	lognoop "go.opentelemetry.io/otel/log/noop"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// logbook keeps the events of calls.
type logbook struct {
	mu       sync.Mutex
	events   []event
	asked    []sdklog.EnabledParameters
	disabled map[string]bool // by name of the event
	panics   bool
}

type event struct {
	sdklog.Record
	ctx        context.Context
	attributes map[attribute.Key]attribute.Value
}

func (l *logbook) option() roundtripper.Option { return roundtripper.WithLoggerProvider(l.provider()) }

func (l *logbook) provider() log.LoggerProvider {
	return sdklog.NewLoggerProvider(sdklog.WithProcessor(l))
}

func (l *logbook) Enabled(_ context.Context, p sdklog.EnabledParameters) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, p)
	return !l.disabled[p.EventName]
}

func (l *logbook) OnEmit(ctx context.Context, r *sdklog.Record) error {
	if l.panics {
		panic("a broken processor")
	}
	e := event{r.Clone(), ctx, map[attribute.Key]attribute.Value{}}
	e.WalkAttributes(func(kv attribute.KeyValue) bool {
		e.attributes[kv.Key] = kv.Value
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
	return ctx.Err()
}

func (l *logbook) Shutdown(context.Context) error   { return nil }
func (l *logbook) ForceFlush(context.Context) error { return nil }

// named returns the events of that name.
func (l *logbook) named(name string) (found []event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e.EventName() == name {
			found = append(found, e)
		}
	}
	return found
}

// one returns the only event of that name.
func (l *logbook) one(t testing.TB, name string) event {
	t.Helper()
	found := l.named(name)
	require.Len(t, found, 1, name)
	return found[0]
}

// plainOf is a value as encoding/json would have read it.
func plainOf(v attribute.Value) any {
	switch v.Type() {
	case attribute.MAP:
		m := map[string]any{}
		for _, kv := range v.AsMap() {
			m[string(kv.Key)] = plainOf(kv.Value)
		}
		return m
	case attribute.SLICE:
		s := []any{}
		for _, e := range v.AsSlice() {
			s = append(s, plainOf(e))
		}
		return s
	case attribute.INT64:
		return float64(v.AsInt64())
	}
	return v.AsInterface()
}

func hasContent(attrs map[attribute.Key]attribute.Value) bool {
	_, ok := attrs[semconv.GenAIInputMessagesKey]
	return ok
}

// TestDetailsSayWhatTheSpanSays runs all golden cases: the event has the span's
// attributes, content in maps and slices instead of JSON.
func TestDetailsSayWhatTheSpanSays(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.request.http")
	require.NoError(t, err)
	structured := 0
	for _, file := range files {
		base := strings.TrimSuffix(file, ".request.http")
		for _, vocabulary := range []semconv.Vocabulary{semconv.Released, semconv.Newest} {
			request, err := os.ReadFile(file)
			require.NoError(t, err)
			response, err := os.ReadFile(base + ".response.http")
			require.NoError(t, err)
			var book logbook
			g := replay(t, request, response, splits()["whole"](), roundtripper.WithVocabulary(vocabulary),
				book.option(), roundtripper.WithContentCapture(roundtripper.CaptureSpanAndEvent))
			operation, _ := g.Attributes["gen_ai.operation.name"].(string)
			if operation != "chat" && operation != "text_completion" && operation != "generate_content" {
				assert.Empty(t, book.named(semconv.EventInferenceDetails), "%s: %s is no inference", file, operation)
				continue
			}
			e := book.one(t, semconv.EventInferenceDetails)
			assert.Zero(t, e.DroppedAttributes(), file)
			assert.Len(t, e.attributes, len(g.Attributes), file)
			for key, want := range g.Attributes {
				got := e.attributes[attribute.Key(key)]
				if parsed, ok := want.(map[string]any); ok && strings.HasPrefix(key, "gen_ai.") {
					structured++
					assert.Equal(t, parsed["JSON string"], plainOf(got), "%s: %s", file, key)
					continue
				} else if ok {
					want = mustJSON(t, got.AsString(), parsed["JSON string"])
				}
				if want != "(seconds)" {
					assert.Equal(t, want, got.AsInterface(), "%s: %s", file, key)
				}
			}
		}
	}
	assert.Greater(t, structured, 100, "content attributes that were compared")
}

// TestContentOfOneSignalLeavesTheOtherAsItIs runs all golden cases: where content
// is not asked for, it makes no difference that it is elsewhere.
func TestContentOfOneSignalLeavesTheOtherAsItIs(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.request.http")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		request, err := os.ReadFile(file)
		require.NoError(t, err)
		response, err := os.ReadFile(strings.TrimSuffix(file, ".request.http") + ".response.http")
		require.NoError(t, err)
		with := func(capture roundtripper.ContentCapture) (golden, map[attribute.Key]attribute.Value) {
			var book logbook
			g := replay(t, request, response, splits()["whole"](), book.option(), roundtripper.WithContentCapture(capture))
			details := map[attribute.Key]attribute.Value{}
			for _, e := range book.events {
				for key, v := range e.attributes {
					if v.Type() != attribute.FLOAT64 { // times differ
						details[attribute.Key(e.EventName()+" ")+key] = v
					}
				}
			}
			return g, details
		}
		span, details := with(roundtripper.CaptureNone)
		onEvent, _ := with(roundtripper.CaptureEvent)
		assert.Equal(t, span, onEvent, file)
		_, onSpan := with(roundtripper.CaptureSpan)
		assert.Equal(t, details, onSpan, file)
	}
}

// mustJSON returns text if it is the JSON of want.
func mustJSON(t *testing.T, text string, want any) string {
	t.Helper()
	var parsed any
	require.NoError(t, json.Unmarshal([]byte(text), &parsed))
	assert.Equal(t, want, parsed)
	return text
}

func TestContentIsWhereItWasAskedFor(t *testing.T) {
	tests := map[roundtripper.ContentCapture]struct{ onSpan, onEvent bool }{
		roundtripper.CaptureNone:         {false, false},
		roundtripper.CaptureSpan:         {true, false},
		roundtripper.CaptureEvent:        {false, true},
		roundtripper.CaptureSpanAndEvent: {true, true},
	}
	for capture, want := range tests {
		for _, by := range []string{"option", "context"} {
			r, book := newRecorder(), &logbook{}
			option, ctx := roundtripper.WithContentCapture(capture), t.Context()
			if by == "context" {
				option, ctx = roundtripper.WithContentCapture(3-capture), roundtripper.ContextWithCapture(ctx, capture)
			}
			call(ctx, t, r.transport(answering(jsonType, bodyOf(plainReply)), book.option(), option), plainRequest)
			assert.Equal(t, want.onSpan, r.one(t).attr(semconv.GenAIInputMessagesKey).Type() == attribute.STRING, "%s %v", by, capture)
			e := book.one(t, semconv.EventInferenceDetails)
			assert.Equal(t, want.onEvent, hasContent(e.attributes), "%s %v", by, capture)
			assert.Equal(t, "chat", e.attributes[semconv.GenAIOperationNameKey].AsString())
		}
	}
}

func TestTheTextOfAnErrorIsNoLessContentThanMessages(t *testing.T) {
	refused := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		resp, err := answering(jsonType, bodyOf(`{"object":"error","message":"you said SECRET","type":"invalid"}`))(req)
		resp.StatusCode = http.StatusUnprocessableEntity
		return resp, err
	})
	for capture, want := range map[roundtripper.ContentCapture]struct{ status, message string }{
		roundtripper.CaptureNone:  {"422 invalid", ""},
		roundtripper.CaptureSpan:  {"422 invalid: you said [x]", ""},
		roundtripper.CaptureEvent: {"422 invalid", "you said [x]"},
	} {
		r, book := newRecorder(), &logbook{}
		call(t.Context(), t, r.transport(refused, book.option(), redacting("[x]"), roundtripper.WithContentCapture(capture)), plainRequest)
		assert.Equal(t, want.status, r.one(t).Status.Description)
		e := book.one(t, semconv.EventException)
		assert.Equal(t, want.message, e.attributes[semconv.ExceptionMessageKey].AsString())
		assert.Equal(t, "invalid", e.attributes[semconv.ExceptionTypeKey].AsString())
		assert.Equal(t, "422", e.attributes[semconv.ErrorTypeKey].AsString())
		assert.Equal(t, log.SeverityWarn, e.Severity())
	}
}

type panickingError struct{}

func (panickingError) Error() string { panic("no text") }

func TestExceptionNamesTheErrorOfTheTransportBelow(t *testing.T) {
	for name, tt := range map[string]struct {
		err           error
		kind, message string
	}{
		"an error":         {syscall.ECONNREFUSED, "syscall.Errno", "connection refused"},
		"one that is long": {errors.New(strings.Repeat("x", 100)), "*errors.errorString", strings.Repeat("x", 64) + "...[36 bytes cut]"},
		"one that panics":  {panickingError{}, "", "no text"},
		"one with content": {errors.New("you said SECRET"), "*errors.errorString", "you said [x]"},
	} {
		t.Run(name, func(t *testing.T) {
			r, book := newRecorder(), &logbook{}
			rt := r.transport(roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, tt.err }),
				book.option(), roundtripper.WithContentCapture(roundtripper.CaptureEvent), roundtripper.WithMaxContentBytes(64), redacting("[x]"))
			_, err := rt.RoundTrip(chatRequest(t, plainRequest))
			assert.Equal(t, tt.err, err)
			e := book.one(t, semconv.EventException)
			assert.Contains(t, e.attributes[semconv.ExceptionTypeKey].AsString(), tt.kind)
			assert.Contains(t, e.attributes[semconv.ExceptionMessageKey].AsString(), tt.message)
			assert.Equal(t, r.one(t).SpanContext.SpanID(), e.SpanID())
		})
	}
}

func TestCallThatFailsInNoErrorOfGoHasTheTypeOfItsFailure(t *testing.T) {
	r, book := newRecorder(), &logbook{}
	call(t.Context(), t, r.transport(answering(streamType, bodyOf(firstChunk)), book.option()), streamRequest)
	e := book.one(t, semconv.EventException)
	assert.Equal(t, "truncated", e.attributes[semconv.ExceptionTypeKey].AsString())
	assert.NotContains(t, e.attributes, semconv.ExceptionMessageKey)

	book = &logbook{}
	call(t.Context(), t, r.transport(answering(jsonType, bodyOf(plainReply)), book.option()), plainRequest)
	assert.Empty(t, book.named(semconv.EventException), "a call that went well")
}

func TestEventsAreTiedToTheSpanAndHaveNoBody(t *testing.T) {
	for vocabulary, severity := range map[semconv.Vocabulary]log.Severity{
		semconv.Released: log.SeverityUndefined, semconv.Newest: log.SeverityDebug,
	} {
		r, book := newRecorder(), &logbook{}
		call(t.Context(), t, r.transport(answering(jsonType, bodyOf(plainReply)), book.option(), roundtripper.WithVocabulary(vocabulary)), plainRequest)
		e, s := book.one(t, semconv.EventInferenceDetails), r.one(t)
		assert.Equal(t, s.SpanContext.TraceID(), e.TraceID())
		assert.Equal(t, s.SpanContext.SpanID(), e.SpanID())
		assert.Equal(t, severity, e.Severity())
		assert.Equal(t, attribute.EMPTY, e.Body().Type())
		assert.False(t, e.Timestamp().Before(s.StartTime) || e.Timestamp().After(s.EndTime))
		assert.Equal(t, vocabulary.SchemaURL(), e.InstrumentationScope().SchemaURL)
		assert.Equal(t, vocabulary.SchemaURL(), s.InstrumentationScope.SchemaURL)
		assert.Equal(t, roundtripper.ScopeName, e.InstrumentationScope().Name)
		for _, asked := range book.asked {
			assert.NotEmpty(t, asked.EventName)
		}
	}
}

func TestDetailsAreOptInUntilTheNewestConventions(t *testing.T) {
	book := &logbook{}
	before := otel.GetLoggerProvider()
	otel.SetLoggerProvider(book.provider())
	t.Cleanup(func() {
		if _, ok := before.(*sdklog.LoggerProvider); ok {
			otel.SetLoggerProvider(before)
			return
		}
		otel.SetLoggerProvider(lognoop.NewLoggerProvider())
	})
	for name, tt := range map[string]struct {
		option roundtripper.Option
		want   int
	}{
		"nobody asked":       {roundtripper.WithContentCapture(roundtripper.CaptureSpan), 0},
		"content on events":  {roundtripper.WithContentCapture(roundtripper.CaptureEvent), 1},
		"newest conventions": {roundtripper.WithVocabulary(semconv.Newest), 1},
	} {
		book.events = nil
		r := newRecorder()
		call(t.Context(), t, r.transport(answering(streamType, bodyOf(firstChunk)), tt.option), streamRequest)
		assert.Len(t, book.named(semconv.EventInferenceDetails), tt.want, name)
		assert.Len(t, book.named(semconv.EventException), 1, name)
	}
}

func TestCallThatIsNotSampledHasItsEvents(t *testing.T) {
	r, book := newRecorder(sdktrace.WithSampler(sdktrace.NeverSample())), &logbook{}
	rt := r.transport(answering(jsonType, bodyOf(plainReply)), book.option(), roundtripper.WithContentCapture(roundtripper.CaptureEvent))
	call(t.Context(), t, rt, plainRequest)
	assert.Empty(t, r.exporter.GetSpans())
	e := book.one(t, semconv.EventInferenceDetails)
	assert.True(t, hasContent(e.attributes))
	assert.Equal(t, int64(5), e.attributes[semconv.GenAIUsageInputTokensKey].AsInt64())
	assert.True(t, e.SpanID().IsValid())
	assert.False(t, e.TraceFlags().IsSampled())
}

func TestCancelledCallHasItsEventInAContextThatIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, book := newRecorder(), &logbook{}
		rt := r.transport(answering(streamType, &script{{time.Second, firstChunk}, {time.Hour, ""}}), book.option())
		resp, err := rt.RoundTrip(chatRequest(t, streamRequest).WithContext(ctx))
		require.NoError(t, err)
		_, err = io.ReadFull(resp.Body, make([]byte, 10))
		require.NoError(t, err)
		cancel()
		synctest.Wait()
		e := book.one(t, semconv.EventInferenceDetails)
		assert.NoError(t, e.ctx.Err())
		assert.Equal(t, "cancelled", e.attributes[semconv.MistralOutcomeKey].AsString())
		assert.Empty(t, book.named(semconv.EventException), "the caller's wish is no failure")
		require.NoError(t, resp.Body.Close())
	})
}

func TestLoggerThatWantsNoDetailsCostsNoContent(t *testing.T) {
	book := &logbook{disabled: map[string]bool{semconv.EventInferenceDetails: true, semconv.EventException: true}}
	r, shown := newRecorder(), 0
	rt := r.transport(answering(jsonType, bodyOf(plainReply)), book.option(), roundtripper.WithContentCapture(roundtripper.CaptureEvent),
		roundtripper.WithRedactor(func(_, text string) string { shown++; return text }))
	call(t.Context(), t, rt, plainRequest)
	assert.Empty(t, book.events)
	assert.Zero(t, shown, "content that was looked at")
	assert.Len(t, book.asked, 2)
}

func TestEventCarriesWhatTheSpanCarries(t *testing.T) {
	r, book := newRecorder(), &logbook{}
	ctx := roundtripper.ContextWithAttempts(t.Context())
	rt := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return answering(jsonType, bodyOf(plainReply))(req)
	}), book.option(), roundtripper.WithAttributes(semconv.UserIDKey.String("u1")))
	call(ctx, t, rt, plainRequest)
	call(ctx, t, rt, plainRequest)
	details := book.named(semconv.EventInferenceDetails)
	require.Len(t, details, 2)
	assert.Equal(t, "u1", details[1].attributes[semconv.UserIDKey].AsString())
	assert.Equal(t, int64(1), details[1].attributes[semconv.HTTPRequestResendCountKey].AsInt64(), "counted once per call")
}

func TestBrokenLogProcessorCostsItsEventOnly(t *testing.T) {
	r, book := newRecorder(), &logbook{panics: true}
	call(t.Context(), t, r.transport(answering(jsonType, bodyOf(plainReply)), book.option()), plainRequest)
	s := r.one(t)
	assert.Equal(t, "completed", s.outcome())
	assert.Equal(t, int64(5), s.attr(semconv.GenAIUsageInputTokensKey).AsInt64())
}
