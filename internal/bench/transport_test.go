// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
)

const (
	plainRequest  = `{"model":"mistral-small-latest","messages":[{"role":"user","content":"What is the best French cheese?"}],"temperature":0.7}`
	streamRequest = `{"model":"mistral-small-latest","stream":true,"messages":[{"role":"user","content":"What is the best French cheese?"}]}`
	toolsRequest  = `{"model":"mistral-small-latest","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Status of T1001?"}],` +
		`"tools":[{"type":"function","function":{"name":"get_payment_status","description":"Payment status of a transaction",` +
		`"parameters":{"type":"object","properties":{"transaction_id":{"type":"string"}},"required":["transaction_id"]}}}],"tool_choice":"any"}`

	plainReply = `{"id":"cf79f7daaee244b1a0ae5c7b1444424a","created":1787150315,"model":"mistral-small-latest",` +
		`"usage":{"prompt_tokens":13,"total_tokens":47,"completion_tokens":34,"prompt_tokens_details":{"cached_tokens":0}},"object":"chat.completion",` +
		`"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","tool_calls":null,` +
		`"content":"Choosing the best is a matter of taste, but Comté, Roquefort and Brie de Meaux are loved by many."}}]}`
	toolsReply = `{"id":"cf79f7daaee244b1a0ae5c7b1444424a","created":1787150315,"model":"mistral-small-latest",` +
		`"usage":{"prompt_tokens":94,"total_tokens":122,"completion_tokens":28},"object":"chat.completion",` +
		`"choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"",` +
		`"tool_calls":[{"id":"D681PevKs","function":{"name":"get_payment_status","arguments":"{\"transaction_id\": \"T1001\"}"},"index":0}]}}]}`

	chunkHead = `data: {"id":"7bfa9194c90e44c5a0efa6c6efa474cd","object":"chat.completion.chunk","created":1787150315,"model":"mistral-small-latest","choices":[{"index":0,"delta":`
	textChunk = chunkHead + `{"content":" cheese"},"finish_reason":null}],"p":"abcdefghijklmnopq"}` + "\n\n"
	lastChunk = chunkHead + `{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":13,"total_tokens":47,"completion_tokens":34}}` + "\n\n"
)

func streamReply(chunks int) string {
	return strings.Repeat(textChunk, chunks) + lastChunk + "data: [DONE]\n\n"
}

// memory answers every request at once, from memory.
type memory struct{ contentType, body string }

func (m memory) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return nil, err
		}
		if err := req.Body.Close(); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		StatusCode: http.StatusOK, ContentLength: -1, Request: req,
		Header: http.Header{"Content-Type": {m.contentType}},
		Body:   io.NopCloser(strings.NewReader(m.body)),
	}, nil
}

// transports are what every case is measured with, in this order.
func transports(tb testing.TB, sampler sdktrace.Sampler, base http.RoundTripper, capture roundtripper.ContentCapture) []transport {
	return measured(tb, sampler, base, capture, noop.NewMeterProvider())
}

// measured are transports with metrics.
func measured(tb testing.TB, sampler sdktrace.Sampler, base http.RoundTripper, capture roundtripper.ContentCapture, meters metric.MeterProvider) []transport {
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler))
	tb.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	return []transport{
		{"bare", base},
		{"otelhttp", otelhttp.NewTransport(base, otelhttp.WithTracerProvider(provider), otelhttp.WithMeterProvider(meters))},
		{"otelmistral", roundtripper.New(base, roundtripper.WithTracerProvider(provider), roundtripper.WithMeterProvider(meters),
			roundtripper.WithContentCapture(capture), roundtripper.WithHosts(loopbackHost))},
	}
}

type transport struct {
	name string
	http.RoundTripper
}

// post is a request of its own for this body.
func post(tb testing.TB, url, body string) *http.Request {
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

// call makes one call and reads its response to the end.
func call(tb testing.TB, rt http.RoundTripper, req *http.Request, buf []byte) {
	resp, err := rt.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	for err == nil {
		_, err = resp.Body.Read(buf)
	}
	if !errors.Is(err, io.EOF) {
		tb.Fatal(err)
	}
	_ = resp.Body.Close()
}

// compare runs the same call over each transport.
func compare(b *testing.B, sampler sdktrace.Sampler, path, request string, base memory, capture roundtripper.ContentCapture) {
	compareAll(b, transports(b, sampler, base, capture), path, request, base)
}

// compareMeasured does it with metrics, which are kept and not exported.
func compareMeasured(b *testing.B, sampler sdktrace.Sampler, path, request string, base memory) {
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	compareAll(b, measured(b, sampler, base, roundtripper.CaptureNone, meters), path, request, base)
}

func compareAll(b *testing.B, all []transport, path, request string, base memory) {
	for _, t := range all {
		b.Run(t.name, func(b *testing.B) {
			req := post(b, "https://api.mistral.ai"+path, request)
			buf := make([]byte, 32<<10)
			b.ReportAllocs()
			b.SetBytes(int64(len(request) + len(base.body)))
			for b.Loop() {
				req.Body, _ = req.GetBody()
				call(b, t.RoundTripper, req, buf)
			}
		})
	}
}

const chat = "/v1/chat/completions"

var (
	always = sdktrace.AlwaysSample()
	never  = sdktrace.NeverSample()
)

func BenchmarkNoCall(b *testing.B) {
	compare(b, always, "/v1/models", plainRequest, memory{"application/json", plainReply}, roundtripper.CaptureNone)
}

// BenchmarkNoCallInTurn lets the transports take turns within one loop: what differs
// by a twentieth cannot be compared from one half second to the next.
func BenchmarkNoCallInTurn(b *testing.B) {
	const turn = 100
	base := memory{"application/json", plainReply}
	all := transports(b, always, base, roundtripper.CaptureNone)
	took := map[string]time.Duration{}
	req := post(b, "https://api.mistral.ai/v1/models", plainRequest)
	buf := make([]byte, 32<<10)
	for b.Loop() {
		for _, t := range all {
			begin := time.Now()
			for range turn {
				req.Body, _ = req.GetBody()
				call(b, t, req, buf)
			}
			took[t.name] += time.Since(begin)
		}
		slices.Reverse(all) // who comes after another pays for some of its garbage
	}
	for name, d := range took {
		b.ReportMetric(float64(d)/float64(b.N)/turn, name+"-ns/call")
	}
}

func BenchmarkNotSampled(b *testing.B) {
	compare(b, never, chat, plainRequest, memory{"application/json", plainReply}, roundtripper.CaptureSpan)
}

func BenchmarkNotSampledStream200(b *testing.B) {
	compare(b, never, chat, streamRequest, memory{"text/event-stream", streamReply(200)}, roundtripper.CaptureSpan)
}

func BenchmarkNotSampledStream5000(b *testing.B) {
	compare(b, never, chat, streamRequest, memory{"text/event-stream", streamReply(5000)}, roundtripper.CaptureSpan)
}

func BenchmarkNotSampledMeasured(b *testing.B) {
	compareMeasured(b, never, chat, plainRequest, memory{"application/json", plainReply})
}

func BenchmarkMeasuredStream200(b *testing.B) {
	compareMeasured(b, always, chat, streamRequest, memory{"text/event-stream", streamReply(200)})
}

func BenchmarkMeasuredStream5000(b *testing.B) {
	compareMeasured(b, always, chat, streamRequest, memory{"text/event-stream", streamReply(5000)})
}

func BenchmarkPlain(b *testing.B) {
	compare(b, always, chat, plainRequest, memory{"application/json", plainReply}, roundtripper.CaptureNone)
}

func BenchmarkPlainWithContentAndTools(b *testing.B) {
	compare(b, always, chat, toolsRequest, memory{"application/json", toolsReply}, roundtripper.CaptureSpan)
}

func BenchmarkStream200(b *testing.B) {
	compare(b, always, chat, streamRequest, memory{"text/event-stream", streamReply(200)}, roundtripper.CaptureNone)
}

func BenchmarkStream200WithContent(b *testing.B) {
	compare(b, always, chat, streamRequest, memory{"text/event-stream", streamReply(200)}, roundtripper.CaptureSpan)
}

func BenchmarkStream5000WithContent(b *testing.B) {
	compare(b, always, chat, streamRequest, memory{"text/event-stream", streamReply(5000)}, roundtripper.CaptureSpan)
}

// BenchmarkStream5000Live measures only live-B/op, the heap that is held while a
// stream is read.
func BenchmarkStream5000Live(b *testing.B) {
	base := memory{"text/event-stream", streamReply(5000)}
	for _, t := range transports(b, always, base, roundtripper.CaptureSpan) {
		b.Run(t.name, func(b *testing.B) {
			var live int64
			for b.Loop() {
				probe := newHeapProbe()
				resp, err := t.RoundTrip(post(b, "https://api.mistral.ai"+chat, streamRequest))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, probe.watch(resp.Body, int64(len(base.body)))); err != nil {
					b.Fatal(err)
				}
				_ = resp.Body.Close()
				live = max(live, probe.grown())
			}
			b.ReportMetric(float64(live), "live-B/op")
		})
	}
}

// BenchmarkStreamLength shows that a long stream costs no more per chunk than a
// short one.
func BenchmarkStreamLength(b *testing.B) {
	for _, chunks := range []int{10, 30, 100, 300, 1000, 5000} {
		b.Run(fmt.Sprintf("chunks=%d", chunks), func(b *testing.B) {
			compare(b, always, chat, streamRequest, memory{"text/event-stream", streamReply(chunks)}, roundtripper.CaptureSpan)
		})
	}
}

// history is a request of about size bytes: a long conversation in text that
// needs escapes now and then, with calls of tools in it.
func history(size int) string {
	const (
		question = `{"role":"user","content":"What does \"Comté\" mean, and how long does it ripen?\nThe shop sells it at 12, 18 and 24 months, and I would like to know which one goes with a wine from the Jura."},`
		calling  = `{"role":"assistant","content":"","tool_calls":[{"id":"D681PevKs","type":"function","function":{"name":"search","arguments":"{\"query\": \"comté ripening\"}"}}]},`
		result   = `{"role":"tool","tool_call_id":"D681PevKs","name":"search","content":"{\"results\": [{\"title\": \"Comté\", \"text\": \"A hard cheese from unpasteurised cow's milk, made in the Franche-Comté.\"}]}"},`
		answer   = `{"role":"assistant","content":"It is named after the region. Most wheels ripen for eight to eighteen months; the older ones are stronger, drier and taste of nuts, and go well with a vin jaune."},`
		turn     = question + calling + result + answer
	)
	return `{"model":"mistral-small-latest","messages":[` + strings.Repeat(turn, size/len(turn)) + `{"role":"user","content":"Thanks."}]}`
}

func BenchmarkHistory100KB(b *testing.B) {
	request := history(100 << 10)
	compare(b, always, chat, request, memory{"application/json", plainReply}, roundtripper.CaptureSpan)
	b.Run("json.Valid", func(b *testing.B) {
		body := []byte(request)
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if !json.Valid(body) {
				b.Fatal("not JSON")
			}
		}
	})
}

// BenchmarkJSONValid is the yardstick: the least that encoding/json asks for
// one chunk.
func BenchmarkJSONValid(b *testing.B) {
	chunk := []byte(strings.TrimSpace(strings.TrimPrefix(textChunk, "data: ")))
	b.ReportAllocs()
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		json.Valid(chunk)
	}
}
