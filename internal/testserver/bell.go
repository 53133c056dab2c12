// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"context"
	"sync"
)

// bell is a lock that can also wake those who wait for the state under it to
// change. Call ring with the lock held, after each change.
type bell struct {
	sync.Mutex
	changed chan struct{}
}

func (b *bell) ring() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// await blocks until done reports true or ctx ends. It calls done with the lock
// held: once at the start and once after each change.
func (b *bell) await(ctx context.Context, done func() bool) error {
	for {
		b.Lock()
		if done() {
			b.Unlock()
			return nil
		}
		if b.changed == nil {
			b.changed = make(chan struct{})
		}
		changed := b.changed
		b.Unlock()

		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
