// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/semconv"
)

var speechRoute = routeAt("/v1/audio/speech")

func parseAudio(route *Route, stream bool, l Limits, pieces ...[]byte) (call genai.Call, complete bool) {
	complete = parseReply(route.NewReply(&call, stream, time.Time{}, l), pieces...)
	return call, complete
}

const (
	textDelta  = `{"type":"transcription.text.delta","text":"Hi"}`
	transcript = `{"type":"transcription.done","model":"m","text":"Hi.","language":"en","segments":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}`
	soundDelta = `{"type":"speech.audio.delta","audio_data":"SUQz"}`
)

func namedEvent(name, data string) string { return "event: " + name + "\n" + event(data) }

func FuzzAudio(f *testing.F) {
	for _, s := range []string{
		event(textDelta) + event(transcript),
		namedEvent("transcription.language", `{"audio_language":"en"}`) + namedEvent("transcription.text.delta", textDelta) + namedEvent("transcription.done", transcript),
		namedEvent("speech.audio.delta", soundDelta) + event(`{"type":"speech.audio.done","usage":{"prompt_tokens":3}}`),
		event(textDelta) + event(`{"error":{"message":"m","code":5}}`),
		transcript, event(done), "event: error\ndata: x\n\n",
	} {
		f.Add([]byte(s), []byte{1, 2, 3})
	}
	f.Add(formOfFields("model", "m", "temperature", "1"), []byte{40})
	f.Add([]byte(`{"model":"m","input":"a","voice":"v","response_format":"mp3","file_url":"https://a/b","file_id":"f","metadata":{"a":1}}`), []byte{9})
	f.Fuzz(func(t *testing.T, body, how []byte) {
		pieces := cut(body, how)
		for _, l := range fuzzed {
			for _, route := range []*Route{transcriptionRoute, speechRoute} {
				for _, stream := range []bool{false, true} {
					whole, wholeComplete := parseAudio(route, stream, l, body)
					assertReadable(t, &whole)
					got, complete := parseAudio(route, stream, l, pieces...)
					require.Equal(t, whole, got)
					require.Equal(t, wholeComplete, complete)
				}
				whole := parseRequestOf(route, l, body)
				assertReadable(t, &whole)
				require.Equal(t, whole, parseRequestOf(route, l, pieces...))
			}
			whole := parseForm(l, body)
			assertReadable(t, &whole)
			require.Equal(t, whole, parseForm(l, pieces...))
		}
	})
}

func TestTheLastEventOfATranscriptionCountsForAllBefore(t *testing.T) {
	stream := event(textDelta) + event(transcript)
	whole, complete := parseAudio(transcriptionRoute, true, withContent, []byte(stream))
	unary, _ := parseAudio(transcriptionRoute, false, withContent, []byte(transcript))
	assert.True(t, complete)
	assert.Equal(t, 2, whole.Chunks)
	whole.Chunks, whole.Held = 0, nil
	assert.Equal(t, unary, whole)
	assert.Equal(t, []genai.Choice{assistant("", textPart("Hi."))}, whole.Response.Choices)
}

func TestALastEventThatWasCutOffIsNone(t *testing.T) {
	stream := namedEvent("transcription.text.delta", textDelta) + strings.TrimSuffix(namedEvent("transcription.done", transcript), "}\n\n")
	got, complete := parseAudio(transcriptionRoute, true, withContent, []byte(stream))
	assert.False(t, complete)
	assert.Zero(t, got.DecodeErrors)
	assert.Equal(t, []genai.Choice{assistant("", textPart("Hi"))}, got.Response.Choices)

	got, complete = parseAudio(transcriptionRoute, true, withContent, []byte(stream+"}"))
	assert.True(t, complete, "only the empty line is missing")
	assert.Equal(t, "m", got.Response.Model)
}

func TestAudioEventsOfAnySizeAreUnderstood(t *testing.T) {
	long := strings.Repeat("A", 2<<20)
	var call genai.Call
	r := speechRoute.NewReply(&call, true, time.Now(), withContent)
	r.Write([]byte(namedEvent("speech.audio.delta", `{"type":"speech.audio.delta","audio_data":"`+long+`"}`)))
	assert.True(t, call.TimeToFirstToken.Set)
	r.Write([]byte(namedEvent("speech.audio.done", `{"type":"speech.audio.done","usage":{"prompt_tokens":3,"completion_tokens":2}}`)))
	r.Fill()
	assert.True(t, r.Complete())
	assert.Zero(t, call.DecodeErrors)
	assert.Equal(t, genai.Some[int64](2), call.Usage.Output)

	// Of a transcript that is longer than an event may be the beginning is read.
	got, complete := parseAudio(transcriptionRoute, true, withContent,
		[]byte(namedEvent("transcription.done", `{"model":"m","text":"Hi.","segments":[{"text":"`+long+`"}],"usage":{"prompt_tokens":3}}`)))
	assert.True(t, complete)
	assert.Equal(t, 1, got.DecodeErrors)
	assert.Equal(t, "m", got.Response.Model)
	assert.Equal(t, []genai.Choice{assistant("", textPart("Hi."))}, got.Response.Choices)
}

func TestTheTextOfATranscriptionIsBounded(t *testing.T) {
	l := Limits{Content: true, Part: 16, Total: 20}
	cut, _ := parseAudio(transcriptionRoute, true, l, []byte(strings.Repeat(event(textDelta), 1000)))
	assert.EqualValues(t, 2000-16, cut.DroppedBytes)
	assert.Contains(t, string(cut.Response.Choices[0].Message.Parts[0].JSON), strings.Repeat("Hi", 8))
	done, _ := parseAudio(transcriptionRoute, true, l, []byte(strings.Repeat(event(textDelta), 1000)+event(transcript)))
	assert.Zero(t, done.DroppedBytes, "what was cut is told once more")
}

func TestAudioStreamsTellWhenTheFirstEventAndTheFirstSoundCame(t *testing.T) {
	for name, tt := range map[string]struct {
		route         *Route
		first, second string
	}{
		"text":    {transcriptionRoute, `{"type":"transcription.language","audio_language":"en"}`, textDelta},
		"segment": {transcriptionRoute, `{"type":"transcription.text.delta","text":""}`, `{"type":"transcription.segment","text":"Hi"}`},
		"at once": {transcriptionRoute, `{"type":"transcription.language"}`, transcript},
		"sound":   {speechRoute, `{"type":"speech.audio.delta","audio_data":""}`, soundDelta},
	} {
		for _, l := range []Limits{withContent, withoutContent} {
			synctest.Test(t, func(t *testing.T) {
				var call genai.Call
				r := tt.route.NewReply(&call, true, time.Now(), l)
				for _, e := range []string{tt.first, tt.second, textDelta, soundDelta} {
					<-time.After(time.Second)
					r.Write([]byte(event(e)))
				}
				r.Fill()
				assert.Equal(t, genai.Some(time.Second), call.TimeToFirstChunk, name)
				assert.Equal(t, genai.Some(2*time.Second), call.TimeToFirstToken, name)
			})
		}
	}
}

func TestAudioDeltasDoNotAllocate(t *testing.T) {
	for _, l := range []Limits{withoutContent, {Content: true, Part: 8, Total: 8}} {
		for route, delta := range map[*Route]string{transcriptionRoute: textDelta, speechRoute: soundDelta} {
			r := route.NewReply(&genai.Call{}, true, time.Now(), l)
			chunk := []byte(event(delta))
			for range 10 {
				r.Write(chunk)
			}
			assert.Zero(t, testing.AllocsPerRun(100, func() { r.Write(chunk) }))
		}
	}
}

func TestALanguageThatIsToldTwiceIsRecordedOnce(t *testing.T) {
	got, _ := parseAudio(transcriptionRoute, true, withContent, []byte(event(`{"type":"transcription.language","audio_language":"fr"}`)+event(transcript)))
	require.Len(t, got.Extra, 1)
	assert.Equal(t, semconv.MistralResponseLanguageKey.String("en"), got.Extra[0])
}
