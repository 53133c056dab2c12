// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
)

// BenchmarkChunk is the cost of one chunk of a stream, beside json.Valid of the
// same chunk. Each chunk comes in a write of its own.
func BenchmarkChunk(b *testing.B) {
	const padding = "abcdefghijklmnopqrstuvwxyz0123456789"
	words := []string{"The", " capital", " of", " France", " is", " Paris", ".", " It", " lies", " on", " the", " S", "eine"}
	for _, bb := range []struct {
		name   string
		fields func(word string) string
	}{
		{"text", func(word string) string { return `{"content":"` + word + `"}` }},
		{"escaped", func(word string) string { return `{"content":"` + word + `\n"}` }},
		{"thinking", func(word string) string {
			return `{"content":[{"type":"thinking","thinking":[{"type":"text","text":"` + word + `"}]}]}`
		}},
		{"arguments", func(word string) string {
			return `{"tool_calls":[{"function":{"arguments":"` + word + `"},"index":0}]}`
		}},
	} {
		var chunks, events [][]byte
		for i, word := range words {
			chunk := `{"id":"7bfa9194c90e44c5a0efa6c6efa474cd","object":"chat.completion.chunk","created":1787150315,"model":"mistral-small-latest",` +
				`"choices":[{"index":0,"delta":` + bb.fields(word) + `,"finish_reason":null}],"p":"` + padding[:1+i*17%len(padding)] + `"}`
			chunks = append(chunks, []byte(chunk))
			events = append(events, []byte(event(chunk)))
		}
		b.Run(bb.name+"/json.Valid", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				json.Valid(chunks[i%len(chunks)])
			}
		})
		for _, limits := range []Limits{withContent, withoutContent} {
			name := bb.name + "/without content"
			if limits.Content {
				name = strings.Replace(name, "without", "with", 1)
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				r := chatRoute.NewReply(&genai.Call{}, true, time.Now(), limits)
				for i := 0; b.Loop(); i++ {
					r.Write(events[i%len(events)])
				}
			})
		}
	}
}
