// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/semconv"
)

func compress(t *testing.T, encoding, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip", "x-gzip", "GZIP":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw deflate":
		f, err := flate.NewWriter(&b, flate.BestCompression)
		require.NoError(t, err)
		w = f
	}
	_, err := io.WriteString(w, s)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func encoded(encoding, contentType string, status int, body []byte) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		resp, err := answering(contentType, io.NopCloser(bytes.NewReader(body)))(req)
		resp.StatusCode = status
		resp.Header.Set("Content-Encoding", strings.TrimPrefix(encoding, "raw "))
		if status >= 400 {
			resp.ContentLength = int64(len(body))
		}
		return resp, err
	}
}

func TestCompressedRepliesReachTheCallerAsTheyAre(t *testing.T) {
	for _, encoding := range []string{"gzip", "x-gzip", "GZIP", "deflate", "raw deflate"} {
		for _, tt := range []struct {
			name, contentType, body string
			status                  int
			outcome                 string
		}{
			{"JSON", jsonType, plainReply, 200, semconv.OutcomeCompleted},
			{"stream", streamType, streamReply, 200, semconv.OutcomeCompleted},
			{"stream without its end", streamType, firstChunk, 200, semconv.OutcomeTruncated},
			{"error", jsonType, `{"type":"invalid_model","code":"1500"}`, 400, semconv.OutcomeRefused},
		} {
			t.Run(encoding+" "+tt.name, func(t *testing.T) {
				r := newRecorder()
				packed := compress(t, encoding, tt.body)
				resp, err := r.transport(encoded(encoding, tt.contentType, tt.status, packed)).
					RoundTrip(chatRequest(t, plainRequest))
				require.NoError(t, err)
				got, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				assert.Equal(t, packed, got)
				s := r.one(t)
				assert.Equal(t, tt.outcome, s.outcome())
				assert.Empty(t, s.attr(semconv.GenAIResponseTimeToFirstChunkKey).AsInterface(), "it was not seen when it came")
				assert.Empty(t, s.attr(semconv.MistralDecodeErrorsKey).AsInterface())
				switch tt.outcome {
				case semconv.OutcomeCompleted:
					assert.EqualValues(t, 5, s.attr(semconv.GenAIUsageInputTokensKey).AsInt64())
				case semconv.OutcomeRefused:
					assert.Equal(t, "1500", s.attr(semconv.MistralErrorCodeKey).AsString())
				}
			})
		}
	}
}

func TestCompressedReplyClosedEarly(t *testing.T) {
	random := make([]byte, 20_000)
	for i := range random {
		random[i] = byte('a' + rand.N(26))
	}
	reply := strings.Replace(plainReply, "Hello", string(random), 1)
	r := newRecorder()
	resp, err := r.transport(encoded("gzip", jsonType, 200, compress(t, "gzip", reply))).
		RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, resp.Body, 10_000)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	s := r.one(t)
	assert.Equal(t, semconv.OutcomeClosedEarly, s.outcome())
	assert.Equal(t, "r1", s.attr(semconv.GenAIResponseIDKey).AsString(), "what came is on record")
}

func TestBodyThatIsNotWhatItsEncodingSays(t *testing.T) {
	r := newRecorder()
	resp, err := r.transport(encoded("gzip", jsonType, 200, []byte(plainReply))).RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	s := r.one(t)
	assert.Equal(t, semconv.OutcomeCompleted, s.outcome())
	assert.EqualValues(t, 1, s.attr(semconv.MistralDecodeErrorsKey).AsInt64())
}

func TestCompressedReplyThatIsTooLongGivesStatusAndTimesOnly(t *testing.T) {
	random := make([]byte, 2<<20)
	for i := range random {
		random[i] = byte(rand.N(256))
	}
	for outcome, read := range map[string]int64{semconv.OutcomeCompleted: int64(len(random)), semconv.OutcomeClosedEarly: 1<<20 + 1} {
		t.Run(outcome, func(t *testing.T) {
			r := newRecorder()
			resp, err := r.transport(encoded("gzip", jsonType, 200, random)).RoundTrip(chatRequest(t, plainRequest))
			require.NoError(t, err)
			n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, read+1))
			require.NoError(t, err)
			require.GreaterOrEqual(t, n, read)
			require.NoError(t, resp.Body.Close())
			s := r.one(t)
			assert.Equal(t, outcome, s.outcome())
			assert.EqualValues(t, 1, s.attr(semconv.MistralDecodeErrorsKey).AsInt64())
		})
	}
}

func TestGzipBombIsNotInflatedWithoutEnd(t *testing.T) {
	r := newRecorder()
	bomb := compress(t, "gzip", `{"id":"r1","x":"`+strings.Repeat("a", 17<<20)+`"}`)
	require.Less(t, len(bomb), 1<<20)
	resp, err := r.transport(encoded("gzip", jsonType, 200, bomb)).RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	s := r.one(t)
	assert.EqualValues(t, 1, s.attr(semconv.MistralDecodeErrorsKey).AsInt64())
	assert.Equal(t, semconv.OutcomeCompleted, s.outcome(), "that it was not read to its end is no fault of the reply")
	assert.Equal(t, "r1", s.attr(semconv.GenAIResponseIDKey).AsString(), "what was read is on record")
	assert.Equal(t, codes.Unset, s.Status.Code)
}

func TestEncodingThatIsNotUnderstoodGivesStatusAndTimesOnly(t *testing.T) {
	for _, encoding := range []string{"br", "zstd", "gzip, gzip"} {
		for outcome, act := range map[string]func(io.ReadCloser){
			semconv.OutcomeCompleted:   func(b io.ReadCloser) { _, _ = io.ReadAll(b) },
			semconv.OutcomeClosedEarly: func(b io.ReadCloser) { _ = b.Close() },
		} {
			r := newRecorder()
			resp, err := r.transport(encoded(encoding, jsonType, 200, []byte("secret"))).RoundTrip(chatRequest(t, plainRequest))
			require.NoError(t, err)
			assert.Empty(t, r.exporter.GetSpans(), "the call has not ended")
			act(resp.Body)
			s := r.one(t)
			assert.Equal(t, outcome, s.outcome(), encoding)
			assert.EqualValues(t, 1, s.attr(semconv.MistralDecodeErrorsKey).AsInt64())
			assert.EqualValues(t, 200, s.attr(semconv.HTTPResponseStatusCodeKey).AsInt64())
		}
	}
}

// A caller that asks for no encoding gets plain bytes from net/http, and is
// observed as if nothing had been compressed.
func TestGzipThatNetHTTPDecodesIsSeenAsItComes(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		assert.Equal(t, "gzip", req.Header.Get("Accept-Encoding"))
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", streamType)
		_, _ = w.Write(compress(t, "gzip", streamReply))
	}))
	defer srv.Close()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	r := newRecorder()
	client := &http.Client{Transport: r.transport(base)}
	resp, err := client.Post(srv.URL+"/v1/chat/completions", jsonType, strings.NewReader(streamRequest))
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, streamReply, string(got))
	assert.NotZero(t, r.one(t).attr(semconv.GenAIResponseTimeToFirstChunkKey).AsFloat64())
}
