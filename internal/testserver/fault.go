// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
)

// Fault is one way in which the side of the model goes wrong, at one point of the
// exchange. [Fault.Serve] plays it to every request, on any path. Fields beside
// Name and Point say what the caller has to do so that it happens.
type Fault struct {
	// Name says what goes wrong, and Point where.
	Name, Point string
	// Before is how much of the body the caller can read before the server waits.
	Before int
	// Reads is how much of an endless body the caller reads before he closes it;
	// 0 stands for all of any other.
	Reads int64
	// AcceptGzip: the caller sets Accept-Encoding, so that he gets compressed bytes.
	AcceptGzip bool
	// SentOnce: the body of the request cannot be had again.
	SentOnce bool

	refused bool
	http2   bool
	// reply answers the try-th request, counted from 1, and waits for gate before
	// it goes wrong.
	reply func(try int, gate <-chan struct{}) Reply
	// frames speaks HTTP/2 by hand on the try-th connection.
	frames func(c *framer, try int, gate <-chan struct{})
}

// String names the fault and its point.
func (f Fault) String() string { return f.Name + ", " + f.Point }

// Serve starts a server for one caller, to be reached by its [Mistral.Transport].
// The server has sent, and flushed, what comes before the fault, and goes wrong
// once gate is closed: so a caller who closes it when he has read [Fault.Before]
// bytes misses none of them, and knows that nothing held them back. Close the
// server after use.
func (f Fault) Serve(gate <-chan struct{}) *Mistral {
	var tries atomic.Int64
	opts := []MistralOption{WithHandler(func(Request) (Reply, bool) {
		return f.reply(int(tries.Add(1)), gate), true
	})}
	if f.http2 {
		opts = append(opts, withHTTP2)
	}
	if f.frames != nil {
		opts = append(opts, func(m *Mistral) {
			m.server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
				"h2": func(_ *http.Server, c *tls.Conn, _ http.Handler) {
					conn := &framer{c}
					conn.play(func() { f.frames(conn, int(tries.Add(1)), gate) })
				},
			}
		})
	}
	m := NewMistral(opts...)
	if f.refused {
		m.Close()
	}
	return m
}

// Faults are all faults but those of [Floods]. said is what the model says in
// them: ASCII that needs no escapes in JSON.
func Faults(said string) []Fault {
	return slices.Concat(broken(said), misdeclared(said), preliminary(said), goneAway(said), redirected(said), malformed(said))
}

const eventType = "text/event-stream; charset=utf-8"

// faultUsage is that of all replies that have one.
const faultUsage = `{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}`

// faultReply is a whole reply that says so.
func faultReply(said string) string {
	return fmt.Sprintf(`{"id":"f1","model":"mistral-small-2506","choices":[{"index":0,"finish_reason":"stop",`+
		`"message":{"role":"assistant","content":"%s"}}],"usage":%s}`, said, faultUsage)
}

// faultStream is a stream that says so: its first event, which says nothing, that
// with the text, that with the finish reason and usage, and [DONE].
func faultStream(said string) [4]string {
	const chunk = `data: {"id":"f1","model":"mistral-small-2506","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":%s}]%s}` + "\n\n"
	return [4]string{
		fmt.Sprintf(chunk, "", "null", ""),
		fmt.Sprintf(chunk, said, "null", ""),
		fmt.Sprintf(chunk, "", `"stop"`, `,"usage":`+faultUsage),
		"data: [DONE]\n\n",
	}
}

// wholeStream is [faultStream] in one piece.
func wholeStream(said string) string {
	events := faultStream(said)
	return events[0] + events[1] + events[2] + events[3]
}

// always plays the same reply, which waits for nothing.
func always(r Reply) func(int, <-chan struct{}) Reply {
	return func(int, <-chan struct{}) Reply { return r }
}

// typed is a reply that net/http gives no type of its own.
func typed(contentType string, steps ...Step) Reply {
	r := Raw(http.StatusOK, contentType, "")
	r.Steps = steps
	return r
}
