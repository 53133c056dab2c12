// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"bytes"
	"encoding/json"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readForm reads the text fields of a form.
func readForm(t *testing.T, x *exchange) map[string]string {
	t.Helper()
	_, parameters, err := mime.ParseMediaType(x.requestHeader.Get("Content-Type"))
	require.NoError(t, err)
	form, err := multipart.NewReader(bytes.NewReader(x.request), parameters["boundary"]).ReadForm(1 << 20)
	require.NoError(t, err)
	fields := map[string]string{}
	for name, values := range form.Value {
		fields[name] = values[len(values)-1]
	}
	return fields
}

// dataOf lists the data of the events of a stream.
func dataOf(t *testing.T, stream []byte) (all []object) {
	t.Helper()
	for line := range strings.Lines(string(stream)) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			var o object
			require.NoError(t, json.Unmarshal([]byte(data), &o))
			all = append(all, o)
		}
	}
	return all
}

// readAudio reads what the two endpoints have in common. It returns the reply,
// which in a stream is the last event.
func (r *reading) readAudio(t *testing.T, x *exchange, route string, model any, stream bool) (reply object) {
	t.Helper()
	r.attributes["mistral_ai.operation"] = route
	r.name = route
	if s, _ := model.(string); s != "" {
		r.name += " " + s
	}
	r.set("gen_ai.request.model", model)
	if stream {
		r.attributes["gen_ai.request.stream"] = true
	}
	events := []object{{}}
	if x.stream {
		events = dataOf(t, x.reply)
	} else {
		require.NoError(t, json.Unmarshal(x.reply, &events[0]))
	}
	for _, e := range events {
		text, _ := e["text"].(string)
		audio, _ := e["audio_data"].(string)
		r.token = r.token || text+audio != ""
		r.set("mistral_ai.response.language", e["audio_language"])
	}
	reply = events[len(events)-1]
	r.set("gen_ai.response.model", reply["model"])
	r.set("mistral_ai.response.language", reply["language"])
	r.readUsage(reply["usage"])
	return reply
}

func readTranscription(t *testing.T, r *reading, x *exchange) {
	fields := map[string]string{}
	if strings.HasPrefix(x.requestHeader.Get("Content-Type"), "multipart/") {
		fields = readForm(t, x)
	} else {
		require.Equal(t, "{}", strings.TrimSpace(string(x.request)))
	}
	r.set("mistral_ai.request.language", fields["language"])
	if f, err := strconv.ParseFloat(fields["temperature"], 64); err == nil {
		r.set("gen_ai.request.temperature", f)
	}
	reply := r.readAudio(t, x, "audio.transcriptions", fields["model"], fields["stream"] == "true")
	if text := reply["text"].(string); text != "" {
		r.output = []message{{Role: "assistant", Text: text, Finish: "stop"}}
	}
}

func readSpeech(t *testing.T, r *reading, x *exchange) {
	var request object
	require.NoError(t, json.Unmarshal(x.request, &request))
	r.readAudio(t, x, "audio.speech", request["model"], request["stream"] == true)
	r.attributes["gen_ai.output.type"] = "speech"
	r.set("mistral_ai.request.voice_id", request["voice"])
	r.input = []message{{Role: "user", Text: request["input"].(string)}}
}
