// SPDX-License-Identifier: Apache-2.0

package mistral

// What the memory of one reading has at most for the next: parts, and bytes of
// text.
const (
	maxSpare = 1024
	maxTexts = 32 << 10
)

// arena is memory that the parts of one document are made in, and later those of
// another. The zero value has none yet.
type arena[T any] struct {
	kept  []T // what the next document gets
	free  []T // of it, or of what was made since
	taken int
}

// take returns an empty slice with room for n. Where there is none left, room for
// block is made at once.
func (a *arena[T]) take(n, block int) []T {
	a.taken += n
	if len(a.free) < n {
		a.free = make([]T, max(n, block))
	}
	room := a.free[:0:n]
	a.free = a.free[n:]
	return room
}

// renew makes what was taken ready for another document: as much as would have
// done, but no more than most.
func (a *arena[T]) renew(most int) {
	if enough := min(a.taken, most); enough > len(a.kept) {
		a.kept = make([]T, enough)
	} else {
		clear(a.kept[:min(a.taken, len(a.kept))])
	}
	a.free, a.taken = a.kept, 0
}
