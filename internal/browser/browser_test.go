// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/internal/testenv"
	"github.com/otelmistral/otelmistral/semconv"
)

var update = flag.Bool("update", false, "write docs/trace.png")

func find(t *testing.T) Browser {
	t.Helper()
	b, err := Find()
	if err != nil {
		testenv.Missing(t, "Chromium", "install it, such as with apt-get install chromium")
	}
	return b
}

func pageOf(t *testing.T, spans tracetest.SpanStubs) string {
	t.Helper()
	var page bytes.Buffer
	require.NoError(t, console.RenderHTML(&page, spans.Snapshots()))
	return page.String()
}

// serve returns the address of a server that has the page and nothing else.
func serve(t *testing.T, page string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html") // the page says its charset itself
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// canary is a server that nobody is to ask; asked tells what for.
func canary(t *testing.T) (url string, asked func() []string) {
	var mu sync.Mutex
	var paths []string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		paths = append(paths, r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(paths)
		return slices.Compact(paths)
	}
}

// scripts leave a mark on the document when they run: %s is to be what does.
var scripts = []string{
	`<script>%s</script>`,
	`</script><script>%s</script>`,
	`<img src=x onerror="%s">`,
	`"><svg onload="%s"></svg>`,
	`</style><script>%s</script>`,
	`</title></pre></details><script>%s</script>`,
	`--><script>%s</script>`,
	"\u202e<script>%s</script>",
	`<iframe srcdoc="<script>parent.%s</script>"></iframe>`,
	`<iframe src="javascript:parent.%s"></iframe>`,
	`<input autofocus onfocus="%s">`,
}

// loads ask for something: %s is to be where.
var loads = []string{
	`<img src="%s/img">`,
	`<style>@import "%s/css";</style>`,
	`<link rel=stylesheet href="%s/link">`,
	`<p style="background:url(%s/style)">x</p>`,
	`<object data="%s/object"></object>`,
	`<iframe src="%s/frame"></iframe>`,
	`<script src="%s/script"></script>`,
	`<video poster="%s/poster"></video>`,
	`<base href="%s"><img src="/base">`,
}

const (
	mark = "data-ran-"
	runs = `document.documentElement.setAttribute('` + mark + `%d','')`
)

// attacks do all of it.
func attacks(canary string) []string {
	var all []string
	for i, script := range scripts {
		all = append(all, fmt.Sprintf(script, fmt.Sprintf(runs, i)))
	}
	for _, load := range loads {
		all = append(all, fmt.Sprintf(load, canary))
	}
	return all
}

// hostile has the text wherever a span has room for some.
func hostile(text string) tracetest.SpanStub {
	quoted := fmt.Sprintf("%q", text)
	message := `{"role":` + quoted + `,"parts":[{"type":"text","content":` + quoted + `},{"type":"reasoning","content":` + quoted + `},` +
		`{"type":"tool_call","name":` + quoted + `,"arguments":` + quoted + `},{"type":"uri","modality":"image","uri":` + quoted + `},{"type":` + quoted + `}]}`
	s := failed(span(1, 0, text, 0, 10, chat(text, `[`+message+`]`, text,
		semconv.ObservationTypeKey.String(text), semconv.ObservationInputKey.String(text), semconv.TraceNameKey.String(text),
		semconv.GenAIToolDefinitionsKey.String(text), semconv.MistralModerationFlaggedKey.StringSlice([]string{text}),
		semconv.GenAIResponseModelKey.String(text), attribute.String(text, text),
	)...), text)
	s.Events = []sdktrace.Event{{Name: text, Attributes: []attribute.KeyValue{attribute.String(text, text)}}}
	return s
}

func TestContentRunsNothingAndLoadsNothing(t *testing.T) {
	b := find(t)
	address, asked := canary(t)
	var spans tracetest.SpanStubs
	for i, attack := range append(attacks(address), strings.Join(attacks(address), ""), "<scr\x00ipt>", "' onload='x", "+ADw-script+AD4-") {
		s := hostile(attack)
		s.SpanContext = s.SpanContext.WithSpanID(trace.SpanID{1, byte(i)})
		spans = append(spans, s)
	}
	page := pageOf(t, spans)
	file := filepath.Join(t.TempDir(), "trace.html")
	require.NoError(t, os.WriteFile(file, []byte(page), 0o600))
	for name, url := range map[string]string{"from a server": serve(t, page), "from a file": "file://" + file} {
		t.Run(name, func(t *testing.T) {
			dom, err := b.DOM(t.Context(), url)
			require.NoError(t, err)
			assert.Contains(t, dom, "<title>Traces</title>")
			assert.Equal(t, len(spans), strings.Count(dom, `<details class="bad`), "the page is whole")
			assert.NotRegexp(t, mark+`\d+=`, dom)
			assert.NotContains(t, dom, "<script")
			assert.Empty(t, asked())
		})
	}
}

func TestMarkupThatWasNotEscapedWouldBeDead(t *testing.T) {
	address, asked := canary(t)
	page := strings.Replace(pageOf(t, sample()), "<main>", "<main>"+strings.Join(attacks(address), "\n"), 1)
	dom, err := find(t).DOM(t.Context(), serve(t, page))
	require.NoError(t, err)
	for i := range scripts {
		assert.NotContains(t, dom, fmt.Sprint(mark, i, "="), scripts[i])
	}
	assert.Empty(t, asked())
}

// What the two tests above look for does happen on a page without escaping and
// policy.
func TestAttacksWorkElsewhere(t *testing.T) {
	address, asked := canary(t)
	dom, err := find(t).DOM(t.Context(), serve(t, "<!doctype html><title>Traces</title>"+strings.Join(attacks(address), "\n")))
	require.NoError(t, err)
	for i := range scripts {
		assert.Contains(t, dom, fmt.Sprint(mark, i, "="), scripts[i])
	}
	assert.Equal(t, []string{"/base", "/css", "/frame", "/img", "/link", "/object", "/poster", "/script", "/style"}, asked())
}

func TestAddressOfASpanUnfoldsIt(t *testing.T) {
	dom, err := find(t).DOM(t.Context(), serve(t, pageOf(t, sample()))+"#s0000000000000003")
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(dom, `<details class="call d1" open="">`))
}

// Colours of page.css.
var palettes = map[bool]struct{ back, app, call, bad color.RGBA }{
	false: {hex(0xf6f6f4), hex(0x94a0b0), hex(0x2b7f90), hex(0xc8443c)},
	true:  {hex(0x131518), hex(0x748091), hex(0x4fb0c2), hex(0xef7b73)},
}

func hex(rgb uint32) color.RGBA {
	return color.RGBA{uint8(rgb >> 16), uint8(rgb >> 8), uint8(rgb), 255}
}

func TestWaterfallIsSeenAtAnyWidth(t *testing.T) {
	b := find(t)
	url := serve(t, pageOf(t, tracetest.SpanStubs{
		span(1, 0, "workflow", 0, 1000, kind(semconv.ObservationWorkflow, `"a"`, `"b"`)...),
		span(2, 1, "chat mistral-medium-latest", 250, 500, chat(semconv.OutcomeCompleted, "[]", "[]")...),
		failed(span(3, 1, strings.Repeat("a very long name ", 12), 750, 1000, chat(semconv.OutcomeCut, "[]", "[]")...), ""),
	}))
	for _, width := range []int{1280, 400} {
		for dark, palette := range palettes {
			t.Run(fmt.Sprintf("%d px, dark %t", width, dark), func(t *testing.T) {
				data, err := b.Screenshot(t.Context(), url, width, 700, dark)
				require.NoError(t, err)
				shot, err := png.Decode(bytes.NewReader(data))
				require.NoError(t, err)
				require.Equal(t, width, shot.Bounds().Dx())
				assert.Equal(t, palette.back, color.RGBAModel.Convert(shot.At(1, 1)))
				whole, call, bad := longestRun(shot, palette.app), longestRun(shot, palette.call), longestRun(shot, palette.bad)
				require.Greater(t, whole.Dx(), width/3)
				share := func(x int) float64 { return float64(x-whole.Min.X) / float64(whole.Dx()) }
				assert.InDelta(t, 0.25, share(call.Min.X), 0.03)
				assert.InDelta(t, 0.5, share(call.Max.X), 0.03)
				assert.InDelta(t, 0.75, share(bad.Min.X), 0.03)
				assert.InDelta(t, 1, share(bad.Max.X), 0.03)
				assert.Less(t, whole.Min.Y, call.Min.Y)
				assert.Less(t, call.Min.Y, bad.Min.Y)
			})
		}
	}
}

// longestRun is the longest horizontal line of a colour, which no letter has.
func longestRun(shot image.Image, c color.RGBA) (longest image.Rectangle) {
	r := shot.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		start := r.Min.X
		for x := r.Min.X; x < r.Max.X; x++ {
			if color.RGBAModel.Convert(shot.At(x, y)) != c {
				start = x + 1
			} else if x+1-start > longest.Dx() {
				longest = image.Rect(start, y, x+1, y+1)
			}
		}
	}
	return longest
}

// With -update this makes the picture in the documentation.
func TestPictureForTheDocumentationIsSmall(t *testing.T) {
	url := serve(t, pageOf(t, sample()))
	data, err := find(t).Screenshot(t.Context(), url+"#s0000000000000003", 1200, 800, false)
	require.NoError(t, err)
	assert.Less(t, len(data), 150_000)
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join("..", "..", "docs", "trace.png"), data, 0o600))
	}
}
