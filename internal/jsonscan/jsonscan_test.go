// SPDX-License-Identifier: Apache-2.0

package jsonscan

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decode reads any document through the cursor into what encoding/json would
// give, so that the two can be compared.
func decode(t *testing.T, c *Cursor) any {
	switch c.Kind() {
	case KindObject:
		m := map[string]any{}
		c.Object()
		for c.Member() {
			k := string(c.Key())
			// Keys are compared as they stand; encoding/json replaces each invalid byte.
			m[string([]rune(k))] = decode(t, c)
		}
		return m
	case KindArray:
		a := []any{}
		c.Array()
		for c.Element() {
			a = append(a, decode(t, c))
		}
		return a
	case KindString:
		return c.String()
	case KindNumber:
		whole := *c
		i, isWhole := whole.Int()
		raw := c.Raw()
		want, err := strconv.ParseInt(string(raw), 10, 64)
		require.Equal(t, []any{c.pos, c.bad}, []any{whole.pos, whole.bad}, "where Int ends in %q", c.doc)
		if err == nil {
			require.Equal(t, []any{want, true}, []any{i, isWhole}, "%q", raw)
		} else if f, _ := strconv.ParseFloat(string(raw), 64); isWhole {
			require.Equal(t, f, float64(i), "%q", raw)
		}
		return json.Number(raw)
	case KindTrue, KindFalse:
		v, _ := c.Bool()
		return v
	default:
		c.Skip()
		return nil
	}
}

func reference(doc []byte) (any, bool) {
	d := json.NewDecoder(strings.NewReader(string(doc)))
	d.UseNumber()
	if !json.Valid(doc) {
		return nil, false
	}
	var v any
	err := d.Decode(&v)
	return v, err == nil
}

var documents = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `-1.5e+10`, `true`, `false`, `null`, ` { } `, "\t[\n1 , 2\r]",
	`{"a":1,"b":[{"c":"d"}],"e":null}`,
	`"\u0041\n\t\"\\\/\b\f\r"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00x"`, `"\ud83d\u0041"`, "\"\xff\xfe\"", "{\"\xd2\xd2\xd2a\":1}", `"é😀"`,
	`{"\u0061":1,"a\"b":2}`,
	// broken
	``, ` `, `{`, `}`, `[`, `]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[,1]`, `{,}`, `{"a":1 "b":2}`, `[1 2]`, `[1]]`,
	`tru`, `nul`, `truex`, `01`, `-`, `1.`, `1e`, `1e+`, `.5`, `+1`, `"`, `"\x"`, `"\u12g4"`, `"\u12"`, "\"\x01\"", `"a" "b"`, `{"a":1}}`, `{1:2}`,
	"\ufeff{}", "{\"a\":\x001}",
	`{"a"1}`, `{"a" :1 , "b" : 2}`, `{"a"x1}`, `{,"a":1}`, `{"a":1,,"b":2}`, `[01]`, `[00]`, `[1E3,1e3,12.5,-0]`,
	`[999999999999999999,1234567890123456789,99999999999999999999]`,
}

func TestCursorAgreesWithEncodingJSON(t *testing.T) {
	for _, doc := range documents {
		assertAgreement(t, []byte(doc))
	}
}

func assertAgreement(t *testing.T, doc []byte) {
	t.Helper()
	want, valid := reference(doc)
	c := New(doc)
	got := decode(t, &c)
	if strings.Count(string(doc), "[")+strings.Count(string(doc), "{") > maxDepth {
		return // encoding/json goes deeper
	}
	require.Equal(t, valid, c.End(), "validity of %q", doc)
	if valid {
		require.Equal(t, want, got, "%q", doc)
	}
}

func FuzzCursor(f *testing.F) {
	for _, doc := range documents {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) { assertAgreement(t, doc) })
}

func FuzzAppendQuoted(f *testing.F) {
	for _, doc := range documents {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted := AppendQuoted(nil, s)
		var back string
		require.NoError(t, json.Unmarshal(quoted, &back), "%q", quoted)
		require.Equal(t, strings.ToValidUTF8(s, "\uFFFD") == s, back == s)
		require.Equal(t, []rune(s), []rune(back), "each invalid byte becomes one U+FFFD")
		require.Equal(t, quoted, AppendQuoted(nil, []byte(s)))
	})
}

func TestCursorSkipsMembersOfUnexpectedType(t *testing.T) {
	c := New([]byte(`{"text":{"a":[1]},"int":"x","float":[],"bool":3,"object":1,"array":{},"last":"kept"}`))
	require.True(t, c.Object())
	for c.Member() {
		ok := true
		switch string(c.Key()) {
		case "text":
			_, ok = c.Text()
		case "int":
			_, ok = c.Int()
		case "float":
			_, ok = c.Float()
		case "bool":
			_, ok = c.Bool()
		case "object":
			ok = c.Object()
		case "array":
			ok = c.Array()
		case "last":
			assert.Equal(t, "kept", c.String())
			continue
		}
		assert.False(t, ok, "%s", c.Key())
	}
	assert.True(t, c.End())
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		doc     string
		i       int64
		intOK   bool
		f       float64
		floatOK bool
	}{
		{"0", 0, true, 0, true},
		{"-12", -12, true, -12, true},
		{"12.0", 12, true, 12, true},
		{"1e3", 1000, true, 1000, true},
		{"1.5", 0, false, 1.5, true},
		{"9223372036854775807", 9223372036854775807, true, 9223372036854775807, true},
		{"9223372036854775808", 0, false, 9223372036854775808, true},
		{"1e400", 0, false, 0, false},
		{`"1"`, 0, false, 0, false},
		{"null", 0, false, 0, false},
	} {
		c := New([]byte(tt.doc))
		i, ok := c.Int()
		assert.Equal(t, tt.intOK, ok, tt.doc)
		assert.Equal(t, tt.i, i, tt.doc)
		c = New([]byte(tt.doc))
		f, ok := c.Float()
		assert.Equal(t, tt.floatOK, ok, tt.doc)
		if ok {
			assert.Equal(t, tt.f, f, tt.doc)
		}
	}
}

func TestNestingBeyondTheLimitFailsWithoutPanic(t *testing.T) {
	c := New([]byte(strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)))
	c.Skip()
	assert.False(t, c.Valid())
}

const chunk = `{"id":"7bfa9194c90e44c5a0efa6c6efa474cd","object":"chat.completion.chunk","created":1787150315,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":" world"},"finish_reason":null}],"p":"abcdefghijklmnopq"}`

func TestSkippingDoesNotAllocate(t *testing.T) {
	doc := []byte(chunk)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		c := New(doc)
		c.Skip()
		if !c.End() {
			t.Fail()
		}
	}))
}

func BenchmarkSkip(b *testing.B) {
	doc := []byte(chunk)
	b.Run("cursor", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		for b.Loop() {
			c := New(doc)
			c.Skip()
		}
	})
	b.Run("json.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		for b.Loop() {
			json.Valid(doc)
		}
	})
}
