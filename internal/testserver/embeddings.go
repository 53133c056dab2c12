// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"strings"
)

type embeddingReply struct {
	ID     string      `json:"id"`
	Object string      `json:"object"`
	Data   []embedding `json:"data"`
	Model  string      `json:"model"`
	Usage  inputUsage  `json:"usage"`
}

type embedding struct {
	Object    string `json:"object"`
	Embedding any    `json:"embedding"`
	Index     int    `json:"index"`
}

// inputUsage is the usage of endpoints that only read. Every member is there:
// those of no type are null.
type inputUsage struct {
	AudioSeconds      any  `json:"prompt_audio_seconds"`
	Prompt            int  `json:"prompt_tokens"`
	Total             int  `json:"total_tokens"`
	Completion        int  `json:"completion_tokens"`
	Requests          *int `json:"request_count"` // of classifiers only
	PromptDetails     any  `json:"prompt_tokens_details"`
	CompletionDetails any  `json:"completion_tokens_details"`
	Tier              any  `json:"service_tier"`
	PromptDetail      any  `json:"prompt_token_details"` // the old spelling is there, too
}

// usualDimension is that of mistral-embed.
const usualDimension = 1024

// embeddings answers with a vector for each text, which depends on the text only.
// The list and the dimension may have any size.
func (m model) embeddings(r *Request, _ []string) Reply {
	var req struct {
		Model     string `json:"model"`
		Input     any    `json:"input"`
		Dimension *int   `json:"output_dimension"`
		Type      string `json:"output_dtype"`
		Format    string `json:"encoding_format"`
	}
	if refused, ok := parse(r, &req, invalid, "model", "input"); !ok {
		return refused
	}
	texts, ok := textList(req.Input)
	if !ok {
		return invalid(r.Body, validation{Type: "string_type", Loc: []any{"body", "input"}, Msg: "Input should be a valid string"})
	}
	dimension := usualDimension
	if req.Dimension != nil {
		dimension = *req.Dimension
	}
	if dimension < 1 {
		return invalid(r.Body, validation{Type: "greater_than", Loc: []any{"body", "output_dimension"}, Msg: "Input should be greater than 0"})
	}
	if refused, ok := m.knows(req.Model); !ok {
		return refused
	}

	reply := embeddingReply{ID: newEnvelope(req.Model, r.Body).id, Object: "list", Data: []embedding{}, Model: req.Model}
	for i, text := range texts {
		v := vector(text, dimension, req.Type)
		if req.Format == "base64" {
			v = base64.StdEncoding.EncodeToString(littleEndian(v))
		}
		reply.Data = append(reply.Data, embedding{Object: "embedding", Embedding: v, Index: i})
		reply.Usage.Prompt += 2 + len(tokens(text))
	}
	reply.Usage.Total = reply.Usage.Prompt
	return m.whole(r, encode(reply)).With(queryCost, strconv.Itoa(reply.Usage.Total))
}

// textList returns input that is a text or a list of texts as a list.
func textList(input any) (texts []string, ok bool) {
	if text, ok := input.(string); ok {
		return []string{text}, true
	}
	list, ok := input.([]any)
	for _, item := range list {
		text, isText := item.(string)
		texts, ok = append(texts, text), ok && isText
	}
	return texts, ok
}

// vector makes up the vector of text: []float32, or integers as output_dtype
// asks. The binary types hold eight dimensions in each.
func vector(text string, dimension int, dtype string) any {
	random := rand.New(rand.NewChaCha8(sha256.Sum256([]byte(text)))) //nolint:gosec // no secret, and the same each time
	if strings.HasSuffix(dtype, "binary") {
		dimension = (dimension + 7) / 8
	}
	floats, whole := make([]float32, dimension), make([]int16, dimension)
	for i := range dimension {
		const unit = 1 << 15
		n := random.IntN(2 * unit)
		floats[i] = float32(n-unit) / (16 * unit) // such numbers are written with many digits, as the real ones
		whole[i] = int16(n >> 8)
		if dtype == "int8" || dtype == "binary" {
			whole[i] -= 128
		}
	}
	if dtype == "" || dtype == "float" {
		return floats
	}
	return whole
}

// littleEndian packs a vector as encoding_format base64 has it: four bytes for a
// number, one for an integer.
func littleEndian(v any) []byte {
	var b bytes.Buffer
	if integers, ok := v.([]int16); ok {
		for _, n := range integers {
			b.WriteByte(byte(n))
		}
		return b.Bytes()
	}
	if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
		panic("testserver: " + err.Error()) // a slice of float32 has a fixed size
	}
	return b.Bytes()
}
