// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/semconv"
)

func TestLongTextsAreCutWithANote(t *testing.T) {
	l := Limits{Content: true, Part: 10, Total: 10_000}
	const long = "ééééééééé" // 18 bytes
	const cut = "ééééé...[8 bytes cut]"
	for _, tt := range []struct{ name, message string }{
		{"a string", `{"role":"assistant","content":"` + long + `"}`},
		{"a chunk", `{"role":"assistant","content":[{"type":"text","text":"` + long + `"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := []genai.Part{textPart(cut)}
			request := parseRequest(l, []byte(`{"messages":[`+tt.message+`]}`))
			assert.Equal(t, want, request.Request.Messages[0].Parts)
			assert.Equal(t, int64(8), request.DroppedBytes)

			reply, _ := parseJSON(l, []byte(unary(tt.message, "stop")))
			assert.Equal(t, want, reply.Response.Choices[0].Message.Parts)
			assert.Equal(t, int64(8), reply.DroppedBytes)
		})
	}
}

func TestAStreamIsCutLikeAReply(t *testing.T) {
	for part := 2; part < 25; part++ { // the shortest limit also cuts the id
		l := Limits{Content: true, Part: part, Total: 10_000}
		want, _ := parseJSON(l, []byte(unary(`{"reasoning_content":"aéb😀c","content":"日本語 text","tool_calls":[{"id":"a1","function":{"name":"f","arguments":"{\"x\":\"é\"}"}}]}`, "stop")))
		var body strings.Builder
		for _, piece := range []string{"aé", "b", "😀", "c"} {
			body.WriteString(event(delta(`{"reasoning_content":"` + piece + `"}`)))
		}
		for _, piece := range []string{"日", "本", "語", " ", "te", "xt"} {
			body.WriteString(event(delta(`{"content":"` + piece + `"}`)))
		}
		for _, piece := range []string{`{\"x\"`, `:\"`, `é`, `\"}`} {
			body.WriteString(event(delta(`{"tool_calls":[{"index":0,"id":"a1","function":{"name":"f","arguments":"` + piece + `"}}]}`)))
		}
		body.WriteString(event(last(`{}`, "stop")) + event(done))
		got, complete := parseStream(l, []byte(body.String()))
		assert.True(t, complete)
		assert.Equal(t, want.Response, got.Response, "part limit %d", part)
		assert.Equal(t, want.DroppedBytes, got.DroppedBytes, "part limit %d", part)
	}
}

func TestTextThatWasCutDoesNotGoOnBehindTheHole(t *testing.T) {
	got, _ := parseStream(Limits{Content: true, Part: 4, Total: 100}, []byte(
		event(delta(`{"content":"abc"}`))+event(delta(`{"content":"éé"}`))+event(delta(`{"content":"d"}`))))
	assert.Equal(t, []genai.Part{textPart("abc...[5 bytes cut]")}, got.Response.Choices[0].Message.Parts)
	assert.Equal(t, int64(5), got.DroppedBytes)
}

func TestTheTotalOfContentIsBounded(t *testing.T) {
	l := Limits{Content: true, Part: 1000, Total: 5000}
	word := strings.Repeat("é", 400)
	message := `{"role":"user","content":"` + word + `"}`
	const count = 20

	var stream strings.Builder
	for i := range count {
		fmt.Fprintf(&stream, "data: {\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"%s\"}}]}\n\n", i, word)
	}
	stream.WriteString(event(`{"id":"1","usage":{"prompt_tokens":5}}`))
	choice := `{"finish_reason":"stop","message":` + message + `},`

	for name, call := range map[string]genai.Call{
		"request": parseRequest(l, []byte(`{"messages":[`+strings.Repeat(message+",", count)+`{}],"model":"m","temperature":0}`)),
		"reply": func() genai.Call {
			c, _ := parseJSON(l, []byte(`{"choices":[`+strings.Repeat(choice, count)+`{}],"id":"1","usage":{"prompt_tokens":5}}`))
			return c
		}(),
		"stream": func() genai.Call {
			c, _ := parseStream(l, []byte(stream.String()))
			return c
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			content := contentOf(&call)
			assert.Less(t, len(content), l.Total+count*150)
			assert.Greater(t, len(content), l.Total/2)
			assertReadable(t, &call)
			assert.Greater(t, call.DroppedBytes, int64(count*len(word)-l.Total-1))
			if name == "request" {
				assert.Equal(t, "m", call.Request.Model, "what is no content has room of its own")
				assert.True(t, call.Request.Temperature.Set)
			} else {
				assert.Equal(t, "1", call.Response.ID)
				assert.True(t, call.Usage.Input.Set)
			}
		})
	}
}

// contentOf is all content that a call would put on its span.
func contentOf(call *genai.Call) string {
	var b strings.Builder
	for _, kv := range call.AppendEnd(nil) {
		if semconv.IsContent(kv.Key) {
			b.WriteString(kv.Value.AsString())
		}
	}
	return b.String()
}

// assertReadable checks that every content attribute is UTF-8, and JSON where
// it must be.
func assertReadable(t *testing.T, call *genai.Call) {
	t.Helper()
	attrs := call.AppendEnd(nil)
	for i := range call.Executions {
		attrs = call.Executions[i].Append(attrs)
	}
	for _, kv := range attrs {
		s := kv.Value.AsString()
		require.True(t, utf8.ValidString(string(kv.Key)+s), "%q: %q", kv.Key, s)
		switch kv.Key {
		case semconv.GenAIInputMessagesKey, semconv.GenAIOutputMessagesKey, semconv.GenAIToolDefinitionsKey, semconv.MistralRequestMetadataKey,
			semconv.GenAISystemInstructionsKey, semconv.GenAIToolCallArgumentsKey, semconv.GenAIToolCallResultKey:
			require.True(t, json.Valid([]byte(s)), "%s: %s", kv.Key, s)
		}
	}
}

func TestBase64BecomesADigestUnlessItIsWantedAndFits(t *testing.T) {
	raw := []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("and some more, ", 10))
	encoded := base64.StdEncoding.EncodeToString(raw)
	sum := sha256.Sum256(raw)
	digest := func(modality, mediaType string) genai.Part {
		return genai.Part{Type: genai.PartBlob, Modality: modality, MediaType: mediaType, Size: int64(len(raw)), Digest: hex.EncodeToString(sum[:])}
	}
	inline := func(modality, mediaType string) genai.Part {
		return genai.Part{Type: genai.PartBlob, Modality: modality, MediaType: mediaType, Text: encoded}
	}
	for _, tt := range []struct{ name, chunk, modality, mediaType string }{
		{"an image", `{"type":"image_url","image_url":"data:image/png;base64,` + encoded + `"}`, "image", "image/png"},
		{"an image in an object", `{"type":"image_url","image_url":{"url":"data:image/png;base64,` + encoded + `"}}`, "image", "image/png"},
		{"a document", `{"type":"document_url","document_url":"data:application/pdf;base64,` + encoded + `"}`, "document", "application/pdf"},
		{"audio", `{"type":"input_audio","input_audio":"` + encoded + `"}`, "audio", ""},
		{"audio with a media type", `{"type":"input_audio","input_audio":"data:audio/mpeg;base64,` + encoded + `"}`, "audio", "audio/mpeg"},
		{"audio as OpenAI has it", `{"type":"input_audio","input_audio":{"data":"` + encoded + `","format":"wav"}}`, "audio", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keep := Limits{Content: true, Part: len(tt.chunk), Total: 10_000, Base64: true}
			small := keep
			small.Part = 64
			stream := event(delta(`{"content":[` + tt.chunk + `]}`))
			for _, c := range []struct {
				limits Limits
				want   genai.Part
			}{
				{withContent, digest(tt.modality, tt.mediaType)},
				{keep, inline(tt.modality, tt.mediaType)},
				{small, digest(tt.modality, tt.mediaType)},
			} {
				call := parseRequest(c.limits, []byte(`{"messages":[{"role":"user","content":[`+tt.chunk+`]}]}`))
				assert.Equal(t, []genai.Part{c.want}, call.Request.Messages[0].Parts, "request")
				assert.Zero(t, call.DroppedBytes, "what has a digest was not dropped")
				call, _ = parseJSON(c.limits, []byte(unary(`{"content":[`+tt.chunk+`]}`, "stop")))
				assert.Equal(t, []genai.Part{c.want}, call.Response.Choices[0].Message.Parts, "reply")
				call, _ = parseStream(c.limits, []byte(stream))
				assert.Equal(t, []genai.Part{c.want}, call.Response.Choices[0].Message.Parts, "stream")
			}
		})
	}
}

func TestNamesAreCutAtAnAbsurdLength(t *testing.T) {
	long := strings.Repeat("é", 1000)
	short := strings.Repeat("é", maxName/2)
	request := parseRequest(withContent, []byte(`{"model":"`+long+`","tool_choice":"`+long+`","prompt_mode":"`+long+`"}`))
	assert.Equal(t, genai.Request{Model: short, ToolChoice: short, PromptMode: short}, request.Request)

	body := `{"id":"` + long + `","model":"` + long + `","choices":[{"finish_reason":"` + long + `","message":{},"delta":{}}]}`
	want := genai.Response{ID: short, Model: short, Choices: []genai.Choice{assistant(short)}}
	reply, _ := parseJSON(withContent, []byte(body))
	assert.Equal(t, want, reply.Response)
	stream, _ := parseStream(withContent, []byte(event(body)))
	assert.Equal(t, want, stream.Response)
}

func TestTextGrowsUpToItsLimits(t *testing.T) {
	room := 12
	var a, b text
	a.append([]byte("hello "), 10, &room)
	a.append([]byte("world"), 10, &room)
	assert.Equal(t, `"hello worl...[1 bytes cut]"`, string(a.quoted()))
	assert.Equal(t, 2, room)
	b.append(textOf(t, "日").Append(nil), 10, &room)
	assert.Equal(t, `"...[3 bytes cut]"`, string(b.quoted()), "no half characters")
	assert.Equal(t, 2, room)
}

// The memory that a call was read in is used for the next one.
func TestRecordsKeepNothingOfTheMemoryTheyWereReadIn(t *testing.T) {
	body := func(word string) []byte {
		return []byte(strings.ReplaceAll(`{"model":"WORD","stop":["WORD"],"metadata":{"WORD":"WORD"},"prompt_cache_key":"WORD","tool_choice":"WORD",
			"messages":[{"role":"WORD","name":"WORD","content":"WORD \"WORD\""},
				{"role":"user","content":[{"type":"text","text":"WORD"},{"type":"reference","WORD":1},{"type":"image_url","image_url":"https://WORD"}]},
				{"role":"assistant","tool_calls":[{"id":"WORD","function":{"name":"WORD","arguments":"{\"WORD\":1}"}},
					{"id":"WORD","function":{"name":"WORD","arguments":{"WORD":1}}}]},
				{"role":"tool","tool_call_id":"WORD","content":[{"type":"reference","WORD":1}]}],
			"tools":[{"type":"function","function":{"name":"WORD","description":"WORD","parameters":{"WORD":1}}},{"type":"connector","connector_id":"WORD"}]}`,
			"WORD", word))
	}
	reply := func(word string) []byte {
		return []byte(strings.ReplaceAll(`{"id":"WORD","model":"WORD","object":"error","message":"WORD","type":"WORD","usage":{"service_tier":"WORD"},
			"choices":[{"finish_reason":"WORD","message":{"content":[{"type":"WORD","x":"WORD"},"WORD"],"tool_calls":[{"id":"WORD","function":{"name":"WORD","arguments":{"WORD":1}}}]}}]}`,
			"WORD", word))
	}
	read := func(word string) (genai.Call, genai.Call) {
		answer, _ := parseJSON(withContent, reply(word))
		return parseRequest(withContent, body(word)), answer
	}
	request, answer := read("first")
	for range 50 {
		read("other")
	}
	for _, call := range []*genai.Call{&request, &answer} {
		said := call.Failure.Message
		for _, kv := range call.AppendEnd(nil) {
			said += kv.Value.String()
		}
		assert.Contains(t, said, "first")
		assert.NotContains(t, said, "other")
	}
}
