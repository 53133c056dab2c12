// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEmbeddingsHaveTheRecordedShape(t *testing.T) { assertRecordedShape(t, "/embeddings") }

// embedded returns the vectors of input, which is JSON.
func embedded(t *testing.T, m *Mistral, input, extra string) []any {
	reply := decoded(t, request(t, m, "POST /v1/embeddings", fmt.Sprintf(`{"model":"mistral-embed","input":%s%s}`, input, extra)).body)
	var out []any
	for i, item := range at(t, reply, "data").([]any) {
		assert.EqualValues(t, i, at(t, item, "index"))
		out = append(out, at(t, item, "embedding"))
	}
	return out
}

func TestEmbeddingsDependOnTheTextOnly(t *testing.T) {
	m := newMistral(t)
	alone := embedded(t, m, `"Lyon"`, "")
	require.Len(t, alone, 1)
	assert.Len(t, alone[0], 1024)
	both := embedded(t, m, `["Paris","Lyon"]`, "")
	assert.Equal(t, alone[0], both[1])
	assert.NotEqual(t, both[0], both[1])
}

func TestEmbeddingsAreOfAnySize(t *testing.T) {
	m := newMistral(t)
	input := "[" + strings.Repeat(`"a",`, 15) + `"a"]`
	got := embedded(t, m, input, `,"output_dimension":3072`)
	assert.Len(t, got, 16)
	assert.Len(t, got[15], 3072)
	assert.Empty(t, embedded(t, m, `[]`, ""))
}

func TestBase64HoldsTheSameEmbedding(t *testing.T) {
	m := newMistral(t)
	floats := embedded(t, m, `"Lyon"`, `,"output_dimension":8`)[0].([]any)
	packed, err := base64.StdEncoding.DecodeString(embedded(t, m, `"Lyon"`, `,"output_dimension":8,"encoding_format":"base64"`)[0].(string))
	require.NoError(t, err)
	require.Len(t, packed, 4*8)
	for i, want := range floats {
		assert.InDelta(t, want, math.Float32frombits(binary.LittleEndian.Uint32(packed[4*i:])), 1e-9)
	}
}

func TestEmbeddingsOfIntegers(t *testing.T) {
	m := newMistral(t)
	for dtype, want := range map[string]struct{ n, least, most int }{
		"int8": {64, -128, 127}, "uint8": {64, 0, 255}, "binary": {8, -128, 127}, "ubinary": {8, 0, 255},
	} {
		extra := fmt.Sprintf(`,"output_dimension":64,"output_dtype":%q`, dtype)
		got := embedded(t, m, `"Lyon"`, extra)[0].([]any)
		assert.Len(t, got, want.n, dtype)
		for _, n := range got {
			assert.GreaterOrEqual(t, n, float64(want.least), dtype)
			assert.LessOrEqual(t, n, float64(want.most), dtype)
		}
		packed, err := base64.StdEncoding.DecodeString(embedded(t, m, `"Lyon"`, extra+`,"encoding_format":"base64"`)[0].(string))
		require.NoError(t, err)
		assert.Len(t, packed, want.n, dtype)
	}
}

func TestEmbeddingsRefuse(t *testing.T) {
	m := newMistral(t)
	for body, want := range map[string]string{
		`{"model":"mistral-embed"}`:                                     `"loc":["body","input"],"msg":"Field required"`,
		`{"model":"mistral-embed","input":["a",1]}`:                     `"type":"string_type","loc":["body","input"]`,
		`{"model":"mistral-embed","input":"a","output_dimension":0}`:    `"type":"greater_than","loc":["body","output_dimension"]`,
		`{"model":"mistral-embed","input":"a","output_dimension":"64"}`: `"type":"int_type","loc":["body","output_dimension"]`,
		`{"model":"text-embedding-3","input":"a"}`:                      `"type":"invalid_model"`,
	} {
		assert.Contains(t, request(t, m, "POST /v1/embeddings", body).body, want)
	}
}
