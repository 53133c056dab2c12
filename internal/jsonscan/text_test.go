// SPDX-License-Identifier: Apache-2.0

package jsonscan

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A borrow in the comparison of eight bytes at a time must not reach the result:
// every pair of neighbours is tried at every place of a word.
func TestStringsEndAtTheFirstByteThatIsNotLiteral(t *testing.T) {
	slow := func(b []byte) (n, ascii int) {
		end := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }
		b = append(bytes.Clone(b), 0)
		return bytes.IndexFunc(b, end), bytes.IndexFunc(b, func(r rune) bool { return end(r) || r >= utf8.RuneSelf })
	}
	for at := range 16 {
		b := []byte("abcdefgh ijklmnop~")
		for first := range 256 {
			for second := range 256 {
				b[at], b[at+1] = byte(first), byte(second)
				n, ascii := slow(b)
				if literal(b) != n || plain(b) != ascii || plain(string(b)) != ascii {
					t.Fatalf("%q: %d and %d, not %d and %d", b, literal(b), plain(b), n, ascii)
				}
			}
		}
	}
	assert.Zero(t, literal(nil))
}

func TestTextKnowsWhereItLies(t *testing.T) {
	doc := []byte(`{"a":[{"b":"one"},"t\nwo",""]}`)
	c := New(doc)
	c.Object()
	c.Member()
	list := c.Raw() // a document within the document
	inner := New(list)
	inner.Array()
	inner.Element()
	inner.Object()
	inner.Member()
	for i, want := range []string{"one", `t\nwo`, ""} {
		if i == 1 {
			inner.Member()
		}
		if i > 0 {
			inner.Element()
		}
		text, ok := inner.Text()
		require.True(t, ok)
		start, end, ok := text.In(doc)
		require.True(t, ok)
		assert.Equal(t, `"`+want+`"`, string(doc[start-1:end+1]))

		for _, other := range [][]byte{nil, bytes.Clone(doc), doc[:start], doc[end+1:]} {
			_, _, ok = text.In(other)
			assert.False(t, ok, "%q is not in %q", want, other)
		}
	}
	_, _, ok := Text{}.In(doc)
	assert.False(t, ok, "no string was read")
}

func BenchmarkText(b *testing.B) {
	for name, text := range map[string]string{"delta": " cheese", "page": strings.Repeat("some text ", 100)} {
		b.Run(name, func(b *testing.B) {
			doc := []byte(`"` + text + `"`)
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				c := New(doc)
				if _, ok := c.Text(); !ok {
					b.Fatal(doc)
				}
			}
		})
	}
}
