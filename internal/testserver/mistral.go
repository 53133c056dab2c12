// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// Mistral is a Mistral API on loopback. It serves every path that ends as one of
// Mistral's does, so a client may use URL or URL + "/v1" as its base. Unless a
// reply was scripted it answers as a small, deterministic Mistral that remembers
// nothing. All methods may be called concurrently.
type Mistral struct {
	// URL is the base address without /v1, such as http://127.0.0.1:4711.
	URL string

	model   model
	handler func(Request) (Reply, bool)
	server  *httptest.Server

	closing   chan struct{}
	closeOnce sync.Once

	bell     bell // guards what follows
	queue    []Reply
	requests []*Request
	number   int // of requests, forgotten ones included
	ended    int
}

// Request is one request as it arrived, and how its exchange ended.
type Request struct {
	Method string
	// Target is the path and query as sent.
	Target string
	Host   string
	Header http.Header
	// ContentLength is the declared length, -1 if there was none.
	ContentLength int64
	// Body holds the bytes as sent.
	Body []byte
	// BodyErr says why the body ended early; nil if it is whole.
	BodyErr error
	// Status is the HTTP status of the reply; 0 as long as none is decided.
	Status int
	// End says how the exchange ended.
	End End
}

// End says how an exchange ended, seen from the server.
type End string

const (
	// Open: the server is still answering.
	Open End = ""
	// Answered: the whole reply was written. The client may still have left
	// without reading all of it.
	Answered End = "answered"
	// ClientGone: the client went away before the reply was whole.
	ClientGone End = "client gone"
	// CutByServer: the script, or [Mistral.Close], closed the connection.
	CutByServer End = "cut by server"
)

// MistralOption configures [NewMistral].
type MistralOption func(*Mistral)

// WithPace makes unscripted replies take time: first passes before the first
// byte, and between passes before each further event of a stream. Default: none.
func WithPace(first, between time.Duration) MistralOption {
	return func(m *Mistral) { m.model.first, m.model.between = first, between }
}

// WithClock dates the entries of a conversation, and what else has a time, from
// what now says when the request has arrived: each entry begins a millisecond
// after the last and takes one. Default: always the same time.
func WithClock(now func() time.Time) MistralOption {
	return func(m *Mistral) { m.model.clock = now }
}

// WithAnswer lets fn say what an unscripted reply says to the prompt: the text of
// the last user message, the code to complete, the name of a document or of a
// recording. fn may be called concurrently.
func WithAnswer(fn func(prompt string) string) MistralOption {
	return func(m *Mistral) { m.model.answer = fn }
}

// WithRespanGateway makes unscripted replies those of Respan's gateway, which
// passes calls on to models of several providers:
//
//   - it serves /api/chat/completions and /api/v1/chat/completions only
//   - every reply has x-respan-log-id and x-respan-gateway-request-id, and none of
//     the headers of Mistral's gateway
//   - it takes models of all usual families, else 404, with or without a provider in front, as in
//     "mistral/mistral-small-latest"; the reply names the dated version of a model
//     that ends in -latest
//   - a stream ends without [DONE], and has usage only when stream_options asks
//     for it; a last chunk of another model follows when request_breakdown is true
func WithRespanGateway() MistralOption {
	return func(m *Mistral) { m.model.gateway = true }
}

// WithHandler lets fn script replies by request, after those enqueued. Where it
// returns false, the server answers by itself. fn may be called concurrently.
func WithHandler(fn func(Request) (Reply, bool)) MistralOption {
	return func(m *Mistral) { m.handler = fn }
}

// NewMistral starts a server. Close it after use.
func NewMistral(opts ...MistralOption) *Mistral {
	m := &Mistral{
		model:   model{answer: knownAnswer},
		handler: func(Request) (Reply, bool) { return Reply{}, false },
		closing: make(chan struct{}),
	}
	m.server = httptest.NewUnstartedServer(m)
	for _, opt := range opts {
		opt(m)
	}
	m.server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	if m.server.EnableHTTP2 {
		m.server.StartTLS()
	} else {
		m.server.Start()
	}
	m.URL = m.server.URL
	return m
}

// withHTTP2 serves HTTP/2 over TLS, with a certificate that [Mistral.Transport]
// knows.
func withHTTP2(m *Mistral) { m.server.EnableHTTP2 = true }

// Transport returns the transport that reaches the server. It is gone with it.
func (m *Mistral) Transport() *http.Transport { return m.server.Client().Transport.(*http.Transport) }

// connKey is where the connection of a request is kept, for [Reset].
type connKey struct{}

// Close stops the server, which ends pauses and hanging replies, and drops open
// connections. What was received stays readable. It may be called again.
func (m *Mistral) Close() {
	m.closeOnce.Do(func() {
		close(m.closing)
		m.server.CloseClientConnections()
		m.server.Close()
	})
}

// Enqueue appends scripted replies. Each request, on any path, takes one from
// the front.
func (m *Mistral) Enqueue(replies ...Reply) {
	m.bell.Lock()
	defer m.bell.Unlock()
	m.queue = append(m.queue, replies...)
}

// Requests returns the requests whose body has arrived, in that order.
func (m *Mistral) Requests() []Request {
	m.bell.Lock()
	defer m.bell.Unlock()
	out := make([]Request, len(m.requests))
	for i, r := range m.requests {
		out[i] = *r
	}
	return out
}

// Reset forgets the requests. Scripted replies stay.
func (m *Mistral) Reset() {
	m.bell.Lock()
	defer m.bell.Unlock()
	m.requests = nil
}

// Wait blocks until at least n exchanges have ended and returns
// [Mistral.Requests]. When ctx ends first, it returns what is there and an
// error.
func (m *Mistral) Wait(ctx context.Context, n int) ([]Request, error) {
	err := m.bell.await(ctx, func() bool { return m.ended >= n })
	requests := m.Requests()
	if err != nil {
		open := len(slices.DeleteFunc(slices.Clone(requests), func(r Request) bool { return r.End != Open }))
		return requests, fmt.Errorf("testserver: of %d exchanges %d arrived and %d of these are open: %w", n, len(requests), open, err)
	}
	return requests, nil
}

// ServeHTTP implements [http.Handler].
func (m *Mistral) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	record := &Request{
		Method: req.Method, Target: req.RequestURI, Host: req.Host, Header: req.Header.Clone(),
		ContentLength: req.ContentLength, Body: body, BodyErr: err,
	}
	number, reply, scripted := m.arrived(record)
	if err != nil {
		m.end(record, ClientGone)
		panic(http.ErrAbortHandler)
	}
	if !scripted {
		reply, scripted = m.handler(*record)
	}
	if !scripted {
		reply = m.unscripted(record)
	}
	m.bell.Lock()
	record.Status = statusOr200(reply.Status)
	m.bell.Unlock()

	conn, _ := req.Context().Value(connKey{}).(net.Conn)
	p := &player{reply: reply, number: number, w: w, req: req, conn: conn, closing: m.closing}
	switch err := p.play(); {
	case err == nil:
		m.end(record, Answered)
	case errors.Is(err, errCut):
		m.end(record, CutByServer)
		panic(http.ErrAbortHandler) // closes the connection and logs nothing
	default:
		m.end(record, ClientGone)
		panic(http.ErrAbortHandler)
	}
}

// arrived records a request and returns its number, counted from 1, and the
// reply that waits for it in the queue.
func (m *Mistral) arrived(record *Request) (number int, reply Reply, scripted bool) {
	m.bell.Lock()
	defer m.bell.Unlock()
	m.requests = append(m.requests, record)
	m.number++
	m.bell.ring()
	if record.BodyErr == nil && len(m.queue) > 0 {
		reply, scripted = m.queue[0], true
		m.queue = m.queue[1:]
	}
	return m.number, reply, scripted
}

func (m *Mistral) end(record *Request, end End) {
	m.bell.Lock()
	defer m.bell.Unlock()
	record.End = end
	m.ended++
	m.bell.ring()
}

// unscripted routes and authorizes as Mistral's gateway does, and lets the model
// answer.
func (m *Mistral) unscripted(r *Request) Reply {
	path, _, _ := strings.Cut(r.Target, "?")
	answer, found := routed(r)
	switch {
	case m.model.gateway && !isGatewayPath(path):
		return ErrorNamed("404 no route").Reply()
	case !found:
		return answer(m.model)
	case m.model.gateway:
		return m.model.gatewayReply(r)
	}
	switch key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); {
	case !ok || key == "":
		return ErrorNamed("401 unauthorized").Reply()
	case strings.Contains(key, "invalid"):
		return ErrorNamed("401 invalid key").Reply()
	}
	return answer(m.model)
}
