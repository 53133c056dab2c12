// SPDX-License-Identifier: Apache-2.0

package jsontrim

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// decoder is the state inside a key or kept string: what was begun in one Write
// and is not complete.
type decoder struct {
	escape escape
	code   rune // digits of \uXXXX so far
	high   rune // half of a surrogate pair, waiting for its second half; or 0
	part   [utf8.UTFMax]byte
	parts  int // bytes of part in use: a rune whose end has not come
}

// escape says how much of an escape was read.
type escape uint8

const (
	noEscape  escape = iota
	backslash        // the backslash
	hex0             // \u
	hex1             // \u and one digit
	hex2
	hex3
)

const replacement = "\uFFFD"

// readText reads to the end of the string or of p. It splits the string into
// runs that need no decoding and single characters, and hands them to put and
// putSpecial.
func (t *Trimmer) readText(p []byte) int {
	d := &t.decode
	n := 0
	for n < len(p) {
		if d.escape != noEscape {
			n += t.readEscape(p[n])
			continue
		}
		if d.parts > 0 {
			n += t.readRune(p[n:])
			continue
		}
		if run := plainLen(p[n:]); run > 0 {
			t.loneSurrogate()
			t.put(p[n : n+run])
			n += run
			continue
		}
		c := p[n]
		if c == '\\' {
			if n+1 < len(p) && unescape[p[n+1]] != 0 { // as most are
				t.loneSurrogate()
				t.putRune(rune(unescape[p[n+1]]))
				n += 2
				continue
			}
			d.escape = backslash
			n++
			continue
		}
		t.loneSurrogate()
		switch {
		case c == '"':
			if t.text.sink == toKey {
				t.endKey()
			} else {
				t.endString(true)
			}
			return n + 1
		case c < utf8.RuneSelf:
			t.putSpecial(c)
		case utf8.FullRune(p[n:]):
			t.put([]byte(replacement))
		default:
			d.parts = copy(d.part[:], p[n:])
			return len(p)
		}
		n++
	}
	return n
}

// readRune completes a rune that an earlier Write began. Bytes that turn out to
// be none are replaced one by one, as encoding/json does.
func (t *Trimmer) readRune(p []byte) int {
	d := &t.decode
	n := 0
	for !utf8.FullRune(d.part[:d.parts]) {
		if n == len(p) {
			return n
		}
		d.part[d.parts] = p[n]
		d.parts++
		n++
	}
	parts := d.parts
	d.parts = 0
	if r, size := utf8.DecodeRune(d.part[:parts]); r != utf8.RuneError || size > 1 {
		t.put(d.part[:parts])
		return n
	}
	for range parts - 1 {
		t.put([]byte(replacement))
	}
	return n - 1 // the last byte is no part of it, and is read again
}

// readEscape reads one byte of an escape. It returns 0 when the byte does not
// belong to it.
func (t *Trimmer) readEscape(c byte) int {
	d := &t.decode
	if d.escape == backslash {
		if c == 'u' {
			d.escape, d.code = hex0, 0
			return 1
		}
		d.escape = noEscape
		t.loneSurrogate()
		if r := unescape[c]; r != 0 {
			t.putRune(rune(r))
			return 1
		}
		t.putSpecial('\\')
		return 0
	}
	v := hexValue(c)
	if v < 0 {
		d.escape = noEscape
		t.loneSurrogate()
		t.put([]byte(replacement))
		return 0
	}
	d.code = d.code<<4 | v
	if d.escape < hex3 {
		d.escape++
		return 1
	}
	d.escape = noEscape
	if pair := utf16.DecodeRune(d.high, d.code); pair != utf8.RuneError {
		d.high = 0
		t.putRune(pair)
		return 1
	}
	t.loneSurrogate()
	if utf16.IsSurrogate(d.code) {
		d.high = d.code
	} else {
		t.putRune(d.code)
	}
	return 1
}

// loneSurrogate replaces a half whose second half did not come.
func (t *Trimmer) loneSurrogate() {
	if t.decode.high != 0 {
		t.decode.high = 0
		t.put([]byte(replacement))
	}
}

// putRune hands on a decoded character.
func (t *Trimmer) putRune(r rune) {
	if r < utf8.RuneSelf && !plain[r] {
		t.putSpecial(byte(r))
		return
	}
	n := utf8.EncodeRune(t.decode.part[:], r)
	t.put(t.decode.part[:n])
}

// unescape gives the meaning of the byte after a backslash.
var unescape = [256]byte{
	'"': '"', '\\': '\\', '/': '/',
	'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

func hexValue(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return rune(c - 'A' + 10)
	}
	return -1
}

// plain holds the ASCII characters that stand for themselves in a JSON string.
var plain = func() (set [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		set[c] = c != '"' && c != '\\'
	}
	return set
}()

// plainLen returns how many bytes p begins with that are whole characters and
// stand for themselves in a JSON string.
func plainLen(p []byte) int {
	n := 0
	for {
		for len(p)-n >= 8 {
			if m := notPlain(binary.LittleEndian.Uint64(p[n:])); m != 0 {
				n += bits.TrailingZeros64(m) / 8
				break
			}
			n += 8
		}
		for n < len(p) && plain[p[n]] {
			n++
		}
		if n == len(p) || p[n] < utf8.RuneSelf {
			return n
		}
		for n < len(p) && p[n] >= utf8.RuneSelf {
			size := runeLen(p[n:])
			if size == 0 {
				return n
			}
			n += size
		}
	}
}

// runeLen returns the length of the character that p begins with, or 0 when
// that is not valid UTF-8 or not whole.
func runeLen(p []byte) int {
	const first, mask, next = 0xE1, 0xC0, 0x80
	if len(p) >= 3 && p[0]-first <= 0xEC-first && p[1]&mask == next && p[2]&mask == next {
		return 3 // most of Asia's text: three times as fast as DecodeRune
	}
	r, size := utf8.DecodeRune(p)
	if r == utf8.RuneError && size == 1 {
		return 0
	}
	return size
}

// notPlain looks at eight bytes at once and sets the high bit of those that are
// not plain. Bytes above the lowest such byte may be marked wrongly.
func notPlain(x uint64) uint64 {
	const ones = 0x0101010101010101
	return (x | (x - ones*' ') | (x ^ ones*'"' - ones) | (x ^ ones*'\\' - ones)) & (ones * 0x80)
}
