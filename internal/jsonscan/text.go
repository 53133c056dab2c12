// SPDX-License-Identifier: Apache-2.0

package jsonscan

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Text is a JSON string as it stands in the document, without its quotes. It
// is valid as long as the document is.
type Text struct {
	raw     []byte
	escaped bool
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

// String returns the string unescaped. Like encoding/json it replaces invalid
// UTF-8 and lone surrogates by U+FFFD.
func (t Text) String() string {
	if !t.escaped && utf8.Valid(t.raw) {
		return string(t.raw)
	}
	return string(t.Append(nil))
}

// Append appends the string, unescaped like [Text.String], to dst.
func (t Text) Append(dst []byte) []byte {
	if !t.escaped && utf8.Valid(t.raw) {
		return append(dst, t.raw...)
	}
	for raw := t.raw; len(raw) > 0; {
		if raw[0] == '\\' {
			r, n := unescape(raw)
			dst = utf8.AppendRune(dst, r)
			raw = raw[n:]
			continue
		}
		r, n := utf8.DecodeRune(raw)
		dst = utf8.AppendRune(dst, r)
		raw = raw[n:]
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
