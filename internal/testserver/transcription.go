// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// transcriptionRequest is what the model looks at in a form or in JSON.
type transcriptionRequest struct {
	Model         string   `json:"model"`
	FileURL       string   `json:"file_url"`
	FileID        string   `json:"file_id"`
	Language      string   `json:"language"`
	Stream        bool     `json:"stream"`
	Diarize       bool     `json:"diarize"`
	Granularities []string `json:"timestamp_granularities"`

	name string // of the recording
	size int    // of the recording in bytes; 0 if it is elsewhere
}

type transcription struct {
	Model        string     `json:"model"`
	Text         string     `json:"text"`
	Language     any        `json:"language"` // null in recordings, also where the request names one
	Segments     []segment  `json:"segments"`
	Usage        audioUsage `json:"usage"`
	FinishReason any        `json:"finish_reason"`
	Type         string     `json:"type,omitempty"` // of the event
}

type segment struct {
	Type    string  `json:"type"`
	Text    string  `json:"text"`
	Start   float64 `json:"start"`
	End     float64 `json:"end"`
	Speaker any     `json:"speaker_id"`
}

// audioUsage does not count the tokens of audio as prompt, yet in the total.
type audioUsage struct {
	Seconds    int               `json:"prompt_audio_seconds"`
	Prompt     int               `json:"prompt_tokens"`
	Total      int               `json:"total_tokens"`
	Completion int               `json:"completion_tokens"`
	Details    audioUsageDetails `json:"prompt_tokens_details"`
	Tier       string            `json:"service_tier"`
}

type audioUsageDetails struct {
	Cached int `json:"cached_tokens"`
	Audio  int `json:"audio_tokens"`
}

// dated is how the name of a model ends that the reply calls by its newest.
var dated = regexp.MustCompile(`-\d{4}$`)

// transcribe writes down a recording: what [WithAnswer] says to its name.
func (m model) transcribe(r *Request, _ []string) Reply {
	req, refused, ok := readTranscription(r)
	if !ok {
		return refused
	}
	if refused, ok := m.knows(req.Model); !ok {
		return refused
	}
	text := tokens(m.says(req.name))
	const bytesPerSecond, window, perWindow = 32000, 30, 375
	seconds := max(1, req.size/bytesPerSecond)
	used := audioUsage{
		Seconds: seconds, Prompt: 3 + len(tokens(req.Language)), Completion: len(text), Tier: "standard",
		Details: audioUsageDetails{Audio: (seconds + window - 1) / window * perWindow},
	}
	used.Total = used.Prompt + used.Details.Audio + used.Completion
	whole := transcription{
		Model: dated.ReplaceAllString(req.Model, "-latest"), Text: strings.Join(text, ""), Segments: []segment{}, Usage: used,
	}
	if req.Diarize || len(req.Granularities) > 0 {
		said := segment{Type: "transcription_segment", Text: whole.Text, Start: 0.1, End: float64(seconds)}
		if req.Diarize {
			said.Speaker = "speaker_1"
		}
		whole.Segments = append(whole.Segments, said)
	}
	if !req.Stream {
		return m.whole(r, encode(whole))
	}

	var events []Step
	if req.Language != "" {
		events = append(events, audioEvent{Type: "transcription.language", Language: req.Language}.step())
	}
	for _, words := range pairs(text) {
		events = append(events, audioEvent{Type: "transcription.text.delta", Text: strings.Join(words, "")}.step())
	}
	for _, said := range whole.Segments {
		said.Type = "transcription.segment"
		events = append(events, NamedEvent(said.Type, encode(said)))
	}
	whole.Type = "transcription.done"
	return Stream(m.paced(append(events, NamedEvent(whole.Type, encode(whole))))...)
}

// audioEvent is the data of one event, of any type that has no shape of its own.
type audioEvent struct {
	Type     string       `json:"type"`
	Language string       `json:"audio_language,omitempty"`
	Text     string       `json:"text,omitempty"`
	Audio    string       `json:"audio_data,omitempty"`
	Usage    *speechUsage `json:"usage,omitempty"`
}

func (e audioEvent) step() Step { return NamedEvent(e.Type, encode(e)) }

// readTranscription reads a form, or JSON, in which a recording is elsewhere.
func readTranscription(r *Request) (req transcriptionRequest, refused Reply, ok bool) {
	input := r.Body
	switch form, err := r.form(); {
	case errors.Is(err, http.ErrNotMultipart):
		if refused, ok := parse(r, &req, invalid); !ok {
			return req, refused, false
		}
		req.name = req.FileURL + req.FileID
	case err != nil:
		return req, invalid(nil, validation{Type: "value_error", Loc: []any{"body"}, Msg: "There was an error parsing the body"}), false
	default:
		input = nil // a 422 repeats no recording
		values := url.Values(form.Value)
		req = transcriptionRequest{
			Model: values.Get("model"), Language: values.Get("language"),
			Stream: values.Get("stream") == "true", Diarize: values.Get("diarize") == "true",
			// Some clients mark a list by brackets.
			Granularities: append(values["timestamp_granularities"], values["timestamp_granularities[]"]...),
			name:          values.Get("file_url") + values.Get("file_id"),
		}
		if files := form.File["file"]; len(files) > 0 {
			req.name, req.size = files[0].Filename, int(files[0].Size)
		}
	}
	switch {
	case req.Model == "":
		return req, invalid(input, missing("model")), false
	case req.name == "":
		return req, invalid(input, missing("file")), false
	}
	return req, Reply{}, true
}

// form reads the body as a form. The error is [http.ErrNotMultipart] if it is
// none.
func (r *Request) form() (*multipart.Form, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, http.ErrNotMultipart
	}
	inMemory := int64(len(r.Body)) // as the body is
	return multipart.NewReader(bytes.NewReader(r.Body), params["boundary"]).ReadForm(inMemory)
}
