// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

// The call that docs/scaling.md counts with.
const (
	promptBytes = 4000 // about 1,000 tokens
	answerBytes = 1200 // about 300
)

var row = regexp.MustCompile(`(?m)^\| ([a-z' ]+) \| ([0-9,]+) B \| ([0-9,]+) B \|$`)

// docs/scaling.md says how large spans are; this measures it.
func TestSizesOfSpansAreThoseOfTheDocumentation(t *testing.T) {
	doc, err := os.ReadFile("../../docs/scaling.md")
	require.NoError(t, err)
	said := map[string][2]float64{}
	for _, m := range row.FindAllStringSubmatch(string(doc), -1) {
		for i := range 2 {
			n, err := strconv.Atoi(strings.ReplaceAll(m[2+i], ",", ""))
			require.NoError(t, err)
			v := said[m[1]]
			v[i] = float64(n)
			said[m[1]] = v
		}
	}
	dialect, err := langfuse.Dialect(langfuse.Config{})
	require.NoError(t, err)
	for name, d := range map[string]destination.Destination{
		"without content":                    {},
		"with content":                       {Content: true},
		"with content in langfuse's dialect": {Content: true, Dialect: dialect},
	} {
		t.Run(name, func(t *testing.T) {
			plain, compressed := sizes(t, requests(t, d.Content, d.Dialect))
			t.Logf("| %s | %.0f B | %.0f B |", name, plain, compressed)
			require.Contains(t, said, name)
			assert.InEpsilon(t, said[name][0], plain, 0.05)
			assert.InEpsilon(t, said[name][1], compressed, 0.1)
		})
	}
}

const spansPerRequest = 512 // what the library sends at most by default

// requests are what the library sends for spansPerRequest calls.
func requests(t testing.TB, content bool, dialect destination.Dialect) []testserver.Export {
	t.Helper()
	receiver := testserver.NewReceiver()
	defer receiver.Close()
	d := plain(t, "receiver", receiver.URL)
	d.Content, d.Dialect = content, dialect
	d.Limits.BatchDelay = time.Hour      // only full batches, however slow this machine is
	words := rand.New(rand.NewPCG(1, 2)) // the same text each time
	a := newApplication(t, []destination.Destination{d}, testserver.WithAnswer(func(string) string { return prose(words, answerBytes) }))
	for range spansPerRequest {
		a.ask(t.Context(), prose(words, promptBytes), false)
	}
	a.flush()
	return receiver.Requests()
}

func sizes(t testing.TB, all []testserver.Export) (plain, compressed float64) {
	t.Helper()
	n := 0
	for _, r := range all {
		n += r.Stored
		plain += float64(r.Bytes)
		compressed += float64(r.WireBytes)
	}
	require.Equal(t, spansPerRequest, n)
	return plain / spansPerRequest, compressed / spansPerRequest
}

// prose is text that compresses about as text of a language does.
func prose(r *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		word := int(2000 * r.Float64() * r.Float64() * r.Float64()) // few words are frequent
		fmt.Fprintf(&b, "%s ", strconv.FormatInt(int64(word+1)*2654435761%60466176, 36))
	}
	return b.String()[:n]
}

// BenchmarkCollector measures what one collector takes: spans per second through
// OTLP/HTTP in requests of the library's size, each span a trace of its own, and
// the processor time and the memory of the collector's process.
func BenchmarkCollector(b *testing.B) {
	inMemory := func(c *collector) { c.set("exporters::otlp_http/langfuse::sending_queue::storage", "null") }
	for _, content := range []bool{false, true} {
		for _, bench := range []struct {
			name   string
			file   string
			ports  map[string]string
			change func(*collector)
		}{
			{"disk", "config.yaml", fanOutPorts, func(*collector) {}},
			{"disk without fsync", "config.yaml", fanOutPorts, func(c *collector) { c.set("extensions::file_storage::fsync", "false") }},
			{"memory", "config.yaml", fanOutPorts, inMemory},
			{"memory without redaction", "config.yaml", fanOutPorts, func(c *collector) {
				inMemory(c)
				c.set("service::pipelines::traces::processors", "[memory_limiter]")
			}},
			{"gateway", "scaled/gateway.yaml", map[string]string{
				"plain": "receivers::otlp::protocols::http::endpoint", "grpc": "receivers::otlp::protocols::grpc::endpoint",
			}, func(c *collector) {
				c.set("service::pipelines::traces::receivers", "[otlp]")
			}},
		} {
			b.Run(fmt.Sprintf("content=%t/%s", content, bench.name), func(b *testing.B) {
				c := newCollector(b, []string{bench.file}, bench.ports)
				c.set("service::pipelines::traces::exporters", "[otlp_http/langfuse]")
				bench.change(c)
				benchmark(b, c, batch(b, content))
			})
		}
	}
}

func benchmark(b *testing.B, c *collector, spans *coltracepb.ExportTraceServiceRequest) {
	sink := newBackend(b, testserver.NewLangfuse())
	sink.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusOK)
	}))
	c.env = append(c.env, "LANGFUSE_PUBLIC_KEY=pk", "LANGFUSE_SECRET_KEY=sk", "RESPAN_API_KEY=key", "LANGFUSE_BASE_URL="+sink.url())
	c.start()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		own := proto.CloneOf(spans)
		for pb.Next() {
			body := encode(b, own)
			for status := 0; status != http.StatusOK; { // 503 is what a full queue answers
				req, err := http.NewRequest(http.MethodPost, c.url("plain")+"/v1/traces", bytes.NewReader(body))
				require.NoError(b, err)
				req.Header.Set("Content-Type", "application/x-protobuf")
				req.Header.Set("Content-Encoding", "gzip")
				resp, err := http.DefaultClient.Do(req)
				require.NoError(b, err)
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				status = resp.StatusCode
			}
		}
	})
	b.StopTimer()
	cmd := c.cmd
	require.NoError(b, cmd.Process.Signal(syscall.SIGTERM)) // it decides and delivers what it has in memory
	_ = cmd.Wait()
	c.cmd = nil
	sent := float64(b.N * spansPerRequest)
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	b.ReportMetric(sent/b.Elapsed().Seconds(), "spans/s")
	b.ReportMetric(float64(used.Microseconds())/sent, "cpu-us/span")
	b.ReportMetric(float64(usage.Maxrss)/1024, "MB-resident")
	b.ReportMetric(0, "ns/op")
}

// batch is spansPerRequest calls in one request.
func batch(b *testing.B, content bool) *coltracepb.ExportTraceServiceRequest {
	b.Helper()
	all := &coltracepb.ExportTraceServiceRequest{}
	for _, r := range requests(b, content, nil) {
		all.ResourceSpans = append(all.ResourceSpans, r.ResourceSpans...)
	}
	return all
}

// encode gives each span a trace of its own.
func encode(b *testing.B, request *coltracepb.ExportTraceServiceRequest) []byte {
	b.Helper()
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				span.TraceId = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, rand.Uint64()), rand.Uint64())
			}
		}
	}
	encoded, err := proto.Marshal(request)
	require.NoError(b, err)
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
	require.NoError(b, err)
	_, err = w.Write(encoded)
	require.NoError(b, err)
	require.NoError(b, w.Close())
	return buf.Bytes()
}
