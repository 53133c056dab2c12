// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"
	"slices"
)

// speechUsage is there in a stream only.
type speechUsage struct {
	Prompt     int `json:"prompt_tokens"`
	Total      int `json:"total_tokens"`
	Completion int `json:"completion_tokens"`
}

// soundPerToken is how many bytes of sound the model makes of a token. It is a
// multiple of three, so that base64 of pieces can be joined.
const soundPerToken = 300

// speak reads a text aloud: the noise that it makes depends on the text only, and
// starts as a file of that format does.
func (m model) speak(r *Request, _ []string) Reply {
	var req struct {
		Model  string `json:"model"`
		Input  string `json:"input"`
		Format string `json:"response_format"`
		Stream bool   `json:"stream"`
	}
	if refused, ok := parse(r, &req, invalid, "input"); !ok {
		return refused
	}
	magic, known := map[string]string{"mp3": "ID3", "wav": "RIFF", "flac": "fLaC", "opus": "OggS", "pcm": ""}[cmp.Or(req.Format, "mp3")]
	if !known {
		return invalid(r.Body, validation{
			Type: "enum", Loc: []any{"body", "response_format"}, Msg: "Input should be 'pcm', 'wav', 'mp3', 'flac' or 'opus'",
		})
	}
	if refused, ok := m.knows(cmp.Or(req.Model, "voxtral-mini-tts-latest")); !ok {
		return refused
	}

	n := len(tokens(req.Input))
	sound := make([]byte, n*soundPerToken)
	noise := rand.NewChaCha8(sha256.Sum256([]byte(req.Input)))
	_, _ = noise.Read(sound) // never fails
	copy(sound, magic)
	if !req.Stream {
		return m.whole(r, encode(map[string]string{"audio_data": base64.StdEncoding.EncodeToString(sound)}))
	}
	var events []Step
	for piece := range slices.Chunk(sound, 2*soundPerToken) {
		events = append(events, audioEvent{Type: "speech.audio.delta", Audio: base64.StdEncoding.EncodeToString(piece)}.step())
	}
	const perToken = 9
	used := &speechUsage{Prompt: n, Completion: n * perToken, Total: n * (1 + perToken)}
	return Stream(m.paced(append(events, audioEvent{Type: "speech.audio.done", Usage: used}.step()))...)
}
