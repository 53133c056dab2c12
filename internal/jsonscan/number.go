// SPDX-License-Identifier: Apache-2.0

package jsonscan

import (
	"math"
	"strconv"
)

// maxNumber is the longest number that is read, in bytes.
const maxNumber = 1024

// Float consumes a number. Any other value, and a number out of range or of more
// than 1,024 bytes, gives ok false.
func (c *Cursor) Float() (v float64, ok bool) {
	if c.Kind() != KindNumber {
		c.Skip()
		return 0, false
	}
	raw := c.Raw()
	if len(raw) > maxNumber {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	return v, err == nil && !c.bad
}

// Int consumes a whole number; 12.0 and 1e3 count as whole. Any other value,
// and a number out of range or of more than 1,024 bytes, gives ok false.
func (c *Cursor) Int() (v int64, ok bool) {
	if c.Kind() != KindNumber {
		c.Skip()
		return 0, false
	}
	if v, ok := c.count(); ok {
		return v, true
	}
	raw := c.Raw()
	if c.bad || len(raw) > maxNumber {
		return 0, false
	}
	if v, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return v, true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

// count consumes a number that is nothing but some digits, as nearly all whole
// numbers are. ok is false, and nothing consumed, if it is another one.
func (c *Cursor) count() (v int64, ok bool) {
	const most = 18 // digits that cannot overflow
	i := c.pos
	for ; i < len(c.doc) && c.doc[i]-'0' <= 9; i++ {
		v = 10*v + int64(c.doc[i]-'0')
	}
	n := i - c.pos
	if n == 0 || n > most || n > 1 && c.doc[c.pos] == '0' || i == len(c.doc) {
		return 0, false
	}
	switch c.doc[i] {
	case '.', 'e', 'E':
		return 0, false
	}
	c.pos = i
	return v, true
}

func (c *Cursor) number() {
	if c.doc[c.pos] == '-' {
		c.pos++
	}
	if c.pos < len(c.doc) && c.doc[c.pos] == '0' {
		c.pos++
	} else if !c.digits() {
		return
	}
	if c.pos < len(c.doc) && c.doc[c.pos] == '.' {
		c.pos++
		if !c.digits() {
			return
		}
	}
	if c.pos < len(c.doc) && (c.doc[c.pos] == 'e' || c.doc[c.pos] == 'E') {
		c.pos++
		if c.pos < len(c.doc) && (c.doc[c.pos] == '+' || c.doc[c.pos] == '-') {
			c.pos++
		}
		c.digits()
	}
}

func (c *Cursor) digits() bool {
	start := c.pos
	for c.pos < len(c.doc) && c.doc[c.pos]-'0' <= 9 {
		c.pos++
	}
	if c.pos == start {
		return c.fail()
	}
	return true
}
