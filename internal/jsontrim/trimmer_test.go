// SPDX-License-Identifier: Apache-2.0

package jsontrim_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// outcome is all that a Trimmer tells about one value.
type outcome struct {
	Copy    string
	Done    bool // before End
	Ended   bool // Done after End
	Failed  bool // after End
	Dropped int64
}

// trim writes the pieces to a fresh Trimmer.
func trim(shape *jsontrim.Shape, limits jsontrim.Limits, pieces ...string) outcome {
	var t jsontrim.Trimmer
	t.Reset(shape, limits)
	for _, p := range pieces {
		_, _ = t.Write([]byte(p))
	}
	o := outcome{Done: t.Done(), Copy: string(t.End())}
	o.Ended, o.Failed, o.Dropped = t.Done(), t.Failed(), t.Dropped()
	return o
}

// pieces cuts s into pieces of n bytes.
func pieces(s string, n int) []string {
	var list []string
	for len(s) > n {
		list, s = append(list, s[:n]), s[n:]
	}
	return append(list, s)
}

// trimEverySplit trims doc whole and demands the same outcome however it is
// split.
func trimEverySplit(t *testing.T, shape *jsontrim.Shape, limits jsontrim.Limits, doc string) outcome {
	t.Helper()
	whole := trim(shape, limits, doc)
	require.Equal(t, whole, trim(shape, limits, pieces(doc, 1)...), "1 byte")
	require.Equal(t, whole, trim(shape, limits, pieces(doc, 7)...), "7 bytes")
	if len(doc) <= 4096 {
		for i := range len(doc) {
			require.Equal(t, whole, trim(shape, limits, doc[:i], doc[i:]), "split at %d", i)
		}
	}
	if whole.Copy != "" {
		require.True(t, json.Valid([]byte(whole.Copy)), "not JSON: %q", whole.Copy)
	}
	return whole
}

var unlimited = jsontrim.Limits{String: math.MaxInt, Total: math.MaxInt}

type members = map[string]*jsontrim.Shape

func TestTrimmerKeepsWhatTheShapeNames(t *testing.T) {
	keep, secret := jsontrim.Keep, jsontrim.Keep.Without("api_key", "authorization")
	tests := []struct {
		name  string
		shape *jsontrim.Shape
		doc   string
		want  string
	}{
		{"nil keeps nothing", nil, `{"a":1}`, ""},
		{"Keep keeps all", keep, ` { "a" : [ 1 , {"b":null} , "c" , true ] , "d" : {} , "e" : [] } `, `{"a":[1,{"b":null},"c",true],"d":{},"e":[]}`},
		{"named members only", jsontrim.Members(members{"a": keep}), `{"x":[1,{"a":2}],"a":3,"y":"}"}`, `{"a":3}`},
		{"members in order", jsontrim.Members(members{"a": keep, "b": keep}), `{"b":1,"x":2,"a":3}`, `{"b":1,"a":3}`},
		{"a nil member is dropped", jsontrim.Members(members{"a": nil, "b": keep}), `{"a":1,"b":2}`, `{"b":2}`},
		{"nothing named is there", jsontrim.Members(members{"a": keep}), `{"x":1}`, `{}`},
		{"nested", jsontrim.Members(members{"a": jsontrim.Members(members{"b": keep})}), `{"a":{"x":1,"b":{"x":2}},"b":3}`, `{"a":{"b":{"x":2}}}`},
		{"letter case matters", jsontrim.Members(members{"a": keep}), `{"A":1,"a":2}`, `{"a":2}`},
		{"both of a key that occurs twice", jsontrim.Members(members{"a": keep}), `{"a":1,"x":0,"a":2}`, `{"a":1,"a":2}`},
		{"each element of an array", jsontrim.Members(members{"a": keep}), `[{"a":1,"x":2},[{"x":3,"a":4}],{"x":5}]`, `[{"a":1},[{"a":4}],{}]`},
		{"scalars in place of objects", jsontrim.Members(members{"a": keep}), `[1,"s",null,{"a":true}]`, `[1,"s",null,{"a":true}]`},
		{"scalar members in place of objects", jsontrim.Members(members{"a": jsontrim.Members(nil)}), `{"a":"s"}`, `{"a":"s"}`},
		{"keys with escapes", jsontrim.Members(members{"a/b": keep, "é": keep}), `{"a\/b":1,"\u00e9":2,"é":3}`, `{"a/b":1,"é":2,"é":3}`},
		{"skipped strings with quotes and backslashes", jsontrim.Members(members{"a": keep}), `{"x":"\\\"]}","y":["\\\\",{"z":"\\"}],"":"\\\\\"","a":1}`, `{"a":1}`},
		{"skipped scalars", jsontrim.Members(members{"a": keep}), `{"x":1,"y":true,"z":null ,"w":-1.5e3,"a":1}`, `{"a":1}`},
		{"without, at any depth", secret, `{"api_key":"s","a":[{"authorization":{"b":1},"c":2}],"d":{"api_key":[1]}}`, `{"a":[{"c":2}],"d":{}}`},
		{"without, in any letter case", secret, `{"Authorization":"s","API_KEY":1,"a":2}`, `{"a":2}`},
		{"without, with escapes", secret, `{"api\u005fkey":1,"a":2}`, `{"a":2}`},
		{"without, under Members", jsontrim.Members(members{"a": keep, "b": keep}).Without("b"), `{"a":{"b":1,"c":2},"b":3}`, `{"a":{"c":2}}`},
		{"keys that are too long", keep, `{"` + strings.Repeat("k", jsontrim.MaxKey+1) + `":1,"` + strings.Repeat("k", jsontrim.MaxKey) + `":2}`, `{"` + strings.Repeat("k", jsontrim.MaxKey) + `":2}`},
		{"an empty key", keep, `{"":1}`, `{"":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := trimEverySplit(t, tt.shape, unlimited, tt.doc)
			assert.Equal(t, tt.want, got.Copy)
			assert.True(t, got.Done)
		})
	}
}

func TestTrimmerCountsElements(t *testing.T) {
	shape := jsontrim.Members(members{"n": jsontrim.Count, "id": jsontrim.Keep})
	for doc, want := range map[string]string{
		`{"n":["a",{"b":[1,2]},[3,4],5,null,true],"id":"x"}`: `{"n":6,"id":"x"}`,
		`{"id":"x","n":[ ]}`:    `{"id":"x","n":0}`,
		`{"n":"text","id":"x"}`: `{"n":1,"id":"x"}`, `{"n":"te`: `{"n":1}`, `{"n":null,"id":"x"}`: `{"id":"x"}`,
		`{"n":{"a":1},"id":"x"}`:              `{"n":1,"id":"x"}`,
		`{"n":7,"id":"x"}`:                    `{"id":"x"}`,
		`{"n":["a","b`:                        `{"n":2}`,
		`{"n":[1,2`:                           `{"n":2}`,
		`{"n":[`:                              `{"n":0}`,
		`{"n":[1],"n":[1,2,3],"id":"\u0041"}`: `{"n":1,"n":3,"id":"A"}`,
	} {
		assert.Equal(t, want, trimEverySplit(t, shape, unlimited, doc).Copy, doc)
	}
	long := `{"n":[` + strings.Repeat(`"abcdefgh",`, 100_000) + `""],"id":"x"}`
	got := trim(shape, jsontrim.Limits{}, long)
	assert.Equal(t, `{"n":100001,"id":"x"}`, got.Copy)
	assert.Zero(t, got.Dropped, "the shape does not keep the elements")
}

func TestTrimmerRepairsText(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"all escapes", `"\"\\\/\b\f\n\r\t\u0041\u00e9\u4eca"`, `"\"\\/\u0008\u000c\n\r\tAé今"`},
		{"surrogate pair", `"\ud83d\ude00"`, `"😀"`},
		{"high surrogate alone", `"\ud83dx"`, `"�x"`},
		{"high surrogate at the end", `"\ud83d"`, `"�"`},
		{"high surrogate before an escape", `"\ud83d\n\ud83d\u0041"`, `"�\n�A"`},
		{"two high surrogates and a low one", `"\ud83d\ud83d\ude00"`, `"�😀"`},
		{"low surrogate alone", `"\ude00"`, `"�"`},
		{"high surrogate before an odd escape", `"\ud83d\q"`, `"�\\q"`},
		{"unknown escape", `"\d+\é"`, `"\\d+\\é"`},
		{"broken unicode escape", `"\u12G4\u"`, `"�G4�"`},
		{"high surrogate before a broken unicode escape", `"\ud83d\u1x"`, `"��x"`},
		{"raw control characters", "\"a\tb\nc\x00\x1f\"", `"a\tb\nc\u0000\u001f"`},
		{"not UTF-8", "\"a\xffb\xc3\"", `"a�b�"`},
		{"rune that is cut short", "\"\xe4\xbbx\xf0\x9f\x98\"", `"��x���"`},
		{"encoded surrogate", "\"\xed\xa0\x80\"", `"���"`},
		{"overlong encoding", "\"\xc0\xaf\xe0\x80\x80\"", `"�����"`},
		{"a true U+FFFD", "\"\ufffd\"", `"�"`},
		{"delete is no control character", "\"\x7f\"", "\"\x7f\""},
		{"in keys", "{\"\\q\x01\xff\\ud83d\":1}", `{"\\q\u0001��":1}`},
		{"malformed numbers", `[01,1.,.5,+1,-,1e,1e+,0x1,1.5.5,--1,1-]`, `[null,null,null,null,null,null,null,null,null,null,null]`},
		{"malformed literals", `[tru,True,nulll,NaN,undefined,'x',Infinity]`, `[null,null,null,null,null,null,null]`},
		{"numbers", `[0,-0,10,-1.50,1E5,1e-05,0.1e+9,123456789012345678901234567890]`, `[0,-0,10,-1.50,1E5,1e-05,0.1e+9,123456789012345678901234567890]`},
		{"longest number", "[" + strings.Repeat("1", jsontrim.MaxNumber) + "]", "[" + strings.Repeat("1", jsontrim.MaxNumber) + "]"},
		{"number that is too long", "[" + strings.Repeat("1", jsontrim.MaxNumber+1) + ",2]", "[null,2]"},
		{"byte order mark", "\xef\xbb\xbf {\"a\":1}", `{"a":1}`},
		{"white space", " \r\n\t{\r\n\t\"a\" \n:\t1\r}", `{"a":1}`},
		{"what follows is ignored", `{"a":1}}]garbage"`, `{"a":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := trimEverySplit(t, jsontrim.Keep, unlimited, tt.doc)
			assert.Equal(t, tt.want, got.Copy)
			assert.True(t, got.Done)
		})
	}
}

func TestTrimmerKnowsWhenTheValueIsComplete(t *testing.T) {
	tests := []struct {
		doc  string
		want outcome
	}{
		{``, outcome{}},
		{" \n", outcome{}},
		{"\xef\xbb", outcome{}},
		{`"a"`, outcome{Copy: `"a"`, Done: true, Ended: true}},
		{`true`, outcome{Copy: `true`, Done: true, Ended: true}},
		{`false`, outcome{Copy: `false`, Done: true, Ended: true}},
		{`nullx`, outcome{Copy: `null`, Done: true, Ended: true}},
		{`12`, outcome{Copy: `12`, Ended: true}},
		{`12 `, outcome{Copy: `12`, Done: true, Ended: true}},
		{`[]`, outcome{Copy: `[]`, Done: true, Ended: true}},
		{`[`, outcome{Copy: `[]`}},
		{`{"a"`, outcome{Copy: `{}`}},
		{`{"a":1,"b`, outcome{Copy: `{"a":1}`}},
		{`{"a":1,"b":`, outcome{Copy: `{"a":1}`}},
		{`{"a":1,"b":2`, outcome{Copy: `{"a":1}`}},
		{`{"a":1,"b":2 `, outcome{Copy: `{"a":1,"b":2}`}},
		{`{"a":1,"b":tru`, outcome{Copy: `{"a":1}`}},
		{`[1,2,`, outcome{Copy: `[1,2]`}},
		{`[1,23`, outcome{Copy: `[1]`}},
		{`{"a":"xy`, outcome{Copy: `{"a":"xy"}`}},
		{`{"a":"xy\`, outcome{Copy: `{"a":"xy"}`}},
		{`{"a":"xy\u00e`, outcome{Copy: `{"a":"xy"}`}},
		{`{"a":"xy\ud83d\ude`, outcome{Copy: `{"a":"xy"}`}},
		{"{\"a\":\"xy\xe4\xbb", outcome{Copy: `{"a":"xy"}`}},
		{`{"a":{"b":[1,{"c":"d`, outcome{Copy: `{"a":{"b":[1,{"c":"d"}]}}`}},
		{`"ab`, outcome{Copy: `"ab"`}},
		{`"data:image/png;ba`, outcome{Copy: `"data:image/png;ba"`}},
	}
	for _, tt := range tests {
		t.Run(tt.doc, func(t *testing.T) {
			assert.Equal(t, tt.want, trimEverySplit(t, jsontrim.Keep, unlimited, tt.doc))
		})
	}
}

func TestTrimmerFailsOnWhatIsNotJSON(t *testing.T) {
	tests := []struct{ doc, want string }{
		{`<html><body>Bad Gateway</body></html>`, ""},
		{`Not Found`, ""},
		{`nul`, ""},
		{`-`, ""},
		{`tru `, ""},
		{`undefined`, ""},
		{strings.Repeat("1", jsontrim.MaxNumber+1), ""},
		{"\xef\xbbx", ""},
		{"\xef\xbb\xbf\xef\xbb\xbf1 ", ""},
		{`]`, ""},
		{`,1`, ""},
		{`{"a" 1}`, `{}`},
		{`{"a":1]`, `{"a":1}`},
		{`[1}`, `[1]`},
		{`[1 2]`, `[1]`},
		{`[1,]`, `[1]`},
		{`{"a":1,}`, `{"a":1}`},
		{`{"a":}`, `{}`},
		{`{1:2}`, `{}`},
		{`{"a":[{"b":"c"}:`, `{"a":[{"b":"c"}]}`},
		{`["a""b"]`, `["a"]`},
		{`{"a":1"b":2}`, `{"a":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.doc[:min(len(tt.doc), 40)], func(t *testing.T) {
			got := trimEverySplit(t, jsontrim.Keep, unlimited, tt.doc)
			assert.Equal(t, outcome{Copy: tt.want, Failed: true}, got)
		})
	}
}

func TestTrimmerGivesUpOnEndlessText(t *testing.T) {
	var trimmer jsontrim.Trimmer
	trimmer.Reset(jsontrim.Keep, jsontrim.Limits{})
	for range 2000 {
		_, _ = trimmer.Write([]byte("<br>"))
	}
	assert.True(t, trimmer.Failed())
	assert.Empty(t, trimmer.End())
}

func TestTrimmerCutsStringsOutsideBulkAtALimitOfTheirOwn(t *testing.T) {
	shape := jsontrim.Members(map[string]*jsontrim.Shape{"id": jsontrim.Keep, "text": jsontrim.Keep.Bulk()})
	got := trimEverySplit(t, shape, jsontrim.Limits{String: 2, Lean: 4}, `{"id":"abcdef","text":"abcdef"}`)
	assert.Equal(t, `{"id":"abcd...[2 bytes cut]","text":"ab...[4 bytes cut]"}`, got.Copy)
}

func TestTrimmerCutsStrings(t *testing.T) {
	tests := []struct {
		name    string
		limit   int
		doc     string
		want    string
		dropped int64
	}{
		{"fits", 5, `"abcde"`, `"abcde"`, 0},
		{"one too many", 5, `"abcdef"`, `"abcde...[1 bytes cut]"`, 1},
		{"whole runes", 5, `"abcd今"`, `"abcd...[3 bytes cut]"`, 3},
		{"nothing after the first cut", 5, `"abcd今e"`, `"abcd...[4 bytes cut]"`, 4},
		{"escapes count as decoded text", 3, `"\n\"\u0041"`, `"\n\"A"`, 0},
		{"no half escape", 3, `"ab\u00e9"`, `"ab...[2 bytes cut]"`, 2},
		{"no half surrogate pair", 3, `"\ud83d\ude00"`, `"...[4 bytes cut]"`, 4},
		{"what replaces bad bytes counts", 3, "\"\xff\xff\"", `"�...[3 bytes cut]"`, 3},
		{"unfinished", 2, `{"a":"abcd`, `{"a":"ab...[2 bytes cut]"}`, 2},
		{"keys are not cut", 1, `{"abc":"d"}`, `{"abc":"d"}`, 0},
		{"looks like a data URL", 6, `"data:ab"`, `"data:a...[1 bytes cut]"`, 1},
		{"a control character", 1, `"a\n"`, `"a...[1 bytes cut]"`, 1},
		{"control characters count", 2, `"\n\n\n"`, `"\n\n...[1 bytes cut]"`, 1},
		{"no control character after the first cut", 5, `"abcd今\n"`, `"abcd...[4 bytes cut]"`, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := trimEverySplit(t, jsontrim.Keep, jsontrim.Limits{String: tt.limit}, tt.doc)
			assert.Equal(t, tt.want, got.Copy)
			assert.Equal(t, tt.dropped, got.Dropped)
		})
	}
}

func TestTrimmerBoundsBulkContentAndKeepsTheRest(t *testing.T) {
	shape := jsontrim.Members(members{
		"id": jsontrim.Keep, "usage": jsontrim.Keep, "list": jsontrim.Keep.Bulk(),
		"messages": jsontrim.Members(members{"role": jsontrim.Keep, "content": jsontrim.Keep.Bulk()}),
	})
	tests := []struct {
		name    string
		total   int
		doc     string
		want    string
		dropped int64
	}{
		{"string is cut", 3, `{"list":"abcdef","id":"i"}`, `{"list":"abc...[3 bytes cut]","id":"i"}`, 3},
		{
			"next string is cut to nothing", 3,
			`{"messages":[{"role":"user","content":"abcd"},{"content":"efg","role":"user"}],"usage":{"n":1}}`,
			`{"messages":[{"role":"user","content":"abc...[1 bytes cut]"},{"content":"...[3 bytes cut]","role":"user"}],"usage":{"n":1}}`, 4,
		},
		{"elements are dropped", 5, `{"list":[1,2,3,{"a":"]"},"x"],"usage":[7]}`, `{"list":[1,2,3],"usage":[7]}`, int64(len(`{"a":"]"}"x"`))},
		{"members are dropped", 6, `{"list":{"a":1,"b":2,"c":true},"id":4}`, `{"list":{"a":1,"b":2},"id":4}`, 4},
		{"the element that reaches the limit is whole", 1, `{"list":[{"a":1},2]}`, `{"list":[{}]}`, 2},
		{"spent before the list begins", 1, `{"list":"a","list":[1,[2],{"b":3}]}`, `{"list":"a","list":[]}`, int64(len(`1[2]{"b":3}`))},
		{"a string that fits but for its quotes", 4, `{"list":["a","b"]}`, `{"list":["a","...[1 bytes cut]"]}`, 1},
		{"not what the shape drops", 1, `{"list":"ab","x":"cdef"}`, `{"list":"a...[1 bytes cut]"}`, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := trimEverySplit(t, shape, jsontrim.Limits{Total: tt.total}, tt.doc)
			assert.Equal(t, tt.want, got.Copy)
			assert.Equal(t, tt.dropped, got.Dropped)
			assert.True(t, got.Done)
		})
	}
}

func TestTrimmerBoundsWhatIsOutsideBulk(t *testing.T) {
	var doc strings.Builder
	doc.WriteString(`{"bulk":"content","list":[`)
	for i := range 100_000 {
		fmt.Fprintf(&doc, `{"i":%d},`, i)
	}
	doc.WriteString(`0]}`)
	shape := jsontrim.Members(members{"bulk": jsontrim.Keep.Bulk(), "list": jsontrim.Keep})
	got := trimEverySplit(t, shape, jsontrim.Limits{}, doc.String())
	assert.True(t, got.Done)
	assert.InDelta(t, jsontrim.Reserve, len(got.Copy), 1024)
	assert.Greater(t, got.Dropped, int64(jsontrim.Reserve))
}

func TestTrimmerBoundsDigestsAndNotes(t *testing.T) {
	for _, element := range []string{`"data:;base64,"`, `"abc"`} {
		doc := "[" + strings.Repeat(element+",", 50_000) + "0]"
		got := trim(jsontrim.Keep, jsontrim.Limits{String: 1}, doc)
		assert.InDelta(t, jsontrim.Reserve, len(got.Copy), 1024)
	}
}

func TestTrimmerAppliesDefaultLimits(t *testing.T) {
	long := strings.Repeat("a", jsontrim.DefaultString+3)
	got := trim(jsontrim.Keep.Bulk(), jsontrim.Limits{}, `"`+long+`"`)
	assert.Equal(t, `"`+long[3:]+jsontrim.CutNote(3)+`"`, got.Copy)

	got = trim(jsontrim.Keep.Bulk(), jsontrim.Limits{}, "["+strings.Repeat(`"`+long+`",`, 20)+"0]")
	assert.InDelta(t, jsontrim.DefaultTotal, len(got.Copy), 1024)
}

func TestTrimmerReplacesDeepNestingByNull(t *testing.T) {
	deepest := strings.Repeat("[", jsontrim.MaxDepth) + strings.Repeat("]", jsontrim.MaxDepth)
	assert.Equal(t, deepest, trimEverySplit(t, jsontrim.Keep, unlimited, deepest).Copy)

	nested := strings.Repeat(`{"a":`, jsontrim.MaxDepth) + `[{"b":"]"},1]` + strings.Repeat("}", jsontrim.MaxDepth)
	got := trimEverySplit(t, jsontrim.Keep, unlimited, nested)
	assert.Equal(t, strings.Replace(nested, `[{"b":"]"},1]`, "null", 1), got.Copy)
	assert.Equal(t, int64(len(`[{"b":"]"},1]`)), got.Dropped)

	const n = 100_000
	got = trimEverySplit(t, jsontrim.Keep, unlimited, strings.Repeat("[", n)+strings.Repeat("]", n))
	assert.True(t, got.Done)
	assert.Len(t, got.Copy, 2*jsontrim.MaxDepth+len("null"))
}

func TestTrimmerCountsWhatALongKeyCosts(t *testing.T) {
	doc := `{"` + strings.Repeat("k", 300) + `":[1,2],"a":1}`
	assert.Equal(t, int64(5), trimEverySplit(t, jsontrim.Keep, unlimited, doc).Dropped)
	assert.Zero(t, trimEverySplit(t, jsontrim.Members(members{"a": jsontrim.Keep}), unlimited, doc).Dropped)
	number := `{"a":` + strings.Repeat("1", 2000) + `}`
	assert.Equal(t, int64(2000), trimEverySplit(t, jsontrim.Keep, unlimited, number).Dropped)
}

func TestTrimmerMayBeReused(t *testing.T) {
	var trimmer jsontrim.Trimmer
	docs := []string{`{"a":"data:a/b;base64,QU`, `{"a":"\ud83d`, `{"a":"x` + "\xe4", `[[[{"k`, `[1,2 3`, `"x"`, `{"input":"abcd"}`}
	for _, doc := range docs {
		for _, next := range docs {
			for _, d := range []string{doc, next} {
				trimmer.Reset(jsontrim.Keep.Base64("input"), jsontrim.Limits{String: 3})
				_, _ = trimmer.Write([]byte(d))
				o := outcome{Done: trimmer.Done(), Copy: string(trimmer.End())}
				o.Ended, o.Failed, o.Dropped = trimmer.Done(), trimmer.Failed(), trimmer.Dropped()
				assert.Equal(t, trim(jsontrim.Keep.Base64("input"), jsontrim.Limits{String: 3}, d), o)
				assert.Equal(t, o.Copy, string(trimmer.End()), "second End")
			}
		}
	}
}

func TestTrimmerIgnoresWritesAfterEnd(t *testing.T) {
	var trimmer jsontrim.Trimmer
	trimmer.Reset(jsontrim.Keep, jsontrim.Limits{})
	_, _ = trimmer.Write([]byte(`[1,`))
	assert.Equal(t, `[1]`, string(trimmer.End()))
	n, err := trimmer.Write([]byte(`2]`))
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	assert.Equal(t, `[1]`, string(trimmer.End()))
	assert.False(t, trimmer.Done())
}

func TestShapesAreImmutable(t *testing.T) {
	named := members{"a": jsontrim.Keep}
	shape := jsontrim.Members(named)
	named["b"] = jsontrim.Keep
	_ = shape.Without("a").Bulk().Base64("c")
	assert.Equal(t, `{"a":1}`, trim(shape, unlimited, `{"a":1,"b":2}`).Copy)
	one := jsontrim.Keep.Without("x").Without("v").Without("w") // with room to append
	two, three := one.Without("y"), one.Without("z")
	assert.Equal(t, `{"z":3}`, trim(two, unlimited, `{"x":1,"y":2,"z":3}`).Copy)
	assert.Equal(t, `{"y":2}`, trim(three, unlimited, `{"x":1,"y":2,"z":3}`).Copy)
	var none *jsontrim.Shape
	assert.Nil(t, none.Without("a").Base64("b").Bulk())
}

func TestTrimmerDoesNotAllocateInTheSteadyState(t *testing.T) {
	doc := []byte(`{"id":"cmpl","n":[1.5,true],"text":"line\nline \u00e9 今天","image":"data:image/png;base64,iVBORw0KGgo=","x":{"y":"z"}}`)
	shape := jsontrim.Members(members{
		"id": jsontrim.Keep, "n": jsontrim.Keep, "image": jsontrim.Keep,
		"text": jsontrim.Keep.Without("secret").Bulk(),
	})
	var trimmer jsontrim.Trimmer
	allocs := testing.AllocsPerRun(100, func() {
		trimmer.Reset(shape, jsontrim.Limits{})
		for i := range doc {
			_, _ = trimmer.Write(doc[i : i+1])
		}
		trimmer.End()
	})
	assert.Zero(t, allocs)
	assert.True(t, trimmer.Done())
}

func TestCutNote(t *testing.T) {
	assert.Equal(t, "...[12345 bytes cut]", jsontrim.CutNote(12345))
	assert.Equal(t, "ab...[1 bytes cut]", string(jsontrim.AppendCutNote([]byte("ab"), 1)))
}

func TestTheEndOfWhatIsSkippedIsFoundAtAnyDistance(t *testing.T) {
	shape := jsontrim.Members(map[string]*jsontrim.Shape{"usage": jsontrim.Keep})
	for _, distance := range []int{0, 1, 63, 64, 65, 575, 576, 577, 1088, 1500} {
		for _, data := range []string{`[1#]`, `[1#,[7]]`, `[1#,{"a":1}]`, `[1#,"]"]`, `{"a":1#}`} {
			doc := `{"data":` + strings.Replace(data, "#", strings.Repeat("0", distance), 1) + `,"usage":3}`
			o := trimEverySplit(t, shape, jsontrim.Limits{}, doc)
			require.Equal(t, `{"usage":3}`, o.Copy, "%d digits in %s", distance, data)
		}
	}
}

// What comes in one piece is mostly read in one loop, what comes byte by byte
// never is.
func TestTheCopyIsTheSameInOnePieceAndByteByByte(t *testing.T) {
	for _, doc := range append([]string{
		`{"a":"x\/y","b":"\u00e9","c":"\b"}`,
		`{"a" "b":1}`,
		`{"a":1 "b":2}`,
		`{"\u0061":"b":1,"c":2}`,
		`{"\u0061":1,"c":[1 ,{"d": true,"e" :false}, -0.5e+3 ]}`,
		`{"a":{"b":[],"c":{}},"b":[[],[[]]]}`,
		`{"a":[1,]}`, `{"a":{"b":1,}}`, `{"a":[,1]}`, `{"a":01}`, `{"a":-}`, `{"a":tru}`, `[{"a":1]`, `{"a":[1}}`,
	}, seeds...) {
		for i, s := range shapes {
			for _, shape := range []*jsontrim.Shape{s.shape, s.shape.Bulk()} {
				assert.Equal(t, trim(shape, jsontrim.Limits{}, pieces(doc, 1)...), trim(shape, jsontrim.Limits{}, doc), "shape %d: %q", i, doc)
			}
		}
	}
}

// A limit may be reached anywhere in what is read in one loop, also below as many
// brackets as may be open.
func TestEveryTotalIsSpentAlikeInOnePieceAndByteByByte(t *testing.T) {
	for _, doc := range []string{
		`{"id":"x","a":{"b":["some text",{"k":"and \"more\"\n"},[[{}],[]],-12.5,true],"a":"lean text"},` +
			`"b":{"b":"not bulk","a":"never","c":[1,2,3,{"d":{"e":{"f":["deep", "text" , null]}}}]},` +
			`"a":{"b":"one more string that is kept, until the end of it is not any more","a":[]},"id":"last"}`,
		strings.Repeat(`[7,`, jsontrim.MaxDepth) + `"y"` + strings.Repeat(`]`, jsontrim.MaxDepth),
	} {
		for i, s := range shapes {
			for _, shape := range []*jsontrim.Shape{s.shape, s.shape.Bulk()} {
				for total := range len(doc) + 2*jsontrim.MaxDepth {
					limits := jsontrim.Limits{Total: 1 + total}
					require.Equal(t, trim(shape, limits, pieces(doc, 1)...), trim(shape, limits, doc), "shape %d: %+v", i, limits)
				}
			}
		}
	}
}
