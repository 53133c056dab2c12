// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/semconv"
)

// endless gives chunks for ever and never blocks.
type endless struct{ rest string }

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		e.rest = textChunk
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (*endless) Close() error { return nil }

func TestReadCloseAndCancelConcurrentSafe(t *testing.T) {
	for i := range 50 {
		synctest.Test(t, func(t *testing.T) {
			r := newRecorder()
			ctx, cancel := context.WithCancel(t.Context())
			resp, err := r.transport(answering(streamType, &endless{})).
				RoundTrip(chatRequest(t, streamRequest).WithContext(ctx))
			require.NoError(t, err)
			start := make(chan struct{})
			together := func(f func()) {
				go func() { <-start; f() }()
			}
			together(func() { _, _ = io.CopyN(io.Discard, resp.Body, int64(1000*i)) })
			together(func() { _ = resp.Body.Close() })
			together(func() { _ = resp.Body.Close() })
			together(cancel)
			close(start)
			synctest.Wait()
			s := r.one(t)
			assert.Contains(t, []string{semconv.OutcomeClosedEarly, semconv.OutcomeCancelled}, s.outcome())
		})
	}
}

func TestManyCallsOverOneTransportConcurrentSafe(t *testing.T) {
	const workers, calls = 20, 20
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		reply, contentType := plainReply, jsonType
		if strings.Contains(string(body), `"stream":true`) {
			reply, contentType = streamReply, streamType
		}
		w.Header().Set("Content-Type", contentType)
		// Each call has its own usage, so that mixed-up calls are seen.
		var n int
		_, _ = fmt.Sscanf(req.Header.Get("X-Call"), "%d", &n)
		_, _ = io.WriteString(w, strings.Replace(reply, `"prompt_tokens":5`, fmt.Sprintf(`"prompt_tokens":%d`, n), 1))
	}))
	defer srv.Close()
	base := &http.Transport{MaxIdleConnsPerHost: workers}
	defer base.CloseIdleConnections()
	r := newRecorder()
	client := &http.Client{Transport: r.transport(base)}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for c := range calls {
				n := w*calls + c
				body := plainRequest
				if n%2 == 0 {
					body = streamRequest
				}
				body = strings.Replace(body, "Hi", fmt.Sprintf("call-%d.", n), 1)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/v1/chat/completions", strings.NewReader(body))
				assert.NoError(t, err)
				req.Header.Set("X-Call", fmt.Sprint(n))
				resp, err := client.Do(req)
				if !assert.NoError(t, err) {
					return
				}
				_, err = io.Copy(io.Discard, resp.Body)
				assert.NoError(t, err)
				assert.NoError(t, resp.Body.Close())
			}
		})
	}
	wg.Wait()
	spans := r.exporter.GetSpans()
	require.Len(t, spans, workers*calls)
	seen := map[int64]bool{}
	for _, stub := range spans {
		s := span{stub}
		n := s.attr(semconv.GenAIUsageInputTokensKey).AsInt64()
		assert.False(t, seen[n], "call %d has two spans", n)
		seen[n] = true
		assert.Equal(t, semconv.OutcomeCompleted, s.outcome())
		assert.Contains(t, s.attr(semconv.GenAIInputMessagesKey).AsString(), fmt.Sprintf(`"call-%d."`, n))
	}
}

func TestRequestThatIsStillBeingSentWhenTheCallEndsConcurrentSafe(t *testing.T) {
	pr, pw := io.Pipe()
	sending := make(chan struct{})
	stopped := make(chan struct{})
	req := chatRequest(t, "")
	req.Body, req.ContentLength, req.GetBody = pr, -1, nil
	go func() {
		defer close(stopped)
		_, _ = io.WriteString(pw, `{"model":"mistral-small-latest","messages":[{"role":"user","content":"`)
		_, _ = io.WriteString(pw, "once ") // read only after the first piece was observed
		close(sending)
		for {
			if _, err := io.WriteString(pw, "and so on "); err != nil {
				return
			}
		}
	}()
	r := newRecorder()
	resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		go func() { _, _ = io.Copy(io.Discard, req.Body) }()
		<-sending
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: bodyOf(plainReply), ContentLength: -1}, nil
	})).RoundTrip(req)
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	s := r.one(t)
	assert.Equal(t, "chat mistral-small-latest", s.Name)
	assert.Equal(t, semconv.OutcomeCompleted, s.outcome())
	require.NoError(t, pr.Close())
	<-stopped
}
