// SPDX-License-Identifier: Apache-2.0

package jsontrim

import "bytes"

// skipper finds the end of a value that is not kept. It knows only the depth
// and whether it is in a string, so nesting of any depth costs no memory.
type skipper struct {
	depth  int
	text   bool // in a string
	escape bool // the bytes so far end in an odd number of backslashes
	count  bool // the value is counted as dropped
}

// readSkipped reads to the end of the skipped value or of p.
func (t *Trimmer) readSkipped(p []byte) int {
	n, end := t.skip.read(p)
	if t.skip.count {
		t.dropped += int64(n)
	}
	if end {
		t.endValue()
	}
	return n
}

func (s *skipper) read(p []byte) (n int, end bool) {
	for n < len(p) {
		if s.text {
			n += s.readString(p[n:])
			if !s.text && s.depth == 0 {
				return n, true
			}
			continue
		}
		n += toBracketOrQuote(p[n:])
		if n == len(p) {
			break
		}
		switch p[n] {
		case '"':
			s.text = true
		case '{', '[':
			s.depth++
		default:
			s.depth--
		}
		n++
		if s.depth == 0 && !s.text {
			return n, true
		}
	}
	return n, false
}

// readString reads to the end of the string or of p. A quote ends the string
// when an even number of backslashes stands before it.
func (s *skipper) readString(p []byte) int {
	n := 0
	for {
		i := bytes.IndexByte(p[n:], '"')
		if i < 0 {
			s.escape = s.odd(p[n:])
			return len(p)
		}
		escaped := s.odd(p[n : n+i])
		s.escape = false
		n += i + 1
		if !escaped {
			s.text = false
			return n
		}
	}
}

// odd tells whether what was read, with b at its end, ends in an odd number of
// backslashes.
func (s *skipper) odd(b []byte) bool {
	i := len(b)
	for i > 0 && b[i-1] == '\\' {
		i--
	}
	odd := (len(b)-i)%2 == 1
	if i == 0 {
		return odd != s.escape
	}
	return odd
}

// toBracketOrQuote counts the bytes before the next bracket or quote. Most are
// near. Where one is not, as in vectors of numbers, looking for each by itself in
// a window is several times as fast.
func toBracketOrQuote(p []byte) int {
	const near, window = 64, 512
	for i, c := range p[:min(near, len(p))] {
		if bracketOrQuote[c] {
			return i
		}
	}
	for n := near; n < len(p); n += window {
		w := p[n:min(n+window, len(p))]
		end := len(w)
		for _, c := range []byte(`"[]{}`) {
			if i := bytes.IndexByte(w[:end], c); i >= 0 {
				end = i
			}
		}
		if end < len(w) {
			return n + end
		}
	}
	return len(p)
}

var bracketOrQuote = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true}
