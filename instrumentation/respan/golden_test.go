// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/internal/wiretest"
	"github.com/otelmistral/otelmistral/semconv"
)

// changing are attributes with another value in each run.
var changing = []string{
	"server.port", "time_to_first_token", "llm.openai.chat_completions.streaming_time_to_first_token",
	"gen_ai.response.time_to_first_chunk", "mistral_ai.response.time_to_first_token",
}

func TestGolden(t *testing.T) {
	const stream = `{"model":"magistral-small-latest","stream":true,"temperature":0.5,"messages":[{"role":"user","content":"hi"}]}`
	tests := map[string]func(*testing.T, *world){
		"chat-tools-history": func(t *testing.T, w *world) {
			w.Mistral.Enqueue(testserver.JSON(200, testserver.Body("chat-tools-parallel.json")))
			w.Chat(t.Context(), t, toolRequest)
		},
		"stream-thinking": func(t *testing.T, w *world) {
			w.Mistral.Enqueue(testserver.SSE(testserver.Body("stream-thinking.sse")))
			w.Chat(t.Context(), t, stream)
		},
		"embedding": func(_ *testing.T, w *world) {
			_, span := w.Observe(context.Background(), "embeddings mistral-embed",
				semconv.GenAIOperationNameKey.String("embeddings"), semconv.GenAIProviderNameKey.String("mistral_ai"),
				semconv.GenAIRequestModelKey.String("mistral-embed"), semconv.GenAIUsageInputTokensKey.Int(8),
				semconv.ObservationInputKey.String(`["a","b"]`))
			span.End()
		},
		"workflow": func(t *testing.T, w *world) {
			workflow := semconv.WorkflowNameKey.String("order")
			user := semconv.UserIDKey.String("u1")
			ctx, root := w.Observe(t.Context(), "order", semconv.ObservationTypeKey.String(semconv.ObservationWorkflow), workflow, user,
				semconv.ObservationInputKey.String(`{"id":1}`), semconv.ObservationOutputKey.String(`"paid"`),
				semconv.TagsKey.StringSlice([]string{"eu", "beta"}))
			ctx, task := w.Observe(ctx, "pay", semconv.ObservationTypeKey.String(semconv.ObservationTask), workflow, user,
				semconv.ObservationPathKey.String("pay"))
			_, tool := w.Observe(ctx, "get_price", semconv.ObservationTypeKey.String(semconv.ObservationTool), workflow, user,
				semconv.ObservationPathKey.String("pay.get_price"),
				semconv.GenAIToolNameKey.String("get_price"), semconv.GenAIToolCallIDKey.String("c1"),
				semconv.ObservationInputKey.String(`{"item":7}`), semconv.ObservationOutputKey.String(`9.5`))
			tool.End()
			_, broken := w.Observe(ctx, "get_stock", semconv.ObservationTypeKey.String(semconv.ObservationTool), workflow, user,
				semconv.ObservationPathKey.String("pay.get_stock"), semconv.ErrorTypeKey.String("*errors.errorString"),
				semconv.ObservationInputKey.String(`{"item":7}`))
			broken.SetStatus(codes.Error, "no such item")
			broken.End()
			w.Mistral.Enqueue(testserver.JSON(200, testserver.Body("chat.json")))
			w.Chat(ctx, t, hi)
			task.End()
			root.End()
		},
		"error-429": func(t *testing.T, w *world) {
			w.Mistral.Enqueue(testserver.ErrorNamed("429 rate limited").Reply())
			w.Chat(t.Context(), t, hi)
		},
		"error-transport": func(t *testing.T, w *world) {
			w.Mistral.Close()
			_, err := w.Client.Do(w.Request(t.Context(), t, hi))
			require.Error(t, err)
		},
		"cancelled": func(t *testing.T, w *world) {
			ctx, cancel := context.WithCancel(t.Context())
			w.Mistral.Enqueue(testserver.Stream(testserver.Event(`{"choices":[{"index":0,"delta":{"content":"Hel"}}]}`), testserver.Hang()))
			w.cancelled(ctx, t, cancel, stream)
		},
	}
	for name, do := range tests {
		for _, content := range []bool{true, false} {
			file := name
			if !content {
				file += "-content-off"
			}
			t.Run(file, func(t *testing.T) {
				w := newWorld(t, respan.Config{NoContent: !content})
				do(t, w)
				wiretest.Golden(t, file, w.Spans(t), changing)
			})
		}
	}
}
