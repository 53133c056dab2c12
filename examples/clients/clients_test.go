// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

// scene is one thing that happens to all clients.
type scene struct {
	name   string
	script []testserver.Reply
	// held is the script for clients that leave before the stream has ended. It
	// keeps the rest back, so that they cannot have read it by chance.
	held []testserver.Reply
	act  action
	each func(cancel func()) error
	want map[string]outlook // by the clients' names
}

func (sc scene) outlook(client string) outlook {
	for clients, o := range sc.want {
		if slices.Contains(strings.Fields(clients), client) {
			return o
		}
	}
	return outlook{}
}

// outlook is what is to be seen of one client.
type outlook struct {
	attempts []attempt
	held     bool // use the held script
	timeout  bool // nothing but the client's timeout ends a call
	unsent   int  // attempts that the server never sees
	// or is the other outcome of the last attempt, where two goroutines of the
	// program race to end it.
	or string
}

var (
	clientNames = []string{"openai-go", "go-openai", "gage", "langchaingo", "any-llm", "eino", "genkit"}

	limited = testserver.ErrorNamed("429 rate limited").Reply().With("Retry-After", "0")
	denied  = testserver.ErrorNamed("401 invalid key").Reply()

	thoughts = testserver.Events(testserver.Body("stream-thinking.sse"))
	words    = testserver.Events(testserver.Body("stream.sse"))
)

// script is the first n steps and what follows them.
func script(steps []testserver.Step, n int, then testserver.Step) []testserver.Reply {
	return []testserver.Reply{testserver.Stream(append(append([]testserver.Step{}, steps[:n]...), then)...)}
}

// all expects the same of every client.
func all(attempts ...attempt) map[string]outlook {
	return map[string]outlook{strings.Join(clientNames, " "): {attempts: attempts}}
}

const (
	chatName  = "chat " + model
	userAsked = "user: What is the weather in Lyon?"
)

var (
	answered = attempt{
		name: chatName, outcome: semconv.OutcomeCompleted, status: 200,
		model: model, finish: []string{"stop"}, in: 21, out: 9, input: userAsked, output: "assistant: The answer is **42**.",
	}
	streamed = changed(answered, func(a *attempt) { a.streamed = true })

	toolWanted = changed(answered, func(a *attempt) {
		a.finish, a.in, a.out = []string{"tool_calls"}, 98, 24
		a.output = `assistant: get_weather{"city": "Lyon", "days": 2}`
	})
	toolAnswered       = changed(answered, func(a *attempt) { a.input = `tool: "18 degrees and sunny in Lyon"` })
	toolAnsweredAsJSON = changed(answered, func(a *attempt) { a.input = `tool: "\"18 degrees and sunny in Lyon\""` })

	thought = changed(answered, func(a *attempt) {
		a.model, a.in, a.out, a.output = "magistral-medium-latest", 31, 40, "assistant: <reasoning Six times seven is 42.> 42"
	})
	thoughtStreamed = changed(streamed, func(a *attempt) {
		a.in, a.out, a.output = 31, 40, "assistant: <reasoning Six times seven is 42.> The answer is 42."
	})
	firstThought = changed(streamed, func(a *attempt) {
		a.finish, a.in, a.out, a.output = nil, 0, 0, "assistant: <reasoning Six>"
	})

	unauthorized = attempt{name: chatName, outcome: semconv.OutcomeRefused, errorType: "401", status: 401, input: userAsked}
	tooMany      = attempt{name: chatName, outcome: semconv.OutcomeRefused, errorType: "429", status: 429, input: userAsked}
	tooManyRead  = changed(tooMany, func(a *attempt) { a.code = "1300" })
	bodySpent    = attempt{name: "chat", outcome: semconv.OutcomeFailed, errorType: "net/http"}

	firstWords = changed(streamed, func(a *attempt) {
		a.finish, a.in, a.out, a.output = nil, 0, 0, "assistant: The answer"
	})
)

func changed(a attempt, change func(*attempt)) attempt {
	change(&a)
	return a
}

func ended(a attempt, outcome, errorType string) []attempt {
	return []attempt{changed(a, func(a *attempt) { a.outcome, a.errorType = outcome, errorType })}
}

var scenes = []scene{
	{
		name:   "plain",
		script: []testserver.Reply{testserver.Canned("chat.json")},
		act:    chat,
		want:   all(answered),
	},
	{
		name:   "stream",
		script: []testserver.Reply{testserver.Canned("stream.sse")},
		act:    stream,
		want:   all(streamed),
	},
	{
		name:   "tools",
		script: []testserver.Reply{testserver.Canned("chat-tools.json"), testserver.Canned("chat.json")},
		act:    tools,
		want: map[string]outlook{
			"openai-go go-openai any-llm eino": {attempts: []attempt{toolWanted, toolAnswered}},
			"genkit":                           {attempts: []attempt{toolWanted, toolAnsweredAsJSON}},
			"gage langchaingo":                 {attempts: []attempt{toolWanted}},
		},
	},
	{
		name:   "thinking, plain",
		script: []testserver.Reply{testserver.Canned("chat-thinking.json")},
		act:    chat,
		want:   all(thought),
	},
	{
		name:   "thinking, stream",
		script: []testserver.Reply{testserver.Canned("stream-thinking.sse")},
		held:   script(thoughts, 3, testserver.Hang()),
		act:    stream,
		want: map[string]outlook{
			"openai-go any-llm genkit": {attempts: []attempt{thoughtStreamed}},
			"go-openai":                {attempts: ended(firstThought, semconv.OutcomeClosedEarly, ""), held: true},
			"eino":                     {attempts: ended(firstThought, semconv.OutcomeClosedEarly, ""), held: true, or: semconv.OutcomeCancelled},
			"gage":                     {attempts: []attempt{thoughtStreamed}},
			"langchaingo":              {attempts: ended(firstThought, semconv.OutcomeDeadline, "timeout"), held: true, timeout: true},
		},
	},
	{
		name:   "unauthorized, plain",
		script: []testserver.Reply{denied},
		act:    chat,
		want:   all(unauthorized),
	},
	{
		name:   "unauthorized, stream",
		script: []testserver.Reply{denied},
		act:    stream,
		want:   all(changed(unauthorized, func(a *attempt) { a.streamed = true })),
	},
	{
		name:   "rate limited, then fine",
		script: []testserver.Reply{limited, testserver.Canned("chat.json")},
		act:    chat,
		want: map[string]outlook{
			"openai-go any-llm genkit": {attempts: []attempt{tooMany, answered}},
			"go-openai eino":           {attempts: []attempt{tooManyRead}},
			"gage langchaingo":         {attempts: []attempt{tooMany, bodySpent, bodySpent, bodySpent, bodySpent}, unsent: 4},
		},
	},
	{
		name:   "stream cut",
		script: script(words, 2, testserver.Cut()),
		act:    stream,
		want:   all(ended(firstWords, semconv.OutcomeCut, semconv.ErrorTypeUnexpectedEOF)...),
	},
	{
		name:   "caller stops early",
		script: script(words, 2, testserver.Hang()),
		act:    stream,
		each:   stops,
		want: map[string]outlook{
			"openai-go go-openai genkit": {attempts: ended(firstWords, semconv.OutcomeClosedEarly, "")},
			"any-llm eino":               {attempts: ended(firstWords, semconv.OutcomeCancelled, "")},
			"gage langchaingo":           {attempts: ended(firstWords, semconv.OutcomeDeadline, "timeout"), timeout: true},
		},
	},
	{
		name:   "caller cancels",
		script: script(words, 2, testserver.Hang()),
		act:    stream,
		each:   cancels,
		want: map[string]outlook{
			"openai-go go-openai any-llm eino genkit": {attempts: ended(firstWords, semconv.OutcomeCancelled, "")},
			"gage langchaingo":                        {attempts: ended(firstWords, semconv.OutcomeDeadline, "timeout"), timeout: true},
		},
	},
}

// Each client acts twice against the same script: with a plain transport, and
// with one that observes. The program and the server must see no difference, and
// each attempt must be one span that tells the truth.
func TestEveryAttemptIsOneSpanAndNothingElseChanges(t *testing.T) {
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			for _, name := range clientNames {
				t.Run(name, func(t *testing.T) { sc.run(t, name) })
			}
		})
	}
}

func (sc scene) run(t *testing.T, name string) {
	want := sc.outlook(name)
	s := newStage(t)
	ctx, parent := s.provider.Tracer("test").Start(t.Context(), "application")
	p := performance{ctx: ctx, script: sc.script, timeout: patience, act: sc.act, each: sc.each}
	if want.held {
		p.script = sc.held
	}
	if want.timeout {
		p.timeout = impatience
	}

	bare := s.play(t, name, s.base, p)
	attempts := int(s.base.attempts.Load())
	requests := s.server.Requests()
	require.Empty(t, s.calls(t, 0), "the plain transport observes nothing")

	seen := s.play(t, name, s.observing(), p)
	observedAttempts := int(s.base.attempts.Load()) - attempts
	observedRequests := s.server.Requests()[len(requests):]
	calls := s.calls(t, observedAttempts)
	s.close()
	runtime.GC()
	assert.Len(t, s.calls(t, observedAttempts), observedAttempts, "spans for attempts, also when all is over")
	parent.End()

	assert.Equal(t, bare, seen, "what the program gets")
	assert.Equal(t, attempts, observedAttempts, "attempts")
	assert.Equal(t, wire(requests), wire(observedRequests), "what the server gets")
	assert.Len(t, observedRequests, observedAttempts-want.unsent, "what the server gets")

	var got []attempt
	for _, call := range calls {
		got = append(got, attemptOf(t, call))
		assert.Equal(t, lineage(name), s.lineage(call, parent.SpanContext()))
	}
	if last := len(got) - 1; want.or != "" && got[last].outcome == want.or {
		got[last].outcome = want.attempts[last].outcome
	}
	assert.Equal(t, want.attempts, got)
	if last := got[len(got)-1]; seen.err == "" {
		assert.Equal(t, [2]int64{int64(seen.reply.in), int64(seen.reply.out)}, [2]int64{last.in, last.out},
			"client and span count the same tokens")
	}
}

// lineage tells which spans a call of this client is below, nearest first.
func lineage(client string) []string {
	switch client {
	case "gage", "langchaingo":
		return nil // they hand on no context
	case "genkit":
		return []string{"mistral/" + model, "generate", "application"}
	}
	return []string{"application"}
}

// wire is what a server sees of requests, without how they ended: a client that
// leaves races with the server's last bytes.
func wire(requests []testserver.Request) []testserver.Request {
	for i := range requests {
		requests[i].End = ""
	}
	return requests
}

// A body that nobody reads and nobody closes is not forgotten by its span.
func TestForgottenStreamIsAbandoned(t *testing.T) {
	for name, forget := range map[string]func(t *testing.T, s *stage){
		"openai-go": func(t *testing.T, s *stage) {
			o := newOpenAI(&http.Client{Transport: s.observing()}, s.server.URL, "secret")
			forgetOpenAI(t, o)
		},
		"go-openai": func(t *testing.T, s *stage) {
			o := newGoOpenAI(&http.Client{Transport: s.observing()}, s.server.URL, "secret")
			forgetGoOpenAI(t, o)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.script = script(words, 2, testserver.Hang())
			forget(t, s)
			calls := s.calls(t, 1)
			require.Len(t, calls, 1)
			got := attemptOf(t, calls[0])
			assert.Equal(t, semconv.OutcomeAbandoned, got.outcome)
			assert.Equal(t, "assistant: The answer", got.output)
			assert.Empty(t, got.errorType)
		})
	}
}

// Who stops receiving from any-llm's channels or Eino's reader leaves a goroutine
// behind that holds the body, so that only the end of the context ends the span.
func TestStreamThatNobodyReceivesEndsWithItsContext(t *testing.T) {
	for name, forget := range map[string]func(ctx context.Context, t *testing.T, s *stage){
		"any-llm": func(ctx context.Context, t *testing.T, s *stage) {
			a, err := newAnyLLM(&http.Client{Transport: s.observing()}, s.server.URL, "secret")
			require.NoError(t, err)
			forgetAnyLLM(ctx, t, a)
		},
		"eino": func(ctx context.Context, t *testing.T, s *stage) {
			e, err := newEino(ctx, &http.Client{Transport: s.observing()}, s.server.URL, "secret")
			require.NoError(t, err)
			forgetEino(ctx, t, e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.script = script(words, 2, testserver.Hang())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			forget(ctx, t, s)
			runtime.GC()
			require.Empty(t, s.calls(t, 0))
			cancel()
			calls := s.calls(t, 1)
			require.Len(t, calls, 1)
			assert.Equal(t, ended(firstWords, semconv.OutcomeCancelled, "")[0], attemptOf(t, calls[0]))
		})
	}
}

// Who stops receiving from gage's channel leaves a goroutine behind that holds
// the body, so that only the client's timeout can end the span.
func TestStreamThatNobodyReceivesEndsWithTheTimeout(t *testing.T) {
	s := newStage(t)
	s.script = script(words, 3, testserver.Hang())
	begin := time.Now()
	s.through(t, "gage", s.observing(), impatience, func(a asker) {
		chunks, err := a.(gage).client.ChatStream(asked.model, gageMessages(asked), nil)
		require.NoError(t, err)
		<-chunks
	})
	calls := s.calls(t, 1)
	require.Len(t, calls, 1)
	got := attemptOf(t, calls[0])
	assert.Equal(t, semconv.OutcomeDeadline, got.outcome)
	assert.Equal(t, semconv.ErrorTypeTimeout, got.errorType)
	assert.GreaterOrEqual(t, time.Since(begin), impatience)
}

// A retry with a spent body succeeds after all where net/http has a second idle
// connection: it then takes the body from GetBody. That call has a span as well.
func TestRetryThatNetHTTPSavesIsASpan(t *testing.T) {
	for name, transport := range map[string]func(s *stage) http.RoundTripper{
		"plain":     func(s *stage) http.RoundTripper { return s.base },
		"observing": (*stage).observing,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.openConnections(t, 2)
			attempts := s.base.attempts.Load()
			p := performance{
				ctx: t.Context(), script: []testserver.Reply{limited, testserver.Canned("chat.json")},
				timeout: patience, act: chat,
			}
			e := s.play(t, "gage", transport(s), p)
			assert.Equal(t, "The answer is **42**.", e.reply.text)
			assert.Equal(t, int64(2), s.base.attempts.Load()-attempts)
			if name == "plain" {
				return
			}
			calls := s.calls(t, 2)
			require.Len(t, calls, 2)
			assert.Equal(t, tooMany, attemptOf(t, calls[0]))
			saved := attemptOf(t, calls[1])
			assert.Equal(t, semconv.OutcomeCompleted, saved.outcome)
			assert.Equal(t, answered.output, saved.output)
			assert.Equal(t, [2]int64{answered.in, answered.out}, [2]int64{saved.in, saved.out})
		})
	}
}
