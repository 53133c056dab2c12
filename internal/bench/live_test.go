// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"io"
	"runtime"
	"sync/atomic"
)

// liveHeap is what is reachable now, in bytes. What a pool holds for the next
// call does not count.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // the first one only moves what pools hold
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// heapProbe watches the live heap while a body passes by.
type heapProbe struct {
	before int64
	peak   atomic.Int64
}

func newHeapProbe() *heapProbe { return &heapProbe{before: liveHeap()} }

// grown is how much more than at the beginning was reachable at the highest.
func (p *heapProbe) grown() int64 { return max(p.peak.Load()-p.before, 0) }

// watch returns r with the heap looked at after each eighth of its size bytes.
func (p *heapProbe) watch(r io.Reader, size int64) io.Reader {
	return &watched{Reader: r, probe: p, step: size / 8, next: size / 8}
}

type watched struct {
	io.Reader
	probe            *heapProbe
	read, step, next int64
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if w.read += int64(n); w.read >= w.next {
		w.next += w.step
		// Bodies of requests and responses are not watched at the same time.
		w.probe.peak.Store(max(w.probe.peak.Load(), liveHeap()))
	}
	return n, err
}
