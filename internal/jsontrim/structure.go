// SPDX-License-Identifier: Apache-2.0

package jsontrim

// state is what the next byte belongs to.
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
}

func (f *frame) closer() byte {
	if f.array {
		return ']'
	}
	return '}'
}

// member is what a key decided about the value that follows.
type member struct {
	key     []byte // decoded, at most MaxKey bytes
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

// structure reads one byte outside strings and scalars.
func (t *Trimmer) structure(c byte) {
	if c == ' ' || c == '\n' || c == '\r' || c == '\t' {
		return
	}
	switch t.state {
	case atStart:
		if c == 0xEF {
			t.state = inMark1
			return
		}
		t.value(c)
	case inMark1:
		t.expect(c, 0xBB, inMark2)
	case inMark2:
		t.expect(c, 0xBF, wantValue)
	case wantValue:
		t.value(c)
	case wantElement:
		if c == ']' {
			t.pop()
			return
		}
		t.value(c)
	case wantFirstKey:
		if c == '}' {
			t.pop()
			return
		}
		t.key(c)
	case wantKey:
		t.key(c)
	case wantColon:
		t.expect(c, ':', wantValue)
	case wantNext:
		f := t.top()
		switch {
		case c == f.closer():
			t.pop()
		case c == ',' && f.array:
			t.state = wantValue
		case c == ',':
			t.state = wantKey
		default:
			t.state = failed
		}
	}
}

func (t *Trimmer) expect(c, want byte, next state) {
	if c == want {
		t.state = next
	} else {
		t.state = failed
	}
}

// key begins a key.
func (t *Trimmer) key(c byte) {
	if c != '"' {
		t.state = failed
		return
	}
	t.member.key = t.member.key[:0]
	t.member.tooLong = false
	t.text.sink = toKey
	t.state = inText
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

// value begins a value with its first byte c.
func (t *Trimmer) value(c byte) {
	switch c {
	case ',', ':', ']', '}':
		t.state = failed
		return
	}
	t.scalars.mark = len(t.out)
	v, from := frame{shape: t.root}, lean
	f := t.top()
	if f != nil {
		v, from = frame{shape: f.shape, base64: f.base64, purse: f.purse}, f.purse
		if !f.array {
			v.shape, v.base64 = t.member.shape, t.member.base64
		}
	}
	switch {
	case v.shape == nil:
		t.discard(c, t.member.tooLong)
		return
	case t.left[from] <= 0:
		t.discard(c, true)
		return
	case v.shape.bulk:
		v.purse = bulk
	}
	if f != nil {
		t.separate(f)
	}
	t.keep(c, v, from)
}

// separate writes what stands before a value in f: a comma, a key.
func (t *Trimmer) separate(f *frame) {
	before := len(t.out)
	if f.some {
		t.out = append(t.out, ',')
	}
	f.some = true
	if !f.array {
		t.out = append(t.out, '"')
		t.out = appendEscaped(t.out, t.member.key)
		t.out = append(t.out, '"', ':')
	}
	t.left[f.purse] -= len(t.out) - before
}

// keep begins a kept value. Its brackets, quotes and notes are paid from the
// purse of what it is in, so that a Bulk value still shows that it was there
// when there is nothing left for Bulk content.
func (t *Trimmer) keep(c byte, v frame, from purse) {
	switch c {
	case '"':
		t.beginString(v, from)
	case '{', '[':
		if len(t.stack) == MaxDepth {
			t.out = append(t.out, "null"...)
			t.left[from] -= len("null")
			t.discard(c, true)
			return
		}
		v.array = c == '['
		t.stack = append(t.stack, v)
		t.out = append(t.out, c)
		t.left[from] -= len("{}")
		t.state = wantFirstKey
		if v.array {
			t.state = wantElement
		}
	default:
		t.beginScalar(c, true, from, false)
	}
}

// discard begins a value that is not kept; count says that a limit is the reason.
func (t *Trimmer) discard(c byte, count bool) {
	switch c {
	case '"', '{', '[':
		t.skip = skipper{count: count}
		t.state = inSkip
		if count {
			t.dropped++
		}
		if c == '"' {
			t.skip.text = true
		} else {
			t.skip.depth = 1
		}
	default:
		t.beginScalar(c, false, lean, count)
	}
}

// pop ends the innermost object or array.
func (t *Trimmer) pop() {
	t.out = append(t.out, t.top().closer())
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
