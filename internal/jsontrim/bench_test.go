// SPDX-License-Identifier: Apache-2.0

package jsontrim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// documents are what the benchmarks read: name -> JSON.
func documents() map[string][]byte {
	prose := strings.Repeat("The quick brown fox jumps over the lazy dog, as it does in every text. ", 40)
	code := strings.Repeat("if err != nil {\n\treturn fmt.Errorf(\"read: %w\", err)\n}\n", 40)
	chat := map[string]any{"model": "mistral-large-latest", "temperature": 0.2}
	for i := range 200 {
		chat["messages"] = append(asList(chat["messages"]),
			map[string]any{"role": "user", "content": prose},
			map[string]any{"role": "assistant", "content": code, "tool_calls": []any{map[string]any{
				"id": fmt.Sprintf("call%05d", i), "type": "function", "index": 0,
				"function": map[string]any{"name": "get_weather", "arguments": `{"city":"Paris"}`},
			}}})
	}
	var vectors []any
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		vector := make([]float64, 1024)
		for j := range vector {
			vector[j] = random.Float64() - 0.5
		}
		vectors = append(vectors, map[string]any{"object": "embedding", "index": i, "embedding": vector})
	}
	var small []any
	for i := range 5000 {
		small = append(small, map[string]any{"id": i, "name": "item", "ok": true, "tags": []string{"a", "b"}, "price": 12.5})
	}
	return map[string][]byte{
		"chat":       encode(chat),
		"image":      encode(map[string]any{"model": "m", "image_url": "data:image/png;base64," + strings.Repeat("iVBORw0KGgoAAAANSUhEUgAA", 1<<17)}),
		"embeddings": encode(map[string]any{"data": vectors}),
		"small":      encode(small),
		"chinese":    encode(map[string]any{"content": strings.Repeat("今天天气很好,我们去公园散步吧。", 20000)}),
	}
}

func asList(v any) []any { list, _ := v.([]any); return list }

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// BenchmarkTrimmer shows the Trimmer beside json.Valid on the same bytes, read
// in pieces of 32 KiB as an HTTP client does.
func BenchmarkTrimmer(b *testing.B) {
	unlimited := jsontrim.Limits{String: 1 << 30, Total: 1 << 30}
	keepBase64 := unlimited
	keepBase64.KeepBase64 = true
	modes := []struct {
		name   string
		shape  *jsontrim.Shape
		limits jsontrim.Limits
	}{
		{"skip", jsontrim.Members(map[string]*jsontrim.Shape{"usage": jsontrim.Keep}), jsontrim.Limits{}},
		{"keep", jsontrim.Keep.Bulk(), unlimited},
		{"secrets", jsontrim.Keep.Without("authorization", "api_key", "password", "token").Base64("input_audio").Bulk(), unlimited},
		{"limits", jsontrim.Keep.Bulk(), jsontrim.Limits{}},
		{"base64", jsontrim.Keep.Bulk(), keepBase64},
	}
	for name, doc := range documents() {
		b.Run(name+"/json.Valid", func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if !json.Valid(doc) {
					b.Fatal("not valid")
				}
			}
		})
		for _, m := range modes {
			b.Run(name+"/"+m.name, func(b *testing.B) {
				var t jsontrim.Trimmer
				b.SetBytes(int64(len(doc)))
				b.ReportAllocs()
				for b.Loop() {
					t.Reset(m.shape, m.limits)
					for p := doc; len(p) > 0; p = p[min(len(p), 32<<10):] {
						_, _ = t.Write(p[:min(len(p), 32<<10)])
					}
					t.End()
					if !t.Done() {
						b.Fatal("not done")
					}
				}
			})
		}
	}
}
