// SPDX-License-Identifier: Apache-2.0

package jsontrim

import (
	"bytes"
	"unicode/utf8"
)

// sink is where decoded text goes.
type sink uint8

const (
	toKey    sink = iota // member.key
	toHead               // text.head, until it is clear what the string is
	toCopy               // the copy
	toDigest             // the digest, and the copy under KeepBase64
)

// maxHead is the longest beginning of a data URL, up to and with the comma.
const maxHead = 256

// text is the state of a kept string.
type text struct {
	sink   sink
	named  bool // Shape.Base64 says that it is base64
	outer  purse
	purse  purse   // pays for the text, as outer does for quotes and notes
	start  int     // length of the copy before the text
	room   int     // what Limits.String leaves
	cut    int64   // bytes beyond the limits; once any are, all that follow are
	head   []byte  // the beginning, in ASCII that stands for itself
	media  []byte  // media type, a part of head
	digest *digest // made when first needed
}

// beginString begins a kept string.
func (t *Trimmer) beginString(v frame, outer purse) {
	t.out = append(t.out, '"')
	t.left[outer] -= len(`""`)
	x := &t.text
	x.sink, x.named, x.outer, x.purse = toHead, v.base64, outer, v.purse
	x.start, x.room, x.cut = len(t.out), t.longest(v.purse), 0
	x.head, x.media = x.head[:0], nil
	t.state = inText
}

// longest is the limit of a string that the purse pays for.
func (t *Trimmer) longest(from purse) int {
	if from == bulk {
		return t.limits.String
	}
	return t.limits.Lean
}

// shortString returns the length of a string with its quotes when all of it is
// at the beginning of p, it is short and needs no decoding; else 0. Most keys
// and many values are like that.
func shortString(p []byte) int {
	n := 1 + plainLen(p[1:min(len(p), 64)])
	if n < len(p) && p[n] == '"' {
		return n + 1
	}
	return 0
}

// endString ends a kept string; whole says that its quote has come.
func (t *Trimmer) endString(whole bool) {
	x := &t.text
	if x.sink == toHead {
		t.decided(t.judgeWhole())
	}
	before := len(t.out)
	switch {
	case x.sink == toDigest && (!t.limits.KeepBase64 || x.cut > 0):
		t.left[x.purse] += len(t.out) - x.start
		before = x.start
		t.out = x.digest.appendTo(t.out[:x.start], x.media, whole)
	case x.cut > 0:
		t.out = AppendCutNote(t.out, x.cut)
		t.dropped += x.cut
	}
	t.left[x.outer] -= len(t.out) - before
	t.out = append(t.out, '"')
	t.endValue()
}

// put takes decoded text: whole characters that stand for themselves in JSON.
func (t *Trimmer) put(b []byte) {
	switch t.text.sink {
	case toKey:
		t.putKey(b)
	case toHead:
		t.putHead(b)
	case toCopy:
		t.putCopy(b)
	case toDigest:
		t.putDigest(b)
	}
}

// putSpecial takes one decoded ASCII character that JSON must escape.
func (t *Trimmer) putSpecial(c byte) {
	x := &t.text
	if x.sink == toHead {
		t.decided(t.judge(c))
	}
	b := [1]byte{c}
	switch x.sink {
	case toKey:
		t.member.special = true
		t.putKey(b[:])
		return
	case toDigest:
		x.digest.write(b[:])
		if !t.limits.KeepBase64 {
			return
		}
	}
	if x.cut > 0 || min(x.room, t.left[x.purse]) <= 0 {
		x.cut++
		return
	}
	n := len(t.out)
	t.out = appendSpecial(t.out, c)
	x.room--
	t.left[x.purse] -= len(t.out) - n
}

func (t *Trimmer) putKey(b []byte) {
	m := &t.member
	if m.tooLong || len(m.key)+len(b) > MaxKey {
		m.tooLong = true
		return
	}
	m.key = append(m.key, b...)
}

func (t *Trimmer) putCopy(b []byte) {
	x := &t.text
	n := len(b)
	if x.cut > 0 {
		n = 0
	} else if room := max(0, min(x.room, t.left[x.purse])); n > room {
		n = room
		for n > 0 && !utf8.RuneStart(b[n]) {
			n--
		}
	}
	t.out = append(t.out, b[:n]...)
	x.room -= n
	t.left[x.purse] -= n
	x.cut += int64(len(b) - n)
}

func (t *Trimmer) putDigest(b []byte) {
	t.text.digest.write(b)
	if t.limits.KeepBase64 {
		t.putCopy(b)
	}
}

// verdict says what a string is.
type verdict uint8

const (
	undecided verdict = iota
	isText
	isBase64  // by its name
	isDataURL // in base64; the comma is the last byte of its head
)

// putHead takes text while it is not clear what the string is.
func (t *Trimmer) putHead(b []byte) {
	x := &t.text
	for i, c := range b {
		v := t.judge(c)
		if v == undecided || v == isDataURL {
			x.head = append(x.head, c)
			i++
		}
		if v != undecided {
			t.decided(v)
			t.put(b[i:])
			return
		}
	}
}

// judge decides what the string is, now that c follows its head.
func (t *Trimmer) judge(c byte) verdict {
	x := &t.text
	if bytes.HasPrefix(x.head, []byte("data:")) {
		switch {
		case c == ',' && bytes.HasSuffix(x.head, []byte(";base64")):
			return isDataURL
		case c == ',' || !plain[c] || len(x.head)+1 == maxHead:
			return isText
		}
		return undecided
	}
	if follows("data:", x.head, c) {
		return undecided
	}
	if !x.named {
		return isText
	}
	if isHTTP(x.head) {
		return isText
	}
	if follows("http://", x.head, c) || follows("https://", x.head, c) {
		return undecided
	}
	return isBase64
}

// judgeWhole decides what the string is when its head is all of it.
func (t *Trimmer) judgeWhole() verdict {
	x := &t.text
	if !x.named || len(x.head) == 0 || isHTTP(x.head) || bytes.HasPrefix(x.head, []byte("data:")) {
		return isText
	}
	return isBase64
}

// decided sends the head where the string goes.
func (t *Trimmer) decided(v verdict) {
	x := &t.text
	switch v {
	case isText:
		x.sink = toCopy
		t.putCopy(x.head)
	case isBase64:
		x.sink = toDigest
		t.resetDigest()
		t.putDigest(x.head)
	case isDataURL:
		x.sink = toDigest
		t.resetDigest()
		x.media, _, _ = bytes.Cut(x.head[len("data:"):], []byte(";"))
		if t.limits.KeepBase64 {
			t.putCopy(x.head)
		}
	}
}

func (t *Trimmer) resetDigest() {
	if t.text.digest == nil {
		t.text.digest = new(digest)
	}
	t.text.digest.reset()
}

// follows tells whether head and then c are how prefix begins.
func follows(prefix string, head []byte, c byte) bool {
	n := len(head)
	return n < len(prefix) && prefix[n] == c && prefix[:n] == string(head)
}

func isHTTP(head []byte) bool {
	return string(head) == "http://" || string(head) == "https://"
}
