// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/semconv"
)

// Spans of other GenAI instrumentations say some things in other words of the
// conventions than this library does. They are said in Respan's, and once.
func TestSpansOfOtherLibraries(t *testing.T) {
	operation := semconv.GenAIOperationNameKey.String
	tests := []struct {
		name  string
		attrs []attribute.KeyValue
		want  map[string]string
	}{
		{"tool", []attribute.KeyValue{
			operation("execute_tool"), semconv.GenAIToolNameKey.String("f"), semconv.GenAIToolCallIDKey.String("c1"),
			attribute.String("gen_ai.tool.type", "function"), attribute.String("gen_ai.tool.description", "does f"),
			attribute.String("gen_ai.tool.call.arguments", `{"x":1}`), attribute.String("gen_ai.tool.call.result", `"ok"`),
		}, map[string]string{
			"respan.entity.log_type": "tool", "traceloop.entity.name": "f",
			"traceloop.entity.input": `{"name":"f","arguments":{"x":1}}`, "traceloop.entity.output": `"ok"`,
			"gen_ai.tool.name": "", "gen_ai.tool.call.id": "", "gen_ai.tool.type": "", "gen_ai.tool.description": "",
			"gen_ai.tool.call.arguments": "", "gen_ai.tool.call.result": "",
			"respan.metadata": `{"tool_call_id":"c1","tool_description":"does f","tool_type":"function"}`,
		}},
		{"tool with a structure", []attribute.KeyValue{
			operation("execute_tool"), attribute.Map("gen_ai.tool.call.arguments", attribute.Int("x", 1)),
		}, map[string]string{"traceloop.entity.input": `{"name":"s","arguments":{"x":1}}`, "gen_ai.tool.call.arguments": ""}},
		{"retrieval", []attribute.KeyValue{
			operation("retrieval"), attribute.String("gen_ai.retrieval.query.text", "q"), attribute.String("gen_ai.retrieval.documents", `[{"id":"1"}]`),
		}, map[string]string{
			"respan.entity.log_type": "task", "traceloop.entity.input": "q", "traceloop.entity.output": `[{"id":"1"}]`,
			"gen_ai.retrieval.query.text": "", "gen_ai.retrieval.documents": "",
		}},
		{"instructions", []attribute.KeyValue{
			operation("chat"), attribute.String("gen_ai.system_instructions", `[{"type":"text","content":"Be brief."}]`),
			semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`),
		}, map[string]string{
			"gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be brief.", "gen_ai.prompt.1.content": "hi",
			"traceloop.entity.input": `[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}]`,
		}},
		{"Respan's own words win", []attribute.KeyValue{
			operation("chat"), semconv.GenAIProviderNameKey.String("mistral_ai"), attribute.String("gen_ai.system", "mistral"),
			attribute.String("gen_ai.prompt.0.content", "theirs"), attribute.String("environment", "theirs"),
			semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`),
		}, map[string]string{
			"gen_ai.system": "mistral", "gen_ai.prompt.0.content": "theirs", "gen_ai.prompt.0.role": "user", "environment": "theirs",
		}},
		{"names that the contract rules out", []attribute.KeyValue{
			operation("chat"), attribute.String("model", "m"), attribute.Int("prompt_tokens", 3), attribute.Bool("has_tool_calls", true),
			attribute.String(semconv.MetadataPrefix+"model", "mine"), attribute.String("net.peer.name", "host"),
			attribute.Slice("tools", attribute.StringValue("f")),
		}, map[string]string{
			"respan.metadata": `{"has_tool_calls":true,"model":"mine","prompt_tokens":3,"tools":["f"]}`, "net.peer.name": "",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, respan.Config{})
			_, span := w.Observe(t.Context(), "s", tt.attrs...)
			span.End()
			assertText(t, w.Only(t), tt.want)

			lean := newWorld(t, respan.Config{NoContent: true})
			_, span = lean.Observe(t.Context(), "s", tt.attrs...)
			span.End()
			s := lean.Only(t)
			assertNone(t, s, "traceloop.entity.input", "traceloop.entity.output")
			assert.NotContains(t, s.String(), "Be brief.")
		})
	}
}
