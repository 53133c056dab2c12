// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/semconv"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// span makes a span of trace 1 that starts and ends so many milliseconds after
// the epoch.
func span(id, parent byte, name string, start, end float64, attrs ...attribute.KeyValue) tracetest.SpanStub {
	at := func(ms float64) time.Time { return epoch.Add(time.Duration(ms * float64(time.Millisecond))) }
	s := tracetest.SpanStub{
		Name: name, StartTime: at(start), EndTime: at(end), Attributes: attrs,
		SpanContext: spanContext(1, id),
	}
	if parent != 0 {
		s.Parent = spanContext(1, parent)
	}
	return s
}

func spanContext(traceID, id byte) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: traceID}, SpanID: trace.SpanID{7: id}, TraceFlags: trace.FlagsSampled,
	})
}

func chat(outcome string, more ...attribute.KeyValue) []attribute.KeyValue {
	return append([]attribute.KeyValue{
		semconv.MistralOutcomeKey.String(outcome),
		semconv.GenAIRequestModelKey.String("mistral-small-latest"),
	}, more...)
}

func failed(s tracetest.SpanStub, description string) tracetest.SpanStub {
	s.Status = sdktrace.Status{Code: codes.Error, Description: description}
	return s
}

func example() tracetest.SpanStubs {
	return tracetest.SpanStubs{
		span(1, 0, "assistant", 0, 1830),
		span(2, 1, "chat mistral-small-latest", 1, 413, chat(semconv.OutcomeCompleted,
			semconv.GenAIResponseModelKey.String("mistral-small-2603"),
			semconv.GenAIUsageInputTokensKey.Int(23),
			semconv.GenAIUsageOutputTokensKey.Int(9),
			semconv.GenAIUsageCacheReadInputTokensKey.Int(16),
			semconv.GenAIInputMessagesKey.String(`[{"role":"system","parts":[{"type":"text","content":"Be brief."}]},{"role":"user","parts":[{"type":"text","content":"What is the capital of France?"}]}]`),
			semconv.GenAIOutputMessagesKey.String(`[{"role":"assistant","parts":[{"type":"reasoning","content":"Easy."},{"type":"text","content":"Paris."}],"finish_reason":"stop"}]`),
		)...),
		span(3, 1, "workflow", 420, 1700,
			semconv.ObservationTypeKey.String(semconv.ObservationWorkflow),
			semconv.ObservationInputKey.String(`{"city":"東京","days":3,"wishes":["not too hot","near the sea","a museum or two"]}`),
			semconv.ObservationOutputKey.String(`"Take a coat.\nIt is \"fresh\"."`),
		),
		span(4, 3, "chat mistral-small-latest", 421, 1100, chat(semconv.OutcomeCompleted,
			semconv.GenAIUsageInputTokensKey.Int(80),
			semconv.GenAIUsageOutputTokensKey.Int(24),
			semconv.MistralResponseTimeToFirstTokenKey.Float64(0.1234),
			semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[{"type":"text","content":"What is the weather\n in 東京, and is that where all the people whom I know would like to go on holiday?"},{"type":"uri","modality":"image","uri":"https://example.com/a.png"}]}]`),
			semconv.GenAIOutputMessagesKey.String(`[{"role":"assistant","parts":[{"type":"tool_call","id":"x","name":"get_weather","arguments":{"city":"Tokyo"}},{"type":"tool_call","name":"now","arguments":"{}"}],"finish_reason":"tool_call"}]`),
		)...),
		span(5, 3, "chat mistral-small-latest", 1100, 1700, chat(semconv.OutcomeClosedEarly,
			semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[]},{"role":"tool","parts":[{"type":"tool_call_response","response":"20 °C"}]}]`),
		)...),
		failed(span(6, 1, "chat no-such-model", 1700, 1703.5, chat(semconv.OutcomeRefused,
			semconv.HTTPResponseStatusCodeKey.Int(400),
			semconv.ErrorTypeKey.String("400"),
			semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]`),
		)...), "400 invalid_model: Invalid model: no-such-model"),
		failed(span(7, 1, "chat mistral-small-latest", 1704, 1804, chat(semconv.OutcomeFailed,
			semconv.ErrorTypeKey.String(semconv.ErrorTypeConnectionRefused),
		)...), ""),
		failed(span(8, 1, "GET /orders", 1804, 1830, semconv.ErrorTypeKey.String("timeout")), "no answer from the database"),
	}
}

func hostile() tracetest.SpanStubs {
	evil := "\x1b[2J\x1b]0;owned\x07 \u202eabc\x00\xff\u009b31m\r\nnext\u200b"
	long := strings.Repeat("面白い😀", 40)
	loop := span(3, 4, "loop a", 3, 4)
	other := span(4, 3, "loop b", 4, 5)
	self := span(5, 5, "own parent", 5, 4)
	return tracetest.SpanStubs{
		failed(span(1, 0, evil, 0, 1, chat(evil,
			semconv.GenAIInputMessagesKey.String(evil),
			semconv.GenAIOutputMessagesKey.String(`[{"parts":[{"type":"text","content":"\u001b[31mred\u0007"}]},{"parts":[{"type":"tool_call","name":"\u001b]8","arguments":7}]},{}]`),
			semconv.ObservationInputKey.String("not shown next to messages"),
			semconv.GenAIUsageInputTokensKey.String("many"),
			semconv.MistralResponseTimeToFirstTokenKey.String("soon"),
		)...), evil),
		span(2, 1, long, 1, 2, semconv.GenAIInputMessagesKey.String(long), semconv.GenAIOutputMessagesKey.String("null")),
		loop, other, self,
		span(6, 99, "", 6, 7, semconv.ObservationInputKey.String(evil), semconv.ObservationOutputKey.String(`"\u001b[31mred"`)),
	}
}

func deep() tracetest.SpanStubs {
	var spans tracetest.SpanStubs
	for i := range byte(40) {
		spans = append(spans, span(i+1, i, "level", float64(i), 100))
	}
	return spans
}

// kinds is what the routes tell that are no chat.
func kinds() tracetest.SpanStubs {
	return tracetest.SpanStubs{
		span(1, 0, "one of each", 0, 100),
		span(2, 1, "generate_content mistral-ocr-latest", 0, 10, chat(semconv.OutcomeCompleted,
			semconv.MistralOCRUsagePagesProcessedKey.Int(1))...),
		span(3, 1, "audio.transcriptions voxtral-mini-latest", 10, 20, chat(semconv.OutcomeCompleted,
			semconv.MistralUsageAudioSecondsKey.Float64(12.5))...),
		span(4, 1, "moderations mistral-moderation-latest", 20, 30, chat(semconv.OutcomeCompleted,
			semconv.MistralOperationKey.String(semconv.RouteModeration),
			semconv.MistralRequestInputCountKey.Int(2),
			semconv.MistralModerationFlaggedKey.StringSlice([]string{"hate_and_discrimination", "pii"}))...),
		span(5, 1, "chat.moderations mistral-moderation-latest", 30, 40, chat(semconv.OutcomeCompleted,
			semconv.MistralOperationKey.String(semconv.RouteChatModeration))...),
		span(6, 1, "moderations that were not understood", 40, 50, chat(semconv.OutcomeCompleted,
			semconv.MistralOperationKey.String(semconv.RouteModeration), semconv.MistralDecodeErrorsKey.Int(1))...),
		span(7, 1, "classifications my-model", 50, 60, chat(semconv.OutcomeCompleted,
			semconv.MistralClassificationLabelsKey.StringSlice([]string{"mood=glad"}))...),
		span(8, 1, "execute_tool web_search", 60, 70,
			semconv.GenAIToolCallArgumentsKey.String(`{"query":"weather in Paris"}`),
			semconv.GenAIToolCallResultKey.String(`"rain"`)),
		span(9, 1, "retrieval", 70, 80,
			semconv.GenAIRetrievalQueryTextKey.String("weather"),
			semconv.GenAIRetrievalDocumentsKey.String(`[{"id":"d1"}]`)),
		span(10, 1, "chat mistral-small-latest", 80, 100, chat(semconv.OutcomeCompleted,
			semconv.HTTPRequestResendCountKey.Int(1),
			semconv.GenAIUsageOutputTokensKey.Int(8),
			semconv.GenAIUsageReasoningOutputTokensKey.Int(5),
			semconv.GenAIResponseFinishReasonsKey.StringSlice([]string{"length", "length", "stop", "tool_call"}))...),
	}
}

// skewed is what clocks and crashes make of traces.
func skewed() tracetest.SpanStubs {
	running := span(5, 1, "never ended", 60, 0)
	running.EndTime = time.Time{}
	return tracetest.SpanStubs{
		span(1, 99, "its parent never ended", 50, 100),
		span(2, 1, "starts before its parent", 0, 60),
		span(3, 1, "ends after its parent", 90, 200),
		span(4, 1, "no time at all", 200, 200),
		running,
	}
}

func many() tracetest.SpanStubs {
	spans := tracetest.SpanStubs{span(1, 0, "loop", 0, 1000)}
	for i := range 999 {
		s := span(2, 1, "step", float64(i), float64(i+1))
		s.SpanContext = trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{1, byte(i >> 8), byte(i)}, TraceFlags: trace.FlagsSampled,
		})
		if i%100 == 0 {
			s = failed(s, "no")
		}
		spans = append(spans, s)
	}
	return spans
}

func TestRenderGolden(t *testing.T) {
	two := append(example()[:1:1], span(1, 0, "another trace", 5, 6))
	two[1].SpanContext = spanContext(2, 1)
	tests := []struct {
		name  string
		spans tracetest.SpanStubs
		opts  []Option
	}{
		{"tree", example(), nil},
		{"color", example(), []Option{WithColor(ColorAlways)}},
		{"narrow", example(), []Option{WithWidth(1)}},
		{"hostile", hostile(), nil},
		{"deep", deep(), nil},
		{"two", two, nil},
		{"kinds", kinds(), nil},
		{"skewed", skewed(), nil},
		{"many", many(), nil},
		{"instant", tracetest.SpanStubs{span(1, 0, "no time at all", 0, 0)}, nil},
		{"wide", example(), []Option{WithWidth(120)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, Render(&out, tt.spans.Snapshots(), tt.opts...))
			golden := filepath.Join("testdata", tt.name+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), out.String())
			if tt.name == "color" {
				return
			}
			width := newStyle(&out, tt.opts).width
			for line := range strings.Lines(out.String()) {
				line = strings.TrimSuffix(line, "\n")
				assert.LessOrEqual(t, columns(line), width, line)
				assert.True(t, utf8.ValidString(line))
				assert.NotContains(t, line, "\x1b")
				assert.False(t, strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e }), "%q", line)
			}
		})
	}
}

func TestColorIsForTerminals(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer file.Close()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	assert.False(t, newStyle(file, nil).colored, "a file")
	assert.False(t, newStyle(&bytes.Buffer{}, nil).colored, "a buffer")
	assert.True(t, newStyle(file, []Option{WithColor(ColorAlways)}).colored)

	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a character device, like a terminal
	require.NoError(t, err)
	defer device.Close()
	assert.True(t, newStyle(device, nil).colored)
	assert.False(t, newStyle(device, []Option{WithColor(ColorNever)}).colored)
	t.Setenv("TERM", "dumb")
	assert.False(t, newStyle(device, nil).colored)
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	assert.False(t, newStyle(device, nil).colored)
}

func TestClean(t *testing.T) {
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"", 10, ""},
		{"  a \n\t b  ", 10, "a b"},
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"abc defg", 5, "abc…"},
		{"面白い", 6, "面白い"},
		{"面白いx", 6, "面白…"},
		{"e\u0301e\u0301", 2, "e\u0301e\u0301"},
		{"\x1b[0m", 20, `\x1b[0m`},
		{"a\xffb", 20, `a\xffb`},
		{"a\ufffdb", 20, "a\ufffdb"},
		{"a\u202eb", 20, `a\u202eb`},
		{"👨\u200d👩", 4, "👨\u200d👩"},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, clean(tt.in, tt.limit), "%q", tt.in)
	}
}

func TestDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"?": -1, "0 µs": 0, "999 µs": 999 * time.Microsecond, "3.5 ms": 3500 * time.Microsecond,
		"412 ms": 412 * time.Millisecond, "1.24 s": 1240 * time.Millisecond, "12.3 s": 12300 * time.Millisecond, "2m3s": 123 * time.Second,
		"1.5 h": 90 * time.Minute, "5 d": 120 * time.Hour, "106752 d": math.MaxInt64,
	} {
		assert.Equal(t, want, duration(d))
		assert.LessOrEqual(t, columns(want), tookWidth)
	}
}

// lockedBuffer may be written by the destination and read by the test.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.buf.Reset()
	return b.buf.String()
}

func TestTraceIsPrintedOnceItsRootHasEnded(t *testing.T) {
	var out lockedBuffer
	e := newExporter(&out, nil)
	export := func(spans ...tracetest.SpanStub) string {
		require.NoError(t, e.ExportSpans(t.Context(), tracetest.SpanStubs(spans).Snapshots()))
		return out.take()
	}
	assert.Empty(t, export(span(2, 1, "child", 1, 2)))
	assert.Contains(t, export(span(1, 0, "root", 0, 3)), "└─ child")
	assert.Contains(t, export(span(3, 1, "late child", 1, 4)), "late child", "nothing to wait for")

	remote := span(4, 9, "from another service", 0, 1)
	remote.SpanContext, remote.Parent = spanContext(2, 4), spanContext(2, 9).WithRemote(true)
	assert.Contains(t, export(remote), "from another service")

	orphan := span(5, 8, "without root", 0, 1)
	orphan.SpanContext = spanContext(3, 5)
	assert.Empty(t, export(orphan))
	require.NoError(t, e.ForceFlush(t.Context()))
	assert.Contains(t, out.take(), "without root")
	assert.Empty(t, e.held)
	require.NoError(t, e.Shutdown(t.Context()))
	assert.Empty(t, out.take())
}

func TestHeldSpansAreBounded(t *testing.T) {
	var out lockedBuffer
	e := newExporter(&out, nil)
	var batch []sdktrace.ReadOnlySpan
	for i := range 3 * maxHeld {
		s := span(2, 1, "no root", 0, 1)
		s.SpanContext = trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1, byte(i >> 16), byte(i >> 8), byte(i)}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
		})
		if batch = append(batch, s.Snapshot()); len(batch) == 512 {
			require.NoError(t, e.ExportSpans(t.Context(), batch))
			batch = nil
		}
	}
	assert.Equal(t, maxHeld, e.count)
	assert.Len(t, e.held, maxHeld)
	assert.Len(t, e.printed, maxPrinted)
	assert.Equal(t, 2*maxHeld, strings.Count(out.take(), "no root"))
}

func TestDestination(t *testing.T) {
	var out lockedBuffer
	d, err := New(Config{Writer: &out, Width: 60})
	require.NoError(t, err)
	assert.True(t, d.Content)
	assert.Empty(t, d.Endpoint)
	p, err := destination.NewProcessor(t.Context(), d)
	require.NoError(t, err)
	for _, s := range example() {
		p.OnEnd(s.Snapshot())
	}
	require.NoError(t, p.ForceFlush(t.Context()))
	assert.Contains(t, out.take(), "Paris.")
	require.NoError(t, p.Shutdown(t.Context()))
	assert.EqualValues(t, len(example()), p.Counts().Exported)

	d, err = New(Config{Writer: &out, NoContent: true})
	require.NoError(t, err)
	assert.False(t, d.Content)
	assert.True(t, d.NoContent)
	p, err = destination.NewProcessor(t.Context(), d)
	require.NoError(t, err)
	for _, s := range example() {
		p.OnEnd(s.Snapshot())
	}
	require.NoError(t, p.Shutdown(t.Context()))
	printed := out.take()
	assert.Contains(t, printed, "workflow")
	for _, content := range []string{"Paris.", "Take a coat.", "museum", "in   ", "out  "} {
		assert.NotContains(t, printed, content)
	}

	d, err = FromEnv()
	require.NoError(t, err)
	assert.Equal(t, "console", d.String())
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestErrorOfTheWriterIsReported(t *testing.T) {
	require.EqualError(t, Render(brokenWriter{}, example().Snapshots()), "broken pipe")
	require.NoError(t, Render(brokenWriter{}, nil), "nothing to write")
	e := newExporter(brokenWriter{}, nil)
	require.EqualError(t, e.ExportSpans(t.Context(), example().Snapshots()), "print the trace: broken pipe")
	assert.Zero(t, e.count)
}
