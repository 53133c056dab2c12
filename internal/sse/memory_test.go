// SPDX-License-Identifier: Apache-2.0

package sse

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecoderDoesNotAllocateInTheSteadyState(t *testing.T) {
	one := `data: {"id":"a","choices":[{"index":0,"delta":{"content":"hello"}}]}` + "\n\n"
	names := ""
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		names += "event: message.output." + name + "\ndata: x\n\n"
	}
	tests := []struct {
		name  string
		input string
		piece int
	}{
		{"whole event", one, len(one)},
		{"many events in one feed", strings.Repeat(one, 100), 100 * len(one)},
		{"bytes", one, 1},
		{"split events", one, 7},
		{"several lines", "data: a\ndata: b\n\n", 100},
		{"eight names in turn", names, len(names)},
		{"eight names in turn, split", names, 5},
		{"comments", ": ping\n\n", 3},
		{"CRLF", strings.ReplaceAll(one, "\n", "\r\n"), 9},
		{"64 KiB in reads", "data:" + strings.Repeat("x", keptCap) + "\n\n", 4096},
		{"1 MB whole", "data:" + strings.Repeat("x", 1_000_000) + "\n\n", 2_000_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			input, events := []byte(tt.input), 0
			emit := func(Event) bool { events++; return true }
			pass := func() {
				for i := 0; i < len(input); i += tt.piece {
					d.Feed(input[i:min(i+tt.piece, len(input))], emit)
				}
			}
			assert.Zero(t, testing.AllocsPerRun(20, pass))
			assert.Equal(t, tt.name != "comments", events > 0)
		})
	}
}

// The buffer is watched at every byte: it may reach the limit and never pass it.
func TestDecoderBufferNeverExceedsTheLimit(t *testing.T) {
	tests := []struct {
		name  string
		input string
		max   int
	}{
		{"one line", "data: " + strings.Repeat("x", 100_000) + "\n\n", 70_000},
		{"many lines", strings.Repeat("data: xyz\n", 30_000) + "\n", 70_000},
		{"many empty lines", strings.Repeat("data\n", 100_000) + "\n", 70_000},
		{"comment", ":" + strings.Repeat("x", 100_000) + "\n", 0},
		{"unknown field", strings.Repeat("x", 100_000) + ": x\n", 0},
		{"long beginning of a known name", "data" + strings.Repeat("a", 100_000) + "\n", 0},
		{"id", "id: " + strings.Repeat("x", 100_000) + "\n", 0},
		{"event name", "event: " + strings.Repeat("x", 100_000) + "\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			d.Reset(70_000)
			largest, largestName := 0, 0
			for i := range len(tt.input) {
				d.Feed([]byte{tt.input[i]}, func(Event) bool { return true })
				largest, largestName = max(largest, cap(d.buf)), max(largestName, cap(d.name))
			}
			assert.Equal(t, tt.max, largest)
			assert.LessOrEqual(t, largestName, 2*maxName)
		})
	}
}

func TestDecoderGivesBackALargeBufferAfterItsEvent(t *testing.T) {
	var d Decoder
	for _, piece := range pieces("data:"+strings.Repeat("x", 300_000)+"\n\n", 32<<10) {
		d.Feed([]byte(piece), func(Event) bool { return true })
	}
	assert.Zero(t, cap(d.buf), "after a large event")

	for _, piece := range pieces("data:"+strings.Repeat("x", keptCap)+"\n\n", 1000) {
		d.Feed([]byte(piece), func(Event) bool { return true })
	}
	assert.Equal(t, keptCap, cap(d.buf), "after the largest event that keeps its buffer")

	d.Reset(1000)
	assert.Zero(t, cap(d.buf), "after Reset with a smaller limit")

	d.Reset(0)
	d.Feed([]byte("data:"+strings.Repeat("x", 300_000)), func(Event) bool { return true })
	require.NotZero(t, cap(d.buf))
	d.Reset(0)
	assert.Zero(t, cap(d.buf), "after Reset within a large event")
}

func TestDecoderMemoryIsBoundedOverManyEmptyEvents(t *testing.T) {
	for _, unit := range []string{"\n", "data\n\n", "event: n\n\n", "event: n\ndata:\n\n"} {
		var d Decoder
		p := []byte(strings.Repeat(unit, 1000))
		emit := func(Event) bool { return true }
		feeds := testing.AllocsPerRun(200, func() { // 200,000 events
			d.Feed(p, emit)
			d.Feed(p[:len(p)/2+1], emit) // leaves the last event open
		})
		assert.Zero(t, feeds, "%q", unit)
		assert.LessOrEqual(t, cap(d.buf)+cap(d.name), minCap, "%q", unit)
	}
}

// A stream may use one kind of line end only. Were the other kind searched for at each line, this would take a minute
// instead of milliseconds, and a hostile server could stall its caller.
func TestDecoderTimeIsLinearInTheInput(t *testing.T) {
	for _, end := range []string{"\n", "\r"} {
		var d Decoder
		start := time.Now()
		d.Feed([]byte(strings.Repeat(end, 2<<20)), nil)
		assert.Less(t, time.Since(start), 10*time.Second, "%q", end)
	}
}

func TestDecoderBufferGrowsInFewSteps(t *testing.T) {
	p := []byte(strings.Repeat("x", 10))
	allocs := testing.AllocsPerRun(1, func() {
		var d Decoder
		d.Feed([]byte("data:"), nil)
		for range 30_000 {
			d.Feed(p, nil)
		}
	})
	assert.LessOrEqual(t, allocs, 15.0, "1 KiB to 512 KiB by doubling, and the decoder itself")
}

// Names may be kept, and stay right when more different ones come than the table of names holds.
func TestDecoderNamesManyDifferentEvents(t *testing.T) {
	var d Decoder
	var events []got
	for i := range 100 {
		feed(t, &d, "event: "+strings.Repeat("n", i+1)+"\ndata: x\n\n", collect(&events))
	}
	for i, e := range events {
		require.Equal(t, strings.Repeat("n", i+1), e.Name)
	}
	assert.Len(t, events, 100)
}
