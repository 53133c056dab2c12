// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exchangeKind is what the server answers.
type exchangeKind struct {
	name        string
	status      int
	contentType string
	body        string
	request     string
	declared    bool   // with its length
	encoded     bool   // with gzip, which the caller asked for
	inflated    bool   // with gzip, which net/http asked for and takes away
	sent        string // what the request's body is
}

var exchangeKinds = []exchangeKind{
	{name: "JSON", status: 200, contentType: jsonType, body: plainReply, request: plainRequest, declared: true},
	{name: "stream", status: 200, contentType: streamType, body: streamReply, request: streamRequest},
	{name: "error", status: 422, contentType: jsonType, body: `{"object":"error","type":"x","message":"no","code":"1"}`, request: plainRequest, declared: true},
	{name: "chunked error", status: 429, contentType: jsonType, body: `{"object":"error","type":"x","message":"no","code":"1"}`, request: streamRequest},
	{name: "gzip", status: 200, contentType: streamType, body: streamReply, request: streamRequest, encoded: true},
	{name: "gzip of net/http", status: 200, contentType: jsonType, body: plainReply, request: plainRequest, inflated: true},
}

// readAhead tells whether the body is read before the caller gets the response.
func (k exchangeKind) readAhead() bool { return k.status >= 400 && k.declared }

// Where the server stops, until the client has gone.
const (
	stopNowhere = ""
	stopHeaders = "before the headers"
	stopMiddle  = "in the middle of the body"
	// likewise, until the caller, who has the response, does something
	stopAfterResponse = "in the middle of the body, after the response"
)

// What the body of a request is.
const (
	sentFromMemory = "" // as http.NewRequest makes it
	sentAgain      = "body that GetBody gives again"
	sentOnce       = "body of unknown length"
)

// wire is a network inside a bubble of synctest.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error   { close(w.done); return nil }
func (w *wire) Addr() net.Addr { return &net.TCPAddr{} }

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case w.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// act is one caller with one server.
type act struct {
	*testing.T
	kind   exchangeKind
	stop   string
	ctx    context.Context
	cancel context.CancelFunc
	client *http.Client
	body   *callersBody // of the last request

	vague  bool     // net/http has two errors for what comes, and gives the first one to happen
	seen   []string // by the caller
	served []string // by the server
}

func (a *act) tell(format string, args ...any) { a.seen = append(a.seen, fmt.Sprintf(format, args...)) }

// describe tells all of an error that a caller could look at.
func (a *act) describe(err error) string {
	if err == nil {
		return "no error"
	}
	var types []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		types = append(types, fmt.Sprintf("%T", e))
	}
	var timeout interface{ Timeout() bool }
	text := fmt.Sprintf("%q %v", err, types)
	if a.vague {
		text = "an error"
	}
	return fmt.Sprintf("%s cancelled=%t deadline=%t timeout=%t disk=%t", text, errors.Is(err, context.Canceled),
		errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, errDisk))
}

// ServeHTTP is the server of the act.
func (a *act) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil { // else the client had gone, earlier or later
		a.served = append(a.served, fmt.Sprintf("%s %s %v %d %v %q", r.Method, r.URL, r.Header, r.ContentLength, r.TransferEncoding, body))
	}
	<-time.After(time.Millisecond) // what the client has to say of the request comes first
	if a.stop == stopHeaders {
		<-r.Context().Done()
		return
	}
	if r.Header.Get("X-Redirect") != "" && r.URL.RawQuery == "" {
		http.Redirect(w, r, r.URL.Path+"?again", http.StatusTemporaryRedirect)
		return
	}
	half := len(a.kind.body) / 2
	reply := [2]string{a.kind.body[:half], a.kind.body[half:]}
	if a.kind.encoded || a.kind.inflated {
		reply = gzipped(a, reply)
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Type", a.kind.contentType)
	w.Header().Set("Mistral-Correlation-Id", "c1")
	if a.kind.declared {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.kind.body)))
	}
	w.WriteHeader(a.kind.status)
	_, _ = io.WriteString(w, reply[0])
	_ = http.NewResponseController(w).Flush()
	if a.stop == stopMiddle || a.stop == stopAfterResponse {
		<-r.Context().Done()
		return
	}
	_, _ = io.WriteString(w, reply[1])
}

// gzipped compresses both halves so that the first can be read without the second.
func gzipped(t testing.TB, halves [2]string) [2]string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, halves[0])
	require.NoError(t, z.Flush())
	middle := b.Len()
	_, _ = io.WriteString(z, halves[1])
	require.NoError(t, z.Close())
	return [2]string{b.String()[:middle], b.String()[middle:]}
}

// callersBody is the body of a request that counts how it is treated.
type callersBody struct {
	io.Reader
	mu                 sync.Mutex
	closes, readsAfter int
	closeErr           error
}

func (b *callersBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	if b.closes > 0 {
		b.readsAfter++
	}
	b.mu.Unlock()
	return b.Reader.Read(p)
}

func (b *callersBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closes++
	return b.closeErr
}

// request is the kind's, of a body in memory.
func (a *act) request() *http.Request {
	req, err := http.NewRequestWithContext(a.ctx, http.MethodPost, chatURL, strings.NewReader(a.kind.request))
	require.NoError(a, err)
	req.URL.Scheme = "http"
	req.Header = http.Header{"Content-Type": {jsonType}, "User-Agent": {"caller"}}
	if a.kind.encoded {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	if a.kind.sent == sentOnce {
		req.ContentLength, req.GetBody = -1, nil
	}
	if a.kind.sent != sentFromMemory {
		a.watch(req, req.Body)
	}
	return req
}

// watch makes r the body of req.
func (a *act) watch(req *http.Request, r io.Reader) {
	a.body = &callersBody{Reader: r}
	req.Body = a.body
}

func (a *act) do(req *http.Request) *http.Response {
	resp, err := a.client.Do(req)
	a.tell("do: %s", a.describe(err))
	if err != nil {
		assert.Nil(a, resp)
		return nil
	}
	a.tell("%s %s %v length=%d uncompressed=%t chunked=%v", resp.Status, resp.Proto, resp.Header, resp.ContentLength, resp.Uncompressed, resp.TransferEncoding)
	a.tell("of the caller's request: %t", resp.Request == req)
	return resp
}

func (a *act) readAll(resp *http.Response) {
	if resp == nil {
		return
	}
	got, err := io.ReadAll(resp.Body)
	a.tell("read: %q %s", got, a.describe(err))
}

func (a *act) close(resp *http.Response) {
	if resp != nil {
		a.tell("close: %s", a.describe(resp.Body.Close()))
	}
}

// exchange is all that most callers do.
func (a *act) exchange(req *http.Request) {
	resp := a.do(req)
	a.readAll(resp)
	a.close(resp)
}

// afterAll lets everything happen that can: in a bubble, time passes only when
// all wait.
func afterAll() {
	<-time.After(time.Minute)
	synctest.Wait()
}

// play performs a caller and returns what happened: by way of the observed
// transport if observed, else the plain one.
func play(t *testing.T, kind exchangeKind, stop string, observed bool, caller func(*act)) (story []string) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		a := &act{T: t, kind: kind, stop: stop, ctx: ctx, cancel: cancel}
		network := &wire{conns: make(chan net.Conn), done: make(chan struct{})}
		server := &http.Server{Handler: a, ReadHeaderTimeout: time.Hour}
		go func() { _ = server.Serve(network) }()
		plain := &http.Transport{DialContext: network.dial}
		trips := 0
		counted := roundTripFunc(func(req *http.Request) (*http.Response, error) {
			trips++
			return plain.RoundTrip(req)
		})
		a.client = &http.Client{Transport: counted}
		r := newRecorder()
		if observed {
			a.client.Transport = r.transport(counted)
		}

		caller(a)

		afterAll()
		if a.body != nil {
			a.tell("the request's body was closed %d times, and read after: %t", a.body.closes, a.body.readsAfter > 0)
		}
		cancel()
		plain.CloseIdleConnections()
		assert.NoError(t, server.Close())
		afterAll()
		if observed {
			assert.Len(t, r.exporter.GetSpans(), trips, "a span for each exchange")
		}
		story = append(a.seen, a.served...)
	})
	return story
}

// sameStory plays a caller over a plain transport and over an observed one.
func sameStory(t *testing.T, kind exchangeKind, stop string, caller func(*act)) {
	want := play(t, kind, stop, false, caller)
	require.NotEmpty(t, want)
	assert.Equal(t, want, play(t, kind, stop, true, caller))
}

type contextKey struct{}

func TestCallersOfAllHabitsGetWhatAPlainTransportGives(t *testing.T) {
	first := func(a *act, resp *http.Response, n int) {
		got := make([]byte, n)
		n, err := io.ReadFull(resp.Body, got)
		a.tell("read: %q %s", got[:n], a.describe(err))
	}
	for _, tt := range []struct {
		name, stop string
		caller     func(*act)
	}{
		{"reads all, then closes", stopNowhere, func(a *act) { a.exchange(a.request()) }},
		{"reads one byte at a time", stopNowhere, func(a *act) {
			resp := a.do(a.request())
			resp.Body = io.NopCloser(iotest.OneByteReader(resp.Body))
			a.readAll(resp)
		}},
		{"reads no bytes", stopNowhere, func(a *act) {
			resp := a.do(a.request())
			first(a, resp, 0)
			a.exchange(a.request())
			a.close(resp)
		}},
		{"never closes", stopNowhere, func(a *act) { a.readAll(a.do(a.request())) }},
		{"never reads nor closes", stopNowhere, func(a *act) { a.do(a.request()) }},
		{"reads some, then neither reads nor closes", stopNowhere, func(a *act) { first(a, a.do(a.request()), 7) }},
		{"closes at once", stopNowhere, func(a *act) { a.close(a.do(a.request())) }},
		{"closes after some bytes", stopAfterResponse, func(a *act) {
			resp := a.do(a.request())
			first(a, resp, 7)
			a.close(resp)
		}},
		{"closes twice and goes on reading", stopNowhere, func(a *act) {
			resp := a.do(a.request())
			first(a, resp, 7)
			a.close(resp)
			a.close(resp)
			a.readAll(resp)
		}},
		{"closes what was read to its end, and reads again", stopNowhere, func(a *act) {
			resp := a.do(a.request())
			a.readAll(resp)
			a.readAll(resp)
			a.close(resp)
			a.readAll(resp)
		}},
		{"closes while it reads", stopAfterResponse, func(a *act) {
			resp := a.do(a.request())
			time.AfterFunc(time.Second, func() { _ = resp.Body.Close() })
			a.readAll(resp)
		}},
		{"cancels before", stopNowhere, func(a *act) {
			a.cancel()
			a.exchange(a.request())
		}},
		{"cancels before the headers", stopHeaders, func(a *act) {
			time.AfterFunc(time.Second, a.cancel)
			a.exchange(a.request())
		}},
		{"cancels inside the body", stopMiddle, func(a *act) {
			time.AfterFunc(time.Second, a.cancel)
			a.exchange(a.request())
		}},
		{"cancels between two reads", stopAfterResponse, func(a *act) {
			resp := a.do(a.request())
			first(a, resp, 7)
			a.cancel()
			synctest.Wait()
			a.close(resp)
		}},
		{"cancels after the end", stopNowhere, func(a *act) {
			resp := a.do(a.request())
			a.readAll(resp)
			a.cancel()
			synctest.Wait()
			a.readAll(resp)
			a.close(resp)
		}},
		{"cancels with a cause", stopMiddle, func(a *act) {
			ctx, cancel := context.WithCancelCause(a.ctx)
			time.AfterFunc(time.Second, func() { cancel(errDisk) })
			a.exchange(a.request().WithContext(ctx))
		}},
		{"has a deadline that passes", stopMiddle, func(a *act) {
			ctx, cancel := context.WithTimeout(a.ctx, time.Second)
			defer cancel()
			a.exchange(a.request().WithContext(ctx))
		}},
		{"has a deadline that has passed", stopNowhere, func(a *act) {
			ctx, cancel := context.WithDeadline(a.ctx, time.Now().Add(-time.Second))
			defer cancel()
			a.exchange(a.request().WithContext(ctx))
		}},
		{"has a context of values only", stopNowhere, func(a *act) {
			a.exchange(a.request().WithContext(context.WithValue(context.Background(), contextKey{}, 1)))
		}},
		{"has a time limit that passes before the headers", stopHeaders, func(a *act) {
			a.client.Timeout, a.vague = time.Second, true
			a.exchange(a.request())
		}},
		{"has a time limit that passes inside the body", stopMiddle, func(a *act) {
			a.client.Timeout, a.vague = time.Second, true
			a.exchange(a.request())
		}},
		{"sends the same request again", stopNowhere, func(a *act) {
			req := a.request()
			a.exchange(req)
			a.vague = true
			a.exchange(req)
		}},
	} {
		for _, kind := range exchangeKinds {
			if tt.stop == stopAfterResponse && kind.readAhead() {
				continue // the one thing that a caller gets later
			}
			forms := []string{sentFromMemory}
			if kind.status == http.StatusOK && !kind.inflated && !kind.encoded {
				forms = []string{sentFromMemory, sentAgain, sentOnce}
			}
			for _, kind.sent = range forms {
				t.Run(tt.name+"/"+kind.name+"/"+kind.sent, func(t *testing.T) { sameStory(t, kind, tt.stop, tt.caller) })
			}
		}
	}
}

func TestRequestBodiesOfAllKindsAreTreatedAsByAPlainTransport(t *testing.T) {
	failing := func(s string) io.Reader { return io.MultiReader(strings.NewReader(s), iotest.ErrReader(errDisk)) }
	noBody := errors.New("no body any more")
	for _, tt := range []struct {
		name string
		act  func(*act, *http.Request)
	}{
		{"nil", func(a *act, req *http.Request) { req.Body, req.GetBody, req.ContentLength = nil, nil, 0 }},
		{"NoBody", func(a *act, req *http.Request) { req.Body, req.GetBody, req.ContentLength = http.NoBody, nil, 0 }},
		{"one byte at a time", func(a *act, req *http.Request) { a.body.Reader = iotest.OneByteReader(a.body.Reader) }},
		{"its last bytes with EOF", func(a *act, req *http.Request) { a.body.Reader = iotest.DataErrReader(a.body.Reader) }},
		{"that is no more there", func(a *act, req *http.Request) { req.GetBody = nil }},
		{"of unknown length", func(a *act, req *http.Request) { req.ContentLength = -1 }},
		{"of unknown length, fails inside", func(a *act, req *http.Request) {
			req.ContentLength, req.GetBody = -1, nil
			a.body.Reader = failing(plainRequest[:20])
		}},
		{"fails at once", func(a *act, req *http.Request) { a.body.Reader = failing("") }},
		{"fails inside", func(a *act, req *http.Request) { a.body.Reader = failing(plainRequest[:20]) }},
		{"fails with its last bytes", func(a *act, req *http.Request) {
			a.body.Reader = iotest.DataErrReader(failing(plainRequest))
		}},
		{"cannot be closed", func(a *act, req *http.Request) { a.body.closeErr = errDisk }},
		{"shorter than declared", func(a *act, req *http.Request) { req.ContentLength += 5 }},
		{"longer than declared", func(a *act, req *http.Request) { req.ContentLength -= 5 }},
		{"declared to be empty", func(a *act, req *http.Request) { req.ContentLength = 0 }},
		{"is redirected", func(a *act, req *http.Request) { req.Header.Set("X-Redirect", "1") }},
		{"is redirected, and GetBody fails", func(a *act, req *http.Request) {
			req.Header.Set("X-Redirect", "1")
			req.GetBody = func() (io.ReadCloser, error) { return nil, noBody }
		}},
		{"is redirected, and there is no GetBody", func(a *act, req *http.Request) {
			req.Header.Set("X-Redirect", "1")
			req.GetBody = nil
		}},
		{"tried three times, with the body anew", func(a *act, req *http.Request) {
			for range 2 {
				a.exchange(req)
				body, err := req.GetBody()
				require.NoError(a, err)
				a.watch(req, body)
			}
		}},
		{"tried again when it has failed", func(a *act, req *http.Request) {
			a.body.Reader = failing(plainRequest[:20])
			a.exchange(req)
		}},
	} {
		for _, kind := range exchangeKinds[:3] {
			kind.sent = sentAgain
			t.Run(tt.name+"/"+kind.name, func(t *testing.T) {
				sameStory(t, kind, stopNowhere, func(a *act) {
					req := a.request()
					tt.act(a, req)
					a.exchange(req)
				})
			})
		}
	}
}

var errDisk = errors.New("disk on fire")
