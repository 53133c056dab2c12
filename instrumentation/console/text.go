// SPDX-License-Identifier: Apache-2.0

package console

import (
	"fmt"
	"strings"
	"time"
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

// harmless is clean for a page: lines stay lines, and at most limit bytes of the
// text are used, with a note on what is left out.
func harmless(s string, limit int) string {
	var b strings.Builder
	for i, r := range s {
		shown := visible(s[i:], r)
		switch {
		case r == '\n' || r == '\t':
			shown = string(r)
		case strings.HasPrefix(s[i:], "\r\n"):
			shown = ""
		}
		if b.Len()+len(shown) > limit {
			return fmt.Sprintf("%s… (%d more bytes)", b.String(), len(s)-i)
		}
		b.WriteString(shown)
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

// duration has few digits, so that a column of them can be compared, and takes no
// more than eight columns.
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return "?"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return d.Round(time.Second).String()
	case d < 100*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%.0f d", d.Hours()/24)
}
