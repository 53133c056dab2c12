// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// choices are what a fuzzer says, read byte by byte. At their end it says 0.
type choices struct{ rest []byte }

func (s *choices) upTo(n int) int {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return int(b) % (n + 1)
}

func (s *choices) yes() bool { return s.upTo(1) == 1 }

func pick[T any](s *choices, from ...T) T { return from[s.upTo(len(from)-1)] }

// scripted is a body that does as a fuzzer says.
type scripted struct {
	data     []byte
	step     int   // how much a Read gives at most
	end      error // what comes then; nil: a panic
	together bool  // with the last bytes
	closeErr error

	closes, readsAfter int
	closePanics        bool
}

func (b *scripted) Read(p []byte) (int, error) {
	if b.closes > 0 {
		b.readsAfter++
		return 0, errClosed
	}
	n := copy(p[:min(len(p), b.step)], b.data)
	b.data = b.data[n:]
	if len(b.data) > 0 || n > 0 && !b.together {
		return n, nil
	}
	if b.end == nil {
		panic("read")
	}
	return n, b.end
}

func (b *scripted) Close() error {
	b.closes++
	if b.closePanics {
		panic("close")
	}
	return b.closeErr
}

var errClosed = errors.New("closed")

// body is one of the texts, cut or not, given in any way.
func (s *choices) body(texts ...string) *scripted {
	data := []byte(pick(s, texts...))
	if s.yes() {
		n := min(s.upTo(255), len(s.rest))
		data, s.rest = slices.Clone(s.rest[:n]), s.rest[n:]
	}
	if s.yes() {
		data = data[:len(data)*s.upTo(255)/255]
	}
	return &scripted{
		data: data, step: 1 + s.upTo(255)*pick(s, 1, 1, 100), end: pick(s, io.EOF, io.EOF, io.EOF, errDisk, context.Canceled, io.ErrUnexpectedEOF, nil),
		together: s.yes(), closeErr: pick(s, nil, nil, errDisk), closePanics: s.upTo(20) == 20,
	}
}

// exchanged is one exchange, as a fuzzer says: who asks what, what the transport
// below does with it, and how the answer is read. What all of them see goes into
// the story.
type exchanged struct {
	story  []string
	sent   *scripted // the body of the request
	body   *scripted // that of the response
	cancel context.CancelFunc
}

func (x *exchanged) tell(format string, args ...any) {
	x.story = append(x.story, fmt.Sprintf(format, args...))
}

// attempt tells of a panic in f.
func (x *exchanged) attempt(f func()) {
	defer func() {
		if p := recover(); p != nil {
			x.tell("panic: %v", p)
		}
	}()
	f()
}

func (x *exchanged) request(s *choices) *http.Request {
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel = cancel
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, pick(s, chatURL, conversationURL, "https://api.mistral.ai/v1/audio/transcriptions"), nil)
	if err != nil {
		panic(err)
	}
	req.Header = http.Header{"Content-Type": {pick(s, jsonType, "multipart/form-data; boundary=b", "")}}
	if s.upTo(9) == 9 {
		return req // without a body
	}
	x.sent = s.body(plainRequest, streamRequest, requestOfTwo)
	// TestPanicsOfTheRequestsBodyReachTheCaller has those: an early one leaves no call.
	x.sent.end, x.sent.closePanics = cmp.Or(x.sent.end, errDisk), false
	req.Body, req.ContentLength = x.sent, int64(len(x.sent.data)+pick(s, 0, 0, 0, 1, -1))
	again := slices.Clone(x.sent.data)
	if s.yes() {
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(again)), nil }
	} else if s.yes() {
		req.ContentLength = -1
	}
	return req
}

// base is the transport below.
func (x *exchanged) base(s *choices) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			var got []byte
			var err error
			if s.yes() { // all
				got, err = io.ReadAll(req.Body)
			} else {
				got = make([]byte, s.upTo(255))
				var n int
				n, err = io.ReadFull(req.Body, got)
				got = got[:n]
			}
			x.tell("sent: %q %v, length %d, GetBody %t, %v", got, err, req.ContentLength, req.GetBody != nil, req.Body.Close())
		}
		if s.upTo(9) == 9 {
			x.cancel()
		}
		switch s.upTo(12) {
		case 10:
			panic("base")
		case 11:
			return nil, errDisk
		case 12:
			return nil, nil
		}
		resp := &http.Response{
			StatusCode: pick(s, 200, 200, 200, 200, 400, 422, 500, 101, 204, 307, 0, -1), Request: req, ContentLength: -1,
			Header: http.Header{"Content-Type": {pick(s, jsonType, streamType, "text/html", "\x00")}},
		}
		if s.yes() {
			resp.Header.Set("Content-Encoding", pick(s, "gzip", "deflate", "br", "identity"))
		}
		x.body = s.body(plainReply, streamReply, firstChunk+textChunk, `{"type":"x","code":"1"}`)
		if s.yes() {
			resp.ContentLength = int64(len(x.body.data))
		}
		if resp.StatusCode >= 400 {
			x.body.end = cmp.Or(x.body.end, errDisk) // what is read ahead panics earlier
		}
		resp.Body = x.body
		return resp, pick(s, nil, nil, nil, errDisk)
	}
}

// read reads the answer.
func (x *exchanged) read(s *choices, resp *http.Response) {
	for range s.upTo(40) {
		switch s.upTo(9) {
		case 8:
			x.cancel()
		case 9:
			x.attempt(func() { x.tell("close: %v", resp.Body.Close()) })
		default:
			p := make([]byte, s.upTo(255)*pick(s, 1, 1, 20))
			x.attempt(func() {
				n, err := io.ReadFull(resp.Body, p)
				x.tell("read: %q %v", p[:n], err)
			})
		}
	}
	x.cancel()
	x.attempt(func() { x.tell("close: %v", resp.Body.Close()) })
}

// run performs what the fuzzer says. wrap makes the transport.
func run(data []byte, wrap func(http.RoundTripper) http.RoundTripper) *exchanged {
	s, x := &choices{data}, &exchanged{}
	req := x.request(s)
	defer x.cancel()
	x.attempt(func() {
		resp, err := wrap(x.base(s)).RoundTrip(req)
		x.tell("%v", err)
		if resp == nil {
			return
		}
		x.tell("%d %v %d %t", resp.StatusCode, resp.Header, resp.ContentLength, resp.Request == req)
		x.read(s, resp)
	})
	if x.sent != nil {
		x.tell("request closed %d, read after %d", x.sent.closes, x.sent.readsAfter)
	}
	if x.body != nil {
		x.tell("response closed %d", x.body.closes)
	}
	return x
}

// ending is a span processor that tells of each span that ends.
type ending struct {
	sdktrace.SpanProcessor
	ended chan struct{}
}

func (e ending) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (e ending) OnEnd(sdktrace.ReadOnlySpan)                     { e.ended <- struct{}{} }

// FuzzDifferential lets a caller, a transport below and their bodies do anything,
// over the transport below itself and over the observed one: all must see the
// same, and one span must end.
func FuzzDifferential(f *testing.F) {
	random := rand.NewChaCha8([32]byte{})
	for n := range 300 {
		data := make([]byte, n)
		_, _ = random.Read(data)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want := run(data, func(base http.RoundTripper) http.RoundTripper { return base })
		e := ending{ended: make(chan struct{}, 100)}
		provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(e))
		got := run(data, func(base http.RoundTripper) http.RoundTripper {
			return roundtripper.New(base, roundtripper.WithTracerProvider(provider), roundtripper.WithContentCapture(roundtripper.CaptureSpan))
		})
		require.Equal(t, want.story, got.story)
		select { // the goroutine of the context may be ending it
		case <-e.ended:
		case <-time.After(10 * time.Second):
			t.Fatal("no span has ended")
		}
		assert.Empty(t, e.ended, "spans that ended besides")
	})
}

func TestPanicsOfTheRequestsBodyReachTheCaller(t *testing.T) {
	for name, body := range map[string]scripted{
		"read":         {step: 1},
		"read in time": {step: 1, data: []byte(plainRequest)},
		"close":        {step: 1, end: io.EOF, closePanics: true},
	} {
		for _, inMemory := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " ", inMemory), func(t *testing.T) {
				r := newRecorder()
				req := chatRequest(t, plainRequest)
				body := body
				req.Body = &body
				if !inMemory {
					req.ContentLength, req.GetBody = -1, nil
				}
				want, _, _ := strings.Cut(name, " ")
				assert.PanicsWithValue(t, want, func() { _, _ = r.transport(base()).RoundTrip(req) })
				if inMemory {
					assert.Empty(t, r.exporter.GetSpans(), "the call has not begun")
				} else {
					assert.Equal(t, semconv.OutcomeFailed, r.one(t).outcome())
				}
			})
		}
	}
}

// FuzzSnapshot compares what a transport reads of a request's body, and what
// error it gets, with and without a look at the body before it is sent.
func FuzzSnapshot(f *testing.F) {
	f.Add([]byte(plainRequest), uint16(0), uint16(50), int16(0), uint8(3), []byte{1, 200})
	f.Add([]byte(plainRequest), uint16(14000), uint16(50), int16(0), uint8(3), []byte{255})
	f.Add([]byte(streamRequest), uint16(14000), uint16(5000), int16(0), uint8(2), []byte{255})
	f.Add([]byte("{"), uint16(0), uint16(1), int16(-1), uint8(7), []byte{0, 7})
	f.Add([]byte(plainRequest), uint16(20), uint16(100), int16(5), uint8(15), []byte{255})
	f.Fuzz(func(t *testing.T, text []byte, times, step uint16, more int16, how uint8, reads []byte) {
		data := bytes.Repeat(text, 1+min(int(times), 2<<20/(1+len(text))))
		send := func(wrap func(http.RoundTripper) http.RoundTripper) (sent []byte, story []string, body *scripted) {
			body = &scripted{data: data, step: 1 + int(step), end: io.EOF, together: how&1 != 0}
			if how&4 != 0 {
				body.end = errDisk
			}
			if how&8 != 0 {
				body.closeErr = errDisk
			}
			req, err := http.NewRequest(http.MethodPost, chatURL, strings.NewReader(""))
			require.NoError(t, err)
			req.Body, req.ContentLength, req.GetBody = body, -1, nil
			if how&2 != 0 {
				req.ContentLength = int64(len(data)) + int64(more)
				req.GetBody = func() (io.ReadCloser, error) { return nil, errDisk }
			}
			_, err = wrap(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				for _, n := range append(reads, make([]byte, 2)...) {
					p := make([]byte, 20*int(n))
					m, err := io.ReadFull(req.Body, p)
					sent = append(sent, p[:m]...)
					story = append(story, fmt.Sprint(m, err))
				}
				rest, err := io.ReadAll(req.Body)
				sent = append(sent, rest...)
				story = append(story, fmt.Sprint(len(rest), err, req.Body.Close(), req.ContentLength))
				return nil, errClosed
			})).RoundTrip(req)
			assert.Same(t, errClosed, err)
			return sent, story, body
		}
		sent, story, _ := send(func(base http.RoundTripper) http.RoundTripper { return base })
		r := newRecorder()
		sentToo, storyToo, body := send(func(base http.RoundTripper) http.RoundTripper { return r.transport(base) })
		assert.True(t, bytes.Equal(sent, sentToo))
		assert.Equal(t, story, storyToo)
		assert.Equal(t, 1, body.closes)
		r.one(t)
	})
}
