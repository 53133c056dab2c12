// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"bytes"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/mistral"
)

// A request body up to maxSnapshot is read before it is sent; of a longer one, so
// that a call never holds much, only headSnapshot, where the model mostly stands.
const (
	maxSnapshot  = 1 << 20
	headSnapshot = 64 << 10
)

// snapshot is the body of a request as it was looked at before sending.
type snapshot struct {
	// body is what was read: all of it, its beginning, or nothing.
	body []byte
	// rest is what is to be observed while it is sent; nil if all was read.
	rest io.ReadCloser
	// forward is the body to send, without observing rest.
	forward io.ReadCloser
	reader  bytes.Reader // what forward reads if there is no rest
}

// nopClosers are the types of the bodies that http.NewRequest makes.
var nopClosers = []reflect.Type{
	reflect.TypeOf(io.NopCloser(strings.NewReader(""))),
	reflect.TypeOf(io.NopCloser(struct{ io.Reader }{})),
}

// takeSnapshot reads the body of req as far as that cannot block: GetBody says
// that the body can be had again, so it is in memory, or in a file. Any other
// body, a pipe for instance, is observed while it is being sent.
func takeSnapshot(req *http.Request) *snapshot {
	s := &snapshot{forward: req.Body}
	if req.Body == nil || req.Body == http.NoBody {
		return s
	}
	if req.GetBody == nil || req.ContentLength <= 0 {
		s.rest = req.Body
		return s
	}
	size := req.ContentLength
	if size > maxSnapshot {
		size = headSnapshot
	}
	var err error
	s.body, err = readUpTo(req.Body, size)
	if err != io.EOF {
		// A long body, one longer than it was declared, or one that fails: the
		// transport below must see the same.
		s.rest = req.Body
		s.forward = &replay{data: s.body, err: err, rest: req.Body}
		return s
	}
	if err := req.Body.Close(); err != nil || !slices.Contains(nopClosers, reflect.TypeOf(req.Body)) {
		s.forward = &replay{data: s.body, err: io.EOF, rest: closed{err}}
		return s
	}
	// net/http sends a body that it knows to be in memory together with the
	// headers, and again if that fails. This is such a one, like the one it
	// replaces.
	s.reader.Reset(s.body)
	s.forward = io.NopCloser(&s.reader)
	return s
}

// observed is the body to send, with its rest observed.
func (s *snapshot) observed(a *asked) io.ReadCloser {
	if s.rest == nil {
		return s.forward
	}
	rest := &requestBody{s.rest, a}
	if r, ok := s.forward.(*replay); ok {
		return &replay{data: r.data, err: r.err, rest: rest}
	}
	return rest
}

// readUpTo reads until the end of a body that should be n bytes long. The error
// is that of the last Read, io.EOF at the end, nil if the body goes on.
func readUpTo(r io.Reader, n int64) ([]byte, error) {
	// One byte more than there should be, so that the last Read sees the end.
	buf := make([]byte, n+1)
	read, empty := 0, 0
	for read < len(buf) && empty < 100 {
		m, err := r.Read(buf[read:])
		if m < 0 || m > len(buf)-read {
			break // the transport below will have its own opinion of that
		}
		if read += m; err != nil {
			return buf[:read:read], err
		}
		if m > 0 {
			empty = 0
		} else {
			empty++
		}
	}
	return buf[:read:read], nil
}

// replay gives data, then err if there is one, else what rest gives.
type replay struct {
	data   []byte
	err    error
	rest   io.ReadCloser
	closed atomic.Bool
}

func (r *replay) Read(p []byte) (int, error) {
	switch {
	case r.closed.Load(): // rest knows what to say to that
	case len(r.data) > 0:
		n := copy(p, r.data)
		if r.data = r.data[n:]; len(r.data) == 0 {
			r.data = nil // a long body goes on for long
		}
		return n, nil
	case r.err != nil:
		return 0, r.err
	}
	return r.rest.Read(p)
}

// Close may run while Read does.
func (r *replay) Close() error {
	r.closed.Store(true)
	return r.rest.Close()
}

// closed is a body that has been closed already, with that error.
type closed struct{ err error }

func (closed) Read([]byte) (int, error) { return 0, io.EOF }
func (c closed) Close() error           { return c.err }

// asked is what is known of the request. The transport below may still be
// sending it, in a goroutine of its own, when the call ends.
type asked struct {
	mu     sync.Mutex
	reader mistral.Request // nil without a body, and when the call has ended
	broken bool            // reading panicked
}

// begin takes what was read of the body before it is sent, if there is one.
func (a *asked) begin(s *snapshot, reader mistral.Request) {
	if s.forward == nil || s.forward == http.NoBody {
		return
	}
	a.reader = reader
	var err error
	if s.rest == nil {
		err = io.EOF
	}
	a.observe(s.body, err)
}

// observe takes the next bytes of the body.
func (a *asked) observe(p []byte, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reader == nil || a.broken {
		return
	}
	defer func() { a.broken = recover() != nil }()
	a.reader.Write(p)
	if err == io.EOF {
		a.reader.End()
	}
}

// fill records what is known of the request, and ends the observation.
func (a *asked) fill(record *genai.Call) {
	a.mu.Lock()
	reader, broken := a.reader, a.broken
	a.reader = nil
	a.mu.Unlock()
	defer func() {
		if broken || recover() != nil {
			record.DecodeErrors++
			record.Panics++
		}
	}()
	if reader != nil && !broken {
		reader.Fill(record)
	}
}

// requestBody is the body of a request that is observed while it is sent.
type requestBody struct {
	io.ReadCloser
	asked *asked
}

func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if 0 <= n && n <= len(p) {
		b.asked.observe(p[:n], err)
	}
	return n, err
}
