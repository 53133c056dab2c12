// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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

// exportingPipe exports when it is shut down, for as long as it may.
type exportingPipe struct {
	blockedPipe
	outlet *outlet
}

func (p *exportingPipe) Shutdown(ctx context.Context) error {
	p.outlet.call(ctx, func(ctx context.Context) error {
		troubleOf(ctx).note(errors.New("nobody listens"))
		<-ctx.Done()
		return ctx.Err()
	})
	<-p.release
	return nil
}

func TestShutdownThatRanOutOfTimeSaysWhyAlsoWhenTheExportHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutlet(t.Context(), Destination{Name: "d"}, "logs")
		p := &exportingPipe{blockedPipe{release: make(chan struct{})}, o}
		o.pipe = p
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = o.Shutdown(ctx)
		synctest.Wait()
		require.EqualError(t, o.Shutdown(ctx), "destination d: logs: Shutdown has not returned: context deadline exceeded; so far: nobody listens")
		close(p.release)
		synctest.Wait()
		require.EqualError(t, o.Shutdown(ctx), "destination d: logs: context deadline exceeded; so far: nobody listens")
	})
}
