// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// blockedPipe counts flushes, which last until it is released.
type blockedPipe struct {
	flushes atomic.Int32
	release chan struct{}
}

func (p *blockedPipe) ForceFlush(context.Context) error {
	p.flushes.Add(1)
	<-p.release
	return nil
}

func (*blockedPipe) Shutdown(context.Context) error { return nil }

func TestFlushesThatWereGivenUpOnDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &blockedPipe{release: make(chan struct{})}
		o := newOutlet(t.Context(), Destination{Name: "d"}, "logs")
		o.pipe = p
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 {
			require.ErrorIs(t, o.ForceFlush(ended), context.Canceled)
			synctest.Wait()
			assert.EqualValues(t, 1, p.flushes.Load())
		}
		close(p.release)
		synctest.Wait()
		assert.EqualValues(t, 2, p.flushes.Load(), "for what was recorded since the first one")
		require.NoError(t, o.ForceFlush(t.Context()))
		assert.EqualValues(t, 3, p.flushes.Load())
	})
}
