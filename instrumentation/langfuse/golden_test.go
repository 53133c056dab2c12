// SPDX-License-Identifier: Apache-2.0

package langfuse_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/internal/wiretest"
	"github.com/otelmistral/otelmistral/semconv"
)

// changing are attributes with another value in each run.
var changing = []string{
	"server.port", "langfuse.observation.completion_start_time",
	"gen_ai.response.time_to_first_chunk", "mistral_ai.response.time_to_first_token",
}

func TestGolden(t *testing.T) {
	tests := map[string]func(*testing.T, *wiretest.App){
		"chat-tools": func(t *testing.T, w *wiretest.App) {
			w.Mistral.Enqueue(testserver.JSON(200, testserver.Body("chat-tools-parallel.json")))
			w.Chat(t.Context(), t, toolRequest)
		},
		"stream": func(t *testing.T, w *wiretest.App) {
			w.Mistral.Enqueue(testserver.SSE(testserver.Body("stream.sse")))
			w.Chat(t.Context(), t, strings.Replace(hi, `{`, `{"stream":true,"temperature":0.5,`, 1))
		},
		"thinking": func(t *testing.T, w *wiretest.App) {
			w.Mistral.Enqueue(testserver.SSE(testserver.Body("stream-thinking.sse")))
			w.Chat(t.Context(), t, strings.Replace(hi, `{`, `{"stream":true,`, 1))
		},
		"image": func(t *testing.T, w *wiretest.App) {
			w.Mistral.Enqueue(testserver.JSON(200, testserver.Body("chat.json")))
			w.Chat(t.Context(), t, `{"model":"mistral-large-latest","messages":[{"role":"user","content":[{"type":"text","text":"what is it?"},`+
				`{"type":"image_url","image_url":"https://example.com/a.png"},{"type":"image_url","image_url":"data:image/png;base64,iVBORw0KGgo="}]}]}`)
		},
		"workflow": func(t *testing.T, w *wiretest.App) {
			workflow := semconv.WorkflowNameKey.String("order")
			common := []attribute.KeyValue{
				workflow, semconv.UserIDKey.String("u1"), semconv.SessionIDKey.String("s1"), semconv.TagsKey.StringSlice([]string{"eu", "beta"}),
				attribute.String("otelmistral.metadata.team", "core"),
			}
			ctx, root := w.Observe(t.Context(), "order", append(common, semconv.ObservationTypeKey.String(semconv.ObservationWorkflow),
				semconv.ObservationInputKey.String(`{"id":1}`), semconv.ObservationOutputKey.String(`"paid"`))...)
			_, tool := w.Observe(ctx, "get_price", append(common, semconv.ObservationTypeKey.String(semconv.ObservationTool),
				semconv.ObservationPathKey.String("get_price"),
				semconv.GenAIToolNameKey.String("get_price"), semconv.GenAIToolCallIDKey.String("c1"),
				semconv.ObservationInputKey.String(`{"item":7}`), semconv.ObservationOutputKey.String(`9.5`))...)
			tool.End()
			_, broken := w.Observe(ctx, "get_stock", append(common, semconv.ObservationTypeKey.String(semconv.ObservationTool),
				semconv.ErrorTypeKey.String("*errors.errorString"), semconv.ObservationInputKey.String(`{"item":7}`))...)
			broken.SetStatus(codes.Error, "no such item")
			broken.End()
			w.Mistral.Enqueue(testserver.JSON(200, testserver.Body("chat-cached.json")))
			w.Chat(ctx, t, hi)
			root.End()
		},
		"error-422": func(t *testing.T, w *wiretest.App) {
			w.Mistral.Enqueue(testserver.JSON(422, `{"object":"error","message":"Invalid input: hi","type":"invalid_request_error","code":"1234"}`))
			w.Chat(t.Context(), t, hi)
		},
	}
	for name, do := range tests {
		for _, content := range []bool{true, false} {
			file := name
			if !content {
				file += "-content-off"
			}
			t.Run(file, func(t *testing.T) {
				w := newWorld(t, langfuse.Config{
					NoContent: !content, Environment: "test", Release: "abc",
					Prices: map[string]langfuse.Price{"mistral-small-latest": {Input: 0.1, CachedInput: 0.01, Output: 0.3}},
				}, attribute.String("service.version", "1.2.3"))
				do(t, w)
				wiretest.Golden(t, file, w.Spans(t), changing)
			})
		}
	}
}
