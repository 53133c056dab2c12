// SPDX-License-Identifier: Apache-2.0

package jsontrim

// scalars is the state inside a number or literal. Its bytes are collected at
// the end of the copy and taken back when they are not kept.
type scalars struct {
	mark  int  // length of the copy before the value, its key and its comma
	start int  // length of the copy before the scalar
	size  int  // bytes read; those beyond MaxNumber are not stored
	end   int  // size at which a top-level literal is complete; 0: at a delimiter
	kept  bool // belongs in the copy
	count bool // not kept because of a limit
	purse purse
}

func (t *Trimmer) beginScalar(p []byte, kept bool, from purse, count bool) int {
	s := &t.scalars
	s.start, s.size, s.end = len(t.out), 0, 0
	s.kept, s.count, s.purse = kept, count, from
	t.state = inScalar
	if len(t.stack) == 0 {
		switch p[0] {
		case 't', 'n':
			s.end = len("true")
		case 'f':
			s.end = len("false")
		}
	}
	return t.readScalar(p)
}

// readScalar reads to the end of the scalar and leaves the delimiter.
func (t *Trimmer) readScalar(p []byte) int {
	s := &t.scalars
	if s.end > 0 {
		p = p[:min(len(p), s.end-s.size)]
	}
	n := 0
	for n < len(p) && !delimiter[p[n]] {
		n++
	}
	t.out = append(t.out, p[:min(n, max(0, MaxNumber-s.size))]...)
	s.size += n
	switch {
	case n < len(p) || s.size == s.end:
		t.endScalar()
	case s.size > MaxNumber && len(t.stack) == 0:
		t.endScalar() // nothing that long is JSON worth waiting for
	}
	return n
}

func (t *Trimmer) endScalar() {
	s := &t.scalars
	valid := scalarLen(t.out[s.start:]) == len(t.out)-s.start
	tooLong := s.size > MaxNumber
	switch {
	case len(t.stack) == 0 && (tooLong || !valid):
		t.out = t.out[:s.mark]
		t.state = failed
		return
	case !s.kept:
		t.out = t.out[:s.start]
	case tooLong || !valid:
		t.out = append(t.out[:s.start], "null"...)
	}
	if s.count || s.kept && tooLong {
		t.dropped += int64(s.size)
	}
	if s.kept {
		t.left[s.purse] -= len(t.out) - s.start
	}
	t.endValue()
}

// cutScalar ends a scalar where the bytes end. Only a top-level scalar can be
// known to be whole.
func (t *Trimmer) cutScalar() {
	if len(t.stack) == 0 {
		t.endScalar()
	} else {
		t.out = t.out[:t.scalars.mark]
	}
}

// delimiter holds the bytes that end a number or literal.
var delimiter = [256]bool{
	' ': true, '\n': true, '\r': true, '\t': true,
	',': true, ':': true, '"': true, '{': true, '}': true, '[': true, ']': true,
}

// words are the literals by their first letter.
var words = [256]string{'t': "true", 'f': "false", 'n': "null"}

// scalarLen returns the length of the number or literal that b begins with, or 0.
func scalarLen(b []byte) int {
	if word := words[b[0]]; word != "" {
		if len(b) >= len(word) && string(b[:len(word)]) == word {
			return len(word)
		}
		return 0
	}
	n := 0
	if b[0] == '-' {
		n = 1
	}
	end := digits(b, n)
	if end == n || end > n+1 && b[n] == '0' {
		return 0
	}
	n = end
	if n < len(b) && b[n] == '.' {
		if end = digits(b, n+1); end == n+1 {
			return 0
		}
		n = end
	}
	if n < len(b) && (b[n] == 'e' || b[n] == 'E') {
		n++
		if n < len(b) && (b[n] == '+' || b[n] == '-') {
			n++
		}
		if end = digits(b, n); end == n {
			return 0
		}
		n = end
	}
	return n
}

// digits returns where the decimal digits end that begin at b[n].
func digits(b []byte, n int) int {
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return n
}
