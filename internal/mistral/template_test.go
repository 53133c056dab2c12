// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/sse"
	"github.com/otelmistral/otelmistral/internal/testenv"
)

// parseEachChunk is parseStream without templates.
func parseEachChunk(l Limits, pieces ...[]byte) (call genai.Call, complete bool) {
	s := newStream(&call, time.Time{}, l)
	s.emit = func(e sse.Event) bool {
		s.template = template{}
		return s.event(e)
	}
	complete = parseReply(s, pieces...)
	return call, complete
}

// likeTheTemplate counts the events that are read by a template.
func likeTheTemplate(l Limits, events ...string) (n int) {
	s := newStream(&genai.Call{}, time.Time{}, l)
	s.emit = func(e sse.Event) bool {
		if _, ok := s.template.read(e.Data); ok {
			n++
		}
		return s.event(e)
	}
	for _, e := range events {
		s.Write([]byte(event(e)))
	}
	return n
}

func TestChunksThatDifferInTextAndPaddingAreReadByTheTemplate(t *testing.T) {
	const padded = `{"choices":[{"index":0,"delta":{"content":"TEXT"},"finish_reason":null}],"p":"PADDING"}`
	fill := func(chunk, text, padding string) string {
		return strings.NewReplacer("TEXT", text, "PADDING", padding).Replace(chunk)
	}
	for _, tt := range []struct {
		name          string
		first, second string
		with, without bool // content
	}{
		{"text", fill(padded, "a", "x"), fill(padded, "bc", "yz"), true, true},
		{"empty text", fill(padded, "a", "x"), fill(padded, "", ""), true, true},
		{"after empty text", fill(padded, "", ""), fill(padded, "a", ""), false, false},
		{"escapes", fill(padded, `\n`, `\"`), fill(padded, `\"\u00e9\\`, `\\`), true, true},
		{"bytes that are no UTF-8", fill(padded, "a", "a"), fill(padded, "\xff", "\xff"), true, true},
		{"no padding", delta(`{"content":"a"}`), delta(`{"content":"b"}`), true, true},
		{"padding in one only", fill(padded, "a", "x"), `{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}`, false, false},
		{"padding before the text", `{"p":"a","choices":[{"delta":{"content":"a"}}]}`, `{"p":"b","choices":[{"delta":{"content":"a"}}]}`, false, false},
		{"thinking", delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]}]}`), delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"b"}]}]}`), true, true},
		{"reasoning of other servers", delta(`{"reasoning_content":"a"}`), delta(`{"reasoning_content":"b"}`), true, true},
		{"a whole message", `{"choices":[{"message":{"content":"a"}}]}`, `{"choices":[{"message":{"content":"b"}}]}`, true, true},
		{"usage in every chunk", `{"choices":[{"delta":{"content":"a"}}],"usage":null}`, `{"choices":[{"delta":{"content":"b"}}],"usage":null}`, true, true},
		{"usage that changes", `{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1}}`, `{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":2}}`, false, false},
		{"a finish reason", fill(padded, "a", "x"), last(`{"content":"a"}`, "stop"), false, false},
		{"another choice", `{"choices":[{"index":0,"delta":{"content":"a"}}]}`, `{"choices":[{"index":1,"delta":{"content":"a"}}]}`, false, false},
		{"two choices", `{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}`, `{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"c"}}]}`, false, false},
		{"a control character", fill(padded, "a", "x"), fill(padded, "\x01", "x"), false, false},
		{"a control character in the padding", fill(padded, "a", "x"), fill(padded, "a", "\x01"), false, false},
		{"a broken escape", fill(padded, "a", "x"), fill(padded, `\x`, "x"), false, false},
		{"something behind the end", fill(padded, "a", "x"), fill(padded, "a", "x") + "}", false, false},
		{"cut off", fill(padded, "a", "x"), strings.TrimSuffix(fill(padded, "a", "x"), `"}`), false, false},
		{"a member more", fill(padded, "a", "x"), fill(padded, `a","refusal":"b`, "x"), false, false},
		{"an error", fill(padded, "a", "x"), fill(padded, "a", `x","error":"y`), false, false},
		{"a tool call that begins again", delta(`{"tool_calls":[{"function":{"name":"f","arguments":"a"}}]}`), delta(`{"tool_calls":[{"function":{"name":"f","arguments":"b"}}]}`), false, false},
		{"a part that comes whole", delta(`{"content":[{"type":"text","text":"a"},{"type":"reference"}]}`), delta(`{"content":[{"type":"text","text":"b"},{"type":"reference"}]}`), false, true},
		{"content of an odd kind", delta(`{"reasoning":"a","content":5}`), delta(`{"reasoning":"b","content":5}`), false, false},
		{"arguments that are an object", delta(`{"reasoning":"a","tool_calls":[{"index":0,"function":{"arguments":{}}}]}`), delta(`{"reasoning":"b","tool_calls":[{"index":0,"function":{"arguments":{}}}]}`), false, true},
		{"a chunk too long to be kept", fill(padded, strings.Repeat("a", maxTemplate), "x"), fill(padded, "a", "x"), false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := map[bool]int{true: 1}
			assert.Equal(t, want[tt.with], likeTheTemplate(withContent, tt.first, tt.second), "with content")
			assert.Equal(t, want[tt.without], likeTheTemplate(withoutContent, tt.first, tt.second), "without content")
			assertSameWithoutTemplates(t, []byte(strings.Repeat(event(tt.first)+event(tt.second)+event(tt.second), 2)))
			assertSameWithoutTemplates(t, []byte(strings.Repeat(event(tt.first), 3)+strings.Repeat(event(tt.second), 3)))
		})
	}
	t.Run("the rest of a tool call", func(t *testing.T) {
		const first = `{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}]}`
		const rest = `{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"TEXT"}}]}}]}`
		assert.Equal(t, 1, likeTheTemplate(withContent, first, fill(rest, "a", ""), fill(rest, "b", "")))
	})
	t.Run("the zero template", func(t *testing.T) {
		_, ok := new(template).read([]byte(`"`))
		assert.False(t, ok)
	})
}

// assertSameWithoutTemplates checks that templates make no difference, in one
// piece and in many.
func assertSameWithoutTemplates(t *testing.T, body []byte) {
	t.Helper()
	for _, l := range fuzzed {
		want, wantComplete := parseEachChunk(l, body)
		for _, n := range []int{1, 7, len(body) + 1} {
			got, complete := parseStream(l, inPieces(body, n)...)
			require.Equal(t, want, got, "%q", body)
			require.Equal(t, wantComplete, complete)
		}
	}
}

func TestTemplatesMakeNoDifferenceToStreamsThatRepeatTheirEvents(t *testing.T) {
	for _, tt := range streams {
		var body strings.Builder
		for _, e := range tt.events {
			if e != done {
				body.WriteString(strings.Repeat(event(e), 3))
			}
		}
		assertSameWithoutTemplates(t, []byte(body.String()))
	}
}

func TestEventsThatAreNoChunksAreNotReadByTheTemplate(t *testing.T) {
	head, tail, _ := strings.Cut(delta(`{"content":"TEXT"}`), "TEXT")
	for name, second := range map[string]string{
		"an error": "event: error\n" + event(head+"b"+tail),
		// What is left of it would be a chunk.
		"too long": event(head + strings.Repeat("b", maxEvent-len(head)-len(tail)) + tail + "}"),
	} {
		body := []byte(event(head+"a"+tail) + second)
		want, _ := parseEachChunk(withContent, body)
		got, _ := parseStream(withContent, body)
		require.Equal(t, want, got, name)
		require.NotZero(t, got.DecodeErrors+len(got.Failure.Type), name)
	}
}

func TestBytesThatAreNoUTF8AreReplacedInEveryChunk(t *testing.T) {
	got, _ := parseStream(withContent, []byte(strings.Repeat(event(delta("{\"content\":\"a\xff\"}")), 3)))
	assert.Equal(t, []genai.Part{textPart("a\uFFFDa\uFFFDa\uFFFD")}, got.Response.Choices[0].Message.Parts)
}

// Templates are forgotten when the slice that their text lies in may move.
func TestATextThatMovesIsStillFound(t *testing.T) {
	var body strings.Builder
	for range 20 {
		for _, fields := range []string{`{"content":"a"}`, `{"content":"b"}`, `{"reasoning":"c"}`, `{"reasoning":"d"}`} {
			body.WriteString(event(delta(fields)))
		}
	}
	got, _ := parseStream(withContent, []byte(body.String()))
	parts := got.Response.Choices[0].Message.Parts
	require.Len(t, parts, 40)
	for i := 0; i < len(parts); i += 2 {
		require.Equal(t, []genai.Part{textPart("ab"), reasoningPart("cd")}, parts[i:i+2])
	}
}

// TestRecordedStreamsReadTheSameAtEverySplit compares templates, the reading of
// each chunk, and encoding/json.
func TestRecordedStreamsReadTheSameAtEverySplit(t *testing.T) {
	found := 0
	err := filepath.WalkDir(testenv.Shared(t, "cassettes"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".sse") {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(body), `"choices"`) {
			return err
		}
		found++
		want, wantComplete := parseEachChunk(withContent, body)
		check := func(how string, pieces ...[]byte) {
			got, complete := parseStream(withContent, pieces...)
			require.Equal(t, want, got, "%s, %s", path, how)
			require.Equal(t, wantComplete, complete, "%s, %s", path, how)
		}
		check("whole", body)
		check("bytes", inPieces(body, 1)...)
		check("every 7 bytes", inPieces(body, 7)...)
		random := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			how := make([]byte, len(body)/50)
			for i := range how {
				how[i] = byte(random.Uint32())
			}
			check("at random", cut(body, how)...)
		}
		text := ""
		for i := range want.Response.Choices {
			for _, part := range want.Response.Choices[i].Message.Parts {
				if part.Type == genai.PartText || part.Type == genai.PartReasoning {
					c := jsonscan.New(part.JSON)
					text += c.String()
				}
			}
		}
		require.Equal(t, plainText(body), text, path)
		return nil
	})
	require.NoError(t, err)
	assert.Greater(t, found, 20)
}

// plainText is all that a stream of one choice says, as encoding/json reads it.
func plainText(body []byte) (all string) {
	for line := range strings.Lines(string(body)) {
		data, _ := strings.CutPrefix(line, "data:")
		var chunk struct {
			Choices []struct{ Delta struct{ Content any } }
		}
		if json.Unmarshal([]byte(data), &chunk) != nil {
			continue
		}
		for _, c := range chunk.Choices {
			all += plainContent(c.Delta.Content)
		}
	}
	return all
}

func plainContent(v any) (all string) {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		for _, e := range v {
			all += plainContent(e)
		}
	case map[string]any:
		all = plainContent(v["thinking"])
		if v["type"] == "text" {
			all += plainContent(v["text"])
		}
	}
	return all
}

// FuzzTemplate reads two chunks in turn that differ where the text and where the
// padding may be.
func FuzzTemplate(f *testing.F) {
	for _, fields := range []string{`{"content":"TEXT"}`, `{"reasoning":"TEXT"}`, `{"tool_calls":[{"index":0,"function":{"arguments":"TEXT"}}]}`,
		`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"TEXT"}]}]}`} {
		head, middle, _ := strings.Cut(delta(fields), "TEXT")
		middle, tail, _ := strings.Cut(middle, "abc")
		f.Add(head, "a", middle, "b", tail, "c", "d")
		f.Add(head, "", middle, "", tail, `\"`, `\u00e9`)
		f.Add(head, "\xff", middle, "\x01", tail, `"`, `\`)
	}
	f.Fuzz(func(t *testing.T, head, text, middle, padding, tail, otherText, otherPadding string) {
		first := head + text + middle + padding + tail
		second := head + otherText + middle + otherPadding + tail
		assertSameWithoutTemplates(t, []byte(strings.Repeat(event(first)+event(second), 2)))

		var tpl template
		var ch chunk
		if data := []byte(first); ch.parse(data) && len(ch.choices) == 1 {
			tpl.learn(data, ch.choices[0].text, ch.padding)
			if got, ok := tpl.read([]byte(second)); ok {
				checkChunk(t, []byte(second))
				require.True(t, ch.parse([]byte(second)))
				require.Equal(t, ch.choices[0].text.String(), got.String())
			}
		}
	})
}
