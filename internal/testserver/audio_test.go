// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"encoding/base64"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTranscriptionsHaveTheRecordedShape(t *testing.T) {
	// The recorded stream is of silence, which has no text to be streamed.
	assertRecordedShape(t, "/audio/transcriptions", "transcription.text.delta", "transcription.text.delta.type", "transcription.text.delta.text")
}

func TestTranscriptionEventsHaveThePublishedShape(t *testing.T) {
	m := newMistral(t)
	got := transcribed(t, m, "stream", "true", "language", "en", "file_id", "a")
	want := eventsOf(t, handwritten(t, "transcription-stream-deltas.response.sse"))
	for _, event := range want[:2] {
		assertSameMembers(t, event, eventsOf(t, got.body))
	}
	got = transcribed(t, m, "stream", "true", "diarize", "true", "file_id", "a")
	assertSameMembers(t, want[2], eventsOf(t, got.body))
}

// assertSameMembers finds an event of that name that has the same members.
func assertSameMembers(t *testing.T, want serverEvent, events []serverEvent) {
	for _, e := range events {
		if e.name != want.name {
			continue
		}
		for member := range want.data.(map[string]any) {
			assert.Contains(t, e.data, member)
		}
		assert.Len(t, e.data, len(want.data.(map[string]any)))
		return
	}
	assert.Fail(t, "there is no event "+want.name)
}

// transcribed sends a form of pairs of name and value. The value of file is its
// content.
func transcribed(t *testing.T, m *Mistral, fields ...string) answered {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(t, form.WriteField("model", "voxtral-mini-2507"))
	for i := 0; i < len(fields); i += 2 {
		if fields[i] != "file" {
			require.NoError(t, form.WriteField(fields[i], fields[i+1]))
			continue
		}
		part, err := form.CreateFormFile("file", "talk.wav")
		require.NoError(t, err)
		_, err = part.Write([]byte(fields[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, form.Close())
	return request(t, m, "POST /v1/audio/transcriptions", body.String(), "Content-Type", form.FormDataContentType())
}

func TestTranscriptionCountsTheAudioApart(t *testing.T) {
	m := newMistral(t, WithAnswer(func(name string) string { return "This is " + name }))
	reply := decoded(t, transcribed(t, m, "file", strings.Repeat("\x00", 31*32000), "timestamp_granularities[]", "segment").body)
	assert.Equal(t, "This is talk.wav", reply["text"])
	assert.Equal(t, "voxtral-mini-latest", reply["model"])
	assert.EqualValues(t, 31, at(t, reply, "usage", "prompt_audio_seconds"))
	assert.EqualValues(t, 750, at(t, reply, "usage", "prompt_tokens_details", "audio_tokens"))
	assert.EqualValues(t, 3+750+3, at(t, reply, "usage", "total_tokens"))
	assert.Equal(t, "This is talk.wav", at(t, reply, "segments", 0, "text"))
	assert.Nil(t, at(t, reply, "segments", 0, "speaker_id"))
}

func TestTranscriptionStreamsTheWholeText(t *testing.T) {
	m := newMistral(t, WithAnswer(func(name string) string { return "A long talk about " + name }))
	events := eventsOf(t, transcribed(t, m, "file", "abc", "stream", "true", "language", "fr").body)
	assert.Equal(t, []string{"transcription.language", "transcription.text.delta", "transcription.done"}, names(events))
	assert.Equal(t, "fr", at(t, events[0].data, "audio_language"))
	assert.Equal(t, "A long talk about talk.wav", joined(t, events, "transcription.text.delta", "text"))
	assert.Equal(t, "A long talk about talk.wav", at(t, events[len(events)-1].data, "text"))
}

func TestTranscriptionTakesJSONAndForms(t *testing.T) {
	m := newMistral(t, WithAnswer(strings.ToUpper))
	got := request(t, m, "POST /v1/audio/transcriptions", `{"model":"voxtral-mini-latest","file_url":"https://example.com/a"}`, "Content-Type", "application/json")
	assert.Equal(t, "HTTPS://EXAMPLE.COM/A", decoded(t, got.body)["text"])
	got = transcribed(t, m, "file_url", "https://example.com/a")
	assert.Equal(t, "HTTPS://EXAMPLE.COM/A", decoded(t, got.body)["text"])
}

func TestTranscriptionRefuses(t *testing.T) {
	m := newMistral(t)
	assert.Equal(t, `{"object":"error","message":{"detail":[{"type":"missing","loc":["body","file"],"msg":"Field required"}]},`+
		`"type":"invalid_request_error","param":null,"code":null}`, transcribed(t, m).body, "the input is not repeated")
	for body, want := range map[string]string{
		`{"file_id":"a"}`: `"loc":["body","model"],"msg":"Field required","input":{"file_id":"a"}`,
		`{"model":"voxtral-mini-latest","file_id":"a","diarize":"yes"}`: `"type":"bool_type","loc":["body","diarize"]`,
		`{"model":"whisper","file_id":"a"}`:                             `"type":"invalid_model"`,
	} {
		assert.Contains(t, request(t, m, "POST /v1/audio/transcriptions", body).body, want)
	}
	cut := request(t, m, "POST /v1/audio/transcriptions", "--a\r\nContent-Disposition: form-data; name=model\r\n\r\nvox", "Content-Type", "multipart/form-data; boundary=a")
	assert.Equal(t, 422, cut.StatusCode)
}

func TestSpeechHasTheRecordedShape(t *testing.T) { assertRecordedShape(t, "/audio/speech") }

func TestSpeechEventsHaveThePublishedShape(t *testing.T) {
	got := request(t, newMistral(t), "POST /v1/audio/speech", handwritten(t, "speech-stream.request.json"))
	want := answered{got.Response, handwritten(t, "speech-stream.response.sse")}
	assert.Equal(t, shapeOf(t, want), shapeOf(t, got))
}

func TestSpeechIsTheSameInPieces(t *testing.T) {
	m := newMistral(t)
	const body = `"model":"voxtral-mini-tts-latest","input":"One two three.","response_format":"wav"}`
	whole := decoded(t, request(t, m, "POST /v1/audio/speech", "{"+body).body)["audio_data"].(string)
	sound, err := base64.StdEncoding.DecodeString(whole)
	require.NoError(t, err)
	assert.Len(t, sound, 900)
	assert.True(t, bytes.HasPrefix(sound, []byte("RIFF")))

	events := eventsOf(t, request(t, m, "POST /v1/audio/speech", `{"stream":true,`+body).body)
	assert.Equal(t, whole, joined(t, events, "speech.audio.delta", "audio_data"))
	assert.Equal(t, "speech.audio.done", events[len(events)-1].name)
	assert.EqualValues(t, 30, at(t, events[len(events)-1].data, "usage", "total_tokens"))
}

func TestSpeechRefuses(t *testing.T) {
	m := newMistral(t)
	for body, want := range map[string]string{
		`{"model":"voxtral-mini-tts-latest"}`:     `"loc":["body","input"],"msg":"Field required"`,
		`{"input":"a","response_format":"midi"}`:  `"type":"enum","loc":["body","response_format"]`,
		`{"input":"a","model":"gpt-4o-mini-tts"}`: `"type":"invalid_model"`,
	} {
		assert.Contains(t, request(t, m, "POST /v1/audio/speech", body).body, want)
	}
}
