// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

const (
	toFirstChunk = "gen_ai.response.time_to_first_chunk"
	toFirstToken = "mistral_ai.response.time_to_first_token"
)

func TestSpansOfRecordedCallsSayWhatASecondReadingSays(t *testing.T) {
	n := newNetwork(t)
	for _, x := range observedRecordings(t) {
		t.Run(x.name, func(t *testing.T) {
			want := read(t, &x)
			span, executions := n.observeCall(t, &x, roundtripper.WithContentCapture(roundtripper.CaptureSpan))
			got := attributes(span)

			assert.Equal(t, want.name, span.Name)
			assert.Equal(t, trace.SpanKindClient, span.SpanKind)
			if want.attributes["error.type"] == nil {
				assert.Equal(t, codes.Unset, span.Status.Code)
			} else {
				assert.Equal(t, codes.Error, span.Status.Code)
			}
			assertTimes(t, span, x.stream, want.token)
			assert.Equal(t, want.input, recorded(t, got[string(semconv.GenAIInputMessagesKey)]), "input messages")
			assert.Equal(t, want.output, recorded(t, got[string(semconv.GenAIOutputMessagesKey)]), "output messages")
			var tools []any
			if v, ok := got[string(semconv.GenAIToolDefinitionsKey)].(string); ok {
				require.NoError(t, json.Unmarshal([]byte(v), &tools))
			}
			assert.Equal(t, want.tools, tools, "tool definitions")
			assert.Equal(t, want.attributes, withoutContentAndTimes(got))
			assert.Equal(t, want.executions, executed(t, executions))
		})
	}
}

func assertTimes(t *testing.T, span *tracetest.SpanStub, stream, token bool) {
	t.Helper()
	got := attributes(span)
	chunk, hasChunk := got[toFirstChunk].(float64)
	first, hasFirst := got[toFirstToken].(float64)
	require.Equal(t, stream, hasChunk, "time to first chunk")
	require.Equal(t, stream && token, hasFirst, "time to first token")
	duration := span.EndTime.Sub(span.StartTime).Seconds()
	if hasChunk {
		assert.Positive(t, chunk)
		assert.LessOrEqual(t, chunk, duration)
	}
	if hasFirst {
		assert.LessOrEqual(t, chunk, first)
		assert.LessOrEqual(t, first, duration)
	}
}

func withoutContentAndTimes(attributes object) object {
	m := object{}
	for k, v := range attributes {
		if k != toFirstChunk && k != toFirstToken && !semconv.IsContent(attribute.Key(k)) {
			m[k] = v
		}
	}
	return m
}

func TestWithoutContentCaptureSpansHaveEverythingButContent(t *testing.T) {
	n := newNetwork(t)
	searched := 0
	for _, x := range observedRecordings(t) {
		t.Run(x.name, func(t *testing.T) {
			with, toolsWith := n.observeCall(t, &x, roundtripper.WithContentCapture(roundtripper.CaptureSpan))
			without, tools := n.observeCall(t, &x, roundtripper.WithContentCapture(roundtripper.CaptureNone))

			assert.Equal(t, with.Name, without.Name)
			assert.Equal(t, with.Status.Code, without.Status.Code)
			assert.Equal(t, withoutContentAndTimes(attributes(with)), withoutContentAndTimes(attributes(without)))
			for _, kv := range without.Attributes {
				assert.False(t, semconv.IsContent(kv.Key), "%s", kv.Key)
			}
			searched += assertNoContent(t, without, &x)
			require.Len(t, tools, len(toolsWith))
			for i := range tools {
				assert.Equal(t, withoutContentAndTimes(attributes(&toolsWith[i])), attributes(&tools[i]))
				assertNoContent(t, &tools[i], &x)
			}
		})
	}
	assert.Greater(t, searched, 300, "texts that were looked for")
}

// assertNoContent looks for every text of the exchange's messages in the span,
// and returns how many those are.
func assertNoContent(t *testing.T, span *tracetest.SpanStub, x *exchange) int {
	t.Helper()
	exported := fmt.Sprintf("%s %s %v %v", span.Name, span.Status.Description, attributes(span), span.Events)
	r := read(t, x)
	searched := 0
	for _, m := range append(r.input, r.output...) {
		for _, s := range m.texts() {
			// Shorter ones occur by chance.
			if s = strings.TrimSpace(s); len(s) >= 4 {
				searched++
				assert.NotContains(t, exported, s)
			}
		}
	}
	return searched
}

func (m *message) texts() []string {
	texts := append(strings.SplitAfter(m.Text, "\n"), strings.SplitAfter(m.Reasoning, "\n")...)
	for _, c := range m.Calls {
		texts = append(texts, leaves(c.Arguments)...)
	}
	if m.Answer != nil {
		texts = append(texts, leaves(m.Answer.Response)...)
	}
	for _, media := range m.Media {
		texts = append(texts, leaves(media["arguments"])...)
		texts = append(texts, leaves(media["result"])...)
		uri, _ := media["uri"].(string)
		sum, _ := media["sha256"].(string)
		texts = append(texts, uri, sum)
	}
	return texts
}

// leaves lists the strings of a JSON value.
func leaves(v any) []string {
	var all []string
	switch v := v.(type) {
	case string:
		all = append(all, v)
	case []any:
		for _, e := range v {
			all = append(all, leaves(e)...)
		}
	case object:
		for _, e := range v {
			all = append(all, leaves(e)...)
		}
	}
	return all
}

func TestOtherRoutesAreNotObserved(t *testing.T) {
	n := newNetwork(t)
	paths := map[string]bool{}
	for _, x := range recordings(t) {
		if x.endpoint() != nil {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			paths[x.url] = true
			assert.Empty(t, n.observe(t, &x, roundtripper.WithContentCapture(roundtripper.CaptureSpan)))
		})
	}
	assert.Greater(t, len(paths), 2)
}
