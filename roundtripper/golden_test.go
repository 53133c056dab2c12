// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is a span as it stands in a golden file. It is reviewed like code: it
// is the contract with everybody who has a dashboard.
type golden struct {
	Name       string         `json:"name"`
	Kind       string         `json:"kind"`
	Status     string         `json:"status"`
	Attributes map[string]any `json:"attributes"`
	Children   []golden       `json:"children,omitempty"`
}

func goldenOf(s span) golden {
	g := golden{Name: s.Name, Kind: s.SpanKind.String(), Status: s.Status.Code.String(), Attributes: map[string]any{}}
	if s.Status.Description != "" {
		g.Status += ": " + s.Status.Description
	}
	for _, a := range s.Attributes {
		value := a.Value.AsInterface()
		switch {
		case a.Key == semconv.GenAIResponseTimeToFirstChunkKey, a.Key == semconv.MistralResponseTimeToFirstTokenKey:
			value = "(seconds)"
		case strings.HasPrefix(a.Value.AsString(), "[{"), strings.HasPrefix(a.Value.AsString(), `{"`):
			// JSON in a string: shown as JSON, so that it can be read.
			var parsed any
			if json.Unmarshal([]byte(a.Value.AsString()), &parsed) == nil {
				value = map[string]any{"JSON string": parsed}
			}
		}
		g.Attributes[string(a.Key)] = value
	}
	return g
}

func (g golden) encode(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(g))
	return b.String()
}

// pieces gives out data in pieces of the sizes that next says.
type pieces struct {
	data []byte
	next func() int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.next())], p.data)
	p.data = p.data[n:]
	return n, nil
}

func splits() map[string]func() func() int {
	return map[string]func() func() int{
		"whole":   func() func() int { return func() int { return 1 << 30 } },
		"1 byte":  func() func() int { return func() int { return 1 } },
		"7 bytes": func() func() int { return func() int { return 7 } },
		"random": func() func() int {
			r := rand.New(rand.NewPCG(1, 2))
			return func() int { return 1 + r.IntN(300) }
		},
	}
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.request.http")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		base := strings.TrimSuffix(file, ".request.http")
		t.Run(strings.TrimPrefix(base, "testdata/"), func(t *testing.T) {
			goldenFile := base + ".golden.json"
			request, err := os.ReadFile(file)
			require.NoError(t, err)
			response, err := os.ReadFile(base + ".response.http")
			require.NoError(t, err)
			if *update {
				g := replay(t, request, response, splits()["whole"]())
				require.NoError(t, os.WriteFile(goldenFile, []byte(g.encode(t)), 0o644))
			}
			want, err := os.ReadFile(goldenFile)
			require.NoError(t, err)
			for split, next := range splits() {
				g := replay(t, request, response, next())
				assert.Equal(t, string(want), g.encode(t), "response read in pieces: %s", split)
			}
			assertContentIsAllThatCaptureAdds(t, request, response)
			checkNewest(t, base+".newest.json", request, response)
		})
	}
}

// checkNewest replays in the newest vocabulary. The file holds the attributes that
// differ, with null for one that is not there; there is none where nothing does.
func checkNewest(t *testing.T, file string, request, response []byte) {
	t.Helper()
	released := replay(t, request, response, splits()["whole"]())
	newest := replay(t, request, response, splits()["whole"](), roundtripper.WithVocabulary(semconv.Newest))
	differing := map[string]any{}
	for key := range released.Attributes {
		if _, ok := newest.Attributes[key]; !ok {
			differing[key] = nil
		}
	}
	for key, value := range newest.Attributes {
		if !assert.ObjectsAreEqual(released.Attributes[key], value) {
			differing[key] = value
		}
	}
	released.Attributes, newest.Attributes = nil, differing
	if *update {
		require.NoError(t, os.RemoveAll(file))
		if len(differing) > 0 {
			require.NoError(t, os.WriteFile(file, []byte(newest.encode(t)), 0o644))
		}
	}
	want, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		want, err = []byte(released.encode(t)), nil
		newest.Attributes = nil
		assert.Empty(t, differing, "attributes in the newest vocabulary")
	}
	require.NoError(t, err)
	assert.Equal(t, string(want), newest.encode(t), "in the newest vocabulary")
}

// replay makes the exchange and returns its span, and those below it. The caller must have got the
// response exactly.
func replay(t *testing.T, request, response []byte, next func() int, opts ...roundtripper.Option) golden {
	t.Helper()
	r := newRecorder()
	base := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		sent, err := io.ReadAll(req.Body)
		assert.NoError(t, err)
		_, body, _ := bytes.Cut(request, []byte("\n\n"))
		assert.Equal(t, string(body), string(sent), "forwarded request")
		if err := req.Body.Close(); err != nil {
			return nil, err
		}
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(response)), req)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body = io.NopCloser(&pieces{data, next})
		return resp, errors.Join(err, nil)
	})
	resp, err := r.transport(base, opts...).RoundTrip(outgoing(t, request))
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	_, body, _ := bytes.Cut(response, []byte("\n\n"))
	assert.Equal(t, string(body), string(got), "response as the caller reads it")
	spans := r.exporter.GetSpans()
	require.NotEmpty(t, spans)
	last := len(spans) - 1
	g := goldenOf(span{spans[last]})
	for _, child := range spans[:last] {
		assert.Equal(t, spans[last].SpanContext.SpanID(), child.Parent.SpanID())
		g.Children = append(g.Children, goldenOf(span{child}))
	}
	return g
}

// outgoing makes a request of its text: head with bare line feeds, and body.
func outgoing(t *testing.T, text []byte) *http.Request {
	t.Helper()
	head, body, _ := bytes.Cut(text, []byte("\n\n"))
	in, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(head) + "\n\n")))
	require.NoError(t, err)
	out, err := http.NewRequestWithContext(t.Context(), in.Method, "https://"+in.Host+in.URL.RequestURI(), bytes.NewReader(body))
	require.NoError(t, err)
	out.Header = in.Header
	return out
}

// assertContentIsAllThatCaptureAdds replays without content capture: the span
// must be the same without what the vocabulary calls content, and without the
// server's message in the status.
func assertContentIsAllThatCaptureAdds(t *testing.T, request, response []byte) {
	t.Helper()
	whole := splits()["whole"]
	with := replay(t, request, response, whole())
	without := replay(t, request, response, whole(), roundtripper.WithContentCapture(roundtripper.CaptureNone))
	for _, g := range append(with.Children, with) {
		maps.DeleteFunc(g.Attributes, func(key string, _ any) bool { return semconv.IsContent(attribute.Key(key)) })
	}
	if status, _, ok := strings.Cut(with.Status, ": "); ok && status == "Error" {
		code, _, _ := strings.Cut(strings.TrimPrefix(with.Status, "Error: "), ": ")
		with.Status = "Error: " + code
	}
	assert.Equal(t, with.encode(t), without.encode(t), "without content capture")
}
