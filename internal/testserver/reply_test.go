// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// send starts an exchange with the scripted reply and returns the response
// before its body is read. The caller owns the body.
func send(ctx context.Context, t testing.TB, m *Mistral, reply Reply) (*http.Response, error) {
	m.Enqueue(reply)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL+"/v1/chat/completions", strings.NewReader("{}"))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity") // keeps net/http from decompressing
	return newClient(t).Do(req)
}

// receive reads a whole exchange: the response, its body as far as it came, and
// the error that ended it.
func receive(t testing.TB, m *Mistral, reply Reply) (*http.Response, string, error) {
	resp, err := send(t.Context(), t, m, reply)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, resp.Body.Close())
	return resp, string(body), err
}

// ends returns how all exchanges ended, once n have.
func ends(t testing.TB, m *Mistral, n int) []End {
	requests, err := m.Wait(t.Context(), n)
	require.NoError(t, err)
	var out []End
	for _, r := range requests {
		out = append(out, r.End)
	}
	return out
}

func TestReplyIsServedAsScripted(t *testing.T) {
	cases := map[string]struct {
		reply      Reply
		wantStatus int
		wantHeader http.Header // nil value: absent
		wantBody   string
	}{
		"the zero reply": {Reply{}, 200, http.Header{"Content-Length": {"0"}, "Mistral-Correlation-Id": nil}, ""},
		"JSON": {
			JSON(201, `{"a":1}`), 201,
			http.Header{"Content-Type": {"application/json"}, "Content-Length": {"7"}, "X-Ratelimit-Limit-Req-Minute": {"100"}},
			`{"a":1}`,
		},
		"chunked": {JSON(200, `{"a":1}`).Chunked(), 200, http.Header{"Content-Length": nil}, `{"a":1}`},
		"a header of the script wins": {
			JSON(200, "").With("mistral-correlation-id", "mine").With("Server", "other"), 200,
			http.Header{"Mistral-Correlation-Id": {"mine"}, "Server": {"other"}, "X-Kong-Request-Id": {"01a01a72-91a2-7000-8000-000000000001"}},
			"",
		},
		"a stream": {
			Stream(Event("a"), Write("raw"), Done()), 200,
			http.Header{
				"Content-Type": {"text/event-stream; charset=utf-8"}, "X-Ratelimit-Limit-Req-Minute": nil,
				"Mistral-Correlation-Id": {"01a01a72-91a2-7000-8000-000000000001"},
			},
			"data: a\n\nrawdata: [DONE]\n\n",
		},
		"HTML of a proxy": {
			Raw(502, "text/html", "<h1>no</h1>"), 502,
			http.Header{"Content-Type": {"text/html"}, "Mistral-Correlation-Id": nil}, "<h1>no</h1>",
		},
		"no content type": {Raw(503, "", "no"), 503, http.Header{"Content-Type": nil}, "no"},
	}
	for name, c := range cases {
		for _, size := range []int{0, 1, 7} {
			t.Run(name, func(t *testing.T) {
				m := newMistral(t)
				resp, body, err := receive(t, m, c.reply.InPieces(size))
				require.NoError(t, err)
				assert.Equal(t, c.wantStatus, resp.StatusCode)
				assert.Equal(t, c.wantBody, body)
				for key, want := range c.wantHeader {
					if key == "Content-Length" && size > 0 {
						continue // flushed pieces are chunked
					}
					assert.Equal(t, want, resp.Header[key], key)
				}
				assert.Equal(t, []End{Answered}, ends(t, m, 1))
			})
		}
	}
}

func TestReplyMethodsLeaveTheirReceiverAlone(t *testing.T) {
	reply := JSON(200, "{}")
	_ = reply.With("A", "b").Compressed("gzip").InPieces(3).Chunked()
	assert.Empty(t, reply.Header.Get("A"))
	assert.Empty(t, reply.Encoding)
	assert.Zero(t, reply.Split)
	assert.Len(t, reply.Steps, 1)
}

func TestReplyFlushesEachEvent(t *testing.T) {
	for _, encoding := range []string{"", "gzip", "deflate"} {
		t.Run("encoding "+encoding, func(t *testing.T) {
			m := newMistral(t)
			seen := make(chan struct{})
			resp, err := send(t.Context(), t, m, Stream(Event("a"), Await(seen), Event("b")).Compressed(encoding))
			require.NoError(t, err)
			defer resp.Body.Close()
			assert.Equal(t, encoding, resp.Header.Get("Content-Encoding"))

			var body io.Reader = resp.Body
			switch encoding {
			case "gzip":
				body, err = gzip.NewReader(body)
			case "deflate":
				body, err = zlib.NewReader(body)
			}
			require.NoError(t, err)
			first := make([]byte, len("data: a\n\n"))
			_, err = io.ReadFull(body, first)
			require.NoError(t, err)
			assert.Equal(t, "data: a\n\n", string(first))

			close(seen) // the server waits for this, so nothing was read ahead
			rest, err := io.ReadAll(body)
			require.NoError(t, err)
			assert.Equal(t, "data: b\n\n", string(rest))
		})
	}
}

func TestReplyCanEndBadly(t *testing.T) {
	t.Run("cut in a chunked body", func(t *testing.T) {
		m := newMistral(t)
		resp, body, err := receive(t, m, Stream(Event("a"), Write("data: b"), Cut()))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Equal(t, int64(-1), resp.ContentLength)
		assert.Equal(t, "data: a\n\ndata: b", body)
		assert.Equal(t, []End{CutByServer}, ends(t, m, 1))
	})
	t.Run("cut in a body of declared length", func(t *testing.T) {
		m := newMistral(t)
		resp, body, err := receive(t, m, Reply{Steps: []Step{Write("12345"), Cut()}}.With("Content-Length", "10"))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Equal(t, int64(10), resp.ContentLength)
		assert.Equal(t, "12345", body)
	})
	t.Run("shorter than declared", func(t *testing.T) {
		m := newMistral(t)
		_, body, err := receive(t, m, JSON(200, "12345").With("Content-Length", "10"))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Equal(t, "12345", body)
	})
	t.Run("cut before the headers", func(t *testing.T) {
		m := newMistral(t)
		_, _, err := receive(t, m, Reply{Steps: []Step{Cut()}})
		require.ErrorIs(t, err, io.EOF)
	})
	t.Run("cut after the headers", func(t *testing.T) {
		m := newMistral(t)
		resp, body, err := receive(t, m, Stream(Flush(), Cut()))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Equal(t, 200, resp.StatusCode)
		assert.Empty(t, body)
	})
	t.Run("reset", func(t *testing.T) {
		m := newMistral(t)
		read := make(chan struct{})
		resp, err := send(t.Context(), t, m, Stream(Event("a"), Await(read), Reset()))
		require.NoError(t, err)
		defer resp.Body.Close()
		lines := bufio.NewReader(resp.Body)
		_, err = lines.ReadString('\n')
		require.NoError(t, err)
		close(read)
		_, err = io.ReadAll(lines)
		require.Error(t, err)
		assert.NotErrorIs(t, err, io.ErrUnexpectedEOF, "a reset is told apart from a cut")
		assert.Equal(t, []End{CutByServer}, ends(t, m, 1))
	})
}

func TestReplyHangsUntilTheClientLeaves(t *testing.T) {
	t.Run("before the headers", func(t *testing.T) {
		m := newMistral(t)
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			resp, err := send(ctx, t, m, Reply{Steps: []Step{Hang()}})
			if err == nil {
				err = errors.Join(errors.New("there was a response"), resp.Body.Close())
			}
			failed <- err
		}()
		require.NoError(t, m.bell.await(t.Context(), func() bool { return len(m.requests) == 1 }))
		assert.Equal(t, Open, m.Requests()[0].End)
		cancel()
		require.ErrorIs(t, <-failed, context.Canceled)
		assert.Equal(t, []End{ClientGone}, ends(t, m, 1))
	})
	t.Run("after an event", func(t *testing.T) {
		m := newMistral(t)
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := send(ctx, t, m, Stream(Event("a"), Hang()))
		require.NoError(t, err)
		defer resp.Body.Close()
		first := make([]byte, len("data: a\n\n"))
		_, err = io.ReadFull(resp.Body, first)
		require.NoError(t, err)
		cancel()
		assert.Equal(t, []End{ClientGone}, ends(t, m, 1))
	})
	t.Run("a client that stops reading is noticed", func(t *testing.T) {
		m := newMistral(t)
		steps := make([]Step, 4096)
		for i := range steps {
			steps[i] = Event(strings.Repeat("x", 16<<10)) // more than the kernel buffers
		}
		resp, err := send(t.Context(), t, m, Stream(steps...))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, []End{ClientGone}, ends(t, m, 1))
	})
}

func TestMistralCloseEndsAReplyThatHangs(t *testing.T) {
	m := NewMistral()
	resp, err := send(t.Context(), t, m, Stream(Event("a"), Pause(time.Hour)))
	require.NoError(t, err)
	defer resp.Body.Close()
	m.Close()
	assert.Equal(t, []End{CutByServer}, ends(t, m, 1))
}

func TestReplyPauses(t *testing.T) {
	m := newMistral(t)
	start := time.Now()
	resp, err := send(t.Context(), t, m, Stream(Pause(20*time.Millisecond), Event("a"), Pause(20*time.Millisecond)))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond, "a first pause delays the headers")
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.GreaterOrEqual(t, time.Since(start), 40*time.Millisecond)
}

func TestMistralKeepsThePace(t *testing.T) {
	m := newMistral(t, WithPace(20*time.Millisecond, 5*time.Millisecond))
	for request, want := range map[string]time.Duration{
		`{"model":"mistral-tiny","messages":[]}`:               20 * time.Millisecond,
		`{"model":"mistral-tiny","messages":[],"stream":true}`: 40 * time.Millisecond,
	} {
		start := time.Now()
		chat(t, m, request)
		assert.GreaterOrEqual(t, time.Since(start), want)
	}
}

func TestReplyInformsAheadOfItself(t *testing.T) {
	m := newMistral(t)
	var early []int
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			assert.Equal(t, "</style.css>", header.Get("Link"))
			early = append(early, code)
			return nil
		},
	})
	reply := JSON(200, "{}")
	reply.Steps = append([]Step{Inform(103, http.Header{"Link": {"</style.css>"}})}, reply.Steps...)
	resp, err := send(ctx, t, m, reply)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []int{103}, early)
	assert.Equal(t, 200, resp.StatusCode)
	assert.Empty(t, resp.Header.Get("Link"))
}

func TestMistralRecordsWhatArrived(t *testing.T) {
	m := newMistral(t)
	m.Enqueue(JSON(418, ""))
	body := "{\"odd\" : \x00\xFF}"
	post(t, newClient(t), m.URL+"/v1/chat/completions?a=%20b", body, "X-Test", "yes")
	resp, err := newClient(t).Post(m.URL+"/other", "text/plain", io.MultiReader(strings.NewReader("unknown "), strings.NewReader("length")))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	requests, err := m.Wait(t.Context(), 2)
	require.NoError(t, err)
	first, second := requests[0], requests[1]
	assert.Equal(t, http.MethodPost, first.Method)
	assert.Equal(t, "/v1/chat/completions?a=%20b", first.Target)
	assert.Equal(t, "yes", first.Header.Get("X-Test"))
	assert.Equal(t, body, string(first.Body))
	assert.Equal(t, int64(len(body)), first.ContentLength)
	assert.Equal(t, 418, first.Status)
	assert.Equal(t, strings.TrimPrefix(m.URL, "http://"), first.Host)
	assert.Equal(t, int64(-1), second.ContentLength)
	assert.Equal(t, "unknown length", string(second.Body))
	assert.Equal(t, 404, second.Status)
}

func TestMistralRecordsAnUploadThatBreaks(t *testing.T) {
	m := newMistral(t)
	m.Enqueue(JSON(200, "{}"))
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("disk on fire")))
	_, err := newClient(t).Post(m.URL+"/v1/chat/completions", "application/json", broken)
	require.ErrorContains(t, err, "disk on fire")
	requests, err := m.Wait(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, "half", string(requests[0].Body))
	require.Error(t, requests[0].BodyErr)
	assert.Equal(t, ClientGone, requests[0].End)
}

func TestMistralPrefersTheQueueThenTheHandler(t *testing.T) {
	m := newMistral(t, WithHandler(func(r Request) (Reply, bool) {
		return JSON(202, ""), strings.Contains(string(r.Body), "handle me")
	}))
	m.Enqueue(JSON(201, ""))
	for _, want := range []int{201, 202} {
		assert.Equal(t, want, chat(t, m, `{"handle me":true}`).StatusCode)
	}
	assert.Equal(t, 422, chat(t, m, `{}`).StatusCode)
}

func TestMistralWaitSaysWhatIsOpen(t *testing.T) {
	m := newMistral(t)
	resp, err := send(t.Context(), t, m, Stream(Flush(), Hang()))
	require.NoError(t, err)
	defer resp.Body.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = m.Wait(ctx, 2)
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "of 2 exchanges 1 arrived and 1 of these are open")
}

func TestMistralConcurrentSafe(t *testing.T) {
	m := newMistral(t)
	const senders, each = 8, 5
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for range each {
				resp, err := send(t.Context(), t, m, Canned("stream.sse"))
				if !assert.NoError(t, err) {
					return
				}
				body, err := io.ReadAll(resp.Body)
				assert.NoError(t, errors.Join(err, resp.Body.Close()))
				assert.Equal(t, Body("stream.sse"), string(body))
				m.Requests()
			}
		})
	}
	group.Wait()
	requests, err := m.Wait(t.Context(), senders*each)
	require.NoError(t, err)
	assert.Len(t, requests, senders*each)
}
