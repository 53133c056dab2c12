// SPDX-License-Identifier: Apache-2.0

package jsontrim

import "strconv"

// state is what the next byte belongs to. Those before inText are read by
// structure, those after inSkip are final.
type state uint8

const (
	atStart      state = iota // before the value; a byte order mark may come
	inMark1                   // after the first byte of the byte order mark
	inMark2                   // after its second byte
	wantValue                 // a value must come
	wantElement               // after [: a value or ]
	wantKey                   // after , in an object
	wantFirstKey              // after {: a key or }
	wantColon                 // after a key
	wantNext                  // after a value: , or the end of its array or object
	inText                    // in a key or a kept string
	inScalar                  // in a number or literal, kept or not
	inSkip                    // in a string, array or object that is not kept
	done                      // after the value
	failed                    // the bytes are not JSON
	ended                     // End was called before the value was complete
)

// frame is one open object or array that is kept.
type frame struct {
	shape  *Shape
	array  bool
	some   bool  // holds a member or element already: the next needs a comma
	base64 bool  // is the value of a member that Shape.Base64 names
	purse  purse // pays for keys, brackets and scalars inside
	count  int   // elements so far, if Shape.count
}

func (f *frame) closer() byte {
	if f.array {
		return ']'
	}
	return '}'
}

// appendEnd appends what stands at the end of f.
func (f *frame) appendEnd(dst []byte) []byte {
	if f.shape.count {
		return strconv.AppendInt(dst, int64(f.count), 10)
	}
	return append(dst, f.closer())
}

// member is what a key decided about the value that follows.
type member struct {
	key     []byte // decoded, at most MaxKey bytes
	special bool   // key has characters that JSON must escape
	tooLong bool   // dropped for its key, not by the shape
	shape   *Shape
	base64  bool
}

func (t *Trimmer) top() *frame {
	if len(t.stack) == 0 {
		return nil
	}
	return &t.stack[len(t.stack)-1]
}

// structure reads what stands outside strings and scalars, and returns how many
// bytes that took. It goes on until another part of the Trimmer has to read.
func (t *Trimmer) structure(p []byte) int {
	n := 0
	for n < len(p) && t.state < inText {
		if n += t.run(p[n:]); n == len(p) || t.state >= inText {
			break
		}
		c := p[n]
		if isSpace(c) {
			n++
			continue
		}
		switch t.state {
		case wantNext:
			n++
			switch f := t.top(); {
			case c == ',' && f.array:
				t.state = wantValue
			case c == ',':
				t.state = wantKey
			case c == f.closer():
				t.pop()
			default:
				t.state = failed
			}
		case wantFirstKey, wantKey:
			if c == '}' && t.state == wantFirstKey {
				n++
				t.pop()
			} else {
				n += t.key(p[n:])
			}
		case wantColon:
			n++
			t.expect(c, ':', wantValue)
		case wantElement:
			if c == ']' {
				n++
				t.pop()
			} else {
				n += t.value(p[n:])
			}
		case wantValue:
			n += t.value(p[n:])
		case atStart:
			if c == 0xEF {
				n++
				t.state = inMark1
			} else {
				n += t.value(p[n:])
			}
		case inMark1:
			n++
			t.expect(c, 0xBB, inMark2)
		case inMark2:
			n++
			t.expect(c, 0xBF, wantValue)
		}
	}
	return n
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func (t *Trimmer) expect(c, want byte, next state) {
	if c == want {
		t.state = next
	} else {
		t.state = failed
	}
}

// key begins a key.
func (t *Trimmer) key(p []byte) int {
	if p[0] != '"' {
		t.state = failed
		return 1
	}
	m := &t.member
	m.key, m.special, m.tooLong = m.key[:0], false, false
	if n := shortString(p); n > 0 {
		m.key = append(m.key, p[1:n-1]...)
		t.endKey()
		if n < len(p) && p[n] == ':' { // as mostly
			t.state = wantValue
			n++
		}
		return n
	}
	t.text.sink = toKey
	t.state = inText
	return 1
}

// endKey decides about the value that follows. Nothing is written before that
// value begins, so a key without a value leaves no trace.
func (t *Trimmer) endKey() {
	m, f := &t.member, t.top()
	if m.tooLong {
		m.shape, m.tooLong = nil, f.shape.all
	} else {
		m.shape = f.shape.child(m.key)
		m.base64 = f.shape.holdsBase64(m.key) || f.base64 && string(m.key) == "data"
	}
	t.state = wantColon
}

// value begins a value.
func (t *Trimmer) value(p []byte) int {
	switch p[0] {
	case ',', ':', ']', '}':
		t.state = failed
		return 1
	}
	t.scalars.mark = len(t.out)
	v, from := frame{shape: t.root}, lean
	f := t.top()
	if f != nil && f.shape.count {
		f.count++
		return t.discard(p, false)
	}
	if f != nil {
		v, from = frame{shape: f.shape, base64: f.base64, purse: f.purse}, f.purse
		if !f.array {
			v.shape, v.base64 = t.member.shape, t.member.base64
		}
	}
	switch {
	case v.shape == nil:
		return t.discard(p, t.member.tooLong)
	case v.shape.count && p[0] != '[':
		if f != nil && (p[0] == '"' || p[0] == '{') {
			t.separate(f)
			t.out = append(t.out, '1')
			t.left[from]--
		}
		return t.discard(p, false)
	case t.left[from] <= 0:
		return t.discard(p, true)
	case v.shape.bulk:
		v.purse = bulk
	}
	if f != nil {
		t.separate(f)
	}
	return t.keep(p, v, from)
}

// separate writes what stands before a value in f: a comma, a key.
func (t *Trimmer) separate(f *frame) {
	out := t.out
	if f.some {
		out = append(out, ',')
	}
	f.some = true
	if !f.array {
		out = append(out, '"')
		if t.member.special {
			out = appendEscaped(out, t.member.key)
		} else {
			out = append(out, t.member.key...)
		}
		out = append(out, '"', ':')
	}
	t.left[f.purse] -= len(out) - len(t.out)
	t.out = out
}

// keep begins a kept value. Its brackets, quotes and notes are paid from the
// purse of what it is in, so that a Bulk value still shows that it was there
// when there is nothing left for Bulk content.
func (t *Trimmer) keep(p []byte, v frame, from purse) int {
	switch c := p[0]; c {
	case '"':
		t.beginString(v, from)
	case '{', '[':
		if len(t.stack) == MaxDepth {
			t.out = append(t.out, "null"...)
			t.left[from] -= len("null")
			return t.discard(p, true)
		}
		v.array = c == '['
		t.stack = append(t.stack, v)
		if !v.shape.count {
			t.out = append(t.out, c)
		}
		t.left[from] -= len("{}")
		t.state = wantFirstKey
		if v.array {
			t.state = wantElement
		}
	default:
		return t.beginScalar(p, true, from, false)
	}
	return 1
}

// discard begins a value that is not kept; count says that a limit is the reason.
func (t *Trimmer) discard(p []byte, count bool) int {
	switch p[0] {
	case '"', '{', '[':
		t.skip = skipper{count: count}
		t.state = inSkip
		return 0
	default:
		return t.beginScalar(p, false, lean, count)
	}
}

// pop ends the innermost object or array.
func (t *Trimmer) pop() {
	t.out = t.top().appendEnd(t.out)
	t.stack = t.stack[:len(t.stack)-1]
	t.endValue()
}

// endValue goes on after any value.
func (t *Trimmer) endValue() {
	if len(t.stack) == 0 {
		t.state = done
	} else {
		t.state = wantNext
	}
}
