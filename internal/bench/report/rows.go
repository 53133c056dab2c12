// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
)

// row is one line of the table.
type row struct {
	Case, What           string
	Bare, OtelHTTP, Ours string
	Ratio, Target, Met   string
}

const (
	capturedText = 5000 * len(" cheese") // of the stream of 5,000 chunks
	// noise is how far two equal things may lie apart in one run.
	noise = 0.10
	// jitter is how far two waits for a timer do.
	jitter = 0.02
)

// rows compares what was measured with the targets.
func rows(r results) []row {
	var out []row
	add := func(what string, t trio, show func(float64) string, ratio, target string, met bool) {
		out = append(out, row{What: what, Bare: show(t.bare), OtelHTTP: show(t.otelhttp), Ours: show(t.ours),
			Ratio: ratio, Target: target, Met: yesNo(met)})
	}
	// in opens a case: the rows added since the last call belong to it.
	first := 0
	in := func(name string) {
		for ; first < len(out); first++ {
			out[first].Case = name
		}
	}
	// told has no target.
	told := func(what string, t trio, show func(float64) string, ratio string) {
		add(what, t, show, ratio, "–", t.ours > 0)
		out[len(out)-1].Met = "–"
	}
	// beside compares what we add with what otelhttp adds.
	beside := func(what string, t trio, show func(float64) string, most float64) {
		otelhttp, ours := t.added()
		ratio := quotient(ours, otelhttp)
		add(what, t, show, times(ratio, "what otelhttp adds"), "≤ "+times(most, ""), ratio <= most)
	}
	below := func(what string, t trio, most float64) {
		add(what, t, count, "", "< "+count(most), t.ours < most)
	}
	// within compares a whole call with a bare one.
	within := func(what string, t trio, show func(float64) string, most float64) {
		add(what, t, show, times(t.ours/t.bare, "bare"), "≤ "+times(most, ""), t.ours <= most*t.bare)
	}

	const turns = "bench.NoCallInTurn"
	t := trio{r.value(turns, "bare-ns/call"), r.value(turns, "otelhttp-ns/call"), r.value(turns, "otelmistral-ns/call")}
	within("time, in turns", t, duration, 1.1)
	t = r.trio("bench.NoCall", "allocs/op")
	add("allocations", t, count, "+"+count(t.ours-t.bare), "+0", t.ours <= t.bare)
	in("request that matches no route")

	beside("time", r.trio("bench.NotSampled", "ns/op"), duration, 1)
	beside("allocations", r.trio("bench.NotSampled", "allocs/op"), count, 0.5)
	t = r.slope("bench.NotSampledStream200", "bench.NotSampledStream5000", "allocs/op", 4800)
	add("allocations per chunk", t, fraction, "", "0", math.Round(t.ours*100) == 0)
	in("matching, span not recording, no metrics")

	beside("time", r.trio("bench.NotSampledMeasured", "ns/op"), duration, 1.5)
	in("matching, span not recording, with metrics")

	t = r.slope("bench.MeasuredStream200", "bench.MeasuredStream5000", "ns/op", 4800)
	told("time", t, duration, "")
	t = r.slope("bench.MeasuredStream200", "bench.MeasuredStream5000", "allocs/op", 4800)
	add("allocations", t, fraction, "", "0", math.Round(t.ours*100) == 0)
	in("stream, per chunk, sampled, with metrics")

	beside("time", r.trio("bench.Plain", "ns/op"), duration, 1.5)
	in("plain chat, sampled, no content")

	beside("time", r.trio("bench.PlainWithContentAndTools", "ns/op"), duration, 3)
	below("allocations", r.trio("bench.PlainWithContentAndTools", "allocs/op"), 60)
	in("plain chat, sampled, with content and tools")

	valid := r.value("bench.JSONValid", "ns/op")
	t = r.slope("bench.StreamLength/chunks=1000", "bench.StreamLength/chunks=5000", "ns/op", 4000)
	_, ours := t.added()
	ratio := quotient(ours, valid)
	add("time", t, duration, times(ratio, "json.Valid, added"), "≤ 1/6", ratio <= 1.0/6)
	t = r.slope("bench.StreamLength/chunks=1000", "bench.StreamLength/chunks=5000", "allocs/op", 4000)
	add("allocations", t, fraction, "", "0, growth of the text apart", t.ours < 0.01)
	in("stream, per chunk, sampled, with content")

	t = r.trio("bench.Stream5000WithContent", "ns/op")
	add("time", t, duration, times(t.ours/(valid*5000), "json.Valid"), "≤ 1/5", t.ours*5 <= valid*5000)
	below("allocations", r.trio("bench.Stream5000WithContent", "allocs/op"), 100)
	t = r.trio("bench.Stream5000Live", "live-B/op")
	_, ours = t.added()
	most := float64(capturedText + 64<<10)
	add("live memory", t, size, more(ours), "≤ text + 64 KiB = "+size(most), ours <= most)
	t = r.trio("bench.Stream5000WithContent", "B/op")
	told("allocated in all", t, size, "")
	in("stream of 5,000 chunks, whole call")

	valid = r.value("bench.History100KB/json.Valid", "ns/op")
	t = r.trio("bench.History100KB", "ns/op")
	_, ours = t.added()
	ratio = quotient(ours, valid)
	add("time", t, duration, times(ratio, "json.Valid, added"), "≤ 2.00 ×", ratio <= 2)
	in("100 KB chat history in the request, content on")

	live := func(benchmark string) {
		t := r.trio(benchmark, "live-B/op")
		_, ours := t.added()
		add("live memory", t, size, more(ours), "+256 KiB", ours <= 256<<10)
	}
	for _, c := range []struct{ benchmark, name string }{
		{"bench.Large/Reply6MB", "reply of 6 MB, embeddings"},
		{"bench.Large/Reply50MB", "reply of 50 MB, OCR"},
		{"bench.Large/Request20MB", "request of 20 MB with an inline image"},
	} {
		within("time over loopback", r.trio(c.benchmark, "ns/op"), duration, 1.3)
		live(c.benchmark)
		in(c.name)
	}

	t = r.trio("bench.Large/Request20MBWithContent", "ns/op")
	_, ours = t.added()
	ratio = quotient(ours, r.value("bench.Digest", "ns/op"))
	add("time over loopback", t, duration, times(ratio, "decoding and hashing, added"), "≤ 1.50 ×", ratio <= 1.5)
	live("bench.Large/Request20MBWithContent")
	in("the same with content: the image becomes a digest")

	t = r.trio("bench.ConcurrentStreams/fast", "chunks/s")
	add("chunks per second", t, count, times(t.ours/t.bare, "bare"), "within noise: ≥ "+times(1-noise, ""), t.ours >= (1-noise)*t.bare)
	within("p99 between chunks, one per 50 ms", r.trio("bench.ConcurrentStreams/paced", "p99-ms"), milliseconds, 1+noise)
	in("1,000 concurrent streams of 100 chunks over loopback")

	within("to headers", r.trio("bench.FirstByte/10ms", "headers-ns/op"), duration, 1+jitter)
	within("from headers to first byte", r.trio("bench.FirstByte/10ms", "first-byte-ns/op"), duration, 1+jitter)
	in("time to headers and to first byte, over loopback, each of which takes the server 10 ms")

	beside("to headers", r.trio("bench.FirstByte/instant", "headers-ns/op"), duration, 1)
	t = r.trio("bench.FirstByte/instant", "first-byte-ns/op")
	told("from headers to first byte", t, duration, times(t.ours/t.bare, "bare"))
	in("the same, of a server that answers at once")
	return out
}

// quotient is NaN, as if nothing had been measured, where noise was: no call
// costs less than a bare one.
func quotient(added, of float64) float64 {
	if added < 0 || of <= 0 {
		return math.NaN()
	}
	return added / of
}

// slope is what one of the n chunks costs that long has more than short.
func (r results) slope(short, long, unit string, n float64) trio {
	return r.trio(long, unit).each(r.trio(short, unit), func(a, b float64) float64 { return (a - b) / n })
}

// export is one line of the table of the export side.
type export struct{ Case, Messages, Valid, Cost, PerMessage, Ratio, Met string }

func exports(r results) []export {
	var out []export
	for _, c := range []struct{ benchmark, name string }{
		{"langfuse.Dialect", "Langfuse's dialect"},
		{"respan.Dialect", "Respan's dialect"},
		{"destination.Split", "division of batches by size"},
	} {
		for _, n := range []int{20, 200, 2000} {
			benchmark := fmt.Sprintf("%s/messages=%d", c.benchmark, n)
			valid, cost := r.value(benchmark+"/json.Valid", "ns/op"), r.value(benchmark+"/export", "ns/op")
			out = append(out, export{
				Case: c.name, Messages: count(float64(n)), Valid: duration(valid), Cost: duration(cost),
				PerMessage: duration(cost / float64(n)), Ratio: times(cost/valid, ""), Met: yesNo(cost <= 2*valid),
			})
		}
	}
	return out
}
