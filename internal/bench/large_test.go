// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/roundtripper"
)

// maxLive is what a call may hold beyond the body itself.
const maxLive = 256 << 10

var (
	plainBody   = generated{head: plainRequest}
	plainAnswer = generated{head: plainReply}
)

// largeBodies are the cases of the benchmarks and of the test.
var largeBodies = []struct {
	name           string
	request, reply generated
	capture        roundtripper.ContentCapture
}{
	{"Reply6MB", plainBody, replyLikeEmbeddings, roundtripper.CaptureSpan},
	{"Reply50MB", plainBody, replyLikeOCR, roundtripper.CaptureSpan},
	{"Request20MB", requestWithImage, plainAnswer, roundtripper.CaptureNone},
	{"Request20MBWithContent", requestWithImage, plainAnswer, roundtripper.CaptureSpan},
}

// watchedCall makes one call and returns how much more heap was live while the
// bodies passed than before.
func watchedCall(tb testing.TB, l *loopback, rt http.RoundTripper, request, reply generated, inMemory bool) int64 {
	req, buf := l.request(tb, request, inMemory), make([]byte, 64<<10)
	probe := newHeapProbe()
	watch := func(r io.Reader) io.Reader { return probe.watch(r, request.size()) }
	l.watch.Store(&watch)
	defer l.watch.Store(nil)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := io.CopyBuffer(onlyWriter{io.Discard}, probe.watch(resp.Body, reply.size()), buf)
	if err != nil || n != reply.size() {
		tb.Fatalf("read %d of %d bytes: %v", n, reply.size(), err)
	}
	return probe.grown()
}

// BenchmarkLarge measures bodies of many megabytes over loopback. Requests say,
// as those of all clients do, that they can be had again. live-B/op is the heap
// that is held while a call is under way, that of net/http and the server in it.
func BenchmarkLarge(b *testing.B) {
	for _, tt := range largeBodies {
		b.Run(tt.name, func(b *testing.B) {
			l := newLoopback(b, tt.reply)
			for _, t := range transports(b, always, l.base, tt.capture) {
				b.Run(t.name, func(b *testing.B) {
					buf := make([]byte, 64<<10)
					b.ReportAllocs()
					b.SetBytes(tt.request.size() + tt.reply.size())
					for b.Loop() {
						call(b, t.RoundTripper, l.request(b, tt.request, true), buf)
					}
					b.ReportMetric(float64(watchedCall(b, l, t, tt.request, tt.reply, true)), "live-B/op")
				})
			}
		})
	}
}

// However large a body is, the call is recorded, and what is held of it is small.
func TestLargeBodiesAreRecordedInBoundedMemory(t *testing.T) {
	for i, tt := range slices.Concat(largeBodies, largeBodies) {
		inMemory := i < len(largeBodies)
		t.Run(fmt.Sprintf("%s/in memory %t", tt.name, inMemory), func(t *testing.T) {
			l := newLoopback(t, tt.reply)
			recorder := tracetest.NewSpanRecorder()
			provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
			observed := roundtripper.New(l.base, roundtripper.WithTracerProvider(provider), roundtripper.WithContentCapture(tt.capture))

			watchedCall(t, l, l.base, tt.request, tt.reply, inMemory) // opens the connection
			bare := watchedCall(t, l, l.base, tt.request, tt.reply, inMemory)
			live := watchedCall(t, l, observed, tt.request, tt.reply, inMemory) - bare
			t.Logf("%d KiB live beyond the %d KiB of a bare call", live>>10, bare>>10)
			if live > maxLive {
				t.Errorf("%d KiB live, want at most %d", live>>10, maxLive>>10)
			}

			spans := recorder.Ended()
			if len(spans) != 1 {
				t.Fatalf("%d spans", len(spans))
			}
			attrs := attribute.NewSet(spans[0].Attributes()...)
			for key, want := range map[attribute.Key]string{
				"gen_ai.request.model":       "mistral-small-latest",
				"gen_ai.response.model":      "mistral-small-latest",
				"gen_ai.usage.input_tokens":  "13",
				"gen_ai.usage.output_tokens": "34",
				"mistral_ai.outcome":         "completed",
			} {
				if v, _ := attrs.Value(key); v.String() != want {
					t.Errorf("%s is %q, want %q", key, v.String(), want)
				}
			}
		})
	}
}
