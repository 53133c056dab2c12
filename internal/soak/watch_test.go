// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// samplesOf are a hundred samples.
func samplesOf(heap func(i int) int) []sample {
	samples := make([]sample, 100)
	for i := range samples {
		samples[i] = sample{At: time.Duration(i) * time.Second, Heap: int64(heap(i)), Goroutines: 3}
	}
	return samples
}

func TestOnlySteadyGrowthFails(t *testing.T) {
	for name, tt := range map[string]struct {
		heap  func(i int) int
		fails bool
	}{
		"constant":         {func(int) int { return 1000 }, false},
		"saw teeth":        {func(i int) int { return 1000 + 500*(i%8) }, false},
		"grows at first":   {func(i int) int { return 100 * min(i, 20) }, false},
		"once higher":      {func(i int) int { return 1000 + 1000*(i/80) }, false},
		"little":           {func(i int) int { return 1000 + i/2 }, false},
		"grows":            {func(i int) int { return 1000 + 10*i }, true},
		"saw teeth, grows": {func(i int) int { return 1000 + 500*(i%8) + 40*i }, true},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.fails, steady("heap", samplesOf(tt.heap), sample.heap, 100) != nil)
		})
	}
	assert.Error(t, steady("heap", nil, sample.heap, 0))
}

func TestEachCallMustHaveItsSpan(t *testing.T) {
	lost := map[destination.Reason]int64{destination.ReasonQueueFull: 3}
	assert.NoError(t, complete(destination.Counts{Exported: 7, Dropped: lost}, 10))
	assert.Error(t, complete(destination.Counts{Exported: 6, Dropped: lost}, 10))
	assert.Error(t, complete(destination.Counts{Exported: 10, Queued: 1}, 10))
}

func TestPlotIsXMLAndTheTableShort(t *testing.T) {
	dir := t.TempDir()
	svg, txt := filepath.Join(dir, "a", "soak.svg"), filepath.Join(dir, "a", "soak.txt")
	r := report{Samples: samplesOf(func(i int) int { return i << 20 }), Duration: 100 * time.Second}
	require.NoError(t, r.write(svg, txt))
	f, err := os.Open(svg)
	require.NoError(t, err)
	defer f.Close()
	lines := 0
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			lines++
		}
	}
	assert.Equal(t, 3, lines)
	table, err := os.ReadFile(txt)
	require.NoError(t, err)
	assert.Contains(t, string(table), "1m36s")
	assert.Less(t, len(table), 1500)
}
