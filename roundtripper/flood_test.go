// SPDX-License-Identifier: Apache-2.0

//go:build !race

package roundtripper_test

import (
	"runtime"
	runtimemetrics "runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

// maxLive is how much heap may be live beyond what was before a call, while a
// reply passes that has no bounds.
const maxLive = 4 << 20

func TestFloodsFromTheModelsSide(t *testing.T) {
	playFaults(t, "floods of the model", testserver.Floods("Good morning"), func(t *testing.T, play func()) {
		grown := watchHeap()
		play()
		live := grown()
		t.Logf("%d KiB live", live>>10)
		assert.Less(t, live, int64(maxLive), "bytes of live heap")
	})
}

// watchHeap begins to sample how much of the heap is live. The function that it
// returns ends that, and tells by how much it has grown at most.
func watchHeap() (grown func() int64) {
	live := func() int64 {
		runtime.GC()
		sample := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
		runtimemetrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	before, most := live(), int64(0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			most = max(most, live())
			select {
			case <-ticker.C:
			case <-done:
				return
			}
		}
	}()
	return func() int64 {
		close(done)
		<-ended
		return most - before
	}
}
