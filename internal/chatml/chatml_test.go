// SPDX-License-Identifier: Apache-2.0

package chatml

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMessagesBecomeWhatChatAPIsTake(t *testing.T) {
	for _, tt := range []struct{ name, attr, want string }{
		{"nothing", `[]`, `[]`},
		{
			"one text is a string",
			`[{"role":"user","name":"ann","parts":[{"type":"text","content":"a \"b\" \u00e9"}]}]`,
			`[{"role":"user","name":"ann","content":"a \"b\" \u00e9"}]`,
		},
		{
			"several texts stay apart",
			`[{"role":"user","parts":[{"type":"text","content":"a"},{"type":"text","content":"b"}]}]`,
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`,
		},
		{
			"no parts",
			`[{"role":"assistant","parts":[],"finish_reason":"stop"}]`,
			`[{"role":"assistant","content":""}]`,
		},
		{
			"tool calls, with arguments as an object, a text and none",
			`[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"f","arguments":{"x": 1}},` +
				`{"type":"tool_call","name":"g","arguments":"{\"x\""},{"type":"tool_call","name":"h"}],"finish_reason":"tool_call"}]`,
			`[{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}},` +
				`{"id":"","type":"function","function":{"name":"g","arguments":"{\"x\""}},` +
				`{"id":"","type":"function","function":{"name":"h","arguments":""}}]}]`,
		},
		{
			"text and a tool call",
			`[{"role":"assistant","parts":[{"type":"text","content":"one moment"},{"type":"tool_call","id":"c1","name":"f","arguments":{}}]}]`,
			`[{"role":"assistant","content":"one moment","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}]`,
		},
		{
			"answers of tools: a text, an object, chunks, another list",
			`[{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","name":"f","response":"sunny"}]},` +
				`{"role":"tool","parts":[{"type":"tool_call_response","id":"c2","response":{"t":21}},` +
				`{"type":"tool_call_response","id":"c3","response":[{"type":"text","text":"x"}]},` +
				`{"type":"tool_call_response","id":"c4","response":[1,2]},{"type":"tool_call_response","id":"c5","response":[]}]}]`,
			`[{"role":"tool","name":"f","content":"sunny","tool_call_id":"c1"},` +
				`{"role":"tool","content":"{\"t\":21}","tool_call_id":"c2"},` +
				`{"role":"tool","content":[{"type":"text","text":"x"}],"tool_call_id":"c3"},` +
				`{"role":"tool","content":"[1,2]","tool_call_id":"c4"},` +
				`{"role":"tool","content":"[]","tool_call_id":"c5"}]`,
		},
		{
			"what a user said beside the answer of a tool is kept",
			`[{"role":"user","parts":[{"type":"text","content":"here"},{"type":"tool_call_response","id":"c1","response":"r"}]}]`,
			`[{"role":"user","content":"here"},{"role":"tool","content":"r","tool_call_id":"c1"}]`,
		},
		{
			"so are a call and a thought",
			`[{"role":"assistant","parts":[{"type":"tool_call","name":"f"},{"type":"tool_call_response","response":"r"}]},` +
				`{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"tool_call_response","response":"r"}]}]`,
			`[{"role":"assistant","content":"","tool_calls":[{"id":"","type":"function","function":{"name":"f","arguments":""}}]},` +
				`{"role":"tool","content":"r"},` +
				`{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]},` +
				`{"role":"tool","content":"r"}]`,
		},
		{
			"reasoning before a text",
			`[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"reasoning","content":"yes"},{"type":"text","content":"4"}]}]`,
			`[{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm\nyes"}]},{"type":"text","text":"4"}]}]`,
		},
		{
			"reasoning alone, and before chunks",
			`[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"}]},` +
				`{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"generic","generic_type":"reference","content":{"type":"reference","reference_ids":[1]}}]}]`,
			`[{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]},` +
				`{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"reference","reference_ids":[1]}]}]`,
		},
		{
			"media by URL, file id and value",
			`[{"role":"user","parts":[{"type":"text","content":"see"},{"type":"uri","modality":"image","uri":"https://x/a.png"},` +
				`{"type":"uri","modality":"document","mime_type":"application/pdf","uri":"https://x/a.pdf"},` +
				`{"type":"uri","modality":"audio","uri":"https://x/a.mp3"},{"type":"file","modality":"document","file_id":"f1"},` +
				`{"type":"blob","modality":"image","mime_type":"image/png","content":"AAAA"},` +
				`{"type":"blob","modality":"audio","content":"BBBB"}]}]`,
			`[{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":"https://x/a.png"},` +
				`{"type":"document_url","document_url":"https://x/a.pdf"},` +
				`{"type":"input_audio","input_audio":"https://x/a.mp3"},{"type":"file","file_id":"f1"},` +
				`{"type":"image_url","image_url":"data:image/png;base64,AAAA"},` +
				`{"type":"input_audio","input_audio":"BBBB"}]}]`,
		},
		{
			"media before a text, and of no modality",
			`[{"role":"user","parts":[{"type":"uri","uri":"u"},{"type":"text","content":"a"},{"type":"text","content":"b"}]}]`,
			`[{"role":"user","content":[{"type":"document_url","document_url":"u"},{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`,
		},
		{
			"media reduced to a digest can be read",
			`[{"role":"user","parts":[{"type":"blob","modality":"image","mime_type":"image/png","content":"","byte_count":8,"sha256":"4c4b6a3b"},` +
				`{"type":"blob","modality":"audio","content":""}]}]`,
			`[{"role":"user","content":[{"type":"text","text":"[image/png, 8 bytes, sha256 4c4b6a3b]"},{"type":"text","text":"[audio, content left out]"}]}]`,
		},
		{
			"what chat APIs do not have is kept as it is",
			`[{"role":"user","parts":[{"type":"server_tool_call","name":"w"},{"type":"text","content":1},{"type":"generic","content":"y"},"odd"]}]`,
			`[{"role":"user","content":[{"type":"server_tool_call","name":"w"},{"type":"text","content":1},{"type":"generic","content":"y"},"odd"]}]`,
		},
		{
			"invalid UTF-8",
			"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"a\xffb\"}]}]",
			"[{\"role\":\"user\",\"content\":\"a\uFFFDb\"}]",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got strings.Builder
			_, err := WriteMessages(&got, "", tt.attr, nil)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got.String())
		})
	}
}

func TestFieldsOfAMessage(t *testing.T) {
	want := []Message{{Role: "system", Content: json.RawMessage(`"Be brief."`)}, {
		Role: "assistant", Content: json.RawMessage(`"4"`), Reasoning: []byte("hm"), FinishReason: "tool_calls",
		ToolCalls: json.RawMessage(`[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]`),
	}, {Role: "assistant", Content: json.RawMessage(`[{"type":"file","file_id":"f"}]`), Reasoning: []byte("hm")},
		{Role: "tool", ToolCallID: json.RawMessage(`"c1"`), Content: json.RawMessage(`{"a":"b"}`), Embedded: true}}
	cuts := []Cut{{Content: `"Be brief."`}, {Content: `"4"`, ToolCalls: string(want[1].ToolCalls)},
		{Content: string(want[2].Content)}, {Content: `"{\"a\":\"b\"}"`, ToolCallID: `"c1"`}}
	var list strings.Builder
	n, err := WriteMessages(&list, "Be brief.", `[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"text","content":"4"},`+
		`{"type":"tool_call","id":"c1","name":"f","arguments":{}}],"finish_reason":"tool_call"},`+
		`{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"file","file_id":"f"}]},`+
		`{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":{"a":"b"}}]}]`,
		func(i int, m *Message, cut Cut) {
			got := *m
			if len(got.ToolCalls) == 0 {
				got.ToolCalls = nil
			}
			if len(got.Reasoning) == 0 {
				got.Reasoning = nil
			}
			assert.Equal(t, want[i], got)
			assert.Equal(t, cuts[i], cut)
		})
	require.NoError(t, err)
	assert.Len(t, want, n)
}

func TestWhatIsNotMessagesIsAnError(t *testing.T) {
	for attr, want := range map[string]string{
		` `:                       "chatml: not a JSON array",
		`"text"`:                  "chatml: not a JSON array",
		`{"role":"user"}`:         "chatml: not a JSON array",
		`[{"role":"user"}]`:       "chatml: message 1 has no parts",
		`[{"parts":[]},3]`:        "chatml: message 2 has no parts",
		`[{"parts":{}}]`:          "chatml: message 1 has no parts",
		`[{"parts":[]}`:           "chatml: not valid JSON",
		`[{"parts":[]}] trailing`: "chatml: not valid JSON",
	} {
		n, err := WriteMessages(new(strings.Builder), "Be brief.", attr, nil)
		assert.EqualError(t, err, want, attr)
		assert.Zero(t, n)
	}
}

func TestInstructionsBecomeASystemMessage(t *testing.T) {
	for attr, want := range map[string]string{
		`[{"type":"text","content":"Be brief."},{"type":"text","content":"Twice."}]`: `{"role":"system","content":"Be brief.\nTwice."}`,
		`[{"type":"text","content":"a"}] b`:                                          `{"role":"system","content":"[{\"type\":\"text\",\"content\":\"a\"}] b"}`,
		"Be\xff":                                                                     "{\"role\":\"system\",\"content\":\"Be\uFFFD\"}",
		`Be brief.`:                                                                  `{"role":"system","content":"Be brief."}`,
		`[] is an empty list`:                                                        `{"role":"system","content":"[] is an empty list"}`,
		`[{"type":"text","content":1`:                                                `{"role":"system","content":"[{\"type\":\"text\",\"content\":1"}`,
	} {
		var got strings.Builder
		_, err := WriteMessages(&got, attr, "", nil)
		require.NoError(t, err)
		assert.Equal(t, "["+want+"]", got.String())
	}
}

func TestToolsBecomeWhatChatAPIsTake(t *testing.T) {
	for _, tt := range []struct{ name, attr, want string }{
		{"none", `[]`, `[]`},
		{
			"functions",
			`[{"type":"function","name":"f","description":"does","parameters":{"type":"object"}},{"type":"function","name":"g"}]`,
			`[{"type":"function","function":{"name":"f","description":"does","parameters":{"type":"object"}}},{"type":"function","function":{"name":"g"}}]`,
		},
		{
			"built-in tools, with what they are configured with",
			`[{"type":"web_search","name":"web_search"},{"type":"document_library","name":"document_library","configuration":{"library_ids":["l1"]}},{"type":"x","configuration":[1]}]`,
			`[{"type":"web_search"},{"type":"document_library","library_ids":["l1"]},{"type":"x"}]`,
		},
		{"nested already", `[{"type":"function","function":{"name":"f"}}]`, `[{"type":"function","function":{"name":"f"}}]`},
		{"no tools", `[1,{"type":"function","name":"f","parameters":[]}]`, `[{"type":"function","function":{"name":"f"}}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Tools(tt.attr)
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(got))
		})
	}
	for attr, want := range map[string]string{`{}`: "chatml: not a JSON array", `[{}`: "chatml: not valid JSON"} {
		_, err := Tools(attr)
		assert.EqualError(t, err, want)
	}
}

func FuzzChatML(f *testing.F) {
	for _, s := range []string{
		`[{"role":"user","parts":[{"type":"text","content":"a"},{"type":"uri","modality":"im\"age","uri":"u"},{"type":"blob","mime_type":"\"","content":"AA"}]}]`,
		`[{"role":"tool","parts":[{"type":"tool_call_response","response":[{"type":"x"}]},{"type":"tool_call","arguments":null}]}]`,
		`[{"type":"a","name":"b","configuration":{"c":1}},{"type":"function","name":"f","parameters":{}}]`,
		"[{\"parts\":[{\"type\":\"reasoning\",\"content\":\"\xff\"},{\"type\":\"generic\",\"content\":{\"a\":\"\\ud800\"}}]}]",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, attr string) {
		var out [][]byte
		var list strings.Builder
		if _, err := WriteMessages(&list, attr, attr, nil); err == nil {
			out = append(out, []byte(list.String()))
		}
		if tools, err := Tools(attr); err == nil {
			out = append(out, tools)
		}
		var system strings.Builder
		_, err := WriteMessages(&system, attr, "", nil)
		require.NoError(t, err)
		for _, o := range append(out, []byte(system.String())) {
			require.True(t, json.Valid(o), "%s", o)
			require.True(t, utf8.Valid(o), "%q", o)
		}
	})
}

// conversation has n messages of 200 bytes, among them tool calls and their
// answers.
func conversation(n int) string {
	text := strings.Repeat("x", 200)
	var b strings.Builder
	for i := range n {
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, `,{"role":"user","parts":[{"type":"text","content":"%s"}]}`, text)
		case 1:
			fmt.Fprintf(&b, `,{"role":"assistant","parts":[{"type":"tool_call","id":"c%d","name":"f","arguments":{"x":"%s"}}]}`, i, text)
		default:
			fmt.Fprintf(&b, `,{"role":"tool","parts":[{"type":"tool_call_response","id":"c%d","response":"%s"}]}`, i-1, text)
		}
	}
	return "[" + strings.TrimPrefix(b.String(), ",") + "]"
}

func TestALongHistoryAllocatesNoMoreOftenThanAShortOne(t *testing.T) {
	allocations := func(n int) float64 {
		attr := conversation(n)
		return testing.AllocsPerRun(10, func() {
			if got, err := WriteMessages(new(strings.Builder), "", attr, nil); err != nil || got != n {
				t.Fatal(got, err)
			}
		})
	}
	assert.InDelta(t, allocations(20), allocations(2000), 20, "memory may be new, messages allocate nothing")
}

func BenchmarkMessages(b *testing.B) {
	for _, n := range []int{20, 200, 2000} {
		attr := conversation(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(attr)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := WriteMessages(new(strings.Builder), "", attr, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
