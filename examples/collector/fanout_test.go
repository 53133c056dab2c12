// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/otelmistral/otelmistral/examples/collector/app"
	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

func TestTraceArrivesIntactAtEveryProductAndInTheFile(t *testing.T) {
	f := newFanOut(t)
	f.langfuse.start()
	f.respan.start()
	f.start()
	direct := newBackend(t, testserver.NewReceiver())
	direct.start()
	a := newApplication(t, []destination.Destination{
		plain(t, "direct", direct.url()), plain(t, "collector", f.url("plain")),
	})
	a.ask(t.Context(), "What is the capital of France?", false)
	a.ask(t.Context(), "Count to three.", true)
	a.mistral.Enqueue(testserver.ErrorNamed("429 rate limited").Reply())
	a.ask(t.Context(), "Once more?", false)
	a.flush()

	sent := wait(t, direct, 3)
	for _, s := range sent { // the text of an error may repeat the prompt, and is left out by the collector
		if status := s.GetStatus(); status.GetMessage() != "" {
			require.Equal(t, "429 rate_limited: Rate limit exceeded", status.GetMessage())
			status.Message = "429 rate_limited"
		}
	}
	assertSame(t, sent, wait(t, f.langfuse, 3))
	assertSame(t, sent, wait(t, f.respan, 3))
	assertSame(t, sent, f.onFile(3))
	assert.Contains(t, sent[0].Text(string(semconv.GenAIInputMessagesKey)), "capital of France")
}

func TestEachProductGetsItsOwnWordsOnItsPort(t *testing.T) {
	f := newFanOut(t)
	f.langfuse.start()
	f.respan.start()
	f.start()
	through, err := app.Destinations(f.url("langfuse"), f.url("respan"))
	require.NoError(t, err)
	directLangfuse, directRespan := newBackend(t, testserver.NewReceiver()), newBackend(t, testserver.NewReceiver())
	directLangfuse.start()
	directRespan.start()
	toLangfuse, toRespan := plain(t, "langfuse", directLangfuse.url()), plain(t, "respan", directRespan.url())
	toLangfuse.Dialect, toRespan.Dialect = through[0].Dialect, through[1].Dialect
	a := newApplication(t, append(through, toLangfuse, toRespan))
	a.ask(t.Context(), "Count to three.", true)
	a.flush()

	sent := wait(t, directLangfuse, 1)
	assertSame(t, sent, wait(t, f.langfuse, 1))
	assertSame(t, sent, f.onFile(1))
	assert.Contains(t, sent[0].Keys(), "langfuse.observation.completion_start_time")
	assertSame(t, wait(t, directRespan, 1), wait(t, f.respan, 1))
	assert.Contains(t, f.respan.WireSpans()[0].Keys(), "respan.entity.log_type")
	assert.Equal(t, testserver.IngestionDirect, f.langfuse.Requests()[0].Ingestion)
}

func TestMetricsOfCallsCanBeScraped(t *testing.T) {
	f := newFanOut(t)
	f.start()
	d, err := otlp.New(otlp.Config{MetricsEndpoint: f.url("plain") + "/v1/metrics"})
	require.NoError(t, err)
	a := newApplication(t, []destination.Destination{d})
	a.ask(t.Context(), "How many tokens is this?", false)
	a.flush()
	assert.Eventually(t, func() bool {
		return strings.Contains(get(t, f.url("prometheus")+"/metrics"), `gen_ai_client_token_usage`)
	}, 10*time.Second, 20*time.Millisecond)
}

// Content is JSON in a string, so a mask must not take half of an escape.
func TestSecretsAreMaskedAndContentStaysJSON(t *testing.T) {
	f := newFanOut(t)
	f.start()
	a := newApplication(t, []destination.Destination{plain(t, "collector", f.url("plain"))},
		testserver.WithAnswer(func(string) string { return "I shall write to bob@example.com\nand zoë@example.com" }))
	secrets := []string{
		"bob@example.com", "zoë.nuñez@mail.example.co.uk", "4111111111111111", "5500 0000 0000 0004", "3782 822463 10005",
		"sk-lf-0123456789abcdef", "Bearer abcdefgh.ijklmnop",
	}
	around := []string{"%s", "\n%s\n", "\t%s", `\%s`, `\n%s`, `"%s"`, "é%s.", "<%s>", `\\"%s`, "\u2028%s"}
	var prompt strings.Builder
	for _, format := range around {
		for _, s := range secrets {
			fmt.Fprintf(&prompt, format+" and ", s)
		}
	}
	ctx := instrumentation.Propagate(t.Context(),
		instrumentation.Metadata("apiKey", "hunter2"), instrumentation.Metadata("db_password", "hunter2"))
	a.ask(ctx, prompt.String(), false)
	a.ask(t.Context(), "Order 1234567890, at 10:15, for 4000 euros: 4 chairs.", false)
	a.mistral.Enqueue(testserver.JSON(422, `{"message":"cannot read bob@example.com","type":"invalid_request_error"}`))
	a.ask(t.Context(), "x", false)
	a.flush()

	spans := f.onFile(3)
	everything := f.text()
	for _, s := range []string{"bob@", "zoë", "nuñez", "example.co", "411111111", "5500 0000", "822463 1", "0123456789abcdef", "ijklmnop", "hunter2"} {
		assert.NotContains(t, everything, s)
	}
	for _, s := range spans {
		for _, key := range []string{string(semconv.GenAIInputMessagesKey), string(semconv.GenAIOutputMessagesKey)} {
			if text := s.Text(key); text != "" {
				assert.True(t, json.Valid([]byte(text)), text)
			}
		}
	}
	assert.Contains(t, everything, "Order 1234567890, at 10:15, for 4000 euros: 4 chairs.")
}

// wait returns n spans of b.
func wait(t *testing.T, b *backend, n int) []testserver.WireSpan {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := b.Wait(ctx, n)
	require.NoError(t, err)
	return b.WireSpans()
}

// onFile returns the spans of the file once there are n.
func (f fanOut) onFile(n int) []testserver.WireSpan {
	f.t.Helper()
	var spans []testserver.WireSpan
	require.Eventually(f.t, func() bool {
		reader := testserver.NewReceiver() // of one line at a time: each is a request in OTLP's JSON
		defer reader.Close()
		for line := range strings.Lines(f.text()) {
			resp, err := http.Post(reader.Endpoint(), "application/json", strings.NewReader(line))
			require.NoError(f.t, err)
			resp.Body.Close()
		}
		spans = reader.WireSpans()
		return len(spans) >= n
	}, 10*time.Second, 50*time.Millisecond)
	return spans
}

// text is what is on file.
func (f fanOut) text() string {
	data, err := os.ReadFile(f.file())
	if err != nil {
		return "" // nothing was written yet
	}
	return string(data)
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

// assertSame compares spans as they are on the wire, in whatever order they came.
func assertSame(t *testing.T, want, got []testserver.WireSpan) {
	t.Helper()
	require.Len(t, got, len(want))
	for _, w := range want {
		found := false
		for _, g := range got {
			if string(g.GetSpanId()) != string(w.GetSpanId()) {
				continue
			}
			found = true
			for _, pair := range [][2]proto.Message{{w.Span, g.Span}, {w.Resource, g.Resource}, {w.Scope, g.Scope}} {
				assert.True(t, proto.Equal(pair[0], pair[1]), "want %v\ngot  %v", pair[0], pair[1])
			}
		}
		assert.True(t, found, "%s is missing", w.GetName())
	}
}
