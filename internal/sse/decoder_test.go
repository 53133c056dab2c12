// SPDX-License-Identifier: Apache-2.0

package sse

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// feed gives s to d the way a caller's Read loop does: in a slice that is overwritten afterwards, so that a decoder
// that keeps a piece of it is found out.
func feed(t testing.TB, d *Decoder, s string, emit func(Event) bool) {
	t.Helper()
	p := []byte(s)
	d.Feed(p, emit)
	if string(p) != s { // plain, for the fuzzer's sake: this runs for every byte
		t.Fatalf("Feed modified its input %q to %q", s, p)
	}
	if d.held != nil {
		t.Fatal("Feed retained its input")
	}
	for i := range p {
		p[i] = '#'
	}
}

// collect returns an emit function that copies events to *events.
func collect(events *[]got) func(Event) bool {
	return func(e Event) bool {
		*events = append(*events, got{Name: e.Name, Data: string(e.Data), Oversize: e.Oversize})
		return true
	}
}

// decode feeds the pieces and flushes.
func decode(t testing.TB, limit int, pieces ...string) []got {
	t.Helper()
	var d Decoder
	if limit > 0 {
		d.Reset(limit)
	}
	var events []got
	for _, piece := range pieces {
		feed(t, &d, piece, collect(&events))
	}
	d.Flush(collect(&events))
	return events
}

// pieces cuts s into pieces of n bytes.
func pieces(s string, n int) []string {
	var out []string
	for ; len(s) > n; s = s[n:] {
		out = append(out, s[:n])
	}
	return append(out, s)
}

// randomPieces cuts s into pieces of 0 to 20 bytes.
func randomPieces(s string, r *rand.Rand) []string {
	var out []string
	for s != "" {
		n := min(r.IntN(21), len(s))
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

// grammar holds inputs and their events. Every test over it also flushes.
var grammar = []struct {
	name  string
	input string
	want  []got
}{
	{"nothing", "", nil},
	{"LF", "data: a\n\ndata: b\n\n", []got{{Data: "a"}, {Data: "b"}}},
	{"CR", "data: a\r\rdata: b\r\r", []got{{Data: "a"}, {Data: "b"}}},
	{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []got{{Data: "a"}, {Data: "b"}}},
	{"mixed line ends", "data: a\r\ndata: b\rdata: c\n\r\ndata: d\n\r", []got{{Data: "a\nb\nc"}, {Data: "d"}}},
	{"LF CR is two line ends", "data: a\n\rdata: b\n\r", []got{{Data: "a"}, {Data: "b"}}},
	{"CR CR LF is two line ends", "data: a\r\r\ndata: b\r\r\n", []got{{Data: "a"}, {Data: "b"}}},
	{"blank lines only", "\n\n\r\n\r\r\n", nil},
	{"byte order mark", "\xEF\xBB\xBFdata: a\n\n", []got{{Data: "a"}}},
	{"byte order mark alone", "\xEF\xBB\xBF", nil},
	{"second byte order mark is a field name", "\xEF\xBB\xBF\xEF\xBB\xBFdata: a\ndata: b\n\n", []got{{Data: "b"}}},
	{"a name that repeats", "datadata: x\n\ndata: a\n\n", []got{{Data: "a"}}},
	{"byte order mark later is a field name", "data: a\n\n\xEF\xBB\xBFdata: b\n\n", []got{{Data: "a"}}},
	{"byte order mark after a blank line is a field name", "\n\xEF\xBB\xBFdata: a\n\n", nil},
	{"byte order mark in data stays", "data: \xEF\xBB\xBFa\n\n", []got{{Data: "\xEF\xBB\xBFa"}}},
	{"part of a byte order mark", "\xEF\xBBdata: a\ndata: b\n\n", []got{{Data: "b"}}},
	{"part of a byte order mark is a line", "data: a\n\xEF\n\n", []got{{Data: "a"}}},
	{"part of a byte order mark at the start is a line", "\xEF\xBB\ndata: a\n\n", []got{{Data: "a"}}},
	{"comments", ": hello\n:\n:data: x\ndata: a\n: between\ndata: b\n\n: ping\n\n", []got{{Data: "a\nb"}}},
	{"no space after colon", "data:a\nevent:n\n\n", []got{{Name: "n", Data: "a"}}},
	{"one space is taken", "data:  a \nevent:  n \n\n", []got{{Name: " n ", Data: " a "}}},
	{"tab is not a space", "data:\ta\n\n", []got{{Data: "\ta"}}},
	{"value of one space", "data: \n\n", []got{{Data: ""}}},
	{"space before colon makes another field", "data : a\n\n", nil},
	{"space before field makes another field", " data: a\n\n", nil},
	{"field names are case-sensitive", "Data: a\nDATA: b\nEvent: n\ndata: c\n\n", []got{{Data: "c"}}},
	{"longer field names", "dataset: a\nevents: n\ndata2\nevent2\ndata: c\n\n", []got{{Data: "c"}}},
	{"shorter field names", "d: a\ndat: a\ndat\ne: n\neven: n\neven\ndata: c\n\n", []got{{Data: "c"}}},
	{"colons in the value", "data: {\"a\":1}\n\ndata:: b: c\n\n", []got{{Data: `{"a":1}`}, {Data: ": b: c"}}},
	{"data without colon", "data\n\n", []got{{Data: ""}}},
	{"two data without colon", "data\ndata\n\n", []got{{Data: "\n"}}},
	{"empty data", "data:\n\n", []got{{Data: ""}}},
	{"several lines", "data: a\ndata: b\ndata: c\n\n", []got{{Data: "a\nb\nc"}}},
	{"empty lines around data", "data\ndata: a\ndata:\ndata: b\ndata: \n\n", []got{{Data: "\na\n\nb\n"}}},
	{"the specification's stock example", "data: YHOO\ndata: +2\ndata: 10\n\n", []got{{Data: "YHOO\n+2\n10"}}},
	{"event name", "event: n\ndata: a\n\n", []got{{Name: "n", Data: "a"}}},
	{"event name after data", "data: a\nevent: n\n\n", []got{{Name: "n", Data: "a"}}},
	{"last event name counts", "event: long\nevent: n\ndata: a\n\n", []got{{Name: "n", Data: "a"}}},
	{"empty name replaces a name", "event: n\nevent:\ndata: a\n\n", []got{{Data: "a"}}},
	{"name without colon replaces a name", "event: n\nevent\ndata: a\n\n", []got{{Data: "a"}}},
	{"name does not reach the next event", "event: n\ndata: a\n\ndata: b\n\n", []got{{Name: "n", Data: "a"}, {Data: "b"}}},
	{"name without data does not reach the next event", "event: n\n\ndata: b\n\n", []got{{Data: "b"}}},
	{"id and retry", "id: 7\nretry: 10\n\nid: 8\ndata: a\nid\nretry\n\n", []got{{Data: "a"}}},
	{"unknown fields", "foo: 1\nbar\n\nfoo: 1\ndata: a\nbar\n\n", []got{{Data: "a"}}},
	{"NUL", "data: a\x00b\nfoo\x00: 1\n\x00\n\n", []got{{Data: "a\x00b"}}},
	{"invalid UTF-8", "data: \xFF\xC3\ndata: \xE2\x82\n\n", []got{{Data: "\xFF\xC3\n\xE2\x82"}}},
	{"Unicode line separators are text", "data: a\u2028b\u0085c\v\f\n\n", []got{{Data: "a\u2028b\u0085c\v\f"}}},
	{"DONE inside data", "data: say [DONE]\n\ndata: data: [DONE]\n\ndata: [DONE]\n\n",
		[]got{{Data: "say [DONE]"}, {Data: "data: [DONE]"}, {Data: "[DONE]"}}},
	{"long name is cut", "event: " + strings.Repeat("n", 256) + "mm\ndata: a\n\n",
		[]got{{Name: strings.Repeat("n", 256), Data: "a"}}},
	{"unterminated: no blank line", "data: a\n\nevent: n\ndata: b\n", []got{{Data: "a"}, {Name: "n", Data: "b"}}},
	{"unterminated: no line end", "data: a\ndata: b", []got{{Data: "a\nb"}}},
	{"unterminated: CR", "data: a\r", []got{{Data: "a"}}},
	{"unterminated: CRLF", "data: a\r\n", []got{{Data: "a"}}},
	{"unterminated: cut field name", "data: a\ndat", []got{{Data: "a"}}},
	{"unterminated: field name alone", "data", []got{{Data: ""}}},
	{"unterminated: name alone", "event: n", nil},
	{"unterminated: name on the last line", "data: a\nevent: n", []got{{Name: "n", Data: "a"}}},
	{"unterminated: comment", "data: a\n: bye", []got{{Data: "a"}}},
}

func TestDecoderFollowsTheGrammarAtEverySplit(t *testing.T) {
	for _, tt := range grammar {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, specDecodeAll(tt.input, DefaultLimit), "specification")
			assert.Equal(t, tt.want, decode(t, 0, tt.input), "whole")
			for _, n := range []int{1, 2, 3, 7} {
				assert.Equal(t, tt.want, decode(t, 0, pieces(tt.input, n)...), "pieces of %d", n)
			}
			for i := range tt.input {
				require.Equal(t, tt.want, decode(t, 0, tt.input[:i], tt.input[i:]), "split at %d", i)
			}
			for seed := range uint64(20) {
				r := rand.New(rand.NewPCG(seed, 0))
				assert.Equal(t, tt.want, decode(t, 0, randomPieces(tt.input, r)...), "seed %d", seed)
			}
		})
	}
}

// No event may wait for a byte after the one that completes it, such as the LF after a CR.
func TestDecoderEmitsAnEventWithItsLastByte(t *testing.T) {
	for _, tt := range grammar {
		t.Run(tt.name, func(t *testing.T) {
			requireTimely(t, tt.input, DefaultLimit)
		})
	}
}

func requireTimely(t *testing.T, input string, limit int) {
	t.Helper()
	var d Decoder
	d.Reset(limit)
	var events []got
	for i := range len(input) {
		feed(t, &d, input[i:i+1], collect(&events))
		if want := specDecode(input[:i+1], limit); !slices.Equal(want, events) {
			t.Fatalf("after %q: want %+v, got %+v", input[:i+1], want, events)
		}
	}
}

func TestDecoderCutsDataAtTheLimitAndGoesOn(t *testing.T) {
	const limit = 10
	next := "event: n\ndata: next\n\n"
	tests := []struct {
		name  string
		input string
		want  got
	}{
		{"limit -1", "data: 123456789\n\n", got{Data: "123456789"}},
		{"limit", "data: 1234567890\n\n", got{Data: "1234567890"}},
		{"limit +1", "data: 1234567890a\n\n", got{Data: "1234567890", Oversize: true}},
		{"far beyond", "data: 1234567890" + strings.Repeat("x", 5000) + "\n\n", got{Data: "1234567890", Oversize: true}},
		{"lines, limit", "data: 12345\ndata: 7890\n\n", got{Data: "12345\n7890"}},
		{"lines, limit +1", "data: 12345\ndata: 7890a\n\n", got{Data: "12345\n7890", Oversize: true}},
		{"empty line at limit", "data: 123456789\ndata\n\n", got{Data: "123456789\n"}},
		{"empty line beyond", "data: 1234567890\ndata\n\n", got{Data: "1234567890", Oversize: true}},
		{"lines beyond", "data: 1234567890\ndata: a\ndata: b\n\n", got{Data: "1234567890", Oversize: true}},
		{"comment does not count", "data: 1234567890\n: aaaa\nid: aaaa\n\n", got{Data: "1234567890"}},
		{"unterminated", "data: 1234567890a", got{Data: "1234567890", Oversize: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			input, want := tt.input, []got{tt.want}
			if strings.HasSuffix(input, "\n\n") {
				input, want = input+next, append(want, got{Name: "n", Data: "next"})
			}
			require.Equal(t, want, specDecodeAll(input, limit), "specification")
			for i := range input {
				require.Equal(t, want, decode(t, limit, input[:i], input[i:]), "split at %d", i)
			}
			assert.Equal(t, want, decode(t, limit, pieces(input, 1)...), "bytes")
		})
	}
}

func TestDecoderKeepsTheDefaultLimit(t *testing.T) {
	for _, extra := range []int{-1, 0, 1} {
		text := strings.Repeat("x", DefaultLimit+extra)
		want := []got{{Data: text[:min(len(text), DefaultLimit)], Oversize: extra > 0}, {Data: "next"}}
		input := "data:" + text + "\n\ndata: next\n\n"
		for name, got := range map[string][]got{
			"zero value": decode(t, 0, input),
			"split":      decode(t, 0, pieces(input, 4096)...),
		} {
			// Not assert.Equal, which would print a megabyte.
			assert.True(t, fmt.Sprint(want) == fmt.Sprint(got), "%s, limit %+d", name, extra)
		}
	}
	for _, limit := range []int{0, -1} {
		var d Decoder
		d.Reset(limit)
		assert.Equal(t, DefaultLimit, d.room())
	}
}

func TestDecoderReadsLongLines(t *testing.T) {
	long := strings.Repeat("0123456789", 30_000) // 300 KB
	input := "data: a\n: " + long + "\n" + long + ": x\nid: " + long + "\n\nevent: n\ndata: " + long + "\n\ndata: b\n\n"
	want := []got{{Data: "a"}, {Name: "n", Data: long}, {Data: "b"}}
	for name, events := range map[string][]got{
		"whole":  decode(t, 0, input),
		"bytes":  decode(t, 0, pieces(input, 7)...),
		"blocks": decode(t, 0, pieces(input, 32<<10)...),
	} {
		assert.True(t, fmt.Sprint(want) == fmt.Sprint(events), name)
	}
}

func TestDecoderStopsForGoodWhenEmitReturnsFalse(t *testing.T) {
	input := "data: a\n\ndata: b\n\ndata: c\n\ndata: d"
	for _, n := range []int{1, 7, len(input)} {
		var d Decoder
		var names []string
		emit := func(e Event) bool {
			names = append(names, string(e.Data))
			return len(names) < 2
		}
		for _, piece := range pieces(input, n) {
			feed(t, &d, piece, emit)
		}
		d.Flush(emit)
		assert.Equal(t, []string{"a", "b"}, names, "pieces of %d", n)
	}
}

func TestFlushStopsWhenEmitReturnsFalse(t *testing.T) {
	var d Decoder
	calls := 0
	emit := func(Event) bool { calls++; return false }
	feed(t, &d, "data: a", emit)
	d.Flush(emit)
	assert.Equal(t, 1, calls)
}

func TestFlushEndsTheStream(t *testing.T) {
	var d Decoder
	var events []got
	feed(t, &d, "data: a", collect(&events))
	d.Flush(collect(&events))
	d.Flush(collect(&events))
	feed(t, &d, "\n\ndata: b\n\n", collect(&events))
	d.Flush(collect(&events))
	assert.Equal(t, []got{{Data: "a"}}, events)
}

func TestResetBeginsANewStream(t *testing.T) {
	for _, before := range []string{
		"", "x", "da", "data", "data:", "data: a", "data: a\r", "event: n", "event: n\n", ": c", "data: 12345678", "\xEF\xBB",
	} {
		var d Decoder
		var events []got
		d.Reset(5)
		feed(t, &d, before, collect(&events))
		d.Reset(3)
		feed(t, &d, "\xEF\xBB\xBFdata: 1234\n\ndata: b", collect(&events))
		d.Flush(collect(&events))
		d.Reset(3)
		feed(t, &d, "\n\ndata: c\n\n", collect(&events))
		assert.Equal(t, []got{{Data: "123", Oversize: true}, {Data: "b"}, {Data: "c"}}, events, "after %q", before)
	}
}

func TestDecoderHandsOutTheCallersBytesWithoutCopying(t *testing.T) {
	p := []byte(": c\nevent: n\ndata: abc\nid: 1\n\n")
	at := bytes.Index(p, []byte("abc"))
	var d Decoder
	calls := 0
	d.Feed(p, func(e Event) bool {
		calls++
		require.Equal(t, "abc", string(e.Data))
		assert.Same(t, &p[at], &e.Data[0])
		assert.Equal(t, 3, cap(e.Data), "appending must not reach the caller's bytes")
		return true
	})
	assert.Equal(t, 1, calls)
	assert.Nil(t, d.buf)
}

// A panic that the caller recovers must not leave the caller's slice in the decoder.
func TestDecoderForgetsTheEventWhenEmitPanics(t *testing.T) {
	var d Decoder
	assert.Panics(t, func() { d.Feed([]byte("event: n\ndata: a\n\n"), func(Event) bool { panic("emit") }) })
	assert.Nil(t, d.held)
	var events []got
	feed(t, &d, "data: b\n\n", collect(&events))
	assert.Equal(t, []got{{Data: "b"}}, events)
}
