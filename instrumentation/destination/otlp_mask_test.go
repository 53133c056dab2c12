// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOfASecretThatIsCutNothingIsLeft(t *testing.T) {
	mask := masker(map[string]string{"Authorization": "Bearer a-long-secret"})
	for n := range maxAnswerText + 1 {
		text := strings.Repeat("x", n) + "Bearer a-long-secret" + strings.Repeat("y", maxAnswerText)
		assert.NotContains(t, mask(text), "a-l", n)
		assert.LessOrEqual(t, len(mask(text)), maxAnswerText+len(" ..."))
	}
}

// What a backend answers is anybody's: it is told in one short, valid line,
// without the credentials.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "application/x-protobuf", "1", []byte("\n\x08\x08\x03\x12\x04full"))
	f.Add(200, "application/json", "", []byte(`{"partialSuccess":{"rejectedSpans":"3","errorMessage":"Bearer a-long-secret"}}`))
	f.Add(403, "text/plain; charset=utf-8", "Sat, 21 Nov 2026 18:00:00 GMT", []byte("the key\n Bearer a-long-secret \xff is unknown"))
	f.Add(429, "application/json", "", []byte(`{"retry_after":"1.5e1","message":"slow down"}`))
	f.Add(503, "application/x-protobuf", "1e400", []byte("\x12\x20Bearer a-long-secret"))
	f.Add(401, "application/json", "NaN", []byte(strings.Repeat("a-long-secret", 30)))
	f.Fuzz(func(t *testing.T, status int, media, retry string, body []byte) {
		resp := &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {media}, "Retry-After": {retry}},
			Body: io.NopCloser(strings.NewReader(string(body))), ContentLength: int64(len(body)),
		}
		var a answer
		req, err := http.NewRequestWithContext(context.WithValue(t.Context(), answerKey{}, &a), http.MethodPost, "http://backend/", nil)
		require.NoError(t, err)
		got, err := listener{answering{resp}}.RoundTrip(req)
		require.NoError(t, err)
		require.Equal(t, status, got.StatusCode)
		assert.GreaterOrEqual(t, a.retryAfter, time.Duration(0))
		assert.LessOrEqual(t, a.retryAfter, maxAsked)
		assert.GreaterOrEqual(t, a.rejected, int64(0))
		mask := masker(map[string]string{"Authorization": "Bearer a-long-secret"})
		for _, text := range []string{mask(a.message), a.describe("http://backend/", mask).Error()} {
			assert.NotContains(t, text, "a-long-secret")
			assert.NotContains(t, text, "\n")
			assert.True(t, utf8.ValidString(text))
			assert.Less(t, len(text), maxAnswerText+400)
		}
	})
}

type answering struct{ resp *http.Response }

func (a answering) RoundTrip(*http.Request) (*http.Response, error) { return a.resp, nil }
