// SPDX-License-Identifier: Apache-2.0

package jsontrim

import (
	"strconv"
	"unicode/utf8"
)

// CutNote returns what stands at the end of a text of which n more bytes were
// cut: "...[12345 bytes cut]". It is ASCII and needs no escaping in JSON.
func CutNote(n int64) string { return string(AppendCutNote(nil, n)) }

// AppendCutNote appends CutNote(n) to dst.
func AppendCutNote(dst []byte, n int64) []byte {
	dst = append(dst, "...["...)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, " bytes cut]"...)
}

// Cut returns valid UTF-8 of at most limit bytes and the note on what was cut,
// or text as it is if it is not longer. It does not write to text.
func Cut(text []byte, limit int) []byte {
	if len(text) <= limit {
		return text
	}
	n := limit
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return AppendCutNote(text[:n:n], int64(len(text)-n))
}

// appendEscaped appends valid UTF-8 as it must stand between quotes in JSON.
func appendEscaped(dst, text []byte) []byte {
	for len(text) > 0 {
		n := plainLen(text)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			break
		}
		dst = appendSpecial(dst, text[n])
		text = text[n+1:]
	}
	return dst
}

// appendSpecial appends the escape of one character that needs it.
func appendSpecial(dst []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}
