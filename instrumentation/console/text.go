// SPDX-License-Identifier: Apache-2.0

package console

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const ellipsis = "…"

// clean makes one harmless line of a text: runs of white space become one space,
// and what a terminal would act on, control characters and those that change the
// direction of text, is written out. At most limit columns of the text are used.
func clean(s string, limit int) string {
	var b strings.Builder
	used, space := 0, false
	for i, r := range s {
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		shown := visible(s[i:], r)
		need := columns(shown)
		if space {
			need++
		}
		if used+need > limit {
			return strings.TrimRight(cut(b.String(), limit-1), " ") + ellipsis
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteString(shown)
		used += need
	}
	return b.String()
}

// visible returns how the rune r, the first of rest, is shown.
func visible(rest string, r rune) string {
	switch {
	case r == utf8.RuneError:
		if _, size := utf8.DecodeRuneInString(rest); size == 1 {
			return fmt.Sprintf(`\x%02x`, rest[0])
		}
	case r < 0x20 || r >= 0x7f && r < 0xa0:
		return fmt.Sprintf(`\x%02x`, r)
	case unicode.Is(unicode.Cf, r) && r != '\u200d': // a joiner makes one emoji of several
		return fmt.Sprintf(`\u%04x`, r)
	}
	return string(r)
}

// cut returns the longest beginning of s that takes at most limit columns.
func cut(s string, limit int) string {
	used := 0
	for i, r := range s {
		used += runeColumns(r)
		if used > limit {
			return s[:i]
		}
	}
	return s
}

func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// wide are the blocks whose characters take two columns in a terminal: East Asian
// scripts and emoji. It is coarse on purpose; a wrong guess moves a column.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0xa4cf, 1}, {0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}
