// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// upload is a form with audio of that size, made while it is sent. The model
// stands behind the audio.
func upload(t *testing.T, url string, size int64, fields ...string) *http.Request {
	t.Helper()
	body, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		file, err := form.CreateFormFile("file", "secret-meeting.wav")
		if err == nil {
			_, err = io.CopyN(file, rand.NewChaCha8([32]byte{}), size)
		}
		for i := 0; i < len(fields) && err == nil; i += 2 {
			err = form.WriteField(fields[i], fields[i+1])
		}
		if err == nil {
			err = form.Close()
		}
		w.CloseWithError(err)
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/audio/transcriptions", body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Bearer secret")
	return req
}

func TestTheModelOfALongUploadIsFoundBehindTheAudio(t *testing.T) {
	const audio = 2 << 20
	server := testserver.NewMistral(testserver.WithAnswer(func(string) string { return "Good morning." }))
	defer server.Close()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	for _, stream := range []string{"false", "true"} {
		r := newRecorder()
		client := http.Client{Transport: r.transport(base, roundtripper.WithHosts("127.0.0.1"))}
		resp, err := client.Do(upload(t, server.URL, audio, "model", "voxtral-mini-2507", "language", "en", "stream", stream))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())

		s := r.one(t)
		assert.Equal(t, "audio.transcriptions voxtral-mini-2507", s.Name)
		assert.Equal(t, semconv.OutcomeCompleted, s.outcome())
		assert.Equal(t, "voxtral-mini-2507", s.attr(semconv.GenAIRequestModelKey).AsString())
		assert.Equal(t, "en", s.attr(semconv.MistralRequestLanguageKey).AsString())
		assert.Equal(t, stream == "true", s.attr(semconv.GenAIRequestStreamKey).AsBool())
		assert.Equal(t, float64(audio/32000), s.attr(semconv.MistralUsageAudioSecondsKey).AsFloat64())
		assert.Contains(t, s.attr(semconv.GenAIOutputMessagesKey).AsString(), "Good morning.")
		assert.Zero(t, s.attr(semconv.MistralDecodeErrorsKey).AsInt64())
		for _, a := range s.Attributes {
			assert.NotContains(t, a.Value.String(), "secret-meeting", a.Key)
		}
	}
}

// TestALongUploadIsNotHeld measures what is alive when all but the end of the
// audio has been sent.
func TestALongUploadIsNotHeld(t *testing.T) {
	const audio = 20 << 20
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	grown := make(chan int64, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.CopyN(io.Discard, req.Body, 64<<10)
		before := live()
		_, _ = io.CopyN(io.Discard, req.Body, audio-128<<10)
		grown <- live() - before
		_, _ = io.Copy(io.Discard, req.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"model":"voxtral-mini-latest","text":"a"}`)
	}))
	defer server.Close()
	r := newRecorder()
	client := http.Client{Transport: r.transport(server.Client().Transport, roundtripper.WithHosts("127.0.0.1"))}
	resp, err := client.Do(upload(t, server.URL, audio, "model", "voxtral-mini-2507"))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Less(t, <-grown, int64(256<<10))
	assert.Equal(t, "voxtral-mini-2507", r.one(t).attr(semconv.GenAIRequestModelKey).AsString())
}
