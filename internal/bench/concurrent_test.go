// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelmistral/otelmistral/roundtripper"
)

const (
	streams         = 1000
	chunksPerStream = 100
	// pace leaves two cores time to send and read all streams.
	pace = "50ms"
)

// streamServer sends a stream, a chunk per ?pace=, or as fast as it goes.
func streamServer(b *testing.B) (url string, base *http.Transport) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		c := http.NewResponseController(w)
		var ticks <-chan time.Time
		if pace, err := time.ParseDuration(r.URL.Query().Get("pace")); err == nil {
			ticker := time.NewTicker(pace)
			defer ticker.Stop()
			ticks = ticker.C
		}
		for range chunksPerStream {
			if ticks != nil {
				<-ticks
			}
			if _, err := io.WriteString(w, textChunk); err != nil || c.Flush() != nil {
				return
			}
		}
		_, _ = io.WriteString(w, lastChunk+"data: [DONE]\n\n")
	}))
	base = &http.Transport{MaxIdleConnsPerHost: streams, DisableCompression: true}
	b.Cleanup(server.Close)
	b.Cleanup(base.CloseIdleConnections)
	return server.URL + chat, base
}

// readStream reads one stream and returns the times between its reads, each of
// which is a chunk unless the reader fell behind.
func readStream(b *testing.B, rt http.RoundTripper, url string) []time.Duration {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(streamRequest))
	if err != nil {
		b.Error(err)
		return nil
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		b.Error(err)
		return nil
	}
	defer resp.Body.Close()
	buf, gaps := make([]byte, 4<<10), make([]time.Duration, 0, chunksPerStream)
	var last time.Time
	for {
		_, err := resp.Body.Read(buf)
		if err != nil {
			if err != io.EOF {
				b.Error(err)
			}
			return gaps
		}
		now := time.Now()
		if !last.IsZero() {
			gaps = append(gaps, now.Sub(last))
		}
		last = now
	}
}

// concurrently runs all streams at once and returns the times between the reads
// of each.
func concurrently(b *testing.B, rt http.RoundTripper, url string) (gaps []time.Duration) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range streams {
		wg.Go(func() {
			g := readStream(b, rt, url)
			mu.Lock()
			gaps = append(gaps, g...)
			mu.Unlock()
		})
	}
	wg.Wait()
	return gaps
}

// BenchmarkConcurrentStreams is 1,000 streams of 100 chunks at once: as fast as
// they go, which gives the throughput, and at the pace of a model, which gives
// the time between chunks.
func BenchmarkConcurrentStreams(b *testing.B) {
	url, base := streamServer(b)
	concurrently(b, base, url) // opens the connections
	for _, t := range transports(b, always, base, roundtripper.CaptureSpan) {
		b.Run("fast/"+t.name, func(b *testing.B) {
			for b.Loop() {
				concurrently(b, t, url)
			}
			b.ReportMetric(float64(b.N*streams*chunksPerStream)/b.Elapsed().Seconds(), "chunks/s")
		})
	}
	for _, t := range transports(b, always, base, roundtripper.CaptureSpan) {
		b.Run("paced/"+t.name, func(b *testing.B) {
			var gaps []time.Duration
			for b.Loop() {
				gaps = append(gaps, concurrently(b, t, url+"?pace="+pace)...)
			}
			slices.Sort(gaps)
			b.ReportMetric(float64(gaps[len(gaps)*99/100])/1e6, "p99-ms")
		})
	}
}

// BenchmarkFirstByte waits in the server until the client has the headers, and
// then the first chunk: who reads ahead would wait for ever. One server answers at
// once, the other takes its time before the headers and before the chunk, though
// far less than a model.
func BenchmarkFirstByte(b *testing.B) {
	for _, server := range []struct {
		name  string
		takes time.Duration
	}{{"instant", 0}, {"10ms", 10 * time.Millisecond}} {
		b.Run(server.name, func(b *testing.B) { firstByte(b, server.takes) })
	}
}

func firstByte(b *testing.B, takes time.Duration) {
	arrived := make(chan struct{})
	work := func() {
		if takes > 0 {
			<-time.After(takes)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		work()
		w.Header().Set("Content-Type", "text/event-stream")
		c := http.NewResponseController(w)
		if c.Flush() != nil {
			return
		}
		<-arrived
		work()
		if _, err := io.WriteString(w, textChunk); err != nil || c.Flush() != nil {
			return
		}
		<-arrived
		_, _ = io.WriteString(w, lastChunk+"data: [DONE]\n\n")
	}))
	b.Cleanup(server.Close)
	base := &http.Transport{DisableCompression: true}
	b.Cleanup(base.CloseIdleConnections)
	for _, t := range transports(b, always, base, roundtripper.CaptureSpan) {
		b.Run(t.name, func(b *testing.B) {
			var headers, first time.Duration
			buf := make([]byte, 4<<10)
			for b.Loop() {
				req := post(b, server.URL+chat, streamRequest)
				begin := time.Now()
				resp, err := t.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				headers += time.Since(begin)
				begin = time.Now()
				arrived <- struct{}{}
				if _, err := resp.Body.Read(buf); err != nil {
					b.Fatal(err)
				}
				first += time.Since(begin)
				arrived <- struct{}{}
				for err == nil {
					_, err = resp.Body.Read(buf)
				}
				_ = resp.Body.Close()
			}
			b.ReportMetric(float64(headers)/float64(b.N), "headers-ns/op")
			b.ReportMetric(float64(first)/float64(b.N), "first-byte-ns/op")
		})
	}
}
