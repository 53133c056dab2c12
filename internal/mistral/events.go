// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/sse"
)

// maxEvent is the longest event that is understood, in bytes.
const maxEvent = 1 << 20

// events is what replies that are server-sent events have in common, whatever
// the events say.
type events struct {
	call    *genai.Call
	limits  Limits
	start   time.Time // zero: no times are measured
	decoder sse.Decoder
	emit    func(sse.Event) bool // takes one event; kept, so that no event allocates it
	done    bool                 // the terminal event has come
	failed  bool                 // it was an error
	ending  bool                 // no more bytes are to come
}

func newEvents(call *genai.Call, start time.Time, l Limits) events {
	return events{call: call, limits: l, start: start}
}

// begin lets take have the events. It returns false when the stream is at its
// end.
func (s *events) begin(take func(sse.Event) bool) {
	s.decoder.Reset(maxEvent)
	s.emit = take
}

func (s *events) Write(p []byte) {
	if !s.done {
		s.decoder.Feed(p, s.emit)
	}
}

func (s *events) Done() bool { return s.done }

// flush takes the event that was cut off, if there is one.
func (s *events) flush() {
	s.ending = true
	if !s.done {
		s.decoder.Flush(s.emit)
	}
}

// came notes that an event has come.
func (s *events) came() {
	s.call.Chunks++
	s.note(&s.call.TimeToFirstChunk)
}

// spoke notes that the model has said something.
func (s *events) spoke() { s.note(&s.call.TimeToFirstToken) }

func (s *events) note(first *genai.Opt[time.Duration]) {
	if !first.Set && !s.start.IsZero() && !s.ending {
		*first = genai.Some(time.Since(s.start))
	}
}

// misunderstood counts an event that is broken, unless it was cut off.
func (s *events) misunderstood() {
	if !s.ending {
		s.call.DecodeErrors++
	}
}

// fail ends the stream with an event that tells an error.
func (s *events) fail(data []byte) {
	s.call.Failure.Type = streamError
	f := NewFailure(s.call, s.limits)
	f.Write(data)
	f.Fill()
	s.done, s.failed = true, true
}
