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
	*s = scalars{mark: s.mark, start: len(t.out), kept: kept, count: count, purse: from}
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
	valid := validScalar(t.out[s.start:])
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

// validScalar tells whether b is a number, true, false or null.
func validScalar(b []byte) bool {
	switch string(b) {
	case "true", "false", "null":
		return true
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	n := digits(b)
	if n == 0 || n > 1 && b[0] == '0' {
		return false
	}
	b = b[n:]
	if len(b) > 0 && b[0] == '.' {
		n = digits(b[1:])
		if n == 0 {
			return false
		}
		b = b[1+n:]
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		n = digits(b)
		if n == 0 {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0
}

// digits returns how many decimal digits b begins with.
func digits(b []byte) int {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return n
}
