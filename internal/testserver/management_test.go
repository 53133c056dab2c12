// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFilesHaveTheRecordedShape(t *testing.T) { assertRecordedShape(t, "/v1/files") }

func TestFilesTellWhatWasUploaded(t *testing.T) {
	m := newMistral(t)
	const form = "--a\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.pdf\"\r\n\r\n12345\r\n--a--\r\n"
	file := decoded(t, request(t, m, "POST /v1/files", form, "Content-Type", "multipart/form-data; boundary=a").body)
	assert.Equal(t, "b.pdf", file["filename"])
	assert.EqualValues(t, 5, file["bytes"])
	assert.Contains(t, request(t, m, "POST /v1/files", `{}`).body, `"loc":["body","file"],"msg":"Field required"`)
	assert.JSONEq(t, `{"object":"list","data":[],"total":0}`, request(t, m, "GET /v1/files", "").body)
}

func TestModelsAreListed(t *testing.T) {
	m := newMistral(t)
	models := decoded(t, request(t, m, "GET /v1/models", "").body)
	require.Equal(t, "list", models["object"])
	for _, card := range models["data"].([]any) {
		_, known := model{}.knows(at(t, card, "id").(string))
		assert.True(t, known, "%v", card)
	}
}
