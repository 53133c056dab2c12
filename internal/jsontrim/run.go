// SPDX-License-Identifier: Apache-2.0

package jsontrim

import "bytes"

// run reads what mostly comes in an array or object: names, and values that are
// kept and whose copy is no different. It stops before anything else, and where p
// does not hold the whole of it, and returns how many bytes it has read. Without
// it the copy would be the same: what it does in one loop takes half a dozen calls
// for each value, and twice as long.
func (t *Trimmer) run(p []byte) int {
	f := t.top()
	if !f.runs() || t.state == wantColon || t.state == wantValue && !f.array {
		return 0
	}
	// The copy gets no longer than what it is of, but the brackets that close what
	// is open are paid for before they come: no limit is met before this.
	p = p[:max(0, min(len(p), t.left[lean]-MaxDepth, t.left[bulk]-MaxDepth))]
	out, n := t.out, 0
	for n < len(p) {
		c := p[n]
		if isSpace(c) {
			n++
			continue
		}
		if c == f.closer() && t.state != wantValue && t.state != wantKey {
			n++
			t.out = out
			t.pop()
			out = t.out
			if f = t.top(); !f.runs() {
				break
			}
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
		v, begin := frame{shape: f.shape, purse: f.purse}, n
		if !f.array {
			name := plainName(p[n:])
			if name == 0 {
				break
			}
			key := p[n+1 : n+name-1]
			if v.shape = f.shape.child(key); v.shape == nil || v.shape.count || f.shape.holdsBase64(key) {
				break
			}
			begin += name + len(":")
		}
		if v.shape.bulk {
			v.purse = bulk
		}
		value := begin
		for value < len(p) && p[value] == ' ' {
			value++
		}
		size := t.plainValue(p[value:], t.longest(v.purse))
		if size == 0 {
			break
		}
		before := len(out)
		if f.some {
			out = append(out, ',')
		}
		f.some = true
		if value == begin {
			out = append(out, p[n:value+size]...)
		} else {
			out = append(append(out, p[n:begin]...), p[value:value+size]...)
		}
		t.left[f.purse] -= len(out) - before
		n, t.state = value+size, wantNext
		switch c = p[value]; c {
		case '"':
			t.left[f.purse] += size - len(`""`)
			t.left[v.purse] -= size - len(`""`)
		case '{', '[':
			t.left[f.purse]-- // for the bracket that closes it
			v.array = c == '['
			t.state = wantFirstKey
			if v.array {
				t.state = wantElement
			}
			t.stack = append(t.stack, v)
			f = t.top()
		}
	}
	t.out = out
	return n
}

// runs tells whether run knows what to do in f.
func (f *frame) runs() bool { return f != nil && !f.shape.count && !f.base64 }

// plainName returns the length of the name that p begins with, 0 if it is long,
// spelled in an odd way, or if no colon follows at once.
func plainName(p []byte) int {
	if p[0] != '"' {
		return 0
	}
	n := shortString(p)
	if n == len(p) || p[n] != ':' {
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
