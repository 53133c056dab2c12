// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
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

// compare runs the same call over each transport.
func compare(b *testing.B, sampler sdktrace.Sampler, path, request string, base memory, capture roundtripper.ContentCapture) {
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler))
	b.Cleanup(func() { _ = provider.Shutdown(b.Context()) })
	for _, t := range []struct {
		name string
		rt   http.RoundTripper
	}{
		{"bare", base},
		{"otelhttp", otelhttp.NewTransport(base, otelhttp.WithTracerProvider(provider))},
		{"otelmistral", roundtripper.New(base, roundtripper.WithTracerProvider(provider), roundtripper.WithContentCapture(capture))},
	} {
		b.Run(t.name, func(b *testing.B) {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "https://api.mistral.ai"+path, strings.NewReader(request))
			if err != nil {
				b.Fatal(err)
			}
			buf := make([]byte, 32<<10)
			b.ReportAllocs()
			b.SetBytes(int64(len(request) + len(base.body)))
			for b.Loop() {
				req.Body, _ = req.GetBody()
				resp, err := t.rt.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = resp.Body.Read(buf)
				}
				_ = resp.Body.Close()
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

func BenchmarkNotSampled(b *testing.B) {
	compare(b, never, chat, plainRequest, memory{"application/json", plainReply}, roundtripper.CaptureSpan)
}

func BenchmarkNotSampledStream200(b *testing.B) {
	compare(b, never, chat, streamRequest, memory{"text/event-stream", streamReply(200)}, roundtripper.CaptureSpan)
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
