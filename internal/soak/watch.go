// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// sample is the state of the process at one moment.
type sample struct {
	At         time.Duration
	Heap       int64 // bytes that are alive
	Goroutines int64

	Calls, Queued, Exported, Lost int64
}

func (s sample) heap() int64       { return s.Heap }
func (s sample) goroutines() int64 { return s.Goroutines }

// watch takes samples until ctx ends. fill adds what the process itself does not
// tell.
func watch(ctx context.Context, every time.Duration, fill func(*sample)) (samples []sample) {
	begin := time.Now()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return samples
		case <-ticker.C:
		}
		s := sample{At: time.Since(begin), Goroutines: int64(runtime.NumGoroutine())}
		fill(&s)
		runtime.GC()
		runtime.GC() // the first one only moves what pools hold
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.Heap = int64(m.HeapAlloc)
		samples = append(samples, s)
	}
}

// steady fails if a value grows from the second quarter of the samples to the
// third and on to the fourth, by a tenth and by more than slack in all. The first
// quarter is for pools and queues to fill. Each quarter should see the
// destination up and down.
func steady(name string, samples []sample, value func(sample) int64, slack int64) error {
	quarter := len(samples) / 4
	if quarter == 0 {
		return fmt.Errorf("%s: %d samples are too few to tell", name, len(samples))
	}
	var medians []int64
	for q := 1; q < 4; q++ {
		var values []int64
		for _, s := range samples[q*quarter : (q+1)*quarter] {
			values = append(values, value(s))
		}
		slices.Sort(values)
		medians = append(medians, values[len(values)/2])
	}
	first, last := medians[0], medians[2]
	if first < medians[1] && medians[1] < last && last-first > max(first/10, slack) {
		return fmt.Errorf("%s grows steadily: medians %v", name, medians)
	}
	return nil
}
