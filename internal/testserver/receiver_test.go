// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

func newReceiver(t testing.TB, opts ...ReceiverOption) *Receiver {
	r := NewReceiver(opts...)
	t.Cleanup(r.Close)
	return r
}

// exporterFor returns the real exporter, sending to r. It does not retry unless
// asked to, so that a test sees each answer.
func exporterFor(t testing.TB, r *Receiver, opts ...otlptracehttp.Option) *otlptrace.Exporter {
	opts = append([]otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(r.URL + "/v1/traces"),
		otlptracehttp.WithHTTPClient(newClient(t)),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}),
	}, opts...)
	exporter, err := otlptracehttp.New(t.Context(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, exporter.Shutdown(context.Background())) })
	return exporter
}

// someSpans returns two ended spans that use every field OTLP carries.
func someSpans(t testing.TB) tracetest.SpanStubs {
	memory := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSyncer(memory),
		sdktrace.WithResource(resource.NewWithAttributes("https://example.com/resource", attribute.String("service.name", "test"))),
		sdktrace.WithRawSpanLimits(sdktrace.SpanLimits{
			AttributeValueLengthLimit: -1, AttributeCountLimit: 12, EventCountLimit: 1, LinkCountLimit: 1,
			AttributePerEventCountLimit: 1, AttributePerLinkCountLimit: 1,
		}),
	)
	tracer := provider.Tracer("scope", trace.WithInstrumentationVersion("1.2.3"), trace.WithSchemaURL("https://example.com/scope"),
		trace.WithInstrumentationAttributes(attribute.Bool("of.scope", true)))

	state, err := trace.ParseTraceState("a=1,b=2")
	require.NoError(t, err)
	remote := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0xA0, 1}, SpanID: trace.SpanID{0xB0, 2}, TraceFlags: trace.FlagsSampled, TraceState: state, Remote: true,
	})
	linked := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0xC0, 3}, SpanID: trace.SpanID{0xD0, 4}, TraceFlags: trace.FlagsSampled, Remote: true,
	})
	start := time.Date(2026, 11, 21, 10, 0, 0, 123, time.UTC)

	ctx, server := tracer.Start(trace.ContextWithRemoteSpanContext(t.Context(), remote), "server",
		trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(start),
		trace.WithLinks(trace.Link{SpanContext: linked}, trace.Link{SpanContext: linked, Attributes: []attribute.KeyValue{
			attribute.Int("kept", 1), attribute.Int("dropped", 2),
		}}),
		trace.WithAttributes(
			attribute.String("string", "é\x00"), attribute.Bool("bool", false), attribute.Int64("int", -1<<62), attribute.Float64("float", 1.5),
			attribute.StringSlice("strings", []string{"a", ""}), attribute.BoolSlice("bools", []bool{true, false}),
			attribute.Int64Slice("ints", []int64{1, -2}), attribute.Float64Slice("floats", []float64{0, 1e300}),
			attribute.StringSlice("empty", []string{}), attribute.ByteSlice("bytes", []byte{0, 0xFF}),
			attribute.Slice("mixed", attribute.StringValue("a"), attribute.IntValue(1), attribute.Value{}),
			attribute.Map("map", attribute.Int("n", 1), attribute.Map("deep", attribute.Bool("b", true))),
			attribute.String("over the limit", "dropped"),
		))
	_, client := tracer.Start(ctx, "client", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(start.Add(time.Second)))
	client.AddEvent("dropped")
	client.AddEvent("kept", trace.WithTimestamp(start.Add(2*time.Second)),
		trace.WithAttributes(attribute.Int("kept", 1), attribute.Int("dropped", 2)))
	client.SetStatus(codes.Error, "429 rate_limited")
	client.End(trace.WithTimestamp(start.Add(3 * time.Second)))
	server.SetStatus(codes.Ok, "")
	server.End(trace.WithTimestamp(start.Add(4 * time.Second)))

	return sorted(memory.GetSpans())
}

// asCarried clears what OTLP has no field for.
func asCarried(spans tracetest.SpanStubs) tracetest.SpanStubs {
	for i := range spans {
		s := &spans[i]
		s.ChildSpanCount = 0
		s.Parent = s.Parent.WithTraceFlags(0).WithTraceState(trace.TraceState{})
	}
	return spans
}

func TestReceiverDecodesWhatTheExporterSent(t *testing.T) {
	cases := map[string]struct {
		options  []otlptracehttp.Option
		wantType string
		wantGzip bool
	}{
		"protobuf": {nil, protobufType, false},
		"protobuf, gzip": {
			[]otlptracehttp.Option{otlptracehttp.WithCompression(otlptracehttp.GzipCompression)}, protobufType, true,
		},
		"JSON": {
			[]otlptracehttp.Option{otlptracehttp.WithEncoding(otlptracehttp.EncodingJSON)}, jsonType, false,
		},
		"JSON, gzip": {
			[]otlptracehttp.Option{
				otlptracehttp.WithEncoding(otlptracehttp.EncodingJSON), otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
			}, jsonType, true,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t)
			sent := someSpans(t)
			require.Len(t, sent, 2)
			require.Equal(t, 1, sent[0].DroppedAttributes)

			require.NoError(t, exporterFor(t, r, c.options...).ExportSpans(t.Context(), sent.Snapshots()))

			got := r.Spans()
			require.Len(t, got, 2)
			assert.Equal(t, asCarried(sent), got)
			assert.True(t, got[0].Parent.IsRemote())
			assert.False(t, got[1].Parent.IsRemote())

			requests := r.Requests()
			require.Len(t, requests, 1)
			assert.Equal(t, c.wantType, requests[0].Header.Get("Content-Type"))
			assert.Equal(t, http.StatusOK, requests[0].Status)
			assert.Equal(t, 2, requests[0].Stored)
			if c.wantGzip {
				assert.Less(t, requests[0].WireBytes, requests[0].Bytes)
			} else {
				assert.Equal(t, requests[0].WireBytes, requests[0].Bytes)
			}
			assert.Empty(t, r.Rejected())
		})
	}
}

func TestReceiverSortsByStartTimeThenSpanID(t *testing.T) {
	r := newReceiver(t)
	start := time.Unix(1_800_000_000, 0).UTC()
	span := func(id byte, start time.Time) tracetest.SpanStub {
		return tracetest.SpanStub{StartTime: start, SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{id},
		})}
	}
	exporter := exporterFor(t, r)
	sent := tracetest.SpanStubs{span(9, start.Add(time.Second)), span(5, start), span(3, start)}
	for _, s := range sent.Snapshots() {
		require.NoError(t, exporter.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{s}))
	}

	var ids []byte
	for _, s := range r.Spans() {
		id := s.SpanContext.SpanID()
		ids = append(ids, id[0])
	}
	assert.Equal(t, []byte{3, 5, 9}, ids)
}

func TestReceiverRefusesUnsoundRequests(t *testing.T) {
	packed := func(s string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := io.WriteString(w, s)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return b.String()
	}
	const sound = `{"resourceSpans":[]}`
	withIDs := func(traceID, spanID string) string {
		return fmt.Sprintf(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":%q,"spanId":%q}]}]}]}`, traceID, spanID)
	}
	const (
		goodTrace = "0102030405060708090a0b0c0d0e0f10"
		goodSpan  = "a1a2a3a4a5a6a7a8"
	)

	cases := map[string]struct {
		method, path, contentType, encoding, key, body string
		wantStatus                                     int
		wantProblem                                    string
	}{
		"a sound request":            {body: sound, wantStatus: 200},
		"a media type parameter":     {body: sound, contentType: "application/json; charset=utf-8", wantStatus: 200},
		"gzip":                       {body: packed(sound), encoding: "gzip", wantStatus: 200},
		"an unknown field":           {body: `{"resourceSpans":[],"new":1}`, wantStatus: 200},
		"ids in hex":                 {body: withIDs(goodTrace, strings.ToUpper(goodSpan)), wantStatus: 200},
		"another path":               {path: "/v1/elsewhere", body: sound, wantStatus: 404, wantProblem: "/v1/traces"},
		"another method":             {method: http.MethodPut, body: sound, wantStatus: 405, wantProblem: "POST"},
		"a wrong key":                {key: "other", body: sound, wantStatus: 401, wantProblem: "Authorization"},
		"another media type":         {contentType: "text/plain", body: sound, wantStatus: 415, wantProblem: "text/plain"},
		"no gzip":                    {encoding: "gzip", body: sound, wantStatus: 400, wantProblem: "gzip"},
		"gzip that ends early":       {encoding: "gzip", body: packed(sound)[:20], wantStatus: 400, wantProblem: "gzip"},
		"an unknown encoding":        {encoding: "br", body: sound, wantStatus: 400, wantProblem: "br"},
		"broken JSON":                {body: `{"resourceSpans":`, wantStatus: 400, wantProblem: "JSON"},
		"broken protobuf":            {contentType: protobufType, body: "\xFF\xFF", wantStatus: 400, wantProblem: "proto"},
		"base64 ids":                 {body: withIDs("AQIDBAUGBwgJCgsMDQ4PEA==", goodSpan), wantStatus: 400, wantProblem: "not hex"},
		"a trace id of zeros":        {body: withIDs(strings.Repeat("0", 32), goodSpan), wantStatus: 400, wantProblem: "trace id"},
		"a span id that is too long": {body: withIDs(goodTrace, goodTrace), wantStatus: 400, wantProblem: "span id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, WithRequiredHeader("Authorization", "Bearer good"))
			or := func(value, fallback string) string {
				if value == "" {
					return fallback
				}
				return value
			}
			req, err := http.NewRequestWithContext(t.Context(), or(c.method, http.MethodPost), r.URL+or(c.path, "/v1/traces"), strings.NewReader(c.body))
			require.NoError(t, err)
			req.Header.Set("Content-Type", or(c.contentType, jsonType))
			req.Header.Set("Authorization", "Bearer "+or(c.key, "good"))
			if c.encoding != "" {
				req.Header.Set("Content-Encoding", c.encoding)
			}
			resp, err := newClient(t).Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())

			assert.Equal(t, c.wantStatus, resp.StatusCode)
			requests := r.Requests()
			require.Len(t, requests, 1)
			assert.Equal(t, c.wantStatus, requests[0].Status)
			assert.Equal(t, len(c.body), requests[0].WireBytes)
			if c.wantProblem == "" {
				assert.Empty(t, requests[0].Problem)
				assert.Empty(t, r.Rejected())
			} else {
				assert.Contains(t, requests[0].Problem, c.wantProblem)
				assert.Equal(t, requests, r.Rejected())
			}
		})
	}
}

func TestReceiverAnswersInTheEncodingOfTheRequest(t *testing.T) {
	type outcome struct{ partial, status string }
	cases := map[string]func(success bool, body []byte) outcome{
		protobufType: func(success bool, body []byte) outcome {
			if !success {
				return outcome{status: string(body[2:])} // after the tag and the length of field 2
			}
			var message coltracepb.ExportTraceServiceResponse
			require.NoError(t, proto.Unmarshal(body, &message))
			return outcome{partial: message.GetPartialSuccess().GetErrorMessage()}
		},
		jsonType: func(success bool, body []byte) outcome {
			if !success {
				var status struct{ Message string }
				require.NoError(t, json.Unmarshal(body, &status))
				return outcome{status: status.Message}
			}
			var message coltracepb.ExportTraceServiceResponse
			require.NoError(t, protojson.Unmarshal(body, &message))
			return outcome{partial: message.GetPartialSuccess().GetErrorMessage()}
		},
	}
	for contentType, decode := range cases {
		t.Run(contentType, func(t *testing.T) {
			r := newReceiver(t)
			r.Enqueue(Response{Message: "a warning"}, Response{Status: 503, Message: `say "no"`})
			body := ""
			if contentType == jsonType {
				body = "{}"
			}
			for i, want := range []outcome{{partial: "a warning"}, {status: `say "no"`}} {
				resp, err := newClient(t).Post(r.URL+"/v1/traces", contentType, strings.NewReader(body))
				require.NoError(t, err)
				answer, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				assert.Equal(t, contentType, resp.Header.Get("Content-Type"))
				assert.Equal(t, want, decode(i == 0, answer))
			}
		})
	}
}

func TestReceiverInjectsAnswers(t *testing.T) {
	t.Run("a failure stores nothing and is visible", func(t *testing.T) {
		r := newReceiver(t)
		r.Enqueue(Response{Status: 503, Header: http.Header{"Retry-After": {"7"}}, Body: []byte("try later")})
		exporter := exporterFor(t, r)

		err := exporter.ExportSpans(t.Context(), someSpans(t).Snapshots())
		assert.ErrorContains(t, err, "try later")
		assert.Empty(t, r.Spans())
		require.Len(t, r.Rejected(), 1)
		assert.Equal(t, 503, r.Rejected()[0].Status)
		assert.Len(t, r.Rejected()[0].Spans, 2)

		require.NoError(t, exporter.ExportSpans(t.Context(), someSpans(t).Snapshots()), "the queue is used up")
		assert.Len(t, r.Spans(), 2)
	})

	t.Run("a partial success keeps the first spans", func(t *testing.T) {
		r := newReceiver(t)
		r.Enqueue(Response{RejectedSpans: 1, Message: "one too many"})
		err := exporterFor(t, r).ExportSpans(t.Context(), someSpans(t).Snapshots())
		assert.ErrorContains(t, err, "one too many")
		assert.Len(t, r.Spans(), 1)
		assert.Equal(t, 1, r.Requests()[0].Stored)
	})

	t.Run("a responder decides by the request", func(t *testing.T) {
		r := newReceiver(t, WithResponder(func(e Export) Response {
			if len(e.Spans) > 1 {
				return Response{Status: http.StatusRequestEntityTooLarge}
			}
			return Response{}
		}))
		exporter := exporterFor(t, r)
		spans := someSpans(t).Snapshots()
		assert.ErrorContains(t, exporter.ExportSpans(t.Context(), spans), "413")
		assert.NoError(t, exporter.ExportSpans(t.Context(), spans[:1]))
		assert.Len(t, r.Spans(), 1)
	})

	t.Run("Retry-After is sent and the retry succeeds", func(t *testing.T) {
		r := newReceiver(t)
		r.Enqueue(Response{Status: 429, Header: http.Header{"Retry-After": {"0"}}})
		exporter := exporterFor(t, r, otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond, MaxElapsedTime: time.Minute,
		}))
		require.NoError(t, exporter.ExportSpans(t.Context(), someSpans(t).Snapshots()))
		assert.Len(t, r.Requests(), 2)
		assert.Len(t, r.Spans(), 2)
	})

	t.Run("a delay outlives an impatient client", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r := newReceiver(t, WithResponder(func(Export) Response {
			cancel() // not by time, or the request might not have come by then
			return Response{Delay: time.Hour}
		}))
		require.Error(t, exporterFor(t, r).ExportSpans(ctx, someSpans(t).Snapshots()))
		require.NoError(t, r.bell.await(t.Context(), func() bool { return len(r.exports) == 1 }))
		assert.Zero(t, r.Rejected()[0].Status)
		assert.Empty(t, r.Spans())
	})
}

func TestReceiverClosesDuringADelay(t *testing.T) {
	entered := make(chan struct{})
	r := NewReceiver(WithResponder(func(Export) Response {
		close(entered)
		return Response{Delay: time.Hour}
	}))
	exporter := exporterFor(t, r)
	failed := make(chan error, 1)
	spans := someSpans(t).Snapshots()
	go func() { failed <- exporter.ExportSpans(context.WithoutCancel(t.Context()), spans) }()
	<-entered
	r.Close()
	assert.Error(t, <-failed)
}

func TestReceiverWait(t *testing.T) {
	t.Run("returns once enough spans arrived", func(t *testing.T) {
		r := newReceiver(t)
		type result struct {
			spans tracetest.SpanStubs
			err   error
		}
		done := make(chan result, 1)
		go func() {
			spans, err := r.Wait(t.Context(), 3)
			done <- result{spans, err}
		}()
		exporter := exporterFor(t, r)
		spans := someSpans(t).Snapshots()
		require.NoError(t, exporter.ExportSpans(t.Context(), spans))
		select {
		case <-done:
			t.Fatal("2 spans are fewer than 3")
		default:
		}
		require.NoError(t, exporter.ExportSpans(t.Context(), spans))
		got := <-done
		require.NoError(t, got.err)
		assert.Len(t, got.spans, 4)
	})

	t.Run("says what happened instead", func(t *testing.T) {
		r := newReceiver(t)
		r.Enqueue(Response{Status: 500})
		exporter := exporterFor(t, r)
		spans := someSpans(t).Snapshots()
		require.Error(t, exporter.ExportSpans(t.Context(), spans))
		require.NoError(t, exporter.ExportSpans(t.Context(), spans))

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got, err := r.Wait(ctx, 3)
		assert.Len(t, got, 2)
		require.ErrorIs(t, err, context.Canceled)
		assert.ErrorContains(t, err, "2 of 3 spans")
		assert.ErrorContains(t, err, "POST /v1/traces was answered 500")
	})
}

func TestReceiverResetForgets(t *testing.T) {
	r := newReceiver(t, WithTracesPath("/api/public/otel/v1/traces"))
	exporter := exporterFor(t, r, otlptracehttp.WithEndpointURL(r.URL+"/api/public/otel/v1/traces"))
	require.NoError(t, exporter.ExportSpans(t.Context(), someSpans(t).Snapshots()))
	require.Len(t, r.Spans(), 2)
	r.Reset()
	assert.Empty(t, r.Spans())
	assert.Empty(t, r.Requests())
}

func TestReceiverConcurrentSafe(t *testing.T) {
	r := newReceiver(t)
	const senders, each = 8, 5
	spans := someSpans(t).Snapshots()
	var group sync.WaitGroup
	for range senders {
		exporter := exporterFor(t, r)
		group.Go(func() {
			for range each {
				assert.NoError(t, exporter.ExportSpans(t.Context(), spans))
				r.Spans()
				r.Enqueue(Response{})
			}
		})
	}
	got, err := r.Wait(t.Context(), senders*each*len(spans))
	group.Wait()
	require.NoError(t, err)
	assert.Len(t, got, senders*each*len(spans))
	assert.Len(t, r.Requests(), senders*each)
}
