// SPDX-License-Identifier: Apache-2.0

// Package jsonscan reads JSON that is wholly in memory in one pass and without
// allocating, and writes JSON strings.
//
// encoding/json costs about 13 allocations for a stream chunk of 200 bytes;
// a call of 5,000 chunks would pay that 5,000 times. A [Cursor] costs none. It
// is as strict as encoding/json about what is JSON, so a value that one of them
// refuses, the other refuses too, but it is forgiving about types: a member of
// an unexpected type is skipped and costs only itself.
package jsonscan

import "bytes"

// maxDepth bounds recursion. Nothing Mistral sends comes near it.
const maxDepth = 512

// A Cursor walks over one JSON document. Each call that reads a value consumes
// exactly one; after [Cursor.Member] or [Cursor.Element] returned true the
// caller must consume the value, if only with [Cursor.Skip].
//
//	if c.Object() {
//		for c.Member() {
//			switch string(c.Key()) {
//			case "id":
//				id, _ = c.Text()
//			default:
//				c.Skip()
//			}
//		}
//	}
//	if c.End() { … the whole document was valid … }
//
// After the first syntax error every method returns its zero value. A Cursor
// is a value without pointers to itself; it must not be shared between
// goroutines.
type Cursor struct {
	doc   []byte
	pos   int
	depth int
	key   []byte
	// fresh is true between an opening bracket and the first thing after it,
	// where a comma is not expected.
	fresh bool
	bad   bool
}

// Kind is the first byte of a value, with '0' for every number; 0 means that
// no value follows.
type Kind byte

// The kinds of JSON values.
const (
	KindNone   Kind = 0
	KindObject Kind = '{'
	KindArray  Kind = '['
	KindString Kind = '"'
	KindNumber Kind = '0'
	KindTrue   Kind = 't'
	KindFalse  Kind = 'f'
	KindNull   Kind = 'n'
)

// New returns a cursor at the beginning of doc.
func New(doc []byte) Cursor { return Cursor{doc: doc} }

// Valid tells whether no syntax error has been met so far.
func (c *Cursor) Valid() bool { return !c.bad }

// End tells whether the document was valid up to its end, with nothing but
// white space after the value.
func (c *Cursor) End() bool {
	c.space()
	return !c.bad && c.depth == 0 && c.pos == len(c.doc)
}

// Kind returns the kind of the next value without consuming it.
func (c *Cursor) Kind() Kind {
	c.space()
	if c.bad || c.pos >= len(c.doc) {
		return KindNone
	}
	return kinds[c.doc[c.pos]]
}

// kinds are the kinds of values by their first byte.
var kinds = [256]Kind{
	'{': KindObject, '[': KindArray, '"': KindString, 't': KindTrue, 'f': KindFalse, 'n': KindNull, '-': KindNumber,
	'0': KindNumber, '1': KindNumber, '2': KindNumber, '3': KindNumber, '4': KindNumber,
	'5': KindNumber, '6': KindNumber, '7': KindNumber, '8': KindNumber, '9': KindNumber,
}

// Object enters the next value if it is an object. Any other value is skipped.
func (c *Cursor) Object() bool { return c.enter('{') }

// Array enters the next value if it is an array. Any other value is skipped.
func (c *Cursor) Array() bool { return c.enter('[') }

func (c *Cursor) enter(open byte) bool {
	if c.Kind() != Kind(open) {
		c.Skip()
		return false
	}
	return c.open()
}

// open steps over an opening bracket.
func (c *Cursor) open() bool {
	if c.depth++; c.depth > maxDepth {
		return c.fail()
	}
	c.pos++
	c.fresh = true
	return true
}

// Member moves to the next member of the object that was entered last. It
// returns false after the last one; the object is then left.
func (c *Cursor) Member() bool {
	// Nearly all JSON is compact, with names that need no escapes: to look for
	// that at once is a quarter of what reading a short reply costs.
	if i := c.pos; i < len(c.doc) && (c.fresh || c.doc[i] == ',') {
		if !c.fresh {
			i++
		}
		if i < len(c.doc) && c.doc[i] == '"' {
			i++
			end := i + literal(c.doc[i:])
			if end+1 < len(c.doc) && c.doc[end] == '"' && c.doc[end+1] == ':' {
				c.key, c.pos, c.fresh = c.doc[i:end], end+2, false
				return true
			}
		}
	}
	return c.member()
}

// member is Member for JSON of any spelling.
func (c *Cursor) member() bool {
	if !c.next('}') {
		return false
	}
	if c.pos >= len(c.doc) || c.doc[c.pos] != '"' {
		return c.fail()
	}
	text, ok := c.text()
	if !ok {
		return false
	}
	c.key = text.raw
	if text.escaped {
		c.key = text.Append(nil)
	}
	c.space()
	if c.pos >= len(c.doc) || c.doc[c.pos] != ':' {
		return c.fail()
	}
	c.pos++
	return true
}

// Key is the name of the current member. It is valid until the next call of
// Member and must not be modified.
func (c *Cursor) Key() []byte { return c.key }

// Element moves to the next element of the array that was entered last. It
// returns false after the last one; the array is then left.
func (c *Cursor) Element() bool { return c.next(']') }

// next steps over the comma before, or the bracket after, a member or element.
func (c *Cursor) next(closing byte) bool {
	c.space()
	if c.bad || c.pos >= len(c.doc) {
		return c.fail()
	}
	if c.doc[c.pos] == closing {
		c.pos++
		c.depth--
		c.fresh = false
		return false
	}
	if !c.fresh {
		if c.doc[c.pos] != ',' {
			return c.fail()
		}
		c.pos++
		c.space()
	}
	c.fresh = false
	return true
}

// Text consumes a string. Any other value is skipped and gives false.
func (c *Cursor) Text() (Text, bool) {
	if c.Kind() != KindString {
		c.Skip()
		return Text{}, false
	}
	return c.text()
}

// String consumes a string and returns it unescaped; "" for any other value.
func (c *Cursor) String() string {
	t, _ := c.Text()
	return t.String()
}

// Quoted consumes a string and returns it as it stands in the document, with its
// quotes; nil for any other value.
func (c *Cursor) Quoted() []byte {
	if c.Kind() != KindString {
		c.Skip()
		return nil
	}
	return c.Raw()
}

// Bool consumes true or false. Any other value is skipped and gives ok false.
func (c *Cursor) Bool() (v, ok bool) {
	k := c.Kind()
	c.Skip()
	return k == KindTrue, !c.bad && (k == KindTrue || k == KindFalse)
}

// Raw consumes any value and returns its bytes, which are part of the document.
func (c *Cursor) Raw() []byte {
	start := c.Mark()
	c.Skip()
	return c.Since(start)
}

// Mark returns where the next value begins, for [Cursor.Since].
func (c *Cursor) Mark() int {
	c.space()
	return c.pos
}

// Since returns the bytes of what was consumed since the mark, which are part of
// the document; nil after a syntax error.
func (c *Cursor) Since(mark int) []byte {
	if c.bad {
		return nil
	}
	return c.doc[mark:c.pos]
}

// Skip consumes any value.
func (c *Cursor) Skip() {
	switch c.Kind() {
	case KindObject:
		c.open()
		for c.Member() {
			c.Skip()
		}
	case KindArray:
		c.open()
		for c.Element() {
			c.Skip()
		}
	case KindString:
		c.text()
	case KindNumber:
		c.number()
	case KindTrue:
		c.literal("true")
	case KindFalse:
		c.literal("false")
	case KindNull:
		c.literal("null")
	default:
		c.fail()
	}
}

func (c *Cursor) literal(word string) {
	if !bytes.HasPrefix(c.doc[c.pos:], []byte(word)) {
		c.fail()
		return
	}
	c.pos += len(word)
}

// text consumes the string that begins at pos.
func (c *Cursor) text() (Text, bool) {
	start := c.pos + 1
	end := start + literal(c.doc[start:])
	if end < len(c.doc) && c.doc[end] == '"' {
		c.pos = end + 1
		return Text{raw: c.doc[start:end]}, true
	}
	t, rest, ok := cutText(c.doc[start:], end-start)
	if !ok {
		return Text{}, c.fail()
	}
	c.pos = len(c.doc) - len(rest)
	return t, true
}

func (c *Cursor) space() {
	for c.pos < len(c.doc) && c.doc[c.pos] <= ' ' { // mostly there is none
		switch c.doc[c.pos] {
		case ' ', '\n', '\r', '\t':
			c.pos++
		default:
			return
		}
	}
}

// fail remembers that the document is broken; nothing is read any more.
func (c *Cursor) fail() bool {
	c.bad = true
	c.pos = len(c.doc)
	return false
}
