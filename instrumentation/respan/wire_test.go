// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/internal/wiretest"
	"github.com/otelmistral/otelmistral/semconv"
)

const hi = `{"model":"mistral-small-latest","messages":[{"role":"user","content":"hi"}]}`

// Checks 6 and 7.
func TestRequestIsWhatRespanTakes(t *testing.T) {
	for k, v := range map[string]string{
		"OTEL_EXPORTER_OTLP_COMPRESSION":     "gzip",
		"OTEL_EXPORTER_OTLP_HEADERS":         "authorization=Bearer other,x-other=1",
		"OTEL_EXPORTER_OTLP_PROTOCOL":        "http/json",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/x",
	} {
		t.Setenv(k, v)
	}
	w := newWorld(t, respan.Config{})
	w.Call(t, hi)
	require.Len(t, w.Receiver.Requests(), 1)
	r := w.Receiver.Requests()[0]
	assert.Equal(t, http.MethodPost, r.Method)
	assert.Equal(t, "/api/v2/traces", r.Path)
	assert.Equal(t, "Bearer "+testserver.RespanAPIKey, r.Header.Get("Authorization"))
	assert.Equal(t, "application/x-protobuf", r.Header.Get("Content-Type"))
	assert.Empty(t, r.Header.Get("Content-Encoding"))
	assert.Empty(t, r.Header.Get("X-Other"))
}

// Check 8.
func TestRateLimitIsTriedAgainAndABadKeyIsNot(t *testing.T) {
	t.Run("429 without Retry-After", func(t *testing.T) {
		w := newWorld(t, respan.Config{Retry: destination.Retry{Initial: time.Millisecond, Max: time.Millisecond}})
		limited := testserver.Response{Status: 429, Body: []byte(`{"detail":"Request was throttled."}`)}
		w.Receiver.Enqueue(limited, limited)
		w.Call(t, hi)
		assert.Len(t, w.Receiver.Requests(), 3)
	})
	t.Run("429 that tells the wait in its body", func(t *testing.T) {
		w := newWorld(t, respan.Config{Retry: destination.Retry{Initial: time.Millisecond, Max: time.Millisecond}})
		w.Receiver.Enqueue(testserver.Response{Status: 429, Body: []byte(`{"detail":"throttled","retry_after":0.2}`),
			Header: http.Header{"Content-Type": {"application/json"}}})
		begin := time.Now()
		w.Call(t, hi)
		assert.Len(t, w.Receiver.Requests(), 2)
		assert.GreaterOrEqual(t, time.Since(begin), 200*time.Millisecond)
	})
	t.Run("401", func(t *testing.T) {
		server := testserver.NewRespan()
		defer server.Close()
		d, err := respan.New(respan.Config{APIKey: "wrong-key", BaseURL: server.URL})
		require.NoError(t, err)
		provider := wiretest.Provider(t, d)
		_, span := provider.Tracer("test").Start(t.Context(), "s", trace.WithAttributes(semconv.ObservationTypeKey.String(semconv.ObservationTask)))
		span.End()
		err = provider.ForceFlush(t.Context())
		require.ErrorContains(t, err, "401")
		assert.NotContains(t, err.Error(), "wrong-key")
		assert.Len(t, server.Requests(), 1)
	})
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	environment(t, nil)
	server := testserver.NewRespan()
	defer server.Close()
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	tests := []struct {
		name   string
		config respan.Config
		env    map[string]string
		want   []string // nil: no error
	}{
		{"fine", respan.Config{APIKey: testserver.RespanAPIKey, BaseURL: server.URL}, nil, nil},
		{"wrong key", respan.Config{BaseURL: server.URL}, map[string]string{"RESPAN_API_KEY": "wrong-key"},
			[]string{"401", "RESPAN_API_KEY", "Config.BaseURL"}},
		{"wrong path", respan.Config{APIKey: testserver.RespanAPIKey, TracesURL: server.URL + "/x"}, nil,
			[]string{"404", "Config.TracesURL"}},
		{"nobody there", respan.Config{APIKey: testserver.RespanAPIKey}, map[string]string{"RESPAN_BASE_URL": down.URL},
			[]string{"cannot be reached", "RESPAN_BASE_URL"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, tt.env)
			d, err := respan.New(tt.config)
			require.NoError(t, err)
			err = d.Check(t.Context())
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			for _, s := range tt.want {
				require.ErrorContains(t, err, s)
			}
			assert.NotContains(t, err.Error(), "wrong-key")
		})
	}
	assert.Empty(t, server.Spans(), "a check sends no span")
}

// Check 9.
func TestChat(t *testing.T) {
	w := newWorld(t, respan.Config{})
	w.Mistral.Enqueue(testserver.JSON(200, `{"id":"r","model":"mistral-small-2506","choices":[{"index":0,"finish_reason":"stop",`+
		`"message":{"role":"assistant","content":"yo"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`))
	s := w.Call(t, hi)
	assertText(t, s, map[string]string{
		"llm.request.type":                 "chat",
		"respan.entity.log_type":           "chat",
		"gen_ai.system":                    "mistral_ai",
		"gen_ai.request.model":             "mistral-small-latest",
		"gen_ai.response.model":            "mistral-small-2506",
		"gen_ai.prompt.0.role":             "user",
		"gen_ai.prompt.0.content":          "hi",
		"gen_ai.prompt.1.role":             "",
		"gen_ai.completion.0.role":         "assistant",
		"gen_ai.completion.0.content":      "yo",
		"gen_ai.completion.0.tool_calls":   "",
		"gen_ai.completion.1.role":         "",
		"llm.request.functions":            "",
		"traceloop.span.kind":              "",
		"traceloop.entity.name":            "chat mistral-small-latest",
		"traceloop.entity.input":           `[{"role":"user","content":"hi"}]`,
		"traceloop.entity.output":          `{"role":"assistant","content":"yo"}`,
		"llm.is_streaming":                 "",
		"stream":                           "",
		"time_to_first_token":              "",
		"status_code":                      "",
		"respan.metadata":                  "",
		"respan.threads.thread_identifier": "",
	})
	assert.NotNil(t, s.Attribute("gen_ai.input.messages"), "the form of the conventions stays")
	assert.Equal(t, `{"stringValue":""}`, s.JSON("traceloop.entity.path"), "a root")
}

func TestSystemMessageIsTheFirstPrompt(t *testing.T) {
	w := newWorld(t, respan.Config{System: "mistral"})
	s := w.Call(t, `{"model":"mistral-small-latest","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}]}`)
	assertText(t, s, map[string]string{
		"gen_ai.prompt.0.role":    "system",
		"gen_ai.prompt.0.content": "Be brief.",
		"gen_ai.prompt.1.role":    "user",
		"gen_ai.prompt.1.content": "hi",
		"gen_ai.system":           "mistral", // Config.System
	})
}

// Check 10.
func TestBothTokenPairs(t *testing.T) {
	w := newWorld(t, respan.Config{})
	w.Mistral.Enqueue(testserver.JSON(200, `{"id":"r","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",`+
		`"content":"yo"}}],"usage":{"prompt_tokens":120,"completion_tokens":45,"total_tokens":165,"prompt_tokens_details":{"cached_tokens":100}}}`))
	s := w.Call(t, hi)
	assertJSON(t, s, map[string]string{
		"gen_ai.usage.input_tokens":            `{"intValue":"120"}`,
		"gen_ai.usage.prompt_tokens":           `{"intValue":"120"}`,
		"gen_ai.usage.output_tokens":           `{"intValue":"45"}`,
		"gen_ai.usage.completion_tokens":       `{"intValue":"45"}`,
		"llm.usage.total_tokens":               `{"intValue":"165"}`,
		"llm.usage.cache_read_input_tokens":    `{"intValue":"100"}`,
		"gen_ai.usage.cache_read.input_tokens": `{"intValue":"100"}`,
	})
}

const toolRequest = `{"model":"mistral-small-latest","tools":[{"type":"function","function":{"name":"f","description":"does f",` +
	`"parameters":{"type":"object","properties":{"x":{"type":"integer"}}}}}],"messages":[` +
	`{"role":"user","content":"do g, then f"},` +
	`{"role":"assistant","content":"","tool_calls":[{"id":"g1","type":"function","function":{"name":"g","arguments":"{\"y\": 2}"}}]},` +
	`{"role":"tool","name":"g","tool_call_id":"g1","content":"done"},` +
	`{"role":"user","content":"now f"}]}`

const toolReply = `{"id":"r","model":"mistral-small-latest","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant",` +
	`"content":"","tool_calls":[{"id":"f1","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}}]}}],` +
	`"usage":{"prompt_tokens":50,"completion_tokens":10,"total_tokens":60}}`

// Check 11.
func TestToolsAndTheirCallsStayApart(t *testing.T) {
	w := newWorld(t, respan.Config{})
	w.Mistral.Enqueue(testserver.JSON(200, toolReply))
	s := w.Call(t, toolRequest)
	assert.JSONEq(t, `[{"type":"function","function":{"name":"f","description":"does f","parameters":{"type":"object",`+
		`"properties":{"x":{"type":"integer"}}}}}]`, s.Text("llm.request.functions"))
	assert.JSONEq(t, `[{"id":"g1","type":"function","function":{"name":"g","arguments":"{\"y\":2}"}}]`,
		strings.ReplaceAll(s.Text("gen_ai.prompt.1.tool_calls"), `: 2`, `:2`))
	assert.JSONEq(t, `[{"id":"f1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]`,
		strings.ReplaceAll(s.Text("gen_ai.completion.0.tool_calls"), `: 1`, `:1`))
	assertText(t, s, map[string]string{
		"gen_ai.prompt.0.tool_calls":        "",
		"gen_ai.prompt.1.role":              "assistant",
		"gen_ai.prompt.2.role":              "tool",
		"gen_ai.prompt.2.content":           "done",
		"gen_ai.prompt.2.tool_call_id":      "g1",
		"gen_ai.prompt.3.content":           "now f",
		"gen_ai.completion.0.finish_reason": "tool_calls",
	})
}

// Check 12.
func TestContentInChunksIsAJSONString(t *testing.T) {
	w := newWorld(t, respan.Config{})
	s := w.Call(t, `{"model":"mistral-small-latest","messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},`+
		`{"type":"image_url","image_url":"https://example.com/a.png"}]}]}`)
	var chunks []map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.Text("gen_ai.prompt.0.content")), &chunks))
	require.Len(t, chunks, 2)
	assert.Equal(t, "What is it?", chunks[0]["text"])
	assert.Equal(t, "https://example.com/a.png", chunks[1]["image_url"])
}

// Check 13. The library's transport does not see embeddings yet, so the span is
// made as it will make it, and as an application makes one.
func TestEmbedding(t *testing.T) {
	tests := map[string][]attribute.KeyValue{
		"call":        {semconv.GenAIOperationNameKey.String("embeddings"), semconv.GenAIProviderNameKey.String("mistral_ai")},
		"observation": {semconv.ObservationTypeKey.String(semconv.ObservationEmbedding)},
	}
	for name, attrs := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, respan.Config{})
			_, span := w.Observe(t.Context(), "embeddings mistral-embed", append(attrs,
				semconv.GenAIRequestModelKey.String("mistral-embed"),
				semconv.GenAIUsageInputTokensKey.Int(8),
				semconv.ObservationInputKey.String(`["a","b"]`),
				semconv.ObservationOutputKey.String(`[[0.1],[0.2]]`),
			)...)
			span.End()
			s := w.Only(t)
			assertText(t, s, map[string]string{
				"llm.request.type":                "embedding",
				"respan.entity.log_type":          "embedding",
				"traceloop.entity.input":          `["a","b"]`,
				"traceloop.entity.output":         `[[0.1],[0.2]]`,
				"gen_ai.usage.output_tokens":      "",
				"gen_ai.usage.completion_tokens":  "",
				"gen_ai.request.encoding_formats": "",
			})
			assertJSON(t, s, map[string]string{
				"gen_ai.usage.input_tokens":  `{"intValue":"8"}`,
				"gen_ai.usage.prompt_tokens": `{"intValue":"8"}`,
				"llm.usage.total_tokens":     `{"intValue":"8"}`,
			})
			assertNone(t, s, "gen_ai.completion.", "gen_ai.prompt.")
		})
	}
}

// Check 14.
func TestEndingsOfCalls(t *testing.T) {
	const stream = `{"model":"mistral-small-latest","stream":true,"messages":[{"role":"user","content":"hi"}]}`
	unset, failed := tracepb.Status_STATUS_CODE_UNSET, tracepb.Status_STATUS_CODE_ERROR
	tests := []struct {
		name   string
		do     func(*testing.T, *world)
		status tracepb.Status_StatusCode
		code   string
		output string // JSON; "" says that there is none
	}{
		{"429", func(t *testing.T, w *world) {
			w.Mistral.Enqueue(testserver.ErrorNamed("429 rate limited").Reply())
			w.Chat(t.Context(), t, hi)
		}, failed, "429", `{"error":"429","message":"Rate limit exceeded","status":"error","status_code":429}`},
		{"transport error", func(t *testing.T, w *world) {
			w.Mistral.Close()
			_, err := w.Client.Do(w.Request(t.Context(), t, hi))
			require.Error(t, err)
		}, failed, "500", `{"error":"connection_refused","message":"connection_refused","status":"error","status_code":500}`},
		{"error inside a stream", func(t *testing.T, w *world) {
			w.Mistral.Enqueue(testserver.SSE(testserver.Body("stream-error-event.sse")))
			w.Chat(t.Context(), t, stream)
		}, failed, "500", "any"},
		{"stream cancelled by the caller", func(t *testing.T, w *world) {
			ctx, cancel := context.WithCancel(t.Context())
			w.Mistral.Enqueue(testserver.Stream(testserver.Event(`{"choices":[{"index":0,"delta":{"content":"Hel"}}]}`), testserver.Hang()))
			w.cancelled(ctx, t, cancel, stream)
		}, unset, "499", `{"role":"assistant","content":"Hel"}`},
		{"stream closed early", func(t *testing.T, w *world) {
			w.Mistral.Enqueue(testserver.Stream(testserver.Event(`{"choices":[{"index":0,"delta":{"content":"Hel"}}]}`), testserver.Hang()))
			resp := w.Post(t.Context(), t, stream)
			_, err := resp.Body.Read(make([]byte, 1000))
			require.NoError(t, err)
			_ = resp.Body.Close()
		}, unset, "499", `{"role":"assistant","content":"Hel"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, respan.Config{})
			tt.do(t, w)
			s := w.Only(t)
			assert.Equal(t, tt.status, s.GetStatus().GetCode())
			assert.Equal(t, `{"intValue":"`+tt.code+`"}`, s.JSON("status_code"))
			assert.NotEmpty(t, s.Text("gen_ai.prompt.0.content"))
			switch output := s.Text("traceloop.entity.output"); tt.output {
			case "any":
				assert.Contains(t, output, `"status":"error","status_code":500}`)
			default:
				assert.JSONEq(t, tt.output, output)
			}
		})
	}
}

// Check 15, the types: see TestInnerMetadataWins for what wins.
func TestMetadataIsOneObjectWithTrueTypes(t *testing.T) {
	tests := []struct {
		name  string
		attrs []attribute.KeyValue
		want  string
	}{
		{"types", []attribute.KeyValue{
			attribute.Int(semconv.MetadataPrefix+"a", 2), attribute.Bool(semconv.MetadataPrefix+"b", true),
		}, `{"a":2,"b":true}`},
		{"what the observation says wins", []attribute.KeyValue{
			attribute.Int(semconv.MetadataPrefix+"a", 1), attribute.Bool(semconv.MetadataPrefix+"b", true),
			attribute.Int(semconv.ObservationMetadataPrefix+"a", 2),
		}, `{"a":2,"b":true}`},
		{"text and JSON", []attribute.KeyValue{
			attribute.String(semconv.MetadataPrefix+"plan", `pro "plus"`), attribute.Float64(semconv.MetadataPrefix+"f", 0.5),
			attribute.String(semconv.MetadataPrefix+"o", `{"x":[1]}`), attribute.String(semconv.MetadataPrefix+"bad", `{x`),
			attribute.String(semconv.MetadataPrefix+"n", "12"),
		}, `{"bad":"{x","f":0.5,"n":"12","o":{"x":[1]},"plan":"pro \"plus\""}`},
		{"what Respan has no parameter for", []attribute.KeyValue{
			semconv.TagsKey.StringSlice([]string{"a", "b"}), semconv.ReleaseKey.String("1.2"), semconv.TraceNameKey.String("order"),
			semconv.WorkflowNameKey.String("checkout"), semconv.PromptNameKey.String("p"), semconv.PromptVersionKey.Int(3),
			semconv.ObservationLevelKey.String(semconv.LevelWarning), semconv.HTTPRequestResendCountKey.Int(2),
		}, `{"level":"WARNING","prompt_name":"p","prompt_version":3,"release":"1.2","resend_count":2,"tags":["a","b"],"trace_name":"order"}`},
		{"the application's own comes first", []attribute.KeyValue{
			semconv.TagsKey.StringSlice([]string{"a"}), attribute.String(semconv.MetadataPrefix+"tags", "mine"),
			semconv.ObservationLevelKey.String(semconv.LevelDefault),
		}, `{"tags":"mine"}`},
		{"number without JSON", []attribute.KeyValue{attribute.Float64(semconv.MetadataPrefix+"a", math.NaN())}, `{"a":"NaN"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, respan.Config{})
			_, span := w.Observe(t.Context(), "s", append(tt.attrs, semconv.ObservationTypeKey.String(semconv.ObservationTask))...)
			span.End()
			s := w.Only(t)
			assert.Equal(t, tt.want, s.Text("respan.metadata"))
			assertNone(t, s, "respan.metadata.")
		})
	}
}

// Check 18.
func TestStreamTellsItsFirstToken(t *testing.T) {
	w := newWorld(t, respan.Config{})
	w.Mistral.Enqueue(testserver.Stream(
		testserver.Event(`{"id":"r","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`),
		testserver.Pause(350*time.Millisecond),
		testserver.Event(`{"id":"r","model":"m","choices":[{"index":0,"delta":{"content":"yo"},"finish_reason":"stop"}]}`),
		testserver.Done(),
	))
	s := w.Call(t, `{"model":"mistral-small-latest","stream":true,"messages":[{"role":"user","content":"hi"}]}`)
	assertJSON(t, s, map[string]string{"llm.is_streaming": `{"boolValue":true}`, "stream": `{"boolValue":true}`})
	for _, k := range []string{"time_to_first_token", "llm.openai.chat_completions.streaming_time_to_first_token"} {
		assert.GreaterOrEqual(t, s.Attribute(k).GetDoubleValue(), 0.35, "of the first text and not of the first event")
		assert.Less(t, s.Attribute(k).GetDoubleValue(), 35.0, "seconds")
	}
}

// Check 19.
func TestContentOffWithholdsIt(t *testing.T) {
	environment(t, map[string]string{"RESPAN_TRACE_CONTENT": "false"})
	w := newWorld(t, respan.Config{})
	w.Mistral.Enqueue(testserver.JSON(200, toolReply), testserver.ErrorNamed("422 object message").Reply())
	w.Chat(t.Context(), t, toolRequest)
	w.Chat(t.Context(), t, strings.Replace(hi, "small", "large", 1))
	_, span := w.Observe(t.Context(), "tool", semconv.ObservationTypeKey.String(semconv.ObservationTool),
		semconv.ObservationInputKey.String(`{"x":1}`), semconv.ObservationOutputKey.String(`2`))
	span.SetStatus(codes.Error, "")
	span.End()
	spans := w.Spans(t)
	require.Len(t, spans, 3)
	for _, s := range spans {
		assertNone(t, s, "gen_ai.prompt.", "gen_ai.completion.", "traceloop.entity.input", "traceloop.entity.output",
			"llm.request.functions", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions")
		assert.NotContains(t, s.String(), "repeated from the request")
	}
	assertText(t, spans["chat mistral-small-latest"], map[string]string{"llm.request.type": "chat", "traceloop.entity.name": "chat mistral-small-latest"})
	assert.Equal(t, `{"intValue":"50"}`, spans["chat mistral-small-latest"].JSON("gen_ai.usage.prompt_tokens"))
}

// Check 20, as far as it is the exporter's: what the transport does at a gateway
// is tested there.
func TestOtherProvidersKeepTheirName(t *testing.T) {
	w := newWorld(t, respan.Config{System: "mistral"})
	s := w.Call(t, `{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}`)
	assert.Equal(t, "openai", s.Text("gen_ai.system"))
	for _, r := range w.Receiver.Requests() {
		assert.Len(t, r.Spans, 1, "the export itself is no span")
	}
}

func TestOnlyModelCallsAndObservationsAreSent(t *testing.T) {
	w := newWorld(t, respan.Config{})
	ctx, root := w.Observe(t.Context(), "workflow", semconv.ObservationTypeKey.String(semconv.ObservationWorkflow))
	inner, sql := w.Observe(ctx, "sql")
	w.Chat(inner, t, hi)
	sql.End()
	root.End()
	spans := w.Spans(t)
	require.Len(t, spans, 2)
	assert.Equal(t, spans["workflow"].GetSpanId(), spans["chat mistral-small-latest"].GetParentSpanId(), "the tree is whole")
	assert.Nil(t, spans["chat mistral-small-latest"].Attribute("traceloop.entity.path"), "not a root")
}

// A span that continues a trace of another service is the root of what Respan
// gets from this one.
func TestRootBelowAnotherService(t *testing.T) {
	w := newWorld(t, respan.Config{})
	ctx := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, Remote: true,
	}))
	_, span := w.Observe(ctx, "s", semconv.ObservationTypeKey.String(semconv.ObservationTask))
	span.End()
	s := w.Only(t)
	assert.NotEmpty(t, s.GetParentSpanId())
	assert.Equal(t, `{"stringValue":""}`, s.JSON("traceloop.entity.path"))
}

func TestFirstChunkStandsInForTheFirstToken(t *testing.T) {
	w := newWorld(t, respan.Config{})
	_, span := w.Observe(t.Context(), "s", semconv.GenAIOperationNameKey.String("chat"), semconv.GenAIResponseTimeToFirstChunkKey.Float64(0.25))
	span.End()
	assert.Equal(t, `{"doubleValue":0.25}`, w.Only(t).JSON("time_to_first_token"))
}

func TestEachSpanKeepsItsOwnResource(t *testing.T) {
	translate := dialect(t)
	for _, env := range []string{"deployment.environment", "deployment.environment.name"} {
		r := resource.NewSchemaless(attribute.String("service.name", env), attribute.String(env, env), attribute.Int("process.pid", 1))
		s := translate(tracetest.SpanStub{Resource: r}.Snapshot())
		assert.Equal(t, 2, s.Resource().Len())
		assert.Contains(t, s.Resource().Attributes(), attribute.String("service.name", env))
		assert.Contains(t, s.Attributes(), attribute.String("environment", env))
	}
}

func TestObservations(t *testing.T) {
	boom := errors.New("lookup: no such city")
	tests := []struct {
		kind  string
		attrs []attribute.KeyValue
		err   error
		want  map[string]string
	}{
		{semconv.ObservationWorkflow, nil, nil, map[string]string{
			"respan.entity.log_type": "workflow", "traceloop.span.kind": "workflow", "traceloop.workflow.name": "name",
			"traceloop.entity.input": `{"x":1}`, "traceloop.entity.output": `"out"`, "llm.request.type": "",
		}},
		{semconv.ObservationTask, []attribute.KeyValue{
			semconv.WorkflowNameKey.String("w"), semconv.ObservationPathKey.String("a.name"), semconv.TraceNameKey.String("t"),
		}, nil, map[string]string{
			"respan.entity.log_type": "task", "traceloop.span.kind": "task", "traceloop.workflow.name": "w",
			"traceloop.entity.path": "a.name", "traceloop.entity.name": "name", "respan.metadata": `{"trace_name":"t"}`,
		}},
		{semconv.ObservationTask, []attribute.KeyValue{semconv.TraceNameKey.String("t")}, nil, map[string]string{
			"traceloop.workflow.name": "t", "respan.metadata": "",
		}},
		{semconv.ObservationAgent, nil, nil, map[string]string{"respan.entity.log_type": "agent", "traceloop.span.kind": "agent"}},
		{semconv.ObservationTool, []attribute.KeyValue{
			semconv.GenAIToolNameKey.String("get_weather"), semconv.GenAIToolCallIDKey.String("c1"),
			semconv.GenAIOperationNameKey.String("execute_tool"),
		}, nil, map[string]string{
			"respan.entity.log_type": "tool", "traceloop.span.kind": "tool", "traceloop.entity.name": "get_weather",
			"traceloop.entity.input": `{"name":"get_weather","arguments":{"x":1}}`, "traceloop.entity.output": `"out"`,
			"gen_ai.tool.name": "", "gen_ai.tool.call.id": "", "respan.metadata": `{"tool_call_id":"c1"}`, "llm.request.type": "",
		}},
		{semconv.ObservationTool, []attribute.KeyValue{semconv.ErrorTypeKey.String("*errors.errorString")}, boom, map[string]string{
			"traceloop.entity.input":  `{"name":"name","arguments":{"x":1}}`,
			"traceloop.entity.output": `{"error":"*errors.errorString","message":"lookup: no such city","status":"error","status_code":500}`,
		}},
		{semconv.ObservationTask, nil, boom, map[string]string{
			"traceloop.entity.output": `{"error":"_OTHER","message":"lookup: no such city","status":"error","status_code":500}`,
		}},
		{semconv.ObservationTask, []attribute.KeyValue{semconv.GenAIToolCallIDKey.String("c1")}, nil, map[string]string{
			"gen_ai.tool.call.id": "c1", "respan.metadata": "",
		}},
		{semconv.ObservationGeneration, nil, nil, map[string]string{
			"respan.entity.log_type": "chat", "llm.request.type": "chat", "traceloop.span.kind": "",
			"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": `{"x":1}`,
			"gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "out",
		}},
		{semconv.ObservationGuardrail, nil, nil, map[string]string{"respan.entity.log_type": "guardrail", "traceloop.span.kind": "task"}},
		{semconv.ObservationRetriever, nil, nil, map[string]string{"respan.entity.log_type": "task", "traceloop.span.kind": "task"}},
		{semconv.ObservationEvaluator, nil, nil, map[string]string{"respan.entity.log_type": "task", "traceloop.span.kind": "task"}},
		{semconv.ObservationSpan, nil, nil, map[string]string{"respan.entity.log_type": "task", "traceloop.span.kind": "task"}},
		{"of a later version", nil, nil, map[string]string{"respan.entity.log_type": "task", "traceloop.span.kind": "task"}},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			w := newWorld(t, respan.Config{})
			_, span := w.Observe(t.Context(), "name", append(tt.attrs, semconv.ObservationTypeKey.String(tt.kind),
				semconv.ObservationInputKey.String(`{"x":1}`))...)
			if tt.err != nil {
				span.SetStatus(codes.Error, tt.err.Error())
			} else {
				span.SetAttributes(semconv.ObservationOutputKey.String(`"out"`))
			}
			span.End()
			s := w.Only(t)
			assertText(t, s, tt.want)
			if tt.err != nil {
				assert.Equal(t, `{"intValue":"500"}`, s.JSON("status_code"))
			}
		})
	}
}

func TestSeveralChoicesAreAllThere(t *testing.T) {
	w := newWorld(t, respan.Config{})
	s := w.Call(t, `{"model":"mistral-small-latest","n":2,"messages":[{"role":"user","content":"hi"}]}`)
	assert.NotEmpty(t, s.Text("gen_ai.completion.0.content"))
	assert.NotEmpty(t, s.Text("gen_ai.completion.1.content"))
	var messages []map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.Text("traceloop.entity.output")), &messages))
	assert.Len(t, messages, 2)
}

func TestContentOfAnotherShapeIsNotLost(t *testing.T) {
	w := newWorld(t, respan.Config{})
	_, span := w.Observe(t.Context(), "s", semconv.GenAIOperationNameKey.String("chat"),
		semconv.GenAIInputMessagesKey.String("hi"), semconv.GenAIOutputMessagesKey.String("yo"), semconv.GenAIToolDefinitionsKey.String("f"))
	span.End()
	s := w.Only(t)
	assertText(t, s, map[string]string{"traceloop.entity.input": "hi", "traceloop.entity.output": "yo", "llm.request.functions": ""})
	assertNone(t, s, "gen_ai.prompt.", "gen_ai.completion.")
}

func TestCallsThatTheConventionsHaveNoOperationForHaveATypeOfTheirOwn(t *testing.T) {
	for route, want := range map[string]string{
		semconv.RouteTranscription: "transcription", semconv.RouteSpeech: "speech",
		semconv.RouteModeration: "guardrail", semconv.RouteChatModeration: "guardrail",
		semconv.RouteClassification: "guardrail", semconv.RouteChatClassification: "guardrail",
	} {
		t.Run(route, func(t *testing.T) {
			w := newWorld(t, respan.Config{})
			_, span := w.Observe(t.Context(), "s", semconv.MistralOperationKey.String(route))
			span.End()
			assertText(t, w.Only(t), map[string]string{"respan.entity.log_type": want, "llm.request.type": "", "traceloop.span.kind": ""})
		})
	}
}

func TestUnknownOperationsAreCustom(t *testing.T) {
	w := newWorld(t, respan.Config{})
	_, span := w.Observe(t.Context(), "s", semconv.GenAIOperationNameKey.String("create_agent"))
	span.End()
	assertText(t, w.Only(t), map[string]string{"respan.entity.log_type": "custom", "llm.request.type": "", "traceloop.span.kind": ""})
}

// assertNone says that no attribute has one of these prefixes.
func assertNone(t testing.TB, s testserver.WireSpan, prefixes ...string) {
	t.Helper()
	for _, k := range s.Keys() {
		for _, p := range prefixes {
			assert.False(t, strings.HasPrefix(k, p), k)
		}
	}
}
