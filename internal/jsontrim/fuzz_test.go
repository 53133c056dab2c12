// SPDX-License-Identifier: Apache-2.0

package jsontrim_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// seeds are documents and fragments that reach every state.
var seeds = []string{
	`{"id":"x","a":{"b":[1,-2.5e3,true,null,"s"],"x":{}},"secret":"s","audio":{"data":"YWI="},"b":"y"}`,
	`[{"a":1},[{"a":2}],"x",{"audio":["YQ==","http://x","\n"]}]`,
	`{"image":"data:image\/png;x=y;base64,iVBORw0K\nGgo-_w==","audio":"data:,a"}`,
	`{"a":"\ud83d\ude00\ud83d\n\u00e9今天\"\\","\u0061":"data:","b":"😀"}`,
	"\xef\xbb\xbf {\"a\":\"\xff\xe4\xbb\x01\\q\\u12\" , \"Secret\" : nulx}",
	`{"a":[1,2,{"b":"cut`, `{"a" 1}`, `[1}`, `<html>`, `12`, `"`, `tru`,
	strings.Repeat(`[{"a":`, 40) + `"deep"` + strings.Repeat(`}]`, 40),
	`{"a":"` + strings.Repeat("long ", 30) + `","` + strings.Repeat("k", 300) + `":1}`,
}

// shapes pairs each Shape with the filter that says the same.
var shapes = []struct {
	shape  *jsontrim.Shape
	filter *filter
}{
	{jsontrim.Keep, &filter{all: true}},
	{
		jsontrim.Keep.Without("secret").Base64("audio"),
		&filter{all: true, without: map[string]bool{"secret": true}, base64: map[string]bool{"audio": true}},
	},
	{
		jsontrim.Members(members{
			"id": jsontrim.Keep, "gone": nil,
			"a": jsontrim.Members(members{"b": jsontrim.Keep.Bulk(), "a": jsontrim.Keep}),
			"b": jsontrim.Keep.Without("a"),
		}),
		&filter{members: map[string]*filter{
			"id": {all: true},
			"a":  {members: map[string]*filter{"b": {all: true}, "a": {all: true}}},
			"b":  {all: true, without: map[string]bool{"a": true}},
		}},
	},
}

// FuzzTrimmerMatchesEncodingJSON: of valid JSON, the copy without limits means
// what encoding/json and an independent filter make of it.
func FuzzTrimmerMatchesEncodingJSON(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		checkAgainstReference(t, doc)
	})
}

func checkAgainstReference(t *testing.T, doc []byte) {
	t.Helper()
	if !json.Valid(doc) {
		return
	}
	v, err := decode(doc)
	require.NoError(t, err)
	if n, ok := v.(json.Number); ok && len(n) > jsontrim.MaxNumber {
		return
	}
	for i, s := range shapes {
		got := trim(s.shape.Bulk(), unlimited, string(doc))
		require.True(t, got.Ended, "shape %d", i)
		require.False(t, got.Failed, "shape %d", i)
		kept, err := decode([]byte(got.Copy))
		require.NoError(t, err, "shape %d: %q", i, got.Copy)
		if !reflect.DeepEqual(s.filter.apply(v, 0, false), kept) {
			t.Fatalf("shape %d does not keep what its filter keeps: %.1000q", i, got.Copy)
		}
	}
}

// FuzzTrimmerSurvivesAnyBytes: whatever the bytes, the copy is bounded, valid or
// empty, and does not depend on how they were split.
func FuzzTrimmerSurvivesAnyBytes(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), uint8(i), uint16(4+10*i), uint16(20*i), uint16(i))
	}
	f.Fuzz(func(t *testing.T, doc []byte, mode uint8, longest, total, split uint16) {
		shape := shapes[int(mode)%len(shapes)].shape
		if mode&0x20 != 0 {
			shape = shape.Bulk()
		}
		limits := jsontrim.Limits{String: int(longest), Total: int(total), KeepBase64: mode&0x80 != 0}
		if mode&0x40 != 0 {
			shape = jsontrim.Members(members{"a": shape, "audio": shape.Bulk()})
		}
		whole := trim(shape, limits, string(doc))
		if whole.Copy != "" && !json.Valid([]byte(whole.Copy)) {
			t.Fatalf("not JSON: %q", whole.Copy)
		}
		require.True(t, utf8.ValidString(whole.Copy), "not UTF-8: %q", whole.Copy)
		if total > 0 {
			assert.LessOrEqual(t, len(whole.Copy), int(total)+jsontrim.Reserve+8<<10)
		}
		assert.False(t, whole.Ended && whole.Failed)
		assert.GreaterOrEqual(t, whole.Dropped, int64(0))
		assert.LessOrEqual(t, whole.Dropped, 3*int64(len(doc)), "no more than came, each bad byte being replaced by three")
		require.Equal(t, whole, trim(shape, limits, pieces(string(doc), 1)...), "1 byte")
		require.Equal(t, whole, trim(shape, limits, pieces(string(doc), 7)...), "7 bytes")
		i := int(split) % (len(doc) + 1)
		require.Equal(t, whole, trim(shape, limits, string(doc[:i]), string(doc[i:])), "split at %d", i)
	})
}

// FuzzParseDigest: it accepts only what could have been written.
func FuzzParseDigest(f *testing.F) {
	f.Add("data:a/b;sha256=" + strings.Repeat("0f", 32) + ";bytes=12,")
	f.Add("data:;invalid;bytes=1,")
	f.Fuzz(func(t *testing.T, s string) {
		media, n, sum, ok := jsontrim.ParseDigest(s)
		if !ok {
			assert.Empty(t, media+sum)
			return
		}
		assert.GreaterOrEqual(t, n, int64(0))
		assert.True(t, strings.HasPrefix(s, "data:"+media+";"))
		assert.Contains(t, []int{0, 64}, len(sum))
	})
}
