// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Reply is a scripted answer to one request. It is a value: methods return a
// changed copy.
type Reply struct {
	// Status is the HTTP status; 0 means 200.
	Status int
	// Header is added to the reply and wins over what the server sets itself.
	// With a Content-Length larger than what the steps write, the client finds
	// the body cut.
	Header http.Header
	// Steps say what happens, in order. None means an empty body.
	Steps []Step
	// Encoding compresses what the steps write: "gzip", "deflate" (zlib, as
	// RFC 9110 has it) or "" for neither.
	Encoding string
	// Split, if positive, cuts what is written into pieces of that many bytes
	// (after compression) and flushes each, so that the client reads it in
	// small pieces.
	Split int
	// Gateway adds the response headers that Mistral's gateway adds, such as
	// mistral-correlation-id and, on a reply that is not a stream, the rate
	// limits.
	Gateway bool
}

// JSON answers as Mistral does when it does not stream.
func JSON(status int, body string) Reply {
	return Reply{
		Status:  status,
		Header:  http.Header{"Content-Type": {"application/json"}},
		Steps:   []Step{Write(body)},
		Gateway: true,
	}
}

// Stream answers 200 with server-sent events, as Mistral does, and performs
// steps.
func Stream(steps ...Step) Reply {
	return Reply{
		Header:  http.Header{"Content-Type": {"text/event-stream; charset=utf-8"}},
		Steps:   steps,
		Gateway: true,
	}
}

// SSE answers with a whole stream, event by event: it is Stream(Events(body)...).
func SSE(body string) Reply { return Stream(Events(body)...) }

// Raw answers as something in front of Mistral would: without the headers of
// Mistral's gateway. An empty contentType sets no content type.
func Raw(status int, contentType, body string) Reply {
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	} else {
		header["Content-Type"] = nil // keeps net/http from guessing one
	}
	return Reply{Status: status, Header: header, Steps: []Step{Write(body)}}
}

// With returns r with one more header.
func (r Reply) With(key, value string) Reply {
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set(key, value)
	return r
}

// Compressed returns r with its body compressed: see [Reply.Encoding].
func (r Reply) Compressed(encoding string) Reply {
	r.Encoding = encoding
	return r
}

// InPieces returns r written in pieces of n bytes: see [Reply.Split].
func (r Reply) InPieces(n int) Reply {
	r.Split = n
	return r
}

// Chunked returns r without a Content-Length: the headers are on their way
// before the first step. Mistral answers so, errors included, whereas
// [net/http] declares the length of a short body.
func (r Reply) Chunked() Reply {
	r.Steps = append([]Step{Flush()}, r.Steps...)
	return r
}

// Until returns r with its first n steps only, and then others: an answer that
// goes wrong half-way. What the server answers by itself has, without [WithPace],
// a step for each event of a stream; else a step for the headers and one for the
// body.
func (r Reply) Until(n int, others ...Step) Reply {
	r.Steps = slices.Concat(r.Steps[:n], others)
	return r
}

// Step is one thing that the server does while it answers. The response headers
// go out with the first step that flushes, or when the reply ends.
type Step struct {
	run func(*player) error
}

// Write writes raw bytes of the body, without flushing them.
func Write(body string) Step {
	return Step{func(p *player) error { return p.write(body) }}
}

// Flush sends what was written so far, or only the headers if that is nothing.
func Flush() Step { return Step{(*player).flush} }

// Event writes one server-sent event framed as Mistral frames it, and flushes
// it. data must be one line.
func Event(data string) Step { return piece("data: " + data + "\n\n") }

// NamedEvent is [Event] with a type, as conversations and audio have it.
func NamedEvent(name, data string) Step { return piece("event: " + name + "\ndata: " + data + "\n\n") }

// Done is the event that ends a chat stream.
func Done() Step { return Event("[DONE]") }

// Events turns the text of a stream into steps: each event up to and including
// its blank line is written and flushed on its own. What follows the last blank
// line is the last step.
func Events(body string) []Step {
	var steps []Step
	for _, event := range splitEvents(body) {
		steps = append(steps, piece(event))
	}
	return steps
}

func piece(text string) Step {
	return Step{func(p *player) error {
		if err := p.write(text); err != nil {
			return err
		}
		return p.flush()
	}}
}

// Pause waits. It does not flush: as the first step it delays the headers.
func Pause(d time.Duration) Step {
	return Step{func(p *player) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		return wait(p, timer.C)
	}}
}

// Await waits until ch is closed, or delivers a value. It does not flush.
func Await(ch <-chan struct{}) Step {
	return Step{func(p *player) error { return wait(p, ch) }}
}

// Hang waits until the client goes away or the server closes. As the first step
// it sends nothing at all; after [Flush] the client has its headers.
func Hang() Step {
	return Step{func(p *player) error { return wait[struct{}](p, nil) }}
}

// Cut flushes what was written and closes the connection, so that the client
// finds the body unfinished. As the first step the client gets no response.
func Cut() Step {
	return Step{func(p *player) error {
		if p.pending {
			if err := p.flush(); err != nil {
				return err
			}
		}
		return errCut
	}}
}

// Reset is [Cut] with a TCP reset. The client may lose bytes that it has not
// read yet.
func Reset() Step {
	return Step{func(p *player) error {
		p.linger()
		return Cut().run(p)
	}}
}

// Inform sends an informational response, such as 103 Early Hints, ahead of
// the reply. It must come before any step that flushes.
func Inform(status int, header http.Header) Step {
	return Step{func(p *player) error { return p.inform(status, header) }}
}

// Repeat writes raw bytes of the body n times, without flushing them, and until the
// client goes away if n is negative.
func Repeat(n int, body string) Step {
	return Step{func(p *player) error {
		p.start()
		p.pending = true
		b := []byte(body) // once, for who watches the heap
		for i := 0; i != n; i++ {
			if _, err := p.body.Write(b); err != nil {
				return errClientGone
			}
		}
		return nil
	}}
}

// Trailer sends a trailer after a body that was flushed before. A Trailer among
// the headers announces it.
func Trailer(key, value string) Step {
	return Step{func(p *player) error {
		p.w.Header().Set(http.TrailerPrefix+key, value)
		return nil
	}}
}

// Wire sends text as it is, instead of a reply, and closes the connection. It must
// be the only step, and the request one of HTTP/1.1.
func Wire(text string) Step {
	return Step{func(p *player) error {
		conn, _, err := http.NewResponseController(p.w).Hijack()
		if err != nil {
			return errClientGone
		}
		defer func() { _ = conn.Close() }()
		if _, err := io.WriteString(conn, text); err != nil {
			return errClientGone
		}
		return errCut
	}}
}

// splitEvents cuts body after each blank line.
func splitEvents(body string) []string {
	var events []string
	for body != "" {
		end := len(body)
		for _, blank := range []string{"\n\n", "\r\n\r\n", "\n\r\n", "\r\r"} {
			if i := strings.Index(body, blank); i >= 0 {
				end = min(end, i+len(blank))
			}
		}
		events = append(events, body[:end])
		body = body[end:]
	}
	return events
}
