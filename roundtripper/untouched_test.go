// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/semconv"
)

// upgraded is the body of a 101: the connection, to be written to as well.
type upgraded struct {
	io.Reader
	io.WriteCloser
}

func TestRequestsThatRunNoModelPassUntouched(t *testing.T) {
	const (
		api     = "https://api.mistral.ai"
		bedrock = "https://bedrock-runtime.eu-west-1.amazonaws.com"
		vertex  = "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/"
	)
	for _, request := range []string{
		"GET " + api + "/v1/models",
		"GET " + api + "/v1/models/mistral-small-latest",
		"DELETE " + api + "/v1/models/ft:open-mistral-7b:x",
		"POST " + api + "/v1/files",
		"GET " + api + "/v1/files/f/content",
		"POST " + api + "/v1/batch/jobs",
		"POST " + api + "/v1/batch/jobs/j/cancel",
		"POST " + api + "/v1/fine_tuning/jobs",
		"POST " + api + "/v1/libraries",
		"POST " + api + "/v1/libraries/l/documents",
		"GET " + api + "/v1/conversations",
		"GET " + api + "/v1/conversations/conv_1/messages",
		"DELETE " + api + "/v1/conversations/conv_1",
		"GET " + api + "/v1/agents/ag_1",
		"DELETE " + api + "/v1/agents/ag_1",
		"GET " + api + "/v1/audio/transcriptions/realtime?model=voxtral-mini-transcribe-realtime-2602",
		"GET " + api + "/v1/audio/voices",
		"POST " + api + "/v1/unheard/of",
		"POST https://service.internal/v1/audio/transcriptions", // somebody else's
		"POST https://service.internal/v1/audio/speech",
		"POST " + bedrock + "/model/mistral.mistral-large-2407-v1:0/converse",
		"POST " + bedrock + "/model/mistral.mistral-large-2407-v1:0/invoke",
		"POST " + vertex + "anthropic/models/claude:rawPredict",
		"POST " + vertex + "google/models/gemini:streamRawPredict",
		"POST " + vertex + "mistralai/models/mistral-small-2503:countTokens",
		"POST https://api.groq.com./openai/v1/chat/completions", // the dot of DNS's root
	} {
		t.Run(request, func(t *testing.T) {
			method, url, _ := strings.Cut(request, " ")
			req := requestTo(t, url, plainRequest)
			req.Method = method
			body := &upgraded{strings.NewReader("x"), nil}
			want := &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: http.Header{}, Body: body, Request: req}
			var got *http.Request
			r := newRecorder()
			resp, err := r.transport(roundTripFunc(func(r *http.Request) (*http.Response, error) {
				got = r
				return want, nil
			})).RoundTrip(req)
			require.NoError(t, err)
			assert.Same(t, req, got)
			assert.Same(t, want, resp)
			assert.Same(t, body, resp.Body, "a connection stays one")
			assert.Empty(t, r.exporter.GetSpans())
		})
	}
}

// What a call may be answered with besides a reply is nothing to read, and may be
// more than a body.
func TestAnswersThatAreNoRepliesAreHandedOnAsTheyAre(t *testing.T) {
	for _, status := range []int{100, 101, 103, 204, 205, 301, 304, 307} {
		body := &upgraded{strings.NewReader("x"), nil}
		want := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {streamType}}, Body: body, ContentLength: 1}
		r := newRecorder()
		resp, err := r.transport(roundTripFunc(func(*http.Request) (*http.Response, error) { return want, nil })).
			RoundTrip(chatRequest(t, plainRequest))
		require.NoError(t, err)
		assert.Same(t, want, resp)
		assert.Same(t, body, resp.Body, status)
		s := r.one(t)
		assert.Equal(t, semconv.OutcomeCompleted, s.outcome(), status)
		assert.EqualValues(t, status, s.attr(semconv.HTTPResponseStatusCodeKey).AsInt64())
	}
}
