// SPDX-License-Identifier: Apache-2.0

package langfuse_test

import (
	"bytes"
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
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is a span as it stands in a golden file. It is reviewed like code: it
// is the contract with Langfuse.
type golden struct {
	Name       string         `json:"name"`
	Parent     string         `json:"parent,omitempty"`
	Kind       string         `json:"kind"`
	Status     string         `json:"status"`
	Attributes map[string]any `json:"attributes"`
}

// changing are attributes with another value in each run.
var changing = []string{
	"server.port", "langfuse.observation.completion_start_time",
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
		case text == "":
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
	tests := map[string]func(*testing.T, *world){
		"chat-tools": func(t *testing.T, w *world) {
			w.mistral.Enqueue(testserver.JSON(200, testserver.Body("chat-tools-parallel.json")))
			w.post(t.Context(), t, toolRequest)
		},
		"stream": func(t *testing.T, w *world) {
			w.mistral.Enqueue(testserver.SSE(testserver.Body("stream.sse")))
			w.post(t.Context(), t, strings.Replace(hi, `{`, `{"stream":true,"temperature":0.5,`, 1))
		},
		"thinking": func(t *testing.T, w *world) {
			w.mistral.Enqueue(testserver.SSE(testserver.Body("stream-thinking.sse")))
			w.post(t.Context(), t, strings.Replace(hi, `{`, `{"stream":true,`, 1))
		},
		"image": func(t *testing.T, w *world) {
			w.mistral.Enqueue(testserver.JSON(200, testserver.Body("chat.json")))
			w.post(t.Context(), t, `{"model":"mistral-large-latest","messages":[{"role":"user","content":[{"type":"text","text":"what is it?"},`+
				`{"type":"image_url","image_url":"https://example.com/a.png"},{"type":"image_url","image_url":"data:image/png;base64,iVBORw0KGgo="}]}]}`)
		},
		"workflow": func(t *testing.T, w *world) {
			workflow := semconv.WorkflowNameKey.String("order")
			common := []attribute.KeyValue{
				workflow, semconv.UserIDKey.String("u1"), semconv.SessionIDKey.String("s1"), semconv.TagsKey.StringSlice([]string{"eu", "beta"}),
				attribute.String("otelmistral.metadata.team", "core"),
			}
			ctx, root := w.observe(t.Context(), "order", append(common, semconv.ObservationTypeKey.String(semconv.ObservationWorkflow),
				semconv.ObservationInputKey.String(`{"id":1}`), semconv.ObservationOutputKey.String(`"paid"`))...)
			_, tool := w.observe(ctx, "get_price", append(common, semconv.ObservationTypeKey.String(semconv.ObservationTool),
				semconv.ObservationPathKey.String("get_price"),
				semconv.GenAIToolNameKey.String("get_price"), semconv.GenAIToolCallIDKey.String("c1"),
				semconv.ObservationInputKey.String(`{"item":7}`), semconv.ObservationOutputKey.String(`9.5`))...)
			tool.End()
			_, broken := w.observe(ctx, "get_stock", append(common, semconv.ObservationTypeKey.String(semconv.ObservationTool),
				semconv.ErrorTypeKey.String("*errors.errorString"), semconv.ObservationInputKey.String(`{"item":7}`))...)
			broken.SetStatus(codes.Error, "no such item")
			broken.End()
			w.mistral.Enqueue(testserver.JSON(200, testserver.Body("chat-cached.json")))
			w.post(ctx, t, hi)
			root.End()
		},
		"error-422": func(t *testing.T, w *world) {
			w.mistral.Enqueue(testserver.JSON(422, `{"object":"error","message":"Invalid input: hi","type":"invalid_request_error","code":"1234"}`))
			w.post(t.Context(), t, hi)
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
