// SPDX-License-Identifier: Apache-2.0

package mistral

import "sync"

// maxKept is the largest buffer that outlives its call, in bytes.
const maxKept = 64 << 10

// buffers holds buffers that texts of earlier calls grew in. A text grows word
// by word, and would by itself allocate a multiple of its length. A call takes
// one at most: a short text may get a long buffer.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// borrow gives the text the buffer of an earlier call to grow in.
func (t *text) borrow() {
	t.borrowed = buffers.Get().(*[]byte)
	t.buf = (*t.borrowed)[:0]
}

// giveBack ends the text. Nothing may refer to its bytes any more.
func (t *text) giveBack() {
	if t.borrowed != nil && cap(t.buf) <= maxKept {
		*t.borrowed = t.buf
		buffers.Put(t.borrowed)
	}
	t.buf, t.borrowed = nil, nil
}
