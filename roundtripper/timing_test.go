// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"io"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/semconv"
)

// step is a piece of a body that comes after a pause.
type step struct {
	pause time.Duration
	data  string
}

// script is a body that gives its steps one by one. In a synctest bubble the
// pauses are exact and take no time.
type script []step

func (s *script) Read(p []byte) (int, error) {
	if len(*s) == 0 {
		return 0, io.EOF
	}
	next := &(*s)[0]
	<-time.After(next.pause)
	n := copy(p, next.data)
	next.pause, next.data = 0, next.data[n:]
	if next.data == "" {
		*s = (*s)[1:]
	}
	return n, nil
}

func (s *script) Close() error { return nil }

func TestTimesOfAStreamAreExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		reply := answering(streamType, &script{
			{100 * time.Millisecond, ": keep-alive\n\n"}, // no chunk
			{100 * time.Millisecond, firstChunk},         // no token
			{250 * time.Millisecond, textChunk},
			{1 * time.Second, lastChunk},
			{50 * time.Millisecond, doneEvent},
			{time.Hour, ""}, // nobody waits for that
		})
		start := time.Now()
		resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			<-time.After(500 * time.Millisecond)
			return reply(req)
		})).RoundTrip(chatRequest(t, streamRequest))
		require.NoError(t, err)
		assert.Equal(t, 500*time.Millisecond, time.Since(start), "the headers are not delayed")
		readUntil(t, resp.Body, "[DONE]")
		s := r.one(t)
		assert.Equal(t, 0.7, s.attr(semconv.GenAIResponseTimeToFirstChunkKey).AsFloat64())
		assert.Equal(t, 0.95, s.attr(semconv.MistralResponseTimeToFirstTokenKey).AsFloat64())
		assert.True(t, start.Equal(s.StartTime))
		assert.Equal(t, 2*time.Second, s.EndTime.Sub(s.StartTime))
		require.NoError(t, resp.Body.Close())
	})
}

func TestDurationOfAJSONReplyGoesToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		resp, err := r.transport(answering(jsonType, &script{
			{time.Second, plainReply[:50]},
			{time.Second, plainReply[50:]},
			{time.Hour, ""},
		})).RoundTrip(chatRequest(t, plainRequest))
		require.NoError(t, err)
		readUntil(t, resp.Body, `"total_tokens":7}}`)
		s := r.one(t)
		assert.Equal(t, 2*time.Second, s.EndTime.Sub(s.StartTime))
		assert.Empty(t, s.attr(semconv.GenAIResponseTimeToFirstChunkKey).AsInterface(), "for streams only")
		assert.Empty(t, s.attr(semconv.MistralResponseTimeToFirstTokenKey).AsInterface())
	})
}

func TestAbandonedCallEndsWithItsLastRead(t *testing.T) {
	for name, abandon := range map[string]func(io.Reader) time.Duration{
		"some of it read": func(body io.Reader) time.Duration {
			readUntil(t, body, "r1")
			return 3 * time.Second
		},
		"nothing read": func(io.Reader) time.Duration { return 2 * time.Second }, // the headers are a sign of life
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, book, start := newRecorder(), &logbook{}, time.Now()
				base := answering(streamType, &script{{time.Second, firstChunk}, {time.Hour, ""}})
				want := func() time.Duration {
					resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
						<-time.After(2 * time.Second)
						return base(req)
					}), book.option()).RoundTrip(chatRequest(t, streamRequest))
					require.NoError(t, err)
					return abandon(resp.Body)
				}()
				<-time.After(time.Minute)
				for len(r.exporter.GetSpans()) == 0 { // cleanups run some time after a collection
					runtime.GC()
					<-time.After(time.Second)
				}
				s := r.one(t)
				assert.Equal(t, semconv.OutcomeAbandoned, s.outcome())
				assert.Equal(t, want, s.EndTime.Sub(s.StartTime))
				details := book.one(t, semconv.EventInferenceDetails)
				assert.Equal(t, want, details.Timestamp().Sub(start))
			})
		})
	}
}

func TestTimesOfARefusedCallAreThoseOfItsHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, book, start := newRecorder(), &logbook{}, time.Now()
		resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			<-time.After(2 * time.Second)
			header := http.Header{"Retry-After": {start.Add(time.Minute).UTC().Format(http.TimeFormat)}}
			return &http.Response{StatusCode: http.StatusTooManyRequests, Header: header, Body: http.NoBody, Request: req}, nil
		}), book.option()).RoundTrip(chatRequest(t, plainRequest))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		s := r.one(t)
		assert.Equal(t, 58.0, s.attr(semconv.MistralRateLimitRetryAfterKey).AsFloat64())
		assert.Equal(t, 2*time.Second, s.EndTime.Sub(s.StartTime))
		for _, name := range []string{semconv.EventInferenceDetails, semconv.EventException} {
			e := book.one(t, name)
			assert.Equal(t, 2*time.Second, e.Timestamp().Sub(start), name)
		}
	})
}
