// SPDX-License-Identifier: Apache-2.0

package jsonscan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is a JSON string as it stands in the document, without its quotes. It
// is valid as long as the document is.
type Text struct {
	raw     []byte
	escaped bool
}

// CutText reads a string whose opening quote has been read, and returns it with
// what follows its closing quote. ok is false if b does not begin with the rest
// of a valid string.
func CutText(b []byte) (t Text, rest []byte, ok bool) { return cutText(b, 0) }

// cutText is CutText where the first i bytes are known to be literal.
func cutText(b []byte, i int) (t Text, rest []byte, ok bool) {
	for {
		i += literal(b[i:])
		switch {
		case i == len(b), b[i] < ' ':
			return Text{}, nil, false
		case b[i] == '"':
			t.raw = b[:i]
			return t, b[i+1:], true
		}
		n := escapeLength(b[i:])
		if n == 0 {
			return Text{}, nil, false
		}
		t.escaped = true
		i += n
	}
}

// literal returns how many of the first bytes of b are neither a quote nor a
// backslash nor a control character. It looks at eight at a time.
func literal(b []byte) (n int) {
	const (
		low  = 0x0101010101010101
		high = 0x80 * low
	)
	for ; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		quote, backslash := w^'"'*low, w^'\\'*low
		// The lowest of the high bits that are set belongs to the first byte
		// that was zero, or below a space; a borrow may set others above it.
		if found := ((quote-low)&^quote | (backslash-low)&^backslash | (w-' '*low)&^w) & high; found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for n < len(b) && b[n] != '"' && b[n] != '\\' && b[n] >= ' ' {
		n++
	}
	return n
}

// In tells where in doc the string lies, without its quotes. ok is false if
// it is no part of doc.
func (t Text) In(doc []byte) (start, end int, ok bool) {
	start = cap(doc) - cap(t.raw) // slicing moves the beginning, not the end of the capacity
	end = start + len(t.raw)
	ok = 0 <= start && end < len(doc) && cap(t.raw) > 0 && &doc[start] == &t.raw[:1][0]
	return start, end, ok
}

// Empty tells whether the string is "".
func (t Text) Empty() bool { return len(t.raw) == 0 }

// Is tells whether the string equals s.
func (t Text) Is(s string) bool {
	if !t.escaped {
		return string(t.raw) == s
	}
	return t.String() == s
}

// Literal returns the string as it stands in the document; ok is false if it
// means something else: it has escapes, or is no valid UTF-8.
func (t Text) Literal() (b []byte, ok bool) {
	return t.raw, !t.escaped && utf8.Valid(t.raw)
}

// String returns the string unescaped. Like encoding/json it replaces invalid
// UTF-8 and lone surrogates by U+FFFD.
func (t Text) String() string {
	if b, ok := t.Literal(); ok {
		return string(b)
	}
	var short [256]byte // most are, and take one allocation then
	dst := short[:0]
	if len(t.raw) > len(short) {
		dst = make([]byte, 0, len(t.raw))
	}
	return string(t.Append(dst))
}

// Bytes returns the string unescaped like [Text.String]: the document's own
// bytes where they are that, else a copy.
func (t Text) Bytes() []byte {
	if !t.escaped && utf8.Valid(t.raw) {
		return t.raw
	}
	return t.Append(nil)
}

// Append appends the string, unescaped like [Text.String], to dst.
func (t Text) Append(dst []byte) []byte {
	for raw := t.raw; ; {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 {
			return appendValid(dst, raw)
		}
		dst = appendValid(dst, raw[:n])
		r, size := unescape(raw[n:])
		dst = utf8.AppendRune(dst, r)
		raw = raw[n+size:]
	}
}

// appendValid appends text without escapes.
func appendValid(dst, text []byte) []byte {
	if utf8.Valid(text) {
		return append(dst, text...)
	}
	for _, r := range string(text) {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// escapeLength returns the length of the escape sequence at the beginning of
// b, 0 if it is none.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && hexRune(b[2:6]) >= 0 {
			return 6
		}
	}
	return 0
}

// unescape decodes the valid escape sequence at the beginning of b.
func unescape(b []byte) (rune, int) {
	switch b[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r := hexRune(b[2:6])
		if !utf16.IsSurrogate(r) {
			return r, 6
		}
		if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if pair := utf16.DecodeRune(r, hexRune(b[8:12])); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return utf8.RuneError, 6
	}
	return rune(b[1]), 2
}

// hexRune reads four hexadecimal digits; -1 if they are not.
func hexRune(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
