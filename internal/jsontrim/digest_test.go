// SPDX-License-Identifier: Apache-2.0

package jsontrim_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

func digestOf(media string, data []byte) string {
	return fmt.Sprintf("data:%s;sha256=%x;bytes=%d,", media, sha256.Sum256(data), len(data))
}

func TestTrimmerReplacesBase64ByItsDigest(t *testing.T) {
	data := []byte{0xfb, 0xff, 0xbe, 'a', 'b'} // +/++YWI= and -_--YWI=
	long := bytes.Repeat([]byte("0123456789"), 1000)
	lines := func(s string) string { return strings.Join(pieces(s, 76), `\r\n`) }
	png := digestOf("image/png", data)
	shape := jsontrim.Keep.Base64("input_audio")
	tests := []struct{ name, doc, want string }{
		{"data URL", `"data:image/png;base64,+/++YWI="`, `"` + png + `"`},
		{"URL alphabet", `"data:image/png;base64,-_--YWI="`, `"` + png + `"`},
		{"no padding", `"data:image/png;base64,-_--YWI"`, `"` + png + `"`},
		{"escapes", `"data:image\/png;base64,\u002b\/++\u0059WI\u003d"`, `"` + png + `"`},
		{"line breaks", `"data:image/png;base64,+/\r\n++Y\nWI\n=\n"`, `"` + png + `"`},
		{"two characters of padding", `"data:;base64,YQ=="`, `"` + digestOf("", []byte("a")) + `"`},
		{"no data", `"data:a/b;base64,"`, `"` + digestOf("a/b", nil) + `"`},
		{"parameters", `"data:text/plain;charset=utf-8;base64,YQ"`, `"` + digestOf("text/plain", []byte("a")) + `"`},
		{"longer than its buffer", `"data:a/b;base64,` + base64.StdEncoding.EncodeToString(long) + `"`, `"` + digestOf("a/b", long) + `"`},
		{"a little longer than its buffer", `"data:a/b;base64,` + base64.StdEncoding.EncodeToString(long[:3074]) + `"`, `"` + digestOf("a/b", long[:3074]) + `"`},
		{"longer than its buffer, in lines", `"data:a/b;base64,` + lines(base64.StdEncoding.EncodeToString(long)) + `"`, `"` + digestOf("a/b", long) + `"`},
		{"one character too many", `"data:a/b;base64,YWJjZ"`, `"data:a/b;invalid;bytes=5,"`},
		{"too little padding", `"data:a/b;base64,YQ="`, `"data:a/b;invalid;bytes=3,"`},
		{"too much padding", `"data:a/b;base64,YWI=="`, `"data:a/b;invalid;bytes=5,"`},
		{"data in place of padding", `"data:a/b;base64,YQ=A"`, `"data:a/b;invalid;bytes=4,"`},
		{"padding only", `"data:a/b;base64,="`, `"data:a/b;invalid;bytes=1,"`},
		{"data after padding", `"data:a/b;base64,YQ==YQ=="`, `"data:a/b;invalid;bytes=8,"`},
		{"other characters", `"data:a/b;base64,YW é\n"`, `"data:a/b;invalid;bytes=6,"`},
		{"unfinished", `["data:a/b;base64,YWJjZ`, `["` + digestOf("a/b", []byte("abc")) + `"]`},
		{"not base64", `"data:text/plain,hello"`, `"data:text/plain,hello"`},
		{"no comma", `"data:image/png;base64"`, `"data:image/png;base64"`},
		{"text that begins like it", `["d","data","data:","dataset","data: a \"b\", c"]`, `["d","data","data:","dataset","data: a \"b\", c"]`},
		{"longest head", `"data:` + strings.Repeat("m", 256-13) + `;base64,YQ"`, `"` + digestOf(strings.Repeat("m", 256-13), []byte("a")) + `"`},
		{"head that is too long", `"data:` + strings.Repeat("m", 256-12) + `;base64,YQ"`, `"data:` + strings.Repeat("m", 256-12) + `;base64,YQ"`},
		{"head that is not ASCII", `"data:é;base64,YQ"`, `"data:é;base64,YQ"`},
		{"key", `{"data:a/b;base64,YQ":1}`, `{"data:a/b;base64,YQ":1}`},
		{"named member", `{"input_audio":"YQ==","other":"YQ=="}`, `{"input_audio":"` + digestOf("", []byte("a")) + `","other":"YQ=="}`},
		{"data of a named member", `{"input_audio":{"data":"YQ==","format":"wav"},"data":"YQ=="}`, `{"input_audio":{"data":"` + digestOf("", []byte("a")) + `","format":"wav"},"data":"YQ=="}`},
		{"list of a named member", `{"input_audio":["YQ",{"data":"YQ","x":"YQ"}]}`, `{"input_audio":["` + digestOf("", []byte("a")) + `",{"data":"` + digestOf("", []byte("a")) + `","x":"YQ"}]}`},
		{"not below that", `{"input_audio":{"x":{"data":"YQ"}}}`, `{"input_audio":{"x":{"data":"YQ"}}}`},
		{"named member with a URL", `{"input_audio":"https://a/b"}`, `{"input_audio":"https://a/b"}`},
		{"named member with a plain URL", `{"input_audio":"http://a/b"}`, `{"input_audio":"http://a/b"}`},
		{"named member with nothing but a scheme", `{"input_audio":"http://"}`, `{"input_audio":"http://"}`},
		{"named member with a data URL", `{"input_audio":"data:a/b;base64,YQ"}`, `{"input_audio":"` + digestOf("a/b", []byte("a")) + `"}`},
		{"named member with another data URL", `{"input_audio":"data:,YQ"}`, `{"input_audio":"data:,YQ"}`},
		{"named member that begins like a URL", `{"input_audio":["http","https:/a","dat","data"]}`, `{"input_audio":["` + digestOf("", []byte("\x86\xdb\x69")) + `","data:;invalid;bytes=8,","` + digestOf("", []byte("\x75\xab")) + `","` + digestOf("", []byte("\x75\xab\x5a")) + `"]}`},
		{"named member with a line break in front", `{"input_audio":"\nYQ"}`, `{"input_audio":"` + digestOf("", []byte("a")) + `"}`},
		{"named member without text", `{"input_audio":""}`, `{"input_audio":""}`},
		{"named member that is no string", `{"input_audio":null}`, `{"input_audio":null}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := trimEverySplit(t, shape, jsontrim.Limits{String: 1000}, tt.doc)
			assert.Equal(t, tt.want, got.Copy)
			assert.Zero(t, got.Dropped)
		})
	}
}

func TestTrimmerReplacesBase64EvenWhenNothingIsLeft(t *testing.T) {
	shape := jsontrim.Members(members{"a": jsontrim.Keep.Bulk(), "b": jsontrim.Keep.Bulk()})
	got := trimEverySplit(t, shape, jsontrim.Limits{Total: 1}, `{"a":"xy","b":"data:a/b;base64,YQ"}`)
	assert.Equal(t, `{"a":"x...[1 bytes cut]","b":"`+digestOf("a/b", []byte("a"))+`"}`, got.Copy)
}

func TestTrimmerKeepsBase64ThatFits(t *testing.T) {
	tests := []struct {
		name, doc, want string
		limits          jsontrim.Limits
	}{
		{"data URL", `"data:a\/b;x=y;base64,YWJj\n"`, `"data:a/b;x=y;base64,YWJj\n"`, unlimited},
		{"named", `{"audio":"YWJj"}`, `{"audio":"YWJj"}`, unlimited},
		{"not base64 after all", `{"audio":"wav!"}`, `{"audio":"wav!"}`, unlimited},
		{"just fits", `{"audio":"YWJj"}`, `{"audio":"YWJj"}`, jsontrim.Limits{String: 4}},
		{"too long", `{"audio":"YWJjYWJj"}`, `{"audio":"` + digestOf("", []byte("abcabc")) + `"}`, jsontrim.Limits{String: 7}},
		{"too long with its head", `"data:a/b;base64,YWJj"`, `"` + digestOf("a/b", []byte("abc")) + `"`, jsontrim.Limits{String: 19}},
		{"head alone is too long", `"data:a/b;base64,YWJj"`, `"` + digestOf("a/b", []byte("abc")) + `"`, jsontrim.Limits{String: 10}},
		{"what was taken back may be used again", `["data:a/b;base64,YWJj","abc"]`, `["` + digestOf("a/b", []byte("abc")) + `","abc"]`, jsontrim.Limits{String: 19}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.limits.KeepBase64 = true
			got := trimEverySplit(t, jsontrim.Keep.Base64("audio"), tt.limits, tt.doc)
			assert.Equal(t, tt.want, got.Copy)
			assert.Zero(t, got.Dropped)
		})
	}
	t.Run("Total is given back", func(t *testing.T) {
		shape := jsontrim.Members(members{"a": jsontrim.Keep.Bulk(), "b": jsontrim.Keep.Bulk()})
		limits := jsontrim.Limits{Total: 19, KeepBase64: true}
		got := trimEverySplit(t, shape, limits, `{"a":"data:a/b;base64,YWJj","b":"0123456789012345678"}`)
		assert.Equal(t, `{"a":"`+digestOf("a/b", []byte("abc"))+`","b":"0123456789012345678"}`, got.Copy)
	})
}

func TestParseDigest(t *testing.T) {
	sum := strings.Repeat("0f", 32)
	tests := []struct {
		in     string
		media  string
		bytes  int64
		sha256 string
		ok     bool
	}{
		{"data:image/png;sha256=" + sum + ";bytes=12,", "image/png", 12, sum, true},
		{"data:;sha256=" + sum + ";bytes=0,", "", 0, sum, true},
		{"data:a/b;invalid;bytes=7,", "a/b", 7, "", true},
		{in: ""},
		{in: "data:a/b;base64,YQ=="},
		{in: "data:a/b;sha256=" + sum + ";bytes=12"},
		{in: "data:a/b;sha256=" + sum + ";bytes=-1,"},
		{in: "data:a/b;sha256=" + sum + ";bytes=x,"},
		{in: "data:a/b;sha256=" + sum + ";size=1,"},
		{in: "data:a/b;sha256=" + sum[1:] + ";bytes=1,"},
		{in: "data:a/b;sha256=" + strings.ToUpper(sum) + ";bytes=1,"},
		{in: "data:a/b;sha256=;bytes=1,"},
		{in: "data:a/b;valid;bytes=1,"},
		{in: "data:a/b;x;invalid;bytes=1,"},
		{in: "a/b;invalid;bytes=1,"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			media, n, hash, ok := jsontrim.ParseDigest(tt.in)
			assert.Equal(t, tt.ok, ok)
			assert.Equal(t, tt.media, media)
			assert.Equal(t, tt.bytes, n)
			assert.Equal(t, tt.sha256, hash)
		})
	}
}
