// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// How playing a reply can end before its last step.
var (
	errClientGone = errors.New("the client went away")
	errCut        = errors.New("the server cut the connection")
)

// player performs one reply on one connection.
type player struct {
	reply   Reply
	number  int // of the request, counted from 1
	w       http.ResponseWriter
	req     *http.Request
	conn    net.Conn
	closing <-chan struct{} // closed when the server closes

	body    io.Writer // compresses if asked to, then splits
	flusher func() error
	sent    bool // the headers are decided
	pending bool // something was written since the last flush
}

// play performs the reply. It returns nil when the last step is done.
func (p *player) play() error {
	p.body = splitter{p}
	p.flusher = func() error { return nil }
	finish := p.flusher
	switch p.reply.Encoding {
	case "":
	case "gzip":
		c := gzip.NewWriter(p.body)
		p.body, p.flusher, finish = c, c.Flush, c.Close
	case "deflate":
		c := zlib.NewWriter(p.body)
		p.body, p.flusher, finish = c, c.Flush, c.Close
	default:
		panic(fmt.Sprintf("testserver: unknown encoding %q", p.reply.Encoding))
	}

	for _, step := range p.reply.Steps {
		if err := step.run(p); err != nil {
			return err
		}
	}
	p.start()
	if err := finish(); err != nil {
		return errClientGone
	}
	return nil
}

// start fixes the status and headers. They leave with the first flush.
func (p *player) start() {
	if p.sent {
		return
	}
	p.sent = true
	header := p.w.Header()
	if p.reply.Gateway {
		addGatewayHeaders(header, p.number, p.reply)
	}
	for key, values := range p.reply.Header {
		header[http.CanonicalHeaderKey(key)] = values
	}
	if p.reply.Encoding != "" {
		header.Set("Content-Encoding", p.reply.Encoding)
	}
	p.w.WriteHeader(statusOr200(p.reply.Status))
}

func statusOr200(status int) int {
	if status == 0 {
		return http.StatusOK
	}
	return status
}

func (p *player) write(text string) error {
	p.start()
	p.pending = true
	if _, err := io.WriteString(p.body, text); err != nil {
		return errClientGone
	}
	return nil
}

func (p *player) flush() error {
	p.start()
	p.pending = false
	if p.flusher() != nil || http.NewResponseController(p.w).Flush() != nil {
		return errClientGone
	}
	return nil
}

func (p *player) inform(status int, header http.Header) error {
	for key, values := range header {
		p.w.Header()[http.CanonicalHeaderKey(key)] = values
	}
	p.w.WriteHeader(status)
	for key := range header {
		p.w.Header().Del(key)
	}
	return nil
}

// wait blocks until ready delivers or is closed. A nil ready never does.
func wait[T any](p *player, ready <-chan T) error {
	select {
	case <-ready:
		return nil
	case <-p.req.Context().Done():
		select {
		case <-p.closing: // it was the server that dropped the connection
			return errCut
		default:
			return errClientGone
		}
	case <-p.closing:
		return errCut
	}
}

// linger makes closing the connection a TCP reset.
func (p *player) linger() {
	if tcp, ok := p.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // fails only on a connection that is gone already
	}
}

// splitter cuts what is written to the wire as [Reply.Split] asks.
type splitter struct{ p *player }

func (s splitter) Write(b []byte) (int, error) {
	size := s.p.reply.Split
	if size <= 0 {
		return s.p.w.Write(b)
	}
	total := 0
	for len(b) > 0 {
		n, err := s.p.w.Write(b[:min(size, len(b))])
		total += n
		if err == nil {
			err = http.NewResponseController(s.p.w).Flush()
		}
		if err != nil {
			return total, err
		}
		b = b[n:]
	}
	return total, nil
}
