// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/otelmistral/otelmistral/semconv"
)

// stalled is a body that gives data and then blocks until it is closed.
type stalled struct {
	data   io.Reader
	closed chan struct{}
}

func newStalled(data string) *stalled {
	return &stalled{strings.NewReader(data), make(chan struct{})}
}

func (s *stalled) Read(p []byte) (int, error) {
	if n, err := s.data.Read(p); err == nil {
		return n, nil
	}
	<-s.closed
	return 0, errors.New("read on closed body")
}

func (s *stalled) Close() error {
	close(s.closed)
	return nil
}

// readUntil reads from r until it has seen the text.
func readUntil(t *testing.T, r io.Reader, text string) {
	t.Helper()
	var seen strings.Builder
	buf := make([]byte, 64)
	for !strings.Contains(seen.String(), text) {
		n, err := r.Read(buf)
		seen.Write(buf[:n])
		require.NoError(t, err)
	}
}

const (
	chunkOfSecondChoice = `data: {"id":"r1","choices":[{"index":1,"delta":{"content":"x"},"finish_reason":"stop"}]}` + "\n\n"
	requestOfTwo        = `{"model":"mistral-small-latest","stream":true,"n":2,"messages":[]}`
)

func TestOutcomeByHowTheCallerReads(t *testing.T) {
	closeIt := func(t *testing.T, b io.ReadCloser, _ func()) { require.NoError(t, b.Close()) }
	closeAfter := func(text string) func(*testing.T, io.ReadCloser, func()) {
		return func(t *testing.T, b io.ReadCloser, _ func()) {
			readUntil(t, b, text)
			require.NoError(t, b.Close())
		}
	}
	cancelAfter := func(text string) func(*testing.T, io.ReadCloser, func()) {
		return func(t *testing.T, b io.ReadCloser, cancel func()) {
			readUntil(t, b, text)
			cancel()
			synctest.Wait()
		}
	}
	all := func(t *testing.T, b io.ReadCloser, _ func()) {
		_, err := io.ReadAll(b)
		require.NoError(t, err)
	}
	for _, tt := range []struct {
		name          string
		request, body string
		contentType   string
		act           func(t *testing.T, b io.ReadCloser, cancel func())
		want          string
	}{
		{"JSON read to EOF", plainRequest, plainReply, jsonType, all, semconv.OutcomeCompleted},
		{"JSON read to EOF with trailing space", plainRequest, plainReply + "\n \n", jsonType, all, semconv.OutcomeCompleted},
		{"JSON value decoded, then closed", plainRequest, plainReply, jsonType, func(t *testing.T, b io.ReadCloser, _ func()) {
			var v any
			require.NoError(t, json.NewDecoder(b).Decode(&v))
			require.NoError(t, b.Close())
		}, semconv.OutcomeCompleted},
		{"JSON closed in the middle", plainRequest, plainReply, jsonType, closeAfter("choices"), semconv.OutcomeClosedEarly},
		{"JSON never read", plainRequest, plainReply, jsonType, closeIt, semconv.OutcomeClosedEarly},
		{"JSON cancelled in the middle", plainRequest, plainReply, jsonType, cancelAfter("choices"), semconv.OutcomeCancelled},
		{"JSON ends too early", plainRequest, plainReply[:100], jsonType, all, semconv.OutcomeTruncated},
		{"JSON missing", plainRequest, "", jsonType, all, semconv.OutcomeTruncated},
		{"not JSON", plainRequest, "<html>", jsonType, all, semconv.OutcomeTruncated},
		{"stream read to EOF", streamRequest, streamReply, streamType, all, semconv.OutcomeCompleted},
		{"stream without DONE", streamRequest, firstChunk + lastChunk, streamType, all, semconv.OutcomeCompleted},
		{"stream without finish reason", streamRequest, firstChunk + textChunk, streamType, all, semconv.OutcomeTruncated},
		{"stream that is empty", streamRequest, "", streamType, all, semconv.OutcomeTruncated},
		{"stream closed before anything came", streamRequest, streamReply, streamType, closeIt, semconv.OutcomeClosedEarly},
		{"stream closed after some text", streamRequest, streamReply, streamType, closeAfter("Hello"), semconv.OutcomeClosedEarly},
		{"stream closed at DONE", streamRequest, streamReply, streamType, closeAfter("[DONE]"), semconv.OutcomeCompleted},
		{"stream closed after the finish reason", streamRequest, firstChunk + lastChunk + ": more\n\n", streamType, closeAfter("more"), semconv.OutcomeCompleted},
		{"stream cancelled after some text", streamRequest, streamReply, streamType, cancelAfter("Hello"), semconv.OutcomeCancelled},
		{"stream cancelled after the finish reason", streamRequest, firstChunk + lastChunk + ": more\n\n", streamType, cancelAfter("more"), semconv.OutcomeCompleted},
		{"two choices, closed after one finished", requestOfTwo, lastChunk + ": more\n\n", streamType, closeAfter("more"), semconv.OutcomeClosedEarly},
		{"two choices, closed after both finished", requestOfTwo, lastChunk + chunkOfSecondChoice + ": more\n\n", streamType, closeAfter("more"), semconv.OutcomeCompleted},
		{"two choices, ended after one finished", requestOfTwo, lastChunk, streamType, all, semconv.OutcomeTruncated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				inner := bodyOf(tt.body)
				resp, err := r.transport(answering(tt.contentType, inner)).
					RoundTrip(chatRequest(t, tt.request).WithContext(ctx))
				require.NoError(t, err)
				tt.act(t, resp.Body, cancel)
				s := r.one(t)
				assert.Equal(t, tt.want, s.outcome())

				// Nothing that comes later changes anything.
				cancel()
				synctest.Wait()
				closes := inner.closed()
				require.NoError(t, resp.Body.Close())
				require.NoError(t, resp.Body.Close())
				assert.Equal(t, closes+2, inner.closed(), "each Close reaches the body")
				assert.Equal(t, s, r.one(t))

				isError := tt.want == semconv.OutcomeTruncated
				assert.Equal(t, isError, s.Status.Code == codes.Error)
				assert.Equal(t, isError, s.attr(semconv.ErrorTypeKey).AsString() != "")
			})
		})
	}
}

func TestStreamEndsAtDoneWithoutWaitingForEOF(t *testing.T) {
	r := newRecorder()
	body := newStalled(streamReply)
	resp, err := r.transport(answering(streamType, body)).RoundTrip(chatRequest(t, streamRequest))
	require.NoError(t, err)
	readUntil(t, resp.Body, "[DONE]\n\n")
	assert.Equal(t, semconv.OutcomeCompleted, r.one(t).outcome())
	require.NoError(t, resp.Body.Close())
}

func TestJSONEndsWithItsValueWithoutWaitingForEOF(t *testing.T) {
	r := newRecorder()
	body := newStalled(plainReply)
	resp, err := r.transport(answering(jsonType, body)).RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	readUntil(t, resp.Body, `"total_tokens":7}}`)
	assert.Equal(t, semconv.OutcomeCompleted, r.one(t).outcome())
	require.NoError(t, resp.Body.Close())
}

func TestUsageAfterTheLastFinishReasonIsTaken(t *testing.T) {
	r := newRecorder()
	finish := `data: {"id":"r1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	usage := `data: {"id":"r1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}` + "\n\n"
	resp, err := r.transport(answering(streamType, bodyOf(finish+usage))).RoundTrip(chatRequest(t, streamRequest))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.EqualValues(t, 5, r.one(t).attr(semconv.GenAIUsageInputTokensKey).AsInt64())
}

func TestCloseEndsTheSpanThoughReadBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		resp, err := r.transport(answering(streamType, newStalled(firstChunk))).RoundTrip(chatRequest(t, streamRequest))
		require.NoError(t, err)
		read := make(chan error)
		go func() {
			_, err := io.ReadAll(resp.Body)
			read <- err
		}()
		synctest.Wait() // the reader blocks
		require.NoError(t, resp.Body.Close())
		assert.EqualError(t, <-read, "read on closed body")
		assert.Equal(t, semconv.OutcomeClosedEarly, r.one(t).outcome())
	})
}

func TestEndOfTheContextEndsTheSpanOfABodyThatNobodyReads(t *testing.T) {
	for outcome, end := range map[string]func(context.Context) (context.Context, func()){
		semconv.OutcomeCancelled: func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancel(ctx)
			return ctx, cancel
		},
		semconv.OutcomeDeadline: func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errors.New("a cause of his own"))
			return ctx, func() { <-ctx.Done(); cancel() }
		},
	} {
		t.Run(outcome, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder()
				ctx, finish := end(t.Context())
				resp, err := r.transport(answering(streamType, newStalled(firstChunk))).
					RoundTrip(chatRequest(t, streamRequest).WithContext(ctx))
				require.NoError(t, err)
				finish()
				synctest.Wait()
				s := r.one(t)
				assert.Equal(t, outcome, s.outcome())
				assert.Equal(t, outcome == semconv.OutcomeDeadline, s.Status.Code == codes.Error)
				if outcome == semconv.OutcomeDeadline {
					assert.Equal(t, "timeout", s.attr(semconv.ErrorTypeKey).AsString())
				}
				require.NoError(t, resp.Body.Close())
			})
		})
	}
}

func TestContextThatHasEndedBeforeTheResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			cancel() // and answers all the same
			return answering(jsonType, bodyOf(plainReply))(req)
		})).RoundTrip(chatRequest(t, plainRequest).WithContext(ctx))
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, semconv.OutcomeCancelled, r.one(t).outcome())
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, plainReply, string(got), "the caller still gets everything")
	})
}

// timeoutError is what net/http and net give when their own time limits pass.
type timeoutError struct{}

func (timeoutError) Error() string   { return "net/http: timeout awaiting response headers" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

// talkative is an error that puts its own text where a type should stand.
type talkative struct{}

func (talkative) Error() string     { return "secret" }
func (talkative) ErrorType() string { return "secret prompt\xff" }

func TestErrorOfTheTransportBelow(t *testing.T) {
	for _, tt := range []struct {
		name      string
		err       error
		outcome   string
		errorType string
	}{
		{"refused", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, semconv.OutcomeFailed, "connection_refused"},
		{"reset", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, semconv.OutcomeFailed, "connection_reset"},
		{"broken pipe", &net.OpError{Op: "write", Err: syscall.EPIPE}, semconv.OutcomeFailed, "connection_reset"},
		{"DNS", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "secret.example", IsNotFound: true}}, semconv.OutcomeFailed, "dns_error"},
		{"TLS", &tls.CertificateVerificationError{Err: errors.New("x")}, semconv.OutcomeFailed, "tls_error"},
		{"closed connection", io.EOF, semconv.OutcomeFailed, "unexpected_eof"},
		{"timeout of the transport", timeoutError{}, semconv.OutcomeFailed, "timeout"},
		{"cancelled", context.Canceled, semconv.OutcomeCancelled, ""},
		{"deadline of the transport", context.DeadlineExceeded, semconv.OutcomeFailed, "timeout"},
		{"an error that names itself", talkative{}, semconv.OutcomeFailed, "_OTHER"},
		{"anything", errors.New("secret"), semconv.OutcomeFailed, "*errors.errorString"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRecorder()
			resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				_ = req.Body.Close()
				return nil, tt.err
			})).RoundTrip(chatRequest(t, plainRequest))
			assert.Nil(t, resp)
			assert.True(t, tt.err == err, "the same error value")
			s := r.one(t)
			assert.Equal(t, tt.outcome, s.outcome())
			assert.Equal(t, tt.errorType, s.attr(semconv.ErrorTypeKey).AsString())
			assert.Equal(t, tt.errorType, s.Status.Description)
			assert.Contains(t, s.attr(semconv.GenAIInputMessagesKey).AsString(), "Hi", "what was asked is on record")
		})
		if tt.errorType == "" || errors.Is(tt.err, io.EOF) {
			continue
		}
		t.Run(tt.name+" while reading", func(t *testing.T) {
			r := newRecorder()
			body := &trackedBody{Reader: io.MultiReader(strings.NewReader(firstChunk+textChunk), iotest.ErrReader(tt.err))}
			resp, err := r.transport(answering(streamType, body)).RoundTrip(chatRequest(t, streamRequest))
			require.NoError(t, err)
			_, err = io.ReadAll(resp.Body)
			assert.True(t, tt.err == err, "the same error value")
			s := r.one(t)
			want := tt.outcome
			if want == semconv.OutcomeFailed {
				want = semconv.OutcomeCut
			}
			assert.Equal(t, want, s.outcome())
			assert.Equal(t, tt.errorType, s.attr(semconv.ErrorTypeKey).AsString())
			assert.Contains(t, s.attr(semconv.GenAIOutputMessagesKey).AsString(), "Hello", "what came is on record")
		})
	}
}

func TestDataThatComesWithAnErrorCounts(t *testing.T) {
	r := newRecorder()
	body := &trackedBody{Reader: iotest.DataErrReader(strings.NewReader(plainReply[:len(plainReply)-1] + "}"))}
	resp, err := r.transport(answering(jsonType, body)).RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	buf := make([]byte, 4096)
	n, err := resp.Body.Read(buf)
	assert.Equal(t, len(plainReply), n)
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, semconv.OutcomeCompleted, r.one(t).outcome())
}

func TestBodyThatNobodyReadsOrClosesIsAbandoned(t *testing.T) {
	for read, outcome := range map[string]string{"": semconv.OutcomeAbandoned, firstChunk + lastChunk: semconv.OutcomeCompleted} {
		t.Run(outcome, func(t *testing.T) {
			r := newRecorder()
			func() {
				// Read as far as that; then the body is forgotten.
				resp, err := r.transport(answering(streamType, newStalled(firstChunk+lastChunk))).RoundTrip(chatRequest(t, streamRequest))
				require.NoError(t, err)
				_, err = io.CopyN(io.Discard, resp.Body, int64(len(read)))
				require.NoError(t, err)
			}()
			require.Eventually(t, func() bool {
				runtime.GC()
				return len(r.exporter.GetSpans()) > 0
			}, 10*time.Second, time.Millisecond)
			assert.Equal(t, outcome, r.one(t).outcome())
		})
	}
}

func TestErrorStatusEndsInsideRoundTripWhenItsBodyIsShort(t *testing.T) {
	const body = `{"object":"error","message":"Invalid model: nope","type":"invalid_model","code":"1500"}`
	for name, act := range map[string]func(*http.Response){
		"never read, never closed": func(*http.Response) {},
		"closed":                   func(r *http.Response) { _ = r.Body.Close() },
		"read": func(r *http.Response) {
			got, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			assert.Equal(t, body, string(got))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder()
			inner := bodyOf(body)
			resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				resp, err := answering(jsonType, inner)(req)
				resp.StatusCode, resp.ContentLength = 400, int64(len(body))
				return resp, err
			})).RoundTrip(chatRequest(t, plainRequest))
			require.NoError(t, err)
			s := r.one(t)
			assert.Equal(t, semconv.OutcomeRefused, s.outcome())
			assert.Equal(t, "1500", s.attr(semconv.MistralErrorCodeKey).AsString())
			assert.Zero(t, inner.closed())
			act(resp)
			if name == "closed" {
				assert.Equal(t, 1, inner.closed())
			}
			r.one(t)
		})
	}
}

func TestErrorStatusWithABodyOfUnknownLengthIsNotReadAhead(t *testing.T) {
	for name, act := range map[string]func(*testing.T, io.ReadCloser){
		"read": func(t *testing.T, b io.ReadCloser) {
			_, err := io.ReadAll(b)
			require.NoError(t, err)
		},
		"closed": func(t *testing.T, b io.ReadCloser) {
			readUntil(t, b, `"1300"}`)
			require.NoError(t, b.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder()
			resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				resp, err := answering(jsonType, bodyOf(`{"message":"slow down","type":"rate_limited","code":"1300"}`))(req)
				resp.StatusCode = 429
				return resp, err
			})).RoundTrip(chatRequest(t, plainRequest))
			require.NoError(t, err)
			assert.Empty(t, r.exporter.GetSpans())
			act(t, resp.Body)
			s := r.one(t)
			assert.Equal(t, semconv.OutcomeRefused, s.outcome())
			assert.Equal(t, "429 rate_limited: slow down", s.Status.Description)
		})
	}
}

func TestReadErrorInsideAShortErrorBodyIsPutBack(t *testing.T) {
	errRead := errors.New("reset")
	r := newRecorder()
	resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		body := &trackedBody{Reader: io.MultiReader(strings.NewReader(`{"type":"x_`), iotest.ErrReader(errRead))}
		resp, err := answering(jsonType, body)(req)
		resp.StatusCode, resp.ContentLength = 500, 100
		return resp, err
	})).RoundTrip(chatRequest(t, plainRequest))
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	assert.Same(t, errRead, err)
	assert.Equal(t, `{"type":"x_`, string(got))
	assert.Equal(t, semconv.OutcomeRefused, r.one(t).outcome())
}

func TestResponsesThatAreNoRepliesKeepTheirBody(t *testing.T) {
	for _, status := range []int{101, 204, 205, 302, 304, 307} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			r := newRecorder()
			body := bodyOf("x")
			resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				resp, err := answering(jsonType, body)(req)
				resp.StatusCode = status
				return resp, err
			})).RoundTrip(chatRequest(t, plainRequest))
			require.NoError(t, err)
			assert.Same(t, body, resp.Body)
			s := r.one(t)
			assert.Equal(t, semconv.OutcomeCompleted, s.outcome())
			assert.EqualValues(t, status, s.attr(semconv.HTTPResponseStatusCodeKey).AsInt64())
		})
	}
}

// ended is a context that has ended in a way of its own.
type ended struct {
	context.Context
	done chan struct{}
}

func (e ended) Done() <-chan struct{} { return e.done }
func (e ended) Err() error {
	select {
	case <-e.done:
		return errors.New("of its own kind")
	default:
		return nil
	}
}

func TestContextOfAnotherKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := ended{t.Context(), make(chan struct{})}
		r := newRecorder()
		resp, err := r.transport(answering(streamType, newStalled(firstChunk))).RoundTrip(chatRequest(t, streamRequest).WithContext(ctx))
		require.NoError(t, err)
		close(ctx.done)
		synctest.Wait()
		assert.Equal(t, semconv.OutcomeCancelled, r.one(t).outcome())
		require.NoError(t, resp.Body.Close())
	})
}

// counting is a context that knows how many wait for its end.
type counting struct {
	context.Context
	waiting *int
}

func (c counting) Done() <-chan struct{} { return make(chan struct{}) }
func (c counting) AfterFunc(func()) func() bool {
	*c.waiting++
	return func() bool { *c.waiting--; return true }
}

func TestEndedCallsLeaveTheContextAlone(t *testing.T) {
	waiting := 0
	r := newRecorder()
	resp, err := r.transport(answering(jsonType, bodyOf(plainReply))).
		RoundTrip(chatRequest(t, plainRequest).WithContext(counting{t.Context(), &waiting}))
	require.NoError(t, err)
	assert.Equal(t, 1, waiting)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Zero(t, waiting, "or a long-lived context would hold every call")
}

// blockedClose is a body whose Close waits.
type blockedClose struct {
	io.Reader
	closing, release chan struct{}
}

func (b *blockedClose) Close() error {
	close(b.closing)
	<-b.release
	return nil
}

func TestSpanEndsBeforeCloseReachesTheBody(t *testing.T) {
	r := newRecorder()
	inner := &blockedClose{strings.NewReader(firstChunk), make(chan struct{}), make(chan struct{})}
	resp, err := r.transport(answering(streamType, inner)).RoundTrip(chatRequest(t, streamRequest))
	require.NoError(t, err)
	done := make(chan error)
	go func() { done <- resp.Body.Close() }()
	<-inner.closing
	assert.Equal(t, semconv.OutcomeClosedEarly, r.one(t).outcome())
	close(inner.release)
	require.NoError(t, <-done)
}

func TestErrorBodyIsReadAheadUpTo64KiB(t *testing.T) {
	for length, ahead := range map[int]bool{64 << 10: true, 64<<10 + 1: false} {
		r := newRecorder()
		body := bodyOf(strings.Repeat(" ", length))
		resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := answering(jsonType, body)(req)
			resp.StatusCode, resp.ContentLength = http.StatusBadRequest, int64(length)
			return resp, err
		})).RoundTrip(chatRequest(t, plainRequest))
		require.NoError(t, err)
		assert.Equal(t, ahead, len(r.exporter.GetSpans()) == 1, "%d bytes", length)
		require.NoError(t, resp.Body.Close())
		r.one(t)
	}
}

// exploding is a body that panics when it is read.
type exploding struct{}

func (exploding) Read([]byte) (int, error) { panic("body") }
func (exploding) Close() error             { return nil }

func TestBodyThatPanicsWhileItIsReadAhead(t *testing.T) {
	r := newRecorder()
	assert.PanicsWithValue(t, "body", func() {
		_, _ = r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := answering(jsonType, exploding{})(req)
			resp.StatusCode, resp.ContentLength = http.StatusBadRequest, 10
			return resp, err
		})).RoundTrip(chatRequest(t, plainRequest))
	})
	r.one(t)
}

func TestOddTransportsBelow(t *testing.T) {
	for name, answer := range map[string]*http.Response{
		"nil response": nil,
		"nil body":     {StatusCode: http.StatusOK, Header: http.Header{}},
		"nil header":   {StatusCode: http.StatusOK, Body: http.NoBody},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder()
			resp, err := r.transport(roundTripFunc(func(*http.Request) (*http.Response, error) {
				return answer, nil
			})).RoundTrip(chatRequest(t, plainRequest))
			require.NoError(t, err)
			assert.Same(t, answer, resp)
			want := semconv.OutcomeTruncated
			if answer == nil {
				want = semconv.OutcomeFailed
			}
			assert.Equal(t, want, r.one(t).outcome())
		})
	}
	t.Run("no length declared", func(t *testing.T) {
		for status, outcome := range map[int]string{200: semconv.OutcomeCompleted, 400: semconv.OutcomeRefused} {
			r := newRecorder()
			resp, err := r.transport(roundTripFunc(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Body: bodyOf(plainReply)}, nil // ContentLength is 0
			})).RoundTrip(chatRequest(t, plainRequest))
			require.NoError(t, err)
			got, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, plainReply, string(got))
			assert.Equal(t, outcome, r.one(t).outcome())
		}
	})
	t.Run("a body that gives nothing", func(t *testing.T) {
		r := newRecorder()
		req := chatRequest(t, plainRequest)
		req.Body = io.NopCloser(nothing{})
		_, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			_, err := bufio.NewReader(req.Body).ReadByte()
			return nil, err
		})).RoundTrip(req)
		assert.ErrorIs(t, err, io.ErrNoProgress)
	})
	t.Run("panic", func(t *testing.T) {
		r := newRecorder()
		assert.PanicsWithValue(t, "base", func() {
			_, _ = r.transport(roundTripFunc(func(*http.Request) (*http.Response, error) { panic("base") })).
				RoundTrip(chatRequest(t, plainRequest))
		})
		assert.Equal(t, semconv.OutcomeFailed, r.one(t).outcome())
	})
	t.Run("reads more than asked for", func(t *testing.T) {
		r := newRecorder()
		resp, err := r.transport(answering(jsonType, io.NopCloser(liar{9, nil}))).RoundTrip(chatRequest(t, plainRequest))
		require.NoError(t, err)
		n, err := resp.Body.Read(make([]byte, 3))
		assert.Equal(t, 9, n)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		r.one(t)
	})
	for _, n := range []int{-1, 9} {
		t.Run(fmt.Sprintf("fails, and says that it read %d of 3", n), func(t *testing.T) {
			r := newRecorder()
			resp, err := r.transport(answering(jsonType, io.NopCloser(liar{n, errDisk}))).RoundTrip(chatRequest(t, plainRequest))
			require.NoError(t, err)
			got, err := resp.Body.Read(make([]byte, 3))
			assert.Equal(t, n, got)
			assert.Equal(t, errDisk, err)
			assert.Equal(t, semconv.OutcomeCut, r.one(t).outcome())
		})
	}
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

type liar struct {
	n   int
	err error
}

func (l liar) Read([]byte) (int, error) { return l.n, l.err }

func TestRealConnectionsThatFail(t *testing.T) {
	// The goroutine of a context that has ended may be ending the span while the
	// caller gets his error.
	ended := func(t *testing.T, r *recorder) span {
		require.Eventually(t, func() bool { return len(r.exporter.GetSpans()) > 0 }, 5*time.Second, time.Millisecond)
		return r.one(t)
	}
	post := func(t *testing.T, r *recorder, client *http.Client, url string) error {
		resp, err := client.Post(url+"/v1/chat/completions", jsonType, strings.NewReader(streamRequest))
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		_, err = io.ReadAll(resp.Body)
		return err
	}
	serve := func(t *testing.T, h http.HandlerFunc) string {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			// Only then does the server notice that the client has gone.
			_, _ = io.Copy(io.Discard, req.Body)
			h(w, req)
		}))
		t.Cleanup(srv.Close)
		return srv.URL
	}
	newTransport := func(t *testing.T) *http.Transport {
		tr := &http.Transport{}
		t.Cleanup(tr.CloseIdleConnections)
		return tr
	}
	t.Run("certificate of nobody", func(t *testing.T) {
		srv := httptest.NewUnstartedServer(nil)
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.StartTLS()
		t.Cleanup(srv.Close)
		r := newRecorder()
		require.Error(t, post(t, r, &http.Client{Transport: r.transport(newTransport(t))}, srv.URL))
		assert.Equal(t, "tls_error", ended(t, r).attr(semconv.ErrorTypeKey).AsString())
	})
	t.Run("http.Client.Timeout inside the stream", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Content-Type", streamType)
			_, _ = io.WriteString(w, firstChunk+textChunk)
			_ = http.NewResponseController(w).Flush()
			<-req.Context().Done()
		})
		r := newRecorder()
		require.Error(t, post(t, r, &http.Client{Transport: r.transport(newTransport(t)), Timeout: 50 * time.Millisecond}, url))
		assert.Equal(t, semconv.OutcomeDeadline, ended(t, r).outcome())
		assert.Equal(t, "timeout", ended(t, r).attr(semconv.ErrorTypeKey).AsString())
	})
	t.Run("http.Client.Timeout before the headers", func(t *testing.T) {
		url := serve(t, func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })
		r := newRecorder()
		require.Error(t, post(t, r, &http.Client{Transport: r.transport(newTransport(t)), Timeout: 50 * time.Millisecond}, url))
		assert.Equal(t, semconv.OutcomeDeadline, ended(t, r).outcome())
	})
}
