// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOCRHasTheRecordedShape(t *testing.T) { assertRecordedShape(t, "/ocr") }

func TestOCRReadsThePagesThatAreAskedFor(t *testing.T) {
	cases := map[string]struct {
		extra     string
		want      []any
		wantBytes any
	}{
		"a file, one page":  {`"document":{"type":"file","file_id":"f"}`, []any{0.0}, nil},
		"a remote document": {`"document":{"type":"document_url","document_url":"https://example.com/a.pdf"}`, []any{0.0}, nil},
		"an image as text":  {`"document":{"type":"image_url","image_url":"data:image/png;base64,AAAA"}`, []any{0.0}, 3.0},
		"an image, padded":  {`"document":{"type":"image_url","image_url":{"url":"data:image/png;base64,AAA="}}`, []any{0.0}, 2.0},
		"a list of pages":   {`"document":{"file_id":"f"},"pages":[3,1]`, []any{3.0, 1.0}, nil},
		"ranges of pages":   {`"document":{"file_id":"f"},"pages":"0-2, 5"`, []any{0.0, 1.0, 2.0, 5.0}, nil},
	}
	m := newMistral(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := request(t, m, "POST /v1/ocr", `{"model":"mistral-ocr-latest",`+c.extra+`}`)
			require.Equal(t, 200, got.StatusCode, got.body)
			reply := decoded(t, got.body)
			var indexes []any
			for _, page := range reply["pages"].([]any) {
				indexes = append(indexes, at(t, page, "index"))
			}
			assert.Equal(t, c.want, indexes)
			assert.EqualValues(t, len(c.want), at(t, reply, "usage_info", "pages_processed"))
			assert.Equal(t, c.wantBytes, at(t, reply, "usage_info", "doc_size_bytes"))
		})
	}
}

func TestOCRSaysWhatItIsTold(t *testing.T) {
	r := Request{Method: "POST", Target: "/v1/ocr", Body: []byte(`{"document":{"file_id":"f"},"document_annotation_format":` +
		`{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":{"total":{"type":"number"}}}}}}`)}
	_, body, err := receive(t, newMistral(t), Saying(r, "An invoice."))
	require.NoError(t, err)
	reply := decoded(t, body)
	assert.Equal(t, "# Page 1\n\nAn invoice.", at(t, reply, "pages", 0, "markdown"))
	assert.Equal(t, `{"total": 1}`, reply["document_annotation"])
	assert.Equal(t, "mistral-ocr-latest", reply["model"], "the model may be absent")
}

func TestOCRRefuses(t *testing.T) {
	m := newMistral(t)
	for body, want := range map[string]string{
		`{"model":"mistral-ocr-latest"}`:                                          `"loc":["body","document"],"msg":"Field required"`,
		`{"model":"mistral-ocr-latest","document":{}}`:                            `"loc":["body","document","document_url"]`,
		`{"model":"mistral-ocr-latest","document":"https://a"}`:                   `"type":"dict_type","loc":["body","document"]`,
		`{"model":"mistral-ocr-latest","document":{"file_id":5}}`:                 `"type":"string_type","loc":["body","document","file_id"]`,
		`{"model":"gpt-4o","document":{"file_id":"f"}}`:                           `"type":"invalid_model"`,
		`{"model":"mistral-ocr-latest","document":{"file_id":"f"},"pages":"all"}`: `"loc":["body","pages"]`,
		`{"model":"mistral-ocr-latest","document":{"file_id":"f"},"pages":["1"]}`: `"loc":["body","pages"]`,
	} {
		assert.Contains(t, request(t, m, "POST /v1/ocr", body).body, want)
	}
}
