// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testenv"
)

// recorded is one exchange with the real API.
type recorded struct {
	Kind, Method, URL, Model string
	Status                   int
	ContentType              string            `json:"content_type"`
	RequestFile              string            `json:"request_file"`
	ResponseFile             string            `json:"response_file"`
	RealRecording            bool              `json:"real_recording"`
	RequestHeaders           map[string]string `json:"request_headers"`

	name, request, response string
}

// recordedOf returns the real recordings of calls to paths that end so.
func recordedOf(t *testing.T, ending string) []recorded {
	root := testenv.Shared(t, "cassettes")
	paths, err := filepath.Glob(filepath.Join(root, "*", "*.meta.json"))
	require.NoError(t, err)
	var out []recorded
	for _, path := range paths {
		var x recorded
		require.NoError(t, json.Unmarshal([]byte(fileText(t, path)), &x), path)
		if !x.RealRecording || !strings.HasSuffix(x.path(t), ending) {
			continue
		}
		x.name = strings.TrimSuffix(filepath.Base(path), ".meta.json")
		if x.RequestFile != "" {
			x.request = fileText(t, filepath.Join(filepath.Dir(path), x.RequestFile))
		}
		if x.ResponseFile != "" {
			x.response = fileText(t, filepath.Join(filepath.Dir(path), x.ResponseFile))
		}
		out = append(out, x)
	}
	require.NotEmpty(t, out, "no recording ends in %s", ending)
	return out
}

// handwritten returns a file of the cases that are made from the published schema.
func handwritten(t *testing.T, name string) string {
	return fileText(t, testenv.Shared(t, "cassettes/handwritten/"+name))
}

func fileText(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func (x recorded) path(t *testing.T) string {
	u, err := url.Parse(x.URL)
	require.NoError(t, err)
	return u.Path
}

// again sends the recorded request to m.
func (x recorded) again(t *testing.T, m *Mistral) answered {
	contentType := x.RequestHeaders["content-type"]
	if first, _, _ := strings.Cut(x.request, "\n"); contentType == "" && strings.HasPrefix(first, "--") {
		contentType = "multipart/form-data; boundary=" + strings.TrimSpace(first[2:])
	}
	return request(t, m, x.Method+" "+x.path(t), x.request, "Content-Type", contentType)
}

// request sends a request, such as POST /v1/ocr, with a valid key.
func request(t testing.TB, m *Mistral, what, body string, header ...string) answered {
	method, path, _ := strings.Cut(what, " ")
	return exchange(t, newClient(t), method, m.URL+path, body, append([]string{"Authorization", "Bearer key"}, header...)...)
}

// shapeOf maps each member of v to its types: "results.*.categories.law" to
// "bool". Elements of a list are one. The data of each event of a stream goes by
// its type.
func shapeOf(t *testing.T, x answered) map[string]string {
	shape := map[string]map[string]bool{}
	if !strings.HasPrefix(x.Header.Get("Content-Type"), "text/event-stream") {
		var v any
		require.NoError(t, json.Unmarshal([]byte(x.body), &v), x.body)
		addShape(shape, "", v)
	} else {
		for _, e := range eventsOf(t, x.body) {
			addShape(shape, e.name, e.data)
		}
	}
	flat := map[string]string{}
	for path, types := range shape {
		if len(types) > 1 {
			delete(types, "null")
		}
		flat[path] = strings.Join(slices.Sorted(maps.Keys(types)), " or ")
	}
	return flat
}

func addShape(shape map[string]map[string]bool, path string, v any) {
	kind := fmt.Sprintf("%T", v)
	switch v := v.(type) {
	case nil:
		kind = "null"
	case map[string]any:
		for name, member := range v {
			addShape(shape, path+"."+name, member)
		}
	case []any:
		for _, element := range v {
			addShape(shape, path+".*", element)
		}
	}
	if shape[path] == nil {
		shape[path] = map[string]bool{}
	}
	shape[path][kind] = true
}

// serverEvent is one event of a stream. Its data is nil for [DONE].
type serverEvent struct {
	name string
	data any
}

// eventsOf checks the framing of a stream, byte for byte: "event: ", if there is
// a name, "data: " and one line, and a blank line.
func eventsOf(t testing.TB, body string) []serverEvent {
	var out []serverEvent
	for event := range strings.SplitSeq(strings.TrimRight(body, "\n"), "\n\n") {
		var e serverEvent
		if name, rest, named := strings.Cut(event, "\ndata: "); named {
			e.name, event = strings.TrimPrefix(name, "event: "), "data: "+rest
		}
		data, ok := strings.CutPrefix(event, "data: ")
		require.True(t, ok, event)
		if data != "[DONE]" {
			e.data = decoded(t, data)
		}
		out = append(out, e)
	}
	return out
}

// assertRecordedShape sends each recording of a path to the server: the reply has
// the members of the recorded one, of the same types. Those in extra are known to
// be only in ours, or only in the recording.
func assertRecordedShape(t *testing.T, ending string, extra ...string) {
	m := newMistral(t)
	for _, x := range recordedOf(t, ending) {
		t.Run(x.name, func(t *testing.T) {
			got := x.again(t, m)
			require.Equal(t, x.Status, got.StatusCode, got.body)
			assert.Equal(t, got.body, x.again(t, newMistral(t)).body, "the same request has the same reply")
			assert.Equal(t, strings.SplitN(x.ContentType, ";", 2)[0], strings.SplitN(got.Header.Get("Content-Type"), ";", 2)[0])

			header := http.Header{"Content-Type": {x.ContentType}}
			want, have := shapeOf(t, answered{&http.Response{Header: header}, x.response}), shapeOf(t, got)
			for _, path := range extra {
				delete(want, path)
				delete(have, path)
			}
			for path := range want {
				if have[path] != "" && (want[path] == "null" || have[path] == "null") {
					// A null says nothing about the type, nor about what is below.
					below := func(other, _ string) bool { return strings.HasPrefix(other+".", path+".") }
					maps.DeleteFunc(have, below)
					maps.DeleteFunc(want, below)
				}
			}
			assert.Equal(t, want, have)
		})
	}
}
