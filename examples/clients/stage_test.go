// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// The timeouts of gage and langchaingo, which take no http.Client.
const (
	// patience is for calls that end by themselves. A body that they do not
	// close holds a goroutine of net/http for as long.
	patience = 5 * time.Second
	// impatience is for calls that nothing else ends.
	impatience = 500 * time.Millisecond
)

// TestMain lets nothing stay behind but what gage leaves: the goroutine of a
// stream that is not received to its end waits for ever. All else is gone when
// the last timeout has passed.
func TestMain(m *testing.M) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	code := m.Run()
	leftBehind := goleak.IgnoreAnyFunction("github.com/gage-technologies/mistral-go.(*MistralClient).ChatStream.func1")
	var leak error
	for end := time.Now().Add(2 * patience); time.Now().Before(end); { // Find itself waits for a while
		if leak = goleak.Find(leftBehind); leak == nil {
			break
		}
	}
	if leak != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines stay behind:", leak)
		code = 1
	}
	os.Exit(code)
}

// stage is a scripted Mistral, the way there, and the spans of what happens.
type stage struct {
	server   *testserver.Mistral
	base     *counter
	spans    *tracetest.InMemoryExporter
	provider *sdktrace.TracerProvider

	mu     sync.Mutex
	script []testserver.Reply
}

// counter is the transport below. It counts the attempts.
type counter struct {
	*http.Transport
	attempts atomic.Int64
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.attempts.Add(1)
	return c.Transport.RoundTrip(r)
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{base: &counter{Transport: &http.Transport{}}, spans: tracetest.NewInMemoryExporter()}
	s.provider = sdktrace.NewTracerProvider(sdktrace.WithSyncer(s.spans))
	otel.SetTracerProvider(s.provider)
	s.server = testserver.NewMistral(testserver.WithHandler(s.next))
	t.Cleanup(s.close)
	return s
}

func (s *stage) close() {
	s.server.Close()
	s.base.CloseIdleConnections()
}

// next plays the script, and has the server answer by itself after it.
func (s *stage) next(testserver.Request) (testserver.Reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.script) == 0 {
		return testserver.Reply{}, false
	}
	reply := s.script[0]
	s.script = s.script[1:]
	return reply, true
}

func (s *stage) observing() http.RoundTripper {
	return roundtripper.New(s.base,
		roundtripper.WithTracerProvider(s.provider),
		roundtripper.WithContentCapture(roundtripper.CaptureSpan))
}

// through gives f the client of that name, whose calls go through transport,
// whatever way the client takes it.
func (s *stage) through(t *testing.T, name string, transport http.RoundTripper, timeout time.Duration, f func(asker)) {
	t.Helper()
	before := http.DefaultTransport
	http.DefaultTransport = transport
	defer func() { http.DefaultTransport = before }()
	clients, err := newClients(t.Context(), &http.Client{Transport: transport}, s.server.URL, "secret", timeout)
	require.NoError(t, err)
	i := slices.IndexFunc(clients, func(c client) bool { return c.name == name })
	require.GreaterOrEqual(t, i, 0, "no client %s", name)
	f(clients[i].asker)
}

// experience is all that a program gets to know of a call.
type experience struct {
	reply  reply
	err    string // type and text
	pieces []string
}

// play has the client act against script and tells what it made of it.
func (s *stage) play(t *testing.T, name string, transport http.RoundTripper, p performance) experience {
	t.Helper()
	s.mu.Lock()
	s.script = p.script
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	var e experience
	s.through(t, name, transport, p.timeout, func(a asker) {
		var err error
		e.reply, err = p.act(ctx, a, func(text string) error {
			e.pieces = append(e.pieces, text)
			if text == "" || p.each == nil {
				return nil
			}
			return p.each(cancel)
		})
		if err != nil {
			e.err = fmt.Sprintf("%T: %s", err, textOf(err))
		}
	})
	return e
}

// textOf is the text of err. That of a timeout varies: with any transport but its
// own below, http.Client.Timeout cancels a request in two ways that race.
func textOf(err error) string {
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "a timeout"
	}
	return err.Error()
}

// performance is one call of a client.
type performance struct {
	ctx     context.Context
	script  []testserver.Reply
	timeout time.Duration
	act     action
	each    func(cancel func()) error // on each text of a stream
}

type action func(ctx context.Context, a asker, each func(string) error) (reply, error)

func chat(ctx context.Context, a asker, _ func(string) error) (reply, error) {
	return a.chat(ctx, asked)
}

func stream(ctx context.Context, a asker, each func(string) error) (reply, error) {
	return a.stream(ctx, asked, each)
}

func tools(ctx context.Context, a asker, _ func(string) error) (reply, error) {
	return a.tools(ctx, asked)
}

var asked = question{model: model, text: "What is the weather in Lyon?"}

var errStop = errors.New("enough")

func stops(func()) error { return errStop }

func cancels(cancel func()) error {
	cancel()
	return nil
}

// attempt is what a span says of one HTTP exchange.
type attempt struct {
	name      string
	outcome   string
	errorType string
	status    int64
	code      string // Mistral's own
	streamed  bool
	model     string // of the response
	finish    []string
	in, out   int64
	input     string // the last message
	output    string
}

func attemptOf(t *testing.T, s tracetest.SpanStub) attempt {
	t.Helper()
	attrs := attribute.NewSet(s.Attributes...)
	value := func(key attribute.Key) attribute.Value {
		v, _ := attrs.Value(key)
		return v
	}
	assert.Len(t, s.Attributes, attrs.Len(), "an attribute is there twice")
	errorType := value(semconv.ErrorTypeKey).AsString()
	if strings.HasPrefix(errorType, "net/http.") || errorType == "*net.OpError" {
		// Which of its unexported errors may change with Go. It also closes the
		// connection of a body that is too short, and on a busy machine the error
		// may be that of a write to it.
		errorType = "net/http"
	}
	return attempt{
		name:      s.Name,
		outcome:   value(semconv.MistralOutcomeKey).AsString(),
		errorType: errorType,
		status:    value(semconv.HTTPResponseStatusCodeKey).AsInt64(),
		code:      value(semconv.MistralErrorCodeKey).AsString(),
		streamed:  value(semconv.GenAIRequestStreamKey).AsBool(),
		model:     value(semconv.GenAIResponseModelKey).AsString(),
		finish:    value(semconv.GenAIResponseFinishReasonsKey).AsStringSlice(),
		in:        value(semconv.GenAIUsageInputTokensKey).AsInt64(),
		out:       value(semconv.GenAIUsageOutputTokensKey).AsInt64(),
		input:     lastMessage(t, value(semconv.GenAIInputMessagesKey).AsString()),
		output:    lastMessage(t, value(semconv.GenAIOutputMessagesKey).AsString()),
	}
}

// lastMessage is the last of the messages in a content attribute, in one line.
func lastMessage(t *testing.T, content string) string {
	t.Helper()
	if content == "" {
		return ""
	}
	var messages []struct {
		Role  string
		Parts []struct {
			Type, Content, Name string
			Arguments           json.RawMessage
			Response            json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal([]byte(content), &messages))
	require.NotEmpty(t, messages)
	last := messages[len(messages)-1]
	words := []string{last.Role + ":"}
	for _, part := range last.Parts {
		switch part.Type {
		case "text":
			words = append(words, part.Content)
		case "tool_call":
			words = append(words, part.Name+string(part.Arguments))
		case "tool_call_response":
			words = append(words, string(part.Response))
		default:
			words = append(words, "<"+part.Type+" "+part.Content+">")
		}
	}
	return strings.Join(words, " ")
}

// calls waits until as many calls have ended as were made, and returns their
// spans by start. Bodies that nobody holds any more are ended by the garbage
// collector, so that is called.
func (s *stage) calls(t *testing.T, made int) []tracetest.SpanStub {
	t.Helper()
	var calls []tracetest.SpanStub
	// Less than patience, so that a timeout cannot pass for a collection.
	assert.Eventually(t, func() bool {
		runtime.GC()
		calls = slices.DeleteFunc(slices.Clone(s.spans.GetSpans()), func(s tracetest.SpanStub) bool {
			return s.InstrumentationScope.Name != roundtripper.ScopeName
		})
		return len(calls) >= made
	}, patience-2*time.Second, 5*time.Millisecond, "a span is missing after the client has gone")
	slices.SortStableFunc(calls, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	return calls
}

// openConnections leaves n idle connections to the server.
func (s *stage) openConnections(t *testing.T, n int) {
	t.Helper()
	open := make(chan struct{})
	for range n {
		s.script = append(s.script, testserver.Stream(testserver.Await(open)))
	}
	var posts sync.WaitGroup
	for range n {
		posts.Go(func() {
			resp, err := (&http.Client{Transport: s.base}).Post(s.server.URL, "application/json", strings.NewReader("{}"))
			if !assert.NoError(t, err) {
				return
			}
			defer resp.Body.Close()
			_, err = io.Copy(io.Discard, resp.Body)
			assert.NoError(t, err)
		})
	}
	assert.Eventually(t, func() bool { return len(s.server.Requests()) == n }, 10*time.Second, time.Millisecond)
	close(open)
	posts.Wait()
}

// lineage is the names of the spans that call is below, nearest first, each once
// where they repeat, up to application, which has not ended.
func (s *stage) lineage(call tracetest.SpanStub, application trace.SpanContext) []string {
	var names []string
	for id := call.Parent.SpanID(); id.IsValid(); {
		if id == application.SpanID() {
			return append(slices.Compact(names), "application")
		}
		i := slices.IndexFunc(s.spans.GetSpans(), func(s tracetest.SpanStub) bool { return s.SpanContext.SpanID() == id })
		if i < 0 {
			return append(names, "a span that is nowhere")
		}
		above := s.spans.GetSpans()[i]
		names = append(names, above.Name)
		id = above.Parent.SpanID()
	}
	return names
}
