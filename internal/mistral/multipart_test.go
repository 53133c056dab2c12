// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"
	"errors"
	"io"
	reference "mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/semconv"
)

type field struct{ name, value string }

// fieldsOf reads a form in pieces.
func fieldsOf(boundary string, pieces ...[]byte) (fields []field, whole bool) {
	m := newMultipart(boundary, func(name string, value []byte) { fields = append(fields, field{name, string(value)}) })
	for _, p := range pieces {
		m.Write(scratch(p))
	}
	return fields, m.state == formEnd
}

// referenceFields reads a form with mime/multipart. It is not to be compared if
// that finds fault with it.
func referenceFields(boundary string, body []byte) (fields []field, valid bool) {
	r := reference.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := r.NextRawPart()
		if err != nil {
			return fields, errors.Is(err, io.EOF)
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, false
		}
		_, isFile := part.Header["Content-Disposition"]
		isFile = isFile && strings.Contains(strings.ToLower(part.Header.Get("Content-Disposition")), "filename")
		if name := part.FormName(); name != "" && !isFile && len(value) <= maxField {
			fields = append(fields, field{name, string(value)})
		}
	}
}

// lines is a body with the line ends of a form.
func lines(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

const oneField = "--b\nContent-Disposition: form-data; name=\"model\"\n\nm\n--b--\n"

var forms = []struct {
	name  string
	body  []byte
	want  []field
	whole bool
}{
	{"a field", lines(oneField), []field{{"model", "m"}}, true},
	{"a file with a malformed name", lines("--b\nContent-Disposition: form-data; name=a; filename*=UTF-8'B%e2%82%ac\n\nx\n" + oneField), []field{{"model", "m"}}, true},
	{"bare line feeds", []byte(oneField), []field{{"model", "m"}}, true},
	{"a preamble and an epilogue", lines("hello\n--bb\n--b x\n" + oneField + "--b\nContent-Disposition: form-data; name=late\n\nx\n--b--\n"), []field{{"model", "m"}}, true},
	{"no line end behind the last boundary", lines(strings.TrimSuffix(oneField, "\n")), []field{{"model", "m"}}, true},
	{"white space behind a boundary", lines(strings.Replace(oneField, "--b\n", "--b \t\n", 1)), []field{{"model", "m"}}, true},
	{"an empty value", lines("--b\nContent-Disposition: form-data; name=a\n\n\n--b--\n"), []field{{"a", ""}}, true},
	{"a boundary behind the header", lines("--b\nContent-Disposition: form-data; name=a\n\n--b--\n"), []field{{"a", ""}}, true},
	{"what begins like a boundary", lines("--b\nContent-Disposition: form-data; name=a\n\n--b-\n--\n--b-x\n--bb\n\n--\n--b--\n"), []field{{"a", "--b-\r\n--\r\n--b-x\r\n--bb\r\n\r\n--"}}, true},
	{"a line feed alone before a boundary", []byte("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\n--b\r\r\r\n--b--"), []field{{"a", "x\n--b\r\r"}}, true},
	{"other headers, folded, in any case", lines("--b\ncontent-type: text/plain\nCONTENT-disposition: form-data;\n  name=\"a b\"\n\nx\n--b--\n"), []field{{"a b", "x"}}, true},
	{"no header", lines("--b\n\nx\n" + oneField), []field{{"model", "m"}}, true},
	{"a broken header", lines("--b\nContent-Disposition: form-data; name=\"a\n\nx\n" + oneField), []field{{"model", "m"}}, true},
	{"an attachment", lines("--b\nContent-Disposition: attachment; name=a\n\nx\n" + oneField), []field{{"model", "m"}}, true},
	{"a file", lines("--b\nContent-Disposition: form-data; name=a; filename=\"\"\n\nx\n" + oneField), []field{{"model", "m"}}, true},
	{"a file with a foreign name", lines("--b\nContent-Disposition: form-data; name=a; filename*=UTF-8''%e2%82%ac\n\nx\n" + oneField), []field{{"model", "m"}}, true},
	{"the longest value", lines("--b\nContent-Disposition: form-data; name=a\n\n" + strings.Repeat("x", maxField) + "\n--b--\n"), []field{{"a", strings.Repeat("x", maxField)}}, true},
	{"a longer value", lines("--b\nContent-Disposition: form-data; name=a\n\n" + strings.Repeat("x", maxField+1) + "\n" + oneField), []field{{"model", "m"}}, true},
	{"a header that is too long", lines("--b\nContent-Disposition: form-data; name=a\nX: " + strings.Repeat("x", maxPartHeader) + "\n\nx\n" + oneField), []field{{"model", "m"}}, true},
	{"cut in a value", lines("--b\nContent-Disposition: form-data; name=a\n\nx"), nil, false},
	{"cut behind a value", lines("--b\nContent-Disposition: form-data; name=a\n\nx\n--b\n"), []field{{"a", "x"}}, false},
	{"junk behind a boundary", lines("--b\nContent-Disposition: form-data; name=a\n\nx\n--b x\n" + oneField), []field{{"a", "x"}}, false},
	{"another line end behind a boundary", []byte("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b\n" + string(lines(oneField))), []field{{"a", "x"}}, false},
	{"JSON", []byte(`{"model":"m"}`), nil, false},
}

func TestTheFieldsOfAFormAreFoundInAnyPieces(t *testing.T) {
	for _, tt := range forms {
		t.Run(tt.name, func(t *testing.T) {
			splits := eachSplit
			if len(tt.body) > 1000 {
				splits = func(data []byte, check func(string, ...[]byte)) { check("every 7 bytes", inPieces(data, 7)...) }
			}
			splits(tt.body, func(how string, pieces ...[]byte) {
				got, whole := fieldsOf("b", pieces...)
				require.Equal(t, tt.want, got, how)
				require.Equal(t, tt.whole, whole, how)
			})
			if want, valid := referenceFields("b", tt.body); valid && tt.whole && len(tt.body) < maxPartHeader {
				assert.Equal(t, want, tt.want, "mime/multipart")
			}
		})
	}
}

func TestABoundaryThatCannotBeReadsNothing(t *testing.T) {
	for _, boundary := range []string{"", "a\nb", strings.Repeat("x", maxBoundary+1)} {
		got, whole := fieldsOf(boundary, []byte("--"+boundary+"\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--"+boundary+"--\r\n"))
		assert.Empty(t, got)
		assert.False(t, whole)
	}
}

func FuzzMultipart(f *testing.F) {
	for _, tt := range forms {
		if len(tt.body) < 1000 {
			f.Add(tt.body, []byte{1, 2, 3}, "model", []byte("--b\r\n"))
		}
	}
	f.Fuzz(func(t *testing.T, body, how []byte, name string, value []byte) {
		whole, ended := fieldsOf("b", body)
		got, gotEnded := fieldsOf("b", cut(body, how)...)
		require.Equal(t, whole, got)
		require.Equal(t, ended, gotEnded)

		var written bytes.Buffer
		w := reference.NewWriter(&written)
		require.NoError(t, w.SetBoundary("b"))
		file, err := w.CreateFormFile("file", name)
		require.NoError(t, err)
		_, err = file.Write(body)
		require.NoError(t, err)
		require.NoError(t, w.WriteField(name, string(value)))
		require.NoError(t, w.Close())
		if want, valid := referenceFields("b", written.Bytes()); valid {
			got, ended := fieldsOf("b", cut(written.Bytes(), how)...)
			require.Equal(t, want, got, "%q", written.Bytes())
			require.True(t, ended)
		}
		peekForm(transcriptionRoute, "", body)
	})
}

var transcriptionRoute = routeAt("/v1/audio/transcriptions")

func routeAt(path string) *Route {
	route, _ := matchAt("POST", "api.mistral.ai", path, nil)
	return route
}

func parseForm(l Limits, pieces ...[]byte) genai.Call {
	var call genai.Call
	r := transcriptionRoute.NewRequest(http.Header{"Content-Type": {`multipart/form-data; boundary="b"`}}, l)
	for _, p := range pieces {
		r.Write(scratch(p))
	}
	r.End()
	r.Fill(&call)
	call.Held = nil
	return call
}

func formOfFields(pairs ...string) []byte {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString("--b\nContent-Disposition: form-data; name=\"" + pairs[i] + "\"\n\n" + pairs[i+1] + "\n")
	}
	return lines(b.String() + "--b--\n")
}

func TestAFormSaysWhatTheSameJSONSays(t *testing.T) {
	form := formOfFields("model", "voxtral\xff", "stream", "true", "temperature", "0", "language", "en", "file_url", "https://example.com/a?b=\"c\"", "unknown", "x")
	const document = "{\"model\":\"voxtral\xff\",\"stream\":true,\"temperature\":0,\"language\":\"en\",\"file_url\":\"https://example.com/a?b=\\\"c\\\"\",\"unknown\":\"x\"}"
	for _, l := range fuzzed {
		want := parseRequestOf(transcriptionRoute, l, []byte(document))
		require.Zero(t, want.DecodeErrors)
		eachSplit(form, func(how string, pieces ...[]byte) { require.Equal(t, want, parseForm(l, pieces...), how) })
	}
}

func TestFieldsOfAFormThatAreNotWhatTheyShouldBeCostOnlyThemselves(t *testing.T) {
	call := parseForm(withContent, formOfFields("stream", "yes", "temperature", "warm", "model", "2507", "language", "", "temperature", `1,"model":"x"`, "stream", "}"))
	assert.Zero(t, call.DecodeErrors)
	assert.False(t, call.Request.Stream)
	assert.False(t, call.Request.Temperature.Set)
	assert.Equal(t, "2507", call.Request.Model)
	assert.Empty(t, call.Extra)
	assert.Equal(t, 1, parseForm(withContent, []byte("--b\r\n")).DecodeErrors)
	assert.Zero(t, parseForm(withContent, []byte("--b--\r\n")).DecodeErrors, "an empty form is whole")
}

func TestTheModelOfAFormIsPeeked(t *testing.T) {
	long := strings.Repeat("\r\n--x", 1<<16)
	for name, tt := range map[string]struct{ body, want string }{
		"first":           {string(formOfFields("model", "m", "file", "x")), "m"},
		"behind a file":   {string(formOfFields("file", long, "model", "m")), "m"},
		"line feeds":      {strings.ReplaceAll(string(formOfFields("model", "m")), "\r", ""), "m"},
		"beyond":          {string(formOfFields("file", long, "model", "m"))[:len(long)], ""},
		"cut":             {"--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm", ""},
		"of two":          {string(formOfFields("model", "m", "model", "n")), "m"},
		"invalid UTF-8":   {string(formOfFields("model", "m\xff")), "m\uFFFD"},
		"too long":        {string(formOfFields("model", strings.Repeat("m", 300))), strings.Repeat("m", maxName)},
		"JSON":            {`{"file_id":"a","model":"m"}`, "m"},
		"nothing":         {"", ""},
		"dashes":          {"--", ""},
		"an endless line": {"--" + long, ""},
	} {
		_, model := transcriptionRoute.Peek("/v1/audio/transcriptions", []byte(tt.body))
		assert.Equal(t, tt.want, string(model), name)
	}
}

func TestFilesOfFormsCostNoMemory(t *testing.T) {
	r := transcriptionRoute.NewRequest(http.Header{"Content-Type": {"multipart/form-data; boundary=b"}}, withContent)
	r.Write([]byte("--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n"))
	piece := bytes.Repeat([]byte("RIFF\r\n--\r\n--a\n\x00\x01"), 2048)
	assert.Zero(t, testing.AllocsPerRun(100, func() { r.Write(piece) }))
}

func TestVertexTellsTheOperationByTheBodyAlsoIfNobodyPeeked(t *testing.T) {
	const path = "/v1/projects/p/locations/l/publishers/mistralai/models/codestral@2501:rawPredict"
	route, ok := matchAt("POST", "us-central1-aiplatform.googleapis.com", path, nil)
	require.True(t, ok)
	for body, want := range map[string]struct{ operation, model string }{
		`{"prompt":"a","model":"codestral-2501"}`:      {semconv.OperationTextCompletion, "codestral-2501"},
		`{"model":null,"messages":[],"prompt":null}`:   {semconv.OperationChat, "codestral@2501"},
		`{"messages":[{"role":"user","content":"a"}]}`: {semconv.OperationChat, "codestral@2501"},
	} {
		peeked, model := route.Peek(path, []byte(body))
		assert.Equal(t, want.operation, peeked.Operation, body)
		assert.Equal(t, want.model, string(model), body)

		unseen, model := route.Peek(path, nil)
		for _, l := range fuzzed {
			call := genai.Call{Operation: unseen.Operation, Request: genai.Request{Model: string(model)}}
			r := unseen.NewRequest(http.Header{"Content-Type": {"application/json"}}, l)
			r.Write([]byte(body))
			r.Fill(&call)
			assert.Equal(t, want.operation, call.Operation, body)
			assert.Equal(t, want.model, call.Request.Model, body)
		}
	}
	for _, other := range []string{
		strings.Replace(path, "mistralai", "anthropic", 1), strings.Replace(path, "rawPredict", "predict", 1),
	} {
		_, ok := matchAt("POST", "us-central1-aiplatform.googleapis.com", other, nil)
		assert.False(t, ok, other)
	}
}
