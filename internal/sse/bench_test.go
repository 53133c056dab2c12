// SPDX-License-Identifier: Apache-2.0

package sse

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkFeed feeds 1 MiB of events in reads of 32 KiB, as an HTTP client does. ns/event is the cost of one event.
func BenchmarkFeed(b *testing.B) {
	for _, size := range []int{20, 200, 2_000, 20_000, 200_000} {
		for _, end := range []string{"\n", "\r\n"} {
			b.Run(fmt.Sprintf("size=%d/end=%q", size, end), func(b *testing.B) {
				benchmarkFeed(b, stream(size, end, ""), 32<<10)
			})
		}
	}
	b.Run(`size=200/end="\r"`, func(b *testing.B) { // no LF anywhere: it must not be searched for at every line
		benchmarkFeed(b, stream(200, "\r", ""), 1<<20)
	})
	b.Run("size=200/named", func(b *testing.B) {
		benchmarkFeed(b, stream(200, "\n", "event: message.output.delta\n"), 32<<10)
	})
}

// BenchmarkFeedReads feeds 200-byte events in reads of different sizes.
func BenchmarkFeedReads(b *testing.B) {
	for _, read := range []int{1, 100, 202, 4 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("read=%d", read), func(b *testing.B) {
			benchmarkFeed(b, stream(200, "\n", ""), read)
		})
	}
}

// stream returns about 1 MiB of whole events, each with a data line of size bytes before its line end.
func stream(size int, end, prefix string) []byte {
	event := prefix + "data: " + strings.Repeat("x", size-len("data: ")) + end + end
	return bytes.Repeat([]byte(event), max(1, (1<<20)/len(event)))
}

func benchmarkFeed(b *testing.B, input []byte, read int) {
	var d Decoder
	events := 0
	emit := func(Event) bool { events++; return true }
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		for i := 0; i < len(input); i += read {
			d.Feed(input[i:min(i+read, len(input))], emit)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}
