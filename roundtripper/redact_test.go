// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

const (
	secretRequest = `{"model":"mistral-small-latest","metadata":{"ref":"SECRET"},"prompt_cache_key":"SECRET",` +
		`"tools":[{"type":"function","function":{"name":"pay","description":"SECRET","parameters":{"type":"object"}}}],` +
		`"messages":[{"role":"user","content":[{"type":"text","text":"SECRET one"},{"type":"image_url","image_url":"https://x/SECRET"}]},` +
		`{"role":"assistant","tool_calls":[{"id":"c1","function":{"name":"pay","arguments":"{\"id\":\"SECRET\"}"}}]},` +
		`{"role":"tool","tool_call_id":"c1","name":"pay","content":"SECRET paid"}]}`
	secretReply = `{"id":"r1","object":"chat.completion","model":"mistral-small-2506","choices":[{"index":0,` +
		`"finish_reason":"tool_calls","message":{"role":"assistant","content":"SECRET two",` +
		`"tool_calls":[{"id":"c2","function":{"name":"pay","arguments":"{\"id\":\"SECRET\"}"}}]}}]}`
)

func redacting(by string) roundtripper.Option {
	return roundtripper.WithRedactor(func(_, text string) string { return strings.ReplaceAll(text, "SECRET", by) })
}

// contents are all the places of a span that hold content.
func (s span) contents() []string {
	return []string{
		s.attr(semconv.GenAIInputMessagesKey).AsString(), s.attr(semconv.GenAIOutputMessagesKey).AsString(),
		s.attr(semconv.GenAIToolDefinitionsKey).AsString(), s.attr(semconv.MistralRequestMetadataKey).AsString(),
		s.attr(semconv.MistralRequestPromptCacheKeyKey).AsString(),
	}
}

func TestRedactorSeesAllContentBeforeItIsRecorded(t *testing.T) {
	r := newRecorder()
	call(t.Context(), t, r.transport(answering(jsonType, bodyOf(secretReply)), redacting("[x]")), secretRequest)
	for _, content := range r.one(t).contents() {
		assert.NotContains(t, content, "SECRET")
		assert.Contains(t, content, "[x]")
	}
	assert.Contains(t, r.one(t).contents()[0], `"arguments":{"id":"[x]"}`, "still an object")
	assert.Contains(t, r.one(t).contents()[1], `"arguments":{"id":"[x]"}`, "still an object")
	assert.Equal(t, `{"ref":"[x]"}`, r.one(t).contents()[3])
}

func TestRedactorSeesTheTextOfErrors(t *testing.T) {
	r := newRecorder()
	rt := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		resp, err := answering(jsonType, bodyOf(`{"object":"error","message":"bad SECRET","type":"invalid"}`))(req)
		resp.StatusCode = http.StatusUnprocessableEntity
		return resp, err
	}), redacting("[x]"))
	call(t.Context(), t, rt, plainRequest)
	assert.Equal(t, "422 invalid: bad [x]", r.one(t).Status.Description)
}

func TestRedactorIsToldTheKind(t *testing.T) {
	var mu sync.Mutex
	kinds := map[string]string{}
	r := newRecorder()
	call(t.Context(), t, r.transport(answering(jsonType, bodyOf(secretReply)), roundtripper.WithRedactor(func(kind, text string) string {
		mu.Lock()
		defer mu.Unlock()
		kinds[kind] = text
		return text
	})), secretRequest)
	assert.Equal(t, "SECRET two", kinds["text"])
	assert.Equal(t, `{"id":"SECRET"}`, kinds["tool_call"])
	assert.Equal(t, "SECRET paid", kinds["tool_call_response"])
	assert.Equal(t, "https://x/SECRET", kinds["uri"])
	assert.Equal(t, `{"ref":"SECRET"}`, kinds["metadata"])
	assert.Equal(t, "SECRET", kinds["prompt_cache_key"])
	assert.Contains(t, kinds["tool_definitions"], "SECRET")
}

func TestRedactedJSONThatIsNoneAnyMoreBecomesAString(t *testing.T) {
	r := newRecorder()
	call(t.Context(), t, r.transport(answering(jsonType, bodyOf(secretReply)), redacting(`"`+"\xff")), secretRequest)
	for i, content := range r.one(t).contents()[:4] {
		assert.True(t, json.Valid([]byte(content)), "%d: %s", i, content)
	}
	assert.Contains(t, r.one(t).contents()[0], `"arguments":"{\"id\":\"\"`)
	assert.True(t, strings.HasPrefix(r.one(t).contents()[3], `"{`))
}

func TestRedactorThatPanicsWithholdsTheContent(t *testing.T) {
	var mu sync.Mutex
	var reported []string
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		reported = append(reported, err.Error())
	}))
	t.Cleanup(func() { otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) })

	r := newRecorder()
	call(t.Context(), t, r.transport(answering(jsonType, bodyOf(secretReply)), roundtripper.WithRedactor(func(string, string) string {
		panic("SECRET")
	})), secretRequest)
	s := r.one(t)
	for _, content := range s.contents() {
		assert.Contains(t, content, "[withheld]")
		assert.NotContains(t, content, "SECRET")
	}
	assert.Equal(t, semconv.OutcomeCompleted, s.outcome(), "the rest of the span is whole")
	assert.Equal(t, "r1", s.attr(semconv.GenAIResponseIDKey).AsString())
	require.Len(t, reported, 1)
	assert.Contains(t, reported[0], "redactor panicked")
	assert.NotContains(t, reported[0], "SECRET")
}

func TestRedactorIsNotAskedWithoutCapture(t *testing.T) {
	asked := false
	r := newRecorder()
	call(t.Context(), t, r.transport(answering(jsonType, bodyOf(secretReply)),
		roundtripper.WithContentCapture(roundtripper.CaptureNone),
		roundtripper.WithRedactor(func(_, text string) string { asked = true; return text })), secretRequest)
	assert.False(t, asked)
	assert.Empty(t, r.one(t).contents()[0])
}

// A redactor may use the very call that it is asked about: no lock is held.
func TestRedactorMayCloseTheBody(t *testing.T) {
	r := newRecorder()
	var resp *http.Response
	rt := r.transport(answering(jsonType, bodyOf(secretReply)), roundtripper.WithRedactor(func(_, text string) string {
		_ = resp.Body.Close()
		return text
	}))
	var err error
	resp, err = rt.RoundTrip(chatRequest(t, secretRequest))
	require.NoError(t, err)
	readUntil(t, resp.Body, "]}")
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, semconv.OutcomeCompleted, r.one(t).outcome())
}
