// SPDX-License-Identifier: Apache-2.0

package jsontrim

import (
	"bytes"
	"slices"
)

// Shape says what of a JSON value is kept. The nil Shape drops it. Shapes are
// immutable and safe for concurrent use: build them once.
type Shape struct {
	all     bool
	members [][]named  // by the length of their names; nil when all
	without [][][]byte // likewise
	base64  []string
	bulk    bool
	count   bool // of the elements of an array, instead of the array
}

// named is the shape of a member.
type named struct {
	name  string
	shape *Shape
}

// Keep keeps a value and all below it.
var Keep = &Shape{all: true}

// Count keeps the number of values that stand somewhere, as a JSON number in
// their place: of an array the number of its elements, 1 for a string or an
// object. Any other value it drops.
var Count = &Shape{count: true}

// Members keeps the named members of an object, each in its own shape, and
// nothing else. Names match exactly. Of a key that occurs twice both members
// are kept in order, and encoding/json takes the last. Applied to an array it
// is applied to each element; applied to any other value that value is kept.
func Members(members map[string]*Shape) *Shape {
	s := &Shape{}
	for name, shape := range members {
		// Few names of a shape are equally long, and to compare those costs less
		// than to look into a map.
		s.members = grown(s.members, len(name))
		s.members[len(name)] = append(s.members[len(name)], named{name, shape})
	}
	return s
}

// grown is s with an element at i.
func grown[T any](s []T, i int) []T {
	for len(s) <= i {
		s = append(s, *new(T))
	}
	return s
}

// Without returns a copy of s that never keeps members of these names, at any
// depth, whatever their value. It is meant for secrets, so letter case makes no
// difference.
func (s *Shape) Without(names ...string) *Shape {
	return s.each(func(c *Shape) {
		c.without = slices.Clone(c.without)
		for _, name := range names {
			c.without = grown(c.without, len(name))
			c.without[len(name)] = append(slices.Clip(c.without[len(name)]), []byte(name))
		}
	})
}

// Base64 returns a copy of s in which members of these names, at any depth, are
// taken to hold base64 although no data URL says so: as a string, as an array
// of strings, or as the string "data" of an object. Strings that begin with
// http://, https:// or data: are excepted.
func (s *Shape) Base64(names ...string) *Shape {
	return s.each(func(c *Shape) {
		c.base64 = append(slices.Clip(c.base64), names...)
	})
}

// Bulk returns a copy of s that marks content: it counts against Limits.Total,
// with all below it.
func (s *Shape) Bulk() *Shape {
	if s == nil {
		return nil
	}
	c := *s
	c.bulk = true
	return &c
}

// each returns a copy of s in which change was applied to s and all below it.
func (s *Shape) each(change func(*Shape)) *Shape {
	if s == nil {
		return nil
	}
	c := *s
	change(&c)
	c.members = slices.Clone(s.members)
	for i, members := range c.members {
		c.members[i] = slices.Clone(members)
		for j, m := range members {
			c.members[i][j].shape = m.shape.each(change)
		}
	}
	return &c
}

// child returns the shape of the member with this key.
func (s *Shape) child(key []byte) *Shape {
	if len(key) < len(s.without) {
		for _, name := range s.without[len(key)] {
			if bytes.EqualFold(name, key) {
				return nil
			}
		}
	}
	if s.all {
		return s
	}
	if len(key) < len(s.members) {
		for _, m := range s.members[len(key)] {
			if m.name == string(key) {
				return m.shape
			}
		}
	}
	return nil
}

// holdsBase64 tells whether Base64 names this key.
func (s *Shape) holdsBase64(key []byte) bool {
	for _, name := range s.base64 {
		if name == string(key) {
			return true
		}
	}
	return false
}
