// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/semconv"
)

func pageOf(t *testing.T, spans tracetest.SpanStubs) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, RenderHTML(&out, spans.Snapshots()))
	return out.String()
}

func TestPageGolden(t *testing.T) {
	spans := append(example(), kinds()...)
	for i := len(example()); i < len(spans); i++ { // a trace of its own
		spans[i].SpanContext = spanContext(2, spans[i].SpanContext.SpanID()[7])
		spans[i].Parent = spanContext(2, 1)
	}
	spans[1].Attributes = append(spans[1].Attributes,
		semconv.GenAISystemInstructionsKey.String(`[{"type":"text","content":"Be kind."}]`),
		semconv.GenAIToolDefinitionsKey.String(`[{"type":"function","name":"get_weather"}]`),
		semconv.TraceNameKey.String("A day in Paris"))
	spans[1].Events = []sdktrace.Event{{Name: "exception", Attributes: chat(semconv.OutcomeCut)}}
	got := pageOf(t, spans)
	_, got, _ = strings.Cut(got, "<main>\n")

	golden := filepath.Join("testdata", "page.golden.html")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// onPage is the markup that a page may have. Whatever else looks like a tag was
// not escaped.
var onPage = regexp.MustCompile(`^</?(section|header|h2|h4|p|span|strong|div|svg|text|rect|details|summary|b|small|i|dl|dt|dd|pre|table|tr|th|td)$`)

func TestContentIsNoMarkup(t *testing.T) {
	nasty := strings.Join([]string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onload='alert(1)`, `</style><style>*{}`,
		`</pre></dd></details><a href="javascript:alert(1)">`, `{{.}}`, `<!--`, `]]>`, `<svg/onload=alert(1)>`, "\x00<b\x00>", "\u202e<base>", "<\u200biframe>",
	}, " ")
	for _, spans := range []tracetest.SpanStubs{hostile(), everywhere(nasty)} {
		_, body, _ := strings.Cut(pageOf(t, spans), "<main>\n")
		body, _, _ = strings.Cut(body, "</main>")
		for _, tag := range regexp.MustCompile(`<[^\s>]*`).FindAllString(body, -1) {
			assert.Regexp(t, onPage, tag)
		}
		for _, attribute := range regexp.MustCompile(`<[a-z]+ [^>]*>`).FindAllString(body, -1) {
			assert.NotRegexp(t, `\s(on\w+|style|href|src)=`, attribute)
		}
		for line := range strings.Lines(body) {
			assert.False(t, strings.ContainsFunc(line, func(r rune) bool {
				return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x200b
			}), "%q", line)
		}
		assert.NotContains(t, body, "onerror=alert(1)>")
	}
}

// everywhere puts text wherever a span has room for some.
func everywhere(text string) tracetest.SpanStubs {
	quoted := fmt.Sprintf("%q", text)
	s := failed(span(1, 0, text, 0, 1, chat(text,
		semconv.GenAIRequestModelKey.String(text),
		semconv.GenAIInputMessagesKey.String(`[{"role":`+quoted+`,"parts":[{"type":"text","content":`+quoted+`},{"type":"uri","modality":`+quoted+`,"uri":`+quoted+`}]}]`),
		semconv.ObservationInputKey.String(text),
		semconv.GenAIToolDefinitionsKey.String(text),
	)...), text)
	s.Events = []sdktrace.Event{{Name: text, Attributes: chat(text)}}
	return tracetest.SpanStubs{s}
}

func TestPageAllowsNothingButItsOwnStyle(t *testing.T) {
	page := pageOf(t, example())
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`).FindStringSubmatch(page)
	require.Len(t, policy, 2)
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	assert.Equal(t, "default-src 'none'; style-src '"+hashOf(style)+"'; base-uri 'none'; form-action 'none'", policy[1])
	digest, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(hashOf(style), "sha256-"))
	require.NoError(t, err)
	assert.Len(t, digest, 32)
	assert.NotContains(t, style, "url(")
	assert.NotContains(t, style, "@import")
}

func TestPageIsBounded(t *testing.T) {
	long := strings.Repeat("<", 1<<20)
	text := `{"type":"text","content":"` + long + `"}`
	t.Run("one text", func(t *testing.T) {
		page := pageOf(t, tracetest.SpanStubs{span(1, 0, long, 0, 1, semconv.GenAIInputMessagesKey.String(`[{"role":"user","parts":[`+text+`]}]`))})
		assert.Less(t, len(page), 5*(maxText+nameColumns*3))
		assert.Contains(t, page, fmt.Sprintf("… (%d more bytes)", 1<<20-maxText))
	})
	t.Run("long texts of one trace", func(t *testing.T) {
		var spans tracetest.SpanStubs
		for i := range byte(200) {
			spans = append(spans, span(i+1, i, "step", 0, 1, semconv.ObservationInputKey.String(strings.Repeat("a", maxText))))
		}
		assert.Less(t, len(pageOf(t, spans)), maxTexts*3/2)
	})
	t.Run("many texts of one trace", func(t *testing.T) {
		var spans tracetest.SpanStubs
		for i := range byte(10) {
			spans = append(spans, span(i+1, i, "step", 0, 1,
				semconv.GenAIInputMessagesKey.String(`[`+strings.Repeat(`{"role":"user","parts":[{"type":"text","content":"a"}]},`, 2000)+`{}]`)))
		}
		page := pageOf(t, spans)
		assert.Less(t, len(page), maxTexts)
		assert.Contains(t, page, leftOut)
		assert.Equal(t, 10, strings.Count(page, "<b>step</b>"), "the waterfall is whole")
	})
	t.Run("all traces", func(t *testing.T) {
		var spans tracetest.SpanStubs
		for i := range byte(maxSections + 5) {
			s := span(1, 0, fmt.Sprintf("trace %d.", i), float64(i), float64(i+1))
			s.SpanContext = spanContext(i+1, 1)
			spans = append(spans, s)
		}
		page := pageOf(t, spans)
		assert.Equal(t, maxSections, strings.Count(page, "<section>"))
		assert.Contains(t, page, "5 older traces left out")
		assert.NotContains(t, page, "trace 4.")
		assert.Less(t, strings.Index(page, "trace 104."), strings.Index(page, "trace 5."), "the newest first")
	})
	t.Run("all bytes", func(t *testing.T) {
		p := &pages{}
		for range 3 {
			p.sections = append(p.sections, make([]byte, maxPageBytes/2))
			p.size += maxPageBytes / 2
		}
		require.NoError(t, p.add(nil))
		assert.Len(t, p.sections, 2)
		assert.Equal(t, maxPageBytes, p.size)
		assert.Equal(t, 1, p.dropped)
	})
}

// process runs spans through a destination with a page and returns what is in the
// file after each flush.
func process(t *testing.T, c Config) (flush func(...tracetest.SpanStub) string) {
	t.Helper()
	d, err := New(c)
	require.NoError(t, err)
	p, err := destination.NewProcessor(t.Context(), d)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Shutdown(context.WithoutCancel(t.Context()))) })
	return func(spans ...tracetest.SpanStub) string {
		for _, s := range spans {
			p.OnEnd(s.Snapshot())
		}
		require.NoError(t, p.ForceFlush(t.Context()))
		page, err := os.ReadFile(c.HTML)
		require.NoError(t, err)
		return string(page)
	}
}

func TestPageIsWrittenWithEachTrace(t *testing.T) {
	var out lockedBuffer
	path := filepath.Join(t.TempDir(), "trace.html")
	require.NoError(t, os.WriteFile(path, []byte("of an earlier run"), 0o644))
	flush := process(t, Config{Writer: &out, HTML: path})

	assert.Contains(t, flush(), "No trace has ended yet")
	assert.NotContains(t, flush(), "earlier run")
	assert.Contains(t, flush(example()...), "<h2>assistant</h2>")
	second := span(1, 0, "another", 5, 6)
	second.SpanContext = spanContext(2, 1)
	page := flush(second)
	assert.Contains(t, page, "<h2>another</h2>")
	assert.Contains(t, page, "<h2>assistant</h2>", "the first is still there")
	assert.Contains(t, out.take(), "Paris.", "the terminal gets it as well")

	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, files, 1, "nothing is left beside it")
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}

func TestPageHasNoContentThatTheTerminalDoesNotGet(t *testing.T) {
	var out lockedBuffer
	flush := process(t, Config{Writer: &out, HTML: filepath.Join(t.TempDir(), "trace.html"), NoContent: true})
	page := flush(append(example(), kinds()[7:9]...)...)
	assert.Contains(t, page, "<h2>assistant</h2>")
	for _, content := range []string{"Paris", "Take a coat", "museum", "rain", "weather"} {
		assert.NotContains(t, page, content)
	}
}

func TestVariableAsksForAPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.html")
	t.Setenv("OTELMISTRAL_CONSOLE_HTML", path)
	d, err := FromEnv()
	require.NoError(t, err)
	_, err = d.NewExporter(t.Context())
	require.NoError(t, err)
	assert.FileExists(t, path)

	other := filepath.Join(t.TempDir(), "other.html")
	d, err = New(Config{HTML: other})
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	_, err = d.NewExporter(t.Context())
	require.NoError(t, err)
	assert.FileExists(t, other)
	assert.NoFileExists(t, path, "the program wins")
}

func TestPageThatCannotBeWrittenIsAnErrorAtOnce(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link") // stands for a device, such as /dev/stdout
	paths := map[string]string{
		"no such folder": filepath.Join(dir, "none", "trace.html"),
		"a folder":       dir,
	}
	if os.Symlink(filepath.Join(dir, "elsewhere"), link) == nil { // not every Windows lets a user
		paths["no file"] = link
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			d, err := New(Config{HTML: path})
			require.NoError(t, err)
			_, err = d.NewExporter(t.Context())
			require.ErrorContains(t, err, "write the page: ")
		})
	}
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, len(paths)-2, "nothing is left behind")
}

func TestErrorOfThePageDoesNotSilenceTheTerminal(t *testing.T) {
	var out lockedBuffer
	dir := filepath.Join(t.TempDir(), "dir")
	require.NoError(t, os.Mkdir(dir, 0o700))
	p, err := newPage(filepath.Join(dir, "trace.html"))
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	e := newExporter(&out, p)
	require.ErrorContains(t, e.ExportSpans(t.Context(), example().Snapshots()), "write the page: ")
	assert.Contains(t, out.take(), "Paris.")
}

func FuzzPage(f *testing.F) {
	f.Add("<script>", `[{"role":"user","parts":[{"type":"text","content":"</pre>"}]}]`, "\x00\u202e")
	f.Fuzz(func(t *testing.T, name, messages, value string) {
		spans := tracetest.SpanStubs{span(1, 0, name, 0, 1,
			semconv.GenAIInputMessagesKey.String(messages), semconv.ObservationInputKey.String(value), semconv.MistralOutcomeKey.String(value))}
		_, body, _ := strings.Cut(pageOf(t, spans), "<main>\n")
		body, _, _ = strings.Cut(body, "</main>")
		for _, tag := range regexp.MustCompile(`<[^\s>]*`).FindAllString(body, -1) {
			require.Regexp(t, onPage, tag)
		}
	})
}
