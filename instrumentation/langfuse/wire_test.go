// SPDX-License-Identifier: Apache-2.0

package langfuse_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/internal/wiretest"
	"github.com/otelmistral/otelmistral/semconv"
)

const hi = `{"model":"mistral-large-latest","messages":[{"role":"user","content":"hi"}]}`

// reply is the answer of a chat with this usage.
func reply(usage string) testserver.Reply {
	return testserver.JSON(200, `{"id":"r","model":"mistral-large-2512","choices":[{"index":0,"finish_reason":"stop",`+
		`"message":{"role":"assistant","content":"yo"}}],"usage":`+usage+`}`)
}

// Checks 1, 2, 4 and 12: a plain call.
func TestChat(t *testing.T) {
	w := newWorld(t, langfuse.Config{})
	w.Mistral.Enqueue(reply(`{"prompt_tokens":120,"completion_tokens":45,"total_tokens":165,"prompt_tokens_details":{"cached_tokens":100}}`))
	s := w.Call(t, hi)
	assert.Equal(t, "chat mistral-large-latest", s.GetName())
	want{
		"langfuse.observation.type":                  text("generation"),
		"gen_ai.request.model":                       text("mistral-large-latest"),
		"gen_ai.response.model":                      text("mistral-large-2512"),
		"langfuse.observation.input":                 text(`[{"role":"user","content":"hi"}]`),
		"langfuse.observation.output":                text(`{"role":"assistant","content":"yo"}`),
		"gen_ai.usage.input_tokens":                  number("120"), // inclusive: Langfuse subtracts
		"gen_ai.usage.cache_read.input_tokens":       number("100"),
		"gen_ai.usage.output_tokens":                 number("45"),
		"langfuse.observation.usage_details":         "",
		"langfuse.observation.cost_details":          "",
		"langfuse.observation.completion_start_time": "",
		"langfuse.observation.level":                 "",
		"langfuse.observation.status_message":        "",
		"langfuse.observation.model.name":            "",
		"langfuse.internal.is_app_root":              `{"boolValue":true}`,
		"langfuse.environment":                       "",
		"langfuse.release":                           "",
		"langfuse.version":                           "",
		"langfuse.trace.tags":                        "",
	}.check(t, s)
}

// Checks 1, 5 to 8: what the type is, and what it must not cost. Check 3 is the
// case with reasoning, and the one with a 0.
func TestTypesAndTokens(t *testing.T) {
	operation := semconv.GenAIOperationNameKey.String
	observation := semconv.ObservationTypeKey.String
	model := semconv.GenAIRequestModelKey.String("m")
	in, out := semconv.GenAIUsageInputTokensKey.Int(5), semconv.GenAIUsageOutputTokensKey.Int(2)
	kind := func(s string) want { return want{"langfuse.observation.type": text(s)} }
	with := func(w want, more want) want {
		for k, v := range more {
			w[k] = v
		}
		return w
	}
	tokens := want{"gen_ai.usage.input_tokens": number("5"), "gen_ai.usage.output_tokens": number("2")}
	tests := []struct {
		name  string
		attrs []attribute.KeyValue
		want  want
	}{
		{"chat", []attribute.KeyValue{operation("chat"), model}, kind("generation")},
		{"text completion", []attribute.KeyValue{operation("text_completion")}, kind("generation")},
		{
			"reasoning", []attribute.KeyValue{operation("chat"), in, out, semconv.GenAIUsageReasoningOutputTokensKey.Int(1), semconv.GenAIUsageCacheReadInputTokensKey.Int(0)},
			with(kind("generation"), with(want{
				"gen_ai.usage.reasoning.output_tokens": number("1"),
				"gen_ai.usage.cache_read.input_tokens": number("0"),
			}, tokens)),
		},
		{
			"ocr", []attribute.KeyValue{operation("ocr"), attribute.Int("gen_ai.usage.pages_processed", 3)},
			with(kind("span"), want{"langfuse.observation.metadata.usage.pages_processed": number("3")}),
		},
		{"ocr by a model", []attribute.KeyValue{operation("ocr"), model}, kind("generation")},
		{
			"call of an agent", []attribute.KeyValue{operation("invoke_agent"), semconv.GenAIResponseModelKey.String("m-2512"), attribute.String("gen_ai.agent.id", "ag_1"), in, out},
			with(kind("generation"), with(want{
				"gen_ai.operation.name":                   text("chat"),
				"gen_ai.agent.id":                         text("ag_1"),
				"gen_ai.response.model":                   text("m-2512"),
				"langfuse.observation.model.name":         text("m-2512"),
				"langfuse.observation.metadata.operation": text("invoke_agent"),
			}, tokens)),
		},
		{
			"agent without tokens", []attribute.KeyValue{operation("create_agent"), model},
			with(kind("agent"), want{
				"gen_ai.operation.name":                   "",
				"langfuse.observation.model.name":         text("m"),
				"langfuse.observation.metadata.operation": text("create_agent"),
			}),
		},
		{"chat with an agent", []attribute.KeyValue{operation("chat"), attribute.String("gen_ai.agent.id", "ag_1"), in, out}, with(kind("generation"), tokens)},
		{"fim with a model", []attribute.KeyValue{operation("fim"), model}, kind("generation")},
		{"fim without", []attribute.KeyValue{operation("fim")}, kind("span")},
		{"moderation", []attribute.KeyValue{operation("moderation"), model}, kind("guardrail")},
		{
			"moderation by Mistral", []attribute.KeyValue{semconv.MistralOperationKey.String(semconv.RouteModeration), model, in},
			with(kind("guardrail"), want{"mistral_ai.operation": text("moderations"), "gen_ai.usage.input_tokens": number("5")}),
		},
		{"transcription by Mistral", []attribute.KeyValue{semconv.MistralOperationKey.String(semconv.RouteTranscription), model, in}, kind("generation")},
		{"embeddings", []attribute.KeyValue{operation("embeddings"), model, in}, with(kind("embedding"), want{"gen_ai.usage.input_tokens": number("5")})},
		{
			"tool of the conventions",
			[]attribute.KeyValue{operation("execute_tool"), semconv.GenAIToolNameKey.String("f"),
				attribute.String("gen_ai.tool.call.arguments", `{"x":1}`), attribute.String("gen_ai.tool.call.result", `"ok"`)},
			with(kind("tool"), want{
				"gen_ai.tool.name":            text("f"),
				"langfuse.observation.input":  text(`{"x":1}`),
				"langfuse.observation.output": text(`"ok"`),
			}),
		},
		{
			"retrieval of the conventions",
			[]attribute.KeyValue{operation("retrieval"), attribute.String("gen_ai.data_source.id", "d"),
				attribute.String("gen_ai.retrieval.query.text", "q"), attribute.String("gen_ai.retrieval.documents", `[{"id":"1"}]`)},
			with(kind("retriever"), want{
				"gen_ai.data_source.id":       text("d"),
				"langfuse.observation.input":  text("q"),
				"langfuse.observation.output": text(`[{"id":"1"}]`),
			}),
		},
		{
			"tool of the application",
			[]attribute.KeyValue{observation("tool"), semconv.GenAIToolNameKey.String("f"), semconv.GenAIToolCallIDKey.String("c1"),
				semconv.ObservationInputKey.String(`{"x":1}`), semconv.ObservationOutputKey.String(`"ok"`)},
			with(kind("tool"), want{
				"gen_ai.tool.name":            text("f"),
				"gen_ai.tool.call.id":         text("c1"),
				"langfuse.observation.input":  text(`{"x":1}`),
				"langfuse.observation.output": text(`"ok"`),
			}),
		},
		{
			"the name of a tool is not that of a call", []attribute.KeyValue{operation("chat"), semconv.GenAIToolNameKey.String("f")},
			with(kind("generation"), want{"gen_ai.tool.name": "", "langfuse.observation.metadata.tool_name": text("f")}),
		},
		{"span", []attribute.KeyValue{observation("span")}, kind("span")},
		{"workflow", []attribute.KeyValue{observation("workflow")}, kind("chain")},
		{"task", []attribute.KeyValue{observation("task")}, kind("span")},
		{"agent", []attribute.KeyValue{observation("agent"), operation("chat")}, kind("agent")},
		{"generation", []attribute.KeyValue{observation("generation"), in, out}, with(kind("generation"), tokens)},
		{"embedding", []attribute.KeyValue{observation("embedding")}, kind("embedding")},
		{"retriever", []attribute.KeyValue{observation("retriever")}, kind("retriever")},
		{"guardrail", []attribute.KeyValue{observation("guardrail"), model}, kind("guardrail")},
		{"evaluator", []attribute.KeyValue{observation("evaluator")}, kind("evaluator")},
		{"a type of tomorrow", []attribute.KeyValue{observation("planner")}, kind("span")},
	}
	w := newWorld(t, langfuse.Config{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.want.check(t, w.Span(t, tt.attrs...)) })
	}
}

// Check 9.
func TestParameters(t *testing.T) {
	w := newWorld(t, langfuse.Config{})
	s := w.Call(t, `{"model":"mistral-large-latest","temperature":0.1,"max_tokens":10,"stop":["a"],"messages":[{"role":"user","content":"hi"}]}`)
	want{
		"gen_ai.request.temperature":            `{"doubleValue":0.1}`,
		"gen_ai.request.max_tokens":             number("10"),
		"gen_ai.request.stop_sequences":         `{"arrayValue":{"values":[{"stringValue":"a"}]}}`,
		"langfuse.observation.model.parameters": "",
	}.check(t, s)
	s = w.Span(t, semconv.GenAIOperationNameKey.String("chat"),
		attribute.StringSlice("gen_ai.request.stop_sequences", nil), attribute.Int64Slice("x", []int64{}),
		attribute.Map("m", attribute.Int("a", 1)), attribute.Slice("l", attribute.IntValue(1), attribute.StringValue("b")))
	want{
		"gen_ai.request.stop_sequences": "", "x": "",
		"m": text(`{"a":1}`), "l": text(`[1,"b"]`),
	}.check(t, s)
}

// Check 10.
func TestInstructionsAreTheFirstMessage(t *testing.T) {
	w := newWorld(t, langfuse.Config{})
	chat := semconv.GenAIOperationNameKey.String("chat")
	instructions := attribute.String("gen_ai.system_instructions", `[{"type":"text","content":"Be brief."},{"type":"text","content":"Twice."}]`)
	messages := semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`)
	want{"langfuse.observation.input": text(`[{"role":"system","content":"Be brief.\nTwice."},{"role":"user","content":"hi"}]`)}.
		check(t, w.Span(t, chat, instructions, messages))
	want{
		"langfuse.observation.input":  text(`[{"role":"system","content":"Be brief.\nTwice."}]`),
		"langfuse.observation.output": text("null"),
	}.check(t, w.Span(t, chat, instructions))
}

const toolRequest = `{"model":"mistral-large-latest","tools":[{"type":"function","function":{"name":"f","description":"does f",` +
	`"parameters":{"type":"object"}}},{"type":"web_search"}],"messages":[{"role":"user","content":"do g, then f"},` +
	`{"role":"assistant","content":"","tool_calls":[{"id":"g1","type":"function","function":{"name":"g","arguments":"{\"y\": 2}"}}]},` +
	`{"role":"tool","name":"g","tool_call_id":"g1","content":"done"}]}`

// Checks 11 and 12.
func TestToolsAndToolCallsCanBeFiltered(t *testing.T) {
	w := newWorld(t, langfuse.Config{})
	w.Mistral.Enqueue(testserver.JSON(200, `{"id":"r","model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant",`+
		`"content":"","tool_calls":[{"id":"f1","function":{"name":"f","arguments":"{\"x\": 1}"}}]}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`))
	want{
		"langfuse.observation.input": text(`{"messages":[{"role":"user","content":"do g, then f"},` +
			`{"role":"assistant","content":"","tool_calls":[{"id":"g1","type":"function","function":{"name":"g","arguments":"{\"y\": 2}"}}]},` +
			`{"role":"tool","name":"g","content":"done","tool_call_id":"g1"}],` +
			`"tools":[{"type":"function","function":{"name":"f","description":"does f","parameters":{"type":"object"}}},{"type":"web_search"}]}`),
		"langfuse.observation.output": text(`{"role":"assistant","content":"","tool_calls":[{"id":"f1","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}}]}`),
	}.check(t, w.Call(t, toolRequest))
}

// Check 13. That both sides are there or none is checked on every span.
func TestInputAndOutput(t *testing.T) {
	w := newWorld(t, langfuse.Config{})
	t.Run("several choices are a list", func(t *testing.T) {
		w.Mistral.Enqueue(testserver.JSON(200, testserver.Body("chat-n2.json")))
		s := w.Call(t, strings.Replace(hi, `{`, `{"n":2,`, 1))
		assert.Regexp(t, `^\[\{"role":"assistant",.*\},\{"role":"assistant",.*\}\]$`, s.Text("langfuse.observation.output"))
	})
	t.Run("words of Traceloop are outranked", func(t *testing.T) {
		s := w.Span(t, semconv.GenAIOperationNameKey.String("chat"),
			attribute.String("traceloop.entity.input", "t"), attribute.String("gen_ai.prompt.0.content", "t"),
			semconv.GenAIOutputMessagesKey.String(`[{"role":"assistant","parts":[{"type":"text","content":"yo"}]}]`))
		want{"langfuse.observation.input": text("null"), "langfuse.observation.output": text(`{"role":"assistant","content":"yo"}`)}.check(t, s)
	})
	t.Run("the application's own words win", func(t *testing.T) {
		s := w.Span(t, semconv.ObservationTypeKey.String("task"), semconv.ObservationInputKey.String("1"),
			attribute.String("langfuse.observation.input", "mine"), attribute.String("langfuse.observation.type", "event"))
		want{"langfuse.observation.input": text("mine"), "langfuse.observation.output": text("null"), "langfuse.observation.type": text("event")}.check(t, s)
	})
	t.Run("names that would become the input", func(t *testing.T) {
		s := w.Span(t, semconv.ObservationTypeKey.String("task"),
			attribute.String("input", "a"), attribute.Int("output", 1), attribute.String("prompt", "b"), attribute.StringSlice("events", []string{"c"}))
		want{
			"langfuse.observation.metadata.input":  text("a"),
			"langfuse.observation.metadata.output": number("1"),
			"langfuse.observation.metadata.prompt": text("b"),
			"langfuse.observation.metadata.events": text(`["c"]`),
			"langfuse.observation.input":           "",
		}.check(t, s)
	})
	t.Run("messages that cannot be read stay as they are", func(t *testing.T) {
		s := w.Span(t, semconv.GenAIOperationNameKey.String("chat"), semconv.GenAIInputMessagesKey.String("[{"), semconv.GenAIOutputMessagesKey.String("x"))
		want{"langfuse.observation.input": text("[{"), "langfuse.observation.output": text("x")}.check(t, s)
	})
	t.Run("messages with a structure", func(t *testing.T) {
		part := attribute.MapValue(attribute.String("type", "text"), attribute.String("content", "hi"))
		message := attribute.MapValue(attribute.String("role", "user"), attribute.Slice("parts", part))
		s := w.Span(t, semconv.GenAIOperationNameKey.String("chat"), attribute.Slice("gen_ai.input.messages", message))
		want{"langfuse.observation.input": text(`[{"role":"user","content":"hi"}]`)}.check(t, s)
	})
}

func TestContentCanBeWithheld(t *testing.T) {
	w := newWorld(t, langfuse.Config{NoContent: true})
	s := w.Call(t, toolRequest)
	want{
		"langfuse.observation.type":  text("generation"),
		"langfuse.observation.input": "", "langfuse.observation.output": "",
	}.check(t, s)
	assert.NotContains(t, s.String(), "do g")
}

// Check 14.
func TestFirstTokenOfAStream(t *testing.T) {
	w := newWorld(t, langfuse.Config{})
	w.Mistral.Enqueue(testserver.SSE(testserver.Body("stream.sse")))
	s := w.Call(t, strings.Replace(hi, `{`, `{"stream":true,`, 1))
	first := s.Text("langfuse.observation.completion_start_time")
	at, err := time.Parse(time.RFC3339Nano, first)
	require.NoError(t, err, first)
	assert.True(t, strings.HasSuffix(first, "Z"), first)
	start, end := time.Unix(0, int64(s.GetStartTimeUnixNano())), time.Unix(0, int64(s.GetEndTimeUnixNano()))
	assert.False(t, at.Before(start), "%s is before the call began, %s", first, start)
	assert.False(t, at.After(end), "%s is after the call ended, %s", first, end)

	begin := time.Date(2025, 10, 9, 10, 53, 20, 123, time.FixedZone("CEST", 7200))
	for _, tt := range []struct {
		token, chunk attribute.KeyValue
		want         string
	}{
		{semconv.MistralResponseTimeToFirstTokenKey.Float64(0.35), semconv.GenAIResponseTimeToFirstChunkKey.Float64(0.2), text("2025-10-09T08:53:20.350000123Z")},
		{attribute.Int("x", 1), semconv.GenAIResponseTimeToFirstChunkKey.Float64(0.2), text("2025-10-09T08:53:20.200000123Z")},
		{attribute.Int("x", 1), semconv.GenAIResponseTimeToFirstChunkKey.Float64(-1), ""},
		{attribute.Int("x", 1), semconv.GenAIResponseTimeToFirstChunkKey.String("1"), ""},
	} {
		_, span := w.Provider.Tracer("test").Start(t.Context(), "s", trace.WithTimestamp(begin),
			trace.WithAttributes(semconv.GenAIOperationNameKey.String("chat"), tt.token, tt.chunk))
		span.End()
		want{"langfuse.observation.completion_start_time": tt.want}.check(t, w.Only(t))
	}
}

// Check 15.
func TestLevelAndStatusMessage(t *testing.T) {
	w := newWorld(t, langfuse.Config{})
	w.Mistral.Enqueue(testserver.ErrorNamed("429 rate limited").Reply())
	s := w.Call(t, hi)
	assert.Equal(t, int32(2), int32(s.GetStatus().GetCode()))
	assert.Equal(t, "ERROR", s.Text("langfuse.observation.level"))
	assert.Regexp(t, "^429", s.Text("langfuse.observation.status_message"))
	assert.Equal(t, s.GetStatus().GetMessage(), s.Text("langfuse.observation.status_message"))

	for _, tt := range []struct {
		name, level, message, kind string
		failed                     bool
		wantLevel, wantMessage     string
	}{
		{name: "fine"},
		{name: "warning", level: semconv.LevelWarning, wantLevel: text("WARNING")},
		{name: "failed", failed: true, message: "boom", kind: "E", wantLevel: text("ERROR"), wantMessage: text("boom")},
		{name: "failed without a message", failed: true, kind: "E", wantLevel: text("ERROR"), wantMessage: text("E")},
		{name: "failed, but of no weight", failed: true, level: semconv.LevelDebug, message: "boom", wantLevel: text("DEBUG"), wantMessage: text("boom")},
		{name: "failed, and nothing was said of its weight", failed: true, level: semconv.LevelDefault, message: "boom", wantLevel: text("ERROR"), wantMessage: text("boom")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, span := w.Observe(t.Context(), "s", semconv.ObservationTypeKey.String("task"))
			if tt.level != "" {
				span.SetAttributes(semconv.ObservationLevelKey.String(tt.level))
			}
			if tt.kind != "" {
				span.SetAttributes(semconv.ErrorTypeKey.String(tt.kind))
				span.RecordError(errors.New("only in an event"))
			}
			if tt.failed {
				span.SetStatus(codes.Error, tt.message)
			}
			span.End()
			want{"langfuse.observation.level": tt.wantLevel, "langfuse.observation.status_message": tt.wantMessage}.check(t, w.Only(t))
		})
	}
}

// Check 16, the environment.
func TestEnvironmentIsOneThatLangfuseTakes(t *testing.T) {
	const deployment = attribute.Key("deployment.environment.name")
	tests := []struct {
		name, config, propagated string
		resource                 []attribute.KeyValue
		want                     string // "" for none: Langfuse then says default
		told                     string
	}{
		{name: "none"},
		{name: "resource", resource: []attribute.KeyValue{deployment.String("Prod")}, want: "prod"},
		{name: "older name", resource: []attribute.KeyValue{attribute.String("deployment.environment", "staging")}, want: "staging"},
		{name: "Config over resource", config: "eu_1", resource: []attribute.KeyValue{deployment.String("x")}, want: "eu_1"},
		{name: "context over both", propagated: "canary", config: "eu", resource: []attribute.KeyValue{deployment.String("x")}, want: "canary"},
		{name: "dot", resource: []attribute.KeyValue{deployment.String("prod.eu")}, want: "prod-eu",
			told: `the environment "prod.eu", from deployment.environment.name of the resource, is shown as "prod-eu"`},
		{name: "space", config: "Prod EU", want: "prod-eu", told: `the environment "Prod EU", from Config.Environment, is shown as "prod-eu"`},
		{name: "langfuse-test", propagated: "langfuse-test", want: "test", told: `from Propagate, is shown as "test"`},
		{name: "langfuse", propagated: "langfuse", told: `is shown as "default"`},
		{name: "long", propagated: strings.Repeat("a", 50), want: strings.Repeat("a", 40), told: "at most 40"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reported.take()
			w := newWorld(t, langfuse.Config{Environment: tt.config}, tt.resource...)
			attrs := []attribute.KeyValue{semconv.ObservationTypeKey.String("task")}
			if tt.propagated != "" {
				attrs = append(attrs, semconv.EnvironmentKey.String(tt.propagated))
			}
			for range 2 {
				s := w.Span(t, attrs...)
				assert.Equal(t, tt.want, s.Text("langfuse.environment"))
			}
			told := reported.take()
			if tt.told == "" {
				assert.Empty(t, told)
				return
			}
			require.Len(t, told, 1, "reported once")
			assert.Contains(t, told[0], tt.told)
		})
	}
}

// Check 16, the version.
func TestVersionIsAText(t *testing.T) {
	for _, version := range []attribute.KeyValue{attribute.String("service.version", "1.2.3"), attribute.Int("service.version", 3)} {
		w := newWorld(t, langfuse.Config{Release: "r1"}, version, attribute.StringSlice("process.command_args", nil))
		s := w.Span(t, semconv.ObservationTypeKey.String("task"))
		want{"langfuse.version": text(version.Value.String()), "langfuse.release": text("r1")}.check(t, s)
		assert.Equal(t, version.Value.String(), s.ResourceAttribute("service.version").GetStringValue())
		assert.Nil(t, s.ResourceAttribute("process.command_args"))
	}
}

// Checks 17 and 18.
func TestWhatTheContextCarriesIsOnEverySpan(t *testing.T) {
	w := newWorld(t, langfuse.Config{Release: "config"})
	context := []attribute.KeyValue{
		semconv.UserIDKey.String("u"), semconv.SessionIDKey.String("s"), semconv.GenAIConversationIDKey.String("c"),
		semconv.TraceNameKey.String("checkout"), semconv.TagsKey.StringSlice([]string{"a", "b"}), semconv.ReleaseKey.String("r"),
		attribute.String("otelmistral.metadata.team", "core"), attribute.Int("otelmistral.metadata.shard", 3),
		attribute.String("otelmistral.metadata.scope", "mine"), attribute.String("otelmistral.metadata.attributes.x", "y"),
		attribute.String("otelmistral.metadata.group", "the application's"),
		semconv.CustomerNameKey.String("Ann"), semconv.CustomerEmailKey.String("ann@example.com"),
		semconv.GroupKey.String("g"), semconv.CustomIDKey.String("id"),
		semconv.WorkflowNameKey.String("order"), semconv.ObservationPathKey.String("pay"),
		semconv.PromptNameKey.String("p"), semconv.PromptVersionKey.Int(3),
	}
	for _, kind := range []attribute.KeyValue{semconv.GenAIOperationNameKey.String("chat"), semconv.ObservationTypeKey.String("tool")} {
		s := w.Span(t, append(context, kind, attribute.String("otelmistral.observation.metadata.k", "v"), attribute.Int("otelmistral.observation.metadata.n", 1))...)
		expected := want{
			"langfuse.user.id":                        text("u"),
			"langfuse.session.id":                     text("s"),
			"gen_ai.conversation.id":                  text("c"),
			"langfuse.trace.name":                     text("checkout"),
			"langfuse.trace.tags":                     `{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}`,
			"langfuse.release":                        text("r"),
			"langfuse.trace.metadata.team":            text("core"),
			"langfuse.trace.metadata.shard":           text("3"),
			"langfuse.trace.metadata.scope_":          text("mine"),
			"langfuse.trace.metadata.attributes_.x":   text("y"),
			"langfuse.trace.metadata.group":           text("the application's"),
			"langfuse.trace.metadata.customer_name":   text("Ann"),
			"langfuse.trace.metadata.customer_email":  text("ann@example.com"),
			"langfuse.trace.metadata.custom_id":       text("id"),
			"langfuse.observation.metadata.k":         text("v"),
			"langfuse.observation.metadata.n":         number("1"),
			"langfuse.observation.metadata.workflow":  text("order"),
			"langfuse.observation.metadata.path":      text("pay"),
			"langfuse.observation.prompt.name":        "",
			"langfuse.observation.prompt.version":     "",
			"langfuse.internal.is_app_root":           `{"boolValue":true}`,
			"langfuse.observation.metadata.tool_name": "",
		}
		if kind.Key == semconv.GenAIOperationNameKey {
			expected["langfuse.observation.prompt.name"] = text("p")
			expected["langfuse.observation.prompt.version"] = number("3")
		}
		expected.check(t, s)
	}

	s := w.Span(t, semconv.GenAIOperationNameKey.String("chat"), semconv.GenAIConversationIDKey.String("c"),
		semconv.TagsKey.StringSlice(nil), semconv.PromptNameKey.String("p"))
	want{"langfuse.session.id": text("c"), "langfuse.trace.tags": "", "langfuse.release": text("config")}.check(t, s)
}

// A trace is called after its root, or as the application says. Langfuse counts
// characters as JavaScript does, where the last one here is two.
func TestNameOfATraceIsShortEnough(t *testing.T) {
	w := newWorld(t, langfuse.Config{})
	full, long := strings.Repeat("é", 998)+"😀", strings.Repeat("é", 999)+"😀"
	for in, want := range map[string]string{full: full, long: strings.Repeat("é", 999), strings.Repeat("a", 2000): strings.Repeat("a", 1000)} {
		_, span := w.Observe(t.Context(), in, semconv.ObservationTypeKey.String("task"), semconv.TraceNameKey.String(in), semconv.UserIDKey.String(in))
		span.End()
		s := w.Only(t)
		assert.Equal(t, want, s.GetName())
		assert.Equal(t, want, s.Text("langfuse.trace.name"))
		assert.Equal(t, in, s.Text("langfuse.user.id"), "kept by Langfuse")
	}
}

func TestOnlyTheTopmostSpanIsTheRoot(t *testing.T) {
	w := newWorld(t, langfuse.Config{})
	ctx, server := w.Observe(t.Context(), "GET /") // not an observation
	ctx, task := w.Observe(ctx, "task", semconv.ObservationTypeKey.String("task"))
	w.Chat(ctx, t, hi)
	task.End()
	server.End()
	spans := w.Spans(t)
	require.Len(t, spans, 2)
	want{"langfuse.internal.is_app_root": `{"boolValue":true}`}.check(t, spans["task"])
	assert.Empty(t, spans["task"].GetParentSpanId())
	want{"langfuse.internal.is_app_root": ""}.check(t, spans["chat mistral-large-latest"])
}

func TestSpansOfOtherLibrariesWhenAskedFor(t *testing.T) {
	w := newWorld(t, langfuse.Config{AllSpans: true})
	_, span := w.Provider.Tracer("langfuse-demo").Start(t.Context(), "SELECT", trace.WithAttributes(
		attribute.String("db.system", "sqlite"), semconv.UserIDKey.String("u"), attribute.String("input", "x")))
	span.End()
	want{
		"db.system": text("sqlite"), "langfuse.user.id": text("u"),
		"langfuse.observation.type": "", "langfuse.observation.metadata.input": text("x"),
	}.check(t, w.Only(t))
}

// Check 19.
func TestCostOfModelsWithAPrice(t *testing.T) {
	w := newWorld(t, langfuse.Config{Prices: map[string]langfuse.Price{
		"mistral-large-2512": {Input: 100, Output: 200},
		"cheap":              {Input: 1, CachedInput: 0.1, Output: 3},
	}})
	w.Mistral.Enqueue(reply(`{"prompt_tokens":10,"completion_tokens":10,"total_tokens":20}`))
	want{"langfuse.observation.cost_details": text(`{"input":0.001,"output":0.002}`)}.check(t, w.Call(t, hi))

	chat, in, out := semconv.GenAIOperationNameKey.String("chat"), semconv.GenAIUsageInputTokensKey.Int(100), semconv.GenAIUsageOutputTokensKey.Int(10)
	cached := semconv.GenAIUsageCacheReadInputTokensKey.Int(40)
	cheap := semconv.GenAIRequestModelKey.String("cheap")
	want{"langfuse.observation.cost_details": text(`{"input":0.00006,"input_cached_tokens":0.000004,"output":0.00003}`)}.
		check(t, w.Span(t, chat, in, out, cached, cheap, semconv.GenAIResponseModelKey.String("cheap-2512")))
	want{"langfuse.observation.cost_details": text(`{"input":0.006,"input_cached_tokens":0.004,"output":0.002}`)}.
		check(t, w.Span(t, chat, in, out, cached, cheap, semconv.GenAIResponseModelKey.String("mistral-large-2512")))
	want{"langfuse.observation.cost_details": ""}.check(t, w.Span(t, chat, in, out, semconv.GenAIRequestModelKey.String("other")))
	want{"langfuse.observation.cost_details": ""}.check(t, w.Span(t, chat, cheap))
}

// Check 20.
func TestRequestIsWhatLangfuseTakes(t *testing.T) {
	for k, v := range map[string]string{
		"OTEL_EXPORTER_OTLP_COMPRESSION":     "none",
		"OTEL_EXPORTER_OTLP_HEADERS":         "authorization=Bearer other,x-other=1",
		"OTEL_EXPORTER_OTLP_PROTOCOL":        "http/json",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/x",
	} {
		t.Setenv(k, v)
	}
	w := newWorld(t, langfuse.Config{})
	w.Chat(t.Context(), t, hi)
	require.NoError(t, w.Provider.ForceFlush(t.Context()))
	require.Len(t, w.Receiver.Requests(), 1)
	r := w.Receiver.Requests()[0]
	assert.Equal(t, 200, r.Status)
	assert.Equal(t, "/api/public/otel/v1/traces", r.Path)
	assert.Equal(t, []string{"4"}, r.Header.Values("X-Langfuse-Ingestion-Version"))
	assert.Equal(t, testserver.IngestionDirect, r.Ingestion)
	assert.Equal(t, "application/x-protobuf", r.Header.Get("Content-Type"))
	assert.Equal(t, "gzip", r.Header.Get("Content-Encoding"))
	assert.Equal(t, "Basic cGstbGYtdGVzdDpzay1sZi10ZXN0", r.Header.Get("Authorization"))
	assert.Empty(t, r.Header.Get("X-Other"))
	assert.Empty(t, r.Header.Get("X-Langfuse-Sdk-Name"))
}

func TestStatus500IsTriedAgainAndABadKeyIsNot(t *testing.T) {
	w := newWorld(t, langfuse.Config{Retry: destination.Retry{Initial: time.Millisecond, Max: time.Millisecond}})
	w.Receiver.Enqueue(testserver.Response{Status: 500}, testserver.Response{Status: 503})
	w.Chat(t.Context(), t, hi)
	require.NoError(t, w.Provider.ForceFlush(t.Context()))
	assert.Len(t, w.Receiver.Requests(), 3)
	assert.Len(t, w.Receiver.Spans(), 1)

	once := newWorld(t, langfuse.Config{Retry: destination.Retry{Elapsed: -1}})
	once.Receiver.Enqueue(testserver.Response{Status: 500})
	once.Chat(t.Context(), t, hi)
	require.ErrorContains(t, once.Provider.ForceFlush(t.Context()), "500")
	assert.Len(t, once.Receiver.Requests(), 1, "Retry is the user's")

	d, err := langfuse.New(langfuse.Config{PublicKey: "pk-lf-wrong", SecretKey: "sk-lf-wrong", BaseURL: w.Receiver.URL})
	require.NoError(t, err)
	provider := wiretest.Provider(t, d)
	_, span := provider.Tracer("test").Start(t.Context(), "s", trace.WithAttributes(semconv.ObservationTypeKey.String("task")))
	span.End()
	err = provider.ForceFlush(t.Context())
	require.ErrorContains(t, err, "401")
	assert.NotContains(t, err.Error(), "lf-wrong")
	assert.Len(t, w.Receiver.Requests(), 4)
}

func TestSampleRateKeepsWholeTraces(t *testing.T) {
	rate := 0.5
	w := newWorld(t, langfuse.Config{SampleRate: &rate})
	const traces = 200
	for i := range traces {
		ctx, root := w.Observe(context.Background(), fmt.Sprint("root ", i), semconv.ObservationTypeKey.String("task"))
		_, child := w.Observe(ctx, fmt.Sprint("child ", i), semconv.ObservationTypeKey.String("tool"))
		child.End()
		root.End()
	}
	spans := w.Spans(t)
	for i := range traces {
		assert.Equal(t, spans[fmt.Sprint("root ", i)].Span != nil, spans[fmt.Sprint("child ", i)].Span != nil)
	}
	// Outside these bounds once in 10^8 runs.
	assert.InDelta(t, traces, len(spans), 80)
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	unsetEnvironment(t)
	server := testserver.NewLangfuse()
	defer server.Close()
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	right := langfuse.Config{PublicKey: testserver.LangfusePublicKey, SecretKey: testserver.LangfuseSecretKey, BaseURL: server.URL}
	path := right
	path.TracesPath = "/x"
	tests := []struct {
		name   string
		config langfuse.Config
		env    map[string]string
		want   []string // nil: no error
	}{
		{"fine", right, nil, nil},
		{"wrong key", langfuse.Config{BaseURL: server.URL, PublicKey: "pk-lf-wrong"}, map[string]string{"LANGFUSE_SECRET_KEY": "sk-lf-wrong"},
			[]string{"401", "Config.PublicKey", "LANGFUSE_SECRET_KEY", "Config.BaseURL", "region"}},
		{"wrong path", path, nil, []string{"404", "Config.BaseURL"}},
		{"nobody there", langfuse.Config{PublicKey: "p", SecretKey: "s"}, map[string]string{"LANGFUSE_HOST": down.URL},
			[]string{"cannot be reached", "LANGFUSE_HOST"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			setEnvironment(t, tt.env)
			d, err := langfuse.New(tt.config)
			require.NoError(t, err)
			err = d.Check(t.Context())
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			for _, s := range tt.want {
				require.ErrorContains(t, err, s)
			}
			assert.NotContains(t, err.Error(), "lf-wrong")
		})
	}
	assert.Empty(t, server.Spans(), "a check sends no span")
}
