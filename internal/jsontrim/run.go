// SPDX-License-Identifier: Apache-2.0

package jsontrim

import "bytes"

// run reads what mostly comes in an array or object all of which is kept: names
// and strings whose copy is no different, numbers, literals and brackets. It
// stops before anything else, and where p does not hold the whole of it, and
// returns how many bytes it has read. Without it the copy would be the same:
// what it does for one value after another takes half a dozen calls, and three
// times as long.
func (t *Trimmer) run(p []byte) int {
	f := t.top()
	if f == nil || !f.shape.all || f.base64 || t.state == wantColon || t.state == wantValue && !f.array {
		return 0
	}
	shape, purse, longest := f.shape, f.purse, t.longest(f.purse)
	// The copy gets no longer than what it is of, so that no limit is met before
	// this.
	p = p[:max(0, min(len(p), t.left[purse]-2*MaxDepth))]
	out, n := t.out, 0
	for n < len(p) {
		c := p[n]
		if c == ' ' || c == '\n' || c == '\r' || c == '\t' {
			n++
			continue
		}
		if c == f.closer() && t.state != wantValue && t.state != wantKey {
			n++
			t.out = append(out, c)
			t.stack = t.stack[:len(t.stack)-1]
			t.endValue()
			if f = t.top(); f == nil || f.shape != shape || f.base64 {
				return n
			}
			out = t.out
			continue
		}
		if t.state == wantNext {
			if c != ',' {
				break
			}
			n++
			t.state = wantKey
			if f.array {
				t.state = wantValue
			}
			continue
		}
		name, value := 0, n
		if !f.array {
			if name = shape.plainName(p[n:]); name == 0 {
				break
			}
			for value += name + 1; value < len(p) && p[value] == ' '; value++ {
			}
		}
		size := t.plainValue(p[value:], longest)
		if size == 0 {
			break
		}
		before := len(out)
		if f.some {
			out = append(out, ',')
		}
		f.some = true
		if value == n+name+1 || f.array {
			out = append(out, p[n:value+size]...)
		} else {
			out = append(append(out, p[n:n+name+1]...), p[value:value+size]...)
		}
		t.left[purse] -= len(out) - before
		c, n, t.state = p[value], value+size, wantNext
		if c == '{' || c == '[' {
			t.left[purse]-- // for the bracket that closes it
			t.stack = append(t.stack, frame{shape: shape, array: c == '[', purse: purse})
			f = t.top()
			t.state = wantFirstKey
			if f.array {
				t.state = wantElement
			}
		}
	}
	t.out = out
	return n
}

// plainName returns the length of the name that p begins with if a colon
// follows it at once, and it is no name that s treats in another way; else 0.
func (s *Shape) plainName(p []byte) int {
	if p[0] != '"' {
		return 0
	}
	n := shortString(p)
	if n == 0 || n == len(p) || p[n] != ':' {
		return 0
	}
	if name := p[1 : n-1]; s.child(name) == nil || s.holdsBase64(name) {
		return 0
	}
	return n
}

// plainValue returns the length of the value that p begins with, of an object or
// array that of its bracket. It is 0 if that is not whole, or if its copy would
// be different. longest is the limit of a string.
func (t *Trimmer) plainValue(p []byte, longest int) int {
	if len(p) == 0 {
		return 0
	}
	switch p[0] {
	case '"':
		if n := plainString(p); n <= longest {
			return n
		}
		return 0
	case '{', '[':
		if len(t.stack) == MaxDepth {
			return 0
		}
		return 1
	}
	n := scalarLen(p)
	if n > MaxNumber || n == len(p) || !delimiter[p[n]] {
		return 0
	}
	return n
}

// plainString returns the length of a string with its quotes, 0 if p does not
// hold it, or if it is a data URL or spelled in another way than in the copy.
func plainString(p []byte) int {
	if bytes.HasPrefix(p, []byte(`"data:`)) {
		return 0
	}
	for n := 1; ; n += 2 {
		if n += plainLen(p[n:]); n+1 >= len(p) || p[n] != '\\' {
			if n < len(p) && p[n] == '"' {
				return n + 1
			}
			return 0
		}
		switch p[n+1] {
		case '"', '\\', 'n', 'r', 't':
		default:
			return 0
		}
	}
}
