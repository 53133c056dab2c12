// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
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

// largeCall is one whose request or reply is large. The text of the pages of OCR
// is content, so that is the one case that is told without any.
type largeCall struct {
	name, path     string
	request, reply generated
	capture        roundtripper.ContentCapture
	want           map[attribute.Key]string
}

// largeCalls are the cases of the benchmarks and of the test.
var largeCalls = []largeCall{
	{
		"Reply6MB", "/v1/embeddings", embeddingsRequest, embeddingsReply, roundtripper.CaptureSpan,
		map[attribute.Key]string{
			"gen_ai.response.model": "mistral-embed", "gen_ai.usage.input_tokens": "13", "mistral_ai.request.input_count": "1",
		},
	},
	{
		"Reply50MB", "/v1/ocr", ocrRequest, ocrReply, roundtripper.CaptureNone,
		map[attribute.Key]string{
			"gen_ai.response.model": "mistral-ocr-2505", "mistral_ai.ocr.usage.pages_processed": "52", "mistral_ai.ocr.usage.doc_size_bytes": "37500000",
		},
	},
	{"Request20MB", chat, requestWithImage, generated{head: plainReply}, roundtripper.CaptureNone, plainUsage},
	{"Request20MBWithContent", chat, requestWithImage, generated{head: plainReply}, roundtripper.CaptureSpan, plainUsage},
}

var plainUsage = map[attribute.Key]string{
	"gen_ai.request.model": "mistral-small-latest", "gen_ai.response.model": "mistral-small-latest",
	"gen_ai.usage.input_tokens": "13", "gen_ai.usage.output_tokens": "34",
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
	for _, tt := range largeCalls {
		b.Run(tt.name, func(b *testing.B) {
			l := newLoopback(b, tt.path, tt.reply)
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

// BenchmarkDigest is the yardstick for an image that becomes a digest: what the
// standard library needs to decode it and hash it, nothing else.
func BenchmarkDigest(b *testing.B) {
	encoded := bytes.Repeat([]byte(requestWithImage.unit), requestWithImage.units)
	decoded := make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
	b.SetBytes(int64(len(encoded)))
	for b.Loop() {
		n, err := base64.StdEncoding.Decode(decoded, encoded)
		if err != nil {
			b.Fatal(err)
		}
		sha256.Sum256(decoded[:n])
	}
}

// However large a body is, the call is recorded, and what is held of it is small.
func TestLargeBodiesAreRecordedInBoundedMemory(t *testing.T) {
	for i, tt := range slices.Concat(largeCalls, largeCalls) {
		inMemory := i < len(largeCalls)
		t.Run(fmt.Sprintf("%s/in memory %t", tt.name, inMemory), func(t *testing.T) {
			l := newLoopback(t, tt.path, tt.reply)
			recorder := tracetest.NewSpanRecorder()
			provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
			observed := roundtripper.New(l.base, roundtripper.WithTracerProvider(provider), roundtripper.WithContentCapture(tt.capture),
				roundtripper.WithHosts(loopbackHost))

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
			if v, _ := attrs.Value("mistral_ai.outcome"); v.String() != "completed" {
				t.Errorf("the outcome is %q", v.String())
			}
			for key, want := range tt.want {
				if v, _ := attrs.Value(key); v.String() != want {
					t.Errorf("%s is %q, want %q", key, v.String(), want)
				}
			}
		})
	}
}
