// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is a span as it stands in a golden file. It is reviewed like code: it
// is the contract with Respan.
type golden struct {
	Name       string         `json:"name"`
	Parent     string         `json:"parent,omitempty"`
	Kind       string         `json:"kind"`
	Status     string         `json:"status"`
	Attributes map[string]any `json:"attributes"`
}

// changing are attributes with another value in each run.
var changing = []string{
	"server.port", "time_to_first_token", "llm.openai.chat_completions.streaming_time_to_first_token",
	"gen_ai.response.time_to_first_chunk", "mistral_ai.response.time_to_first_token",
}

// goldenOf shows what was on the wire: strings as they are, JSON in strings as
// JSON, so that it can be read, and the rest as OTLP's JSON, which tells the type.
func goldenOf(s testserver.WireSpan) golden {
	g := golden{
		Name: s.GetName(), Kind: s.GetKind().String(), Status: s.GetStatus().GetCode().String(),
		Attributes: map[string]any{},
	}
	if m := s.GetStatus().GetMessage(); m != "" {
		g.Status += ": " + m
	}
	for _, k := range s.Keys() {
		text := s.Text(k)
		var parsed any
		switch {
		case slices.Contains(changing, k):
			g.Attributes[k] = "(changes)"
		case (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && json.Unmarshal([]byte(text), &parsed) == nil:
			g.Attributes[k] = map[string]any{"JSON string": parsed}
		case s.Attribute(k).GetValue() != nil && text == "" && s.JSON(k) != `{"stringValue":""}`:
			g.Attributes[k] = json.RawMessage(s.JSON(k))
		default:
			g.Attributes[k] = text
		}
	}
	return g
}

// encode shows the spans sorted by name.
func encode(t testing.TB, spans map[string]testserver.WireSpan) string {
	t.Helper()
	names := map[string]string{}
	for name, s := range spans {
		names[string(s.GetSpanId())] = name
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	for _, name := range slices.Sorted(maps.Keys(spans)) {
		g := goldenOf(spans[name])
		g.Parent = names[string(spans[name].GetParentSpanId())]
		require.NoError(t, e.Encode(g))
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	const stream = `{"model":"magistral-small-latest","stream":true,"temperature":0.5,"messages":[{"role":"user","content":"hi"}]}`
	tests := map[string]func(*testing.T, *world){
		"chat-tools-history": func(t *testing.T, w *world) {
			w.mistral.Enqueue(testserver.JSON(200, testserver.Body("chat-tools-parallel.json")))
			w.chat(t.Context(), t, toolRequest)
		},
		"stream-thinking": func(t *testing.T, w *world) {
			w.mistral.Enqueue(testserver.SSE(testserver.Body("stream-thinking.sse")))
			w.chat(t.Context(), t, stream)
		},
		"embedding": func(_ *testing.T, w *world) {
			_, span := w.observe(context.Background(), "embeddings mistral-embed",
				semconv.GenAIOperationNameKey.String("embeddings"), semconv.GenAIProviderNameKey.String("mistral_ai"),
				semconv.GenAIRequestModelKey.String("mistral-embed"), semconv.GenAIUsageInputTokensKey.Int(8),
				semconv.ObservationInputKey.String(`["a","b"]`))
			span.End()
		},
		"workflow": func(t *testing.T, w *world) {
			workflow := semconv.WorkflowNameKey.String("order")
			user := semconv.UserIDKey.String("u1")
			ctx, root := w.observe(t.Context(), "order", semconv.ObservationTypeKey.String(semconv.ObservationWorkflow), workflow, user,
				semconv.ObservationInputKey.String(`{"id":1}`), semconv.ObservationOutputKey.String(`"paid"`),
				semconv.TagsKey.StringSlice([]string{"eu", "beta"}))
			ctx, task := w.observe(ctx, "pay", semconv.ObservationTypeKey.String(semconv.ObservationTask), workflow, user,
				semconv.ObservationPathKey.String("pay"))
			_, tool := w.observe(ctx, "get_price", semconv.ObservationTypeKey.String(semconv.ObservationTool), workflow, user,
				semconv.ObservationPathKey.String("pay.get_price"),
				semconv.GenAIToolNameKey.String("get_price"), semconv.GenAIToolCallIDKey.String("c1"),
				semconv.ObservationInputKey.String(`{"item":7}`), semconv.ObservationOutputKey.String(`9.5`))
			tool.End()
			_, broken := w.observe(ctx, "get_stock", semconv.ObservationTypeKey.String(semconv.ObservationTool), workflow, user,
				semconv.ObservationPathKey.String("pay.get_stock"), semconv.ErrorTypeKey.String("*errors.errorString"),
				semconv.ObservationInputKey.String(`{"item":7}`))
			broken.SetStatus(codes.Error, "no such item")
			broken.End()
			w.mistral.Enqueue(testserver.JSON(200, testserver.Body("chat.json")))
			w.chat(ctx, t, hi)
			task.End()
			root.End()
		},
		"error-429": func(t *testing.T, w *world) {
			w.mistral.Enqueue(testserver.ErrorNamed("429 rate limited").Reply())
			w.chat(t.Context(), t, hi)
		},
		"error-transport": func(t *testing.T, w *world) {
			w.mistral.Close()
			_, err := w.client.Do(w.request(t.Context(), t, hi))
			require.Error(t, err)
		},
		"cancelled": func(t *testing.T, w *world) {
			ctx, cancel := context.WithCancel(t.Context())
			w.mistral.Enqueue(testserver.Stream(testserver.Event(`{"choices":[{"index":0,"delta":{"content":"Hel"}}]}`), testserver.Hang()))
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
				got := encode(t, w.spans(t))
				path := filepath.Join("testdata", file+".golden")
				if *update {
					require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Equal(t, string(want), got)
			})
		}
	}
}
