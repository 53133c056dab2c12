// SPDX-License-Identifier: Apache-2.0

// Package jsontrim keeps a bounded, trimmed and always valid copy of one JSON
// value that passes by in pieces of any size.
//
// A [Trimmer] is an io.Writer. A [Shape] says which members are kept, [Limits]
// how much of them. What is not wanted is skipped without being stored, long
// strings are cut with the cut size noted, base64 is replaced by its digest.
// The copy is meant to be decoded with encoding/json afterwards:
//
//	shape := jsontrim.Members(map[string]*jsontrim.Shape{
//		"id":      jsontrim.Keep,
//		"usage":   jsontrim.Keep,
//		"choices": jsontrim.Keep.Without("authorization").Bulk(),
//	})
//	var t jsontrim.Trimmer
//	t.Reset(shape, jsontrim.Limits{Total: 256 << 10})
//	_, err := io.Copy(&t, body)
//	err = json.Unmarshal(t.End(), &reply)
//
// # What the copy looks like
//
// Kept values have the meaning they had for encoding/json: order and duplicate
// keys stay, white space goes, escapes may be spelled differently. Text that is
// almost JSON is repaired and does not cost its neighbours: bytes that are not
// UTF-8 and lone surrogates become U+FFFD, raw control characters are escaped,
// an unknown escape such as \d is taken as backslash and letter, malformed
// numbers and literals below the top level become null. A wrong bracket, a
// missing comma or colon, and a malformed top-level scalar end the copy there:
// see [Trimmer.Failed]. Skipped objects and arrays are searched for their end
// only, so what is wrong inside them is not noticed.
//
// The copy does not depend on how the bytes were split over the Writes.
package jsontrim

// Limits that do not depend on the caller.
const (
	// DefaultString is the longest kept string when Limits.String is not set.
	DefaultString = 64 << 10
	// DefaultTotal is the size of Bulk content when Limits.Total is not set.
	DefaultTotal = 1 << 20
	// Reserve is the size of what is kept outside Bulk shapes, in bytes of the
	// copy. It is not part of Limits.Total, so that ids and usage survive any
	// amount of content.
	Reserve = 64 << 10
	// MaxDepth is how deep arrays and objects may nest. What is deeper is
	// replaced by null.
	MaxDepth = 64
	// MaxKey is the longest key in bytes of decoded text. A member with a
	// longer key is dropped.
	MaxKey = 256
	// MaxNumber is the longest number in bytes. A longer one becomes null.
	MaxNumber = 1024
)

// Limits bounds the copy. The zero value stands for the defaults.
//
// The copy is never longer than Total + Reserve and a few KiB, the keys and
// brackets of what was being written when a limit was reached.
type Limits struct {
	// String is the longest kept string value, in bytes of decoded text,
	// without the note on what was cut. 0 or less: DefaultString.
	String int
	// Lean is String for what is outside Bulk shapes. 0 or less: String.
	Lean int
	// Total is how much of the copy may lie in Bulk shapes, in bytes of the
	// copy. Beyond it strings are cut, and what is inside a Bulk array or
	// object is dropped. 0 or less: DefaultTotal.
	Total int
	// KeepBase64 keeps base64 as it came when it fits String and Total. What
	// does not fit becomes a digest all the same.
	KeepBase64 bool
}

// Trimmer reads one JSON value and keeps a copy of what its Shape names.
// The zero value keeps nothing; call Reset first. A Trimmer may be reused after
// another Reset, and holds on to its memory for that. It is not safe for
// concurrent use.
type Trimmer struct {
	root   *Shape
	limits Limits
	state  state
	stack  []frame // the open objects and arrays that are kept, outermost first
	out    []byte  // the copy
	left   [2]int  // what may still be written, by purse

	member  member  // the member whose key was read last
	skip    skipper // state in inSkip
	scalars scalars // state in inScalar
	decode  decoder // state in inText, of keys and values
	text    text    // where decoded text goes
	dropped int64
}

// purse is one of the two budgets that the copy is written from.
type purse uint8

const (
	lean purse = iota // outside Bulk shapes: Reserve
	bulk              // in Bulk shapes: Limits.Total
)

// Reset makes the Trimmer ready for another value. The slice that End returned
// before is no longer valid.
func (t *Trimmer) Reset(shape *Shape, l Limits) {
	if l.String <= 0 {
		l.String = DefaultString
	}
	if l.Lean <= 0 {
		l.Lean = l.String
	}
	if l.Total <= 0 {
		l.Total = DefaultTotal
	}
	*t = Trimmer{
		root:   shape,
		limits: l,
		left:   [2]int{lean: Reserve, bulk: l.Total},
		stack:  t.stack[:0],
		out:    t.out[:0],
		member: member{key: t.member.key[:0]},
		text:   text{head: t.text.head[:0], digest: t.text.digest},
	}
}

// Write reads the next piece of the value. It always returns len(p) and nil;
// what follows the value is ignored. It keeps no reference to p.
func (t *Trimmer) Write(p []byte) (n int, err error) {
	n = len(p)
	for len(p) > 0 && t.state <= inSkip {
		var read int
		switch t.state {
		case inText:
			read = t.readText(p)
		case inScalar:
			read = t.readScalar(p)
		case inSkip:
			read = t.readSkipped(p)
		default:
			read = t.structure(p)
		}
		p = p[read:]
	}
	return n, nil
}

// Done tells whether the value is complete. A top-level number is complete only
// at End, because more digits could follow.
func (t *Trimmer) Done() bool { return t.state == done }

// Failed tells that the bytes are not JSON. Nothing is read from there on; what
// was kept before is still returned by End.
func (t *Trimmer) Failed() bool { return t.state == failed }

// Dropped returns how much of what the shape keeps was left out because of a
// limit: the cut ends of strings in bytes of decoded text, and the values that
// were dropped or replaced by null in bytes as they came. Base64 that became a
// digest is not counted, nor is what the shape does not name.
func (t *Trimmer) Dropped() int64 { return t.dropped }

// End says that no more bytes follow and returns the copy: valid JSON, or empty
// when nothing was kept. In a value that is not complete, open strings, arrays
// and objects are closed, and a key without its value or a number that more
// digits could follow are taken back. The slice is valid until Reset. Calling
// End again returns the same copy.
func (t *Trimmer) End() []byte {
	switch t.state {
	case done, ended:
		return t.out
	case inText:
		if t.text.sink != toKey {
			t.endString(false)
		}
		t.state = ended
	case inScalar:
		t.cutScalar()
	}
	for i := len(t.stack) - 1; i >= 0; i-- {
		t.out = t.stack[i].appendEnd(t.out)
	}
	t.stack = t.stack[:0]
	if t.state != done && t.state != failed {
		t.state = ended
	}
	return t.out
}
