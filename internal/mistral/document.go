// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"
	"sync"
	"unicode/utf8"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// document says how a body that is one JSON object is read.
type document struct {
	// lean and full are what is kept of it, without its content and with it.
	lean, full *jsontrim.Shape
	// member reads, or skips, the value of the member at hand.
	member func(r *reading, c *jsonscan.Cursor)
	// direct: member takes no content unless Limits.Content, and nothing of lean's
	// gets lost or shortened in a copy: without content, a short body needs none.
	direct bool
	// whole takes from doc what its members do not tell one by one; nil where
	// that is nothing.
	whole func(doc []byte, call *genai.Call)
}

// reading is one document, from its first byte to the record of its members. Its
// memory is for another call after that.
type reading struct {
	document *document
	trimmer  jsontrim.Trimmer
	trimming bool   // the trimmer has begun
	short    []byte // of a request that may be read directly, else empty
	call     *genai.Call
	parts    parts
	cursor   jsonscan.Cursor
	// failure: the object says that it is an error.
	failure bool
}

// readings keeps the memory of readings from one call to the next.
var readings = sync.Pool{New: func() any { return new(reading) }}

// maxIdle is the longest copy whose memory is kept for another call.
const maxIdle = 256 << 10

func newReading(d *document, l Limits) *reading {
	r := readings.Get().(*reading)
	r.document, r.parts.limits = d, l
	return r
}

// trim gives p to the trimmer.
func (r *reading) trim(p []byte) {
	if !r.trimming {
		shape := r.document.lean
		if r.parts.limits.Content {
			shape = r.document.full
		}
		r.trimmer.Reset(shape, r.parts.limits.trim())
		r.trimming = true
	}
	_, _ = r.trimmer.Write(p)
}

// maxDirect is the longest body that may be read directly. No limit of a trimmer
// can be met in it.
const maxDirect = maxLean

// mayBeDirect tells whether p, the first bytes of a document, may be all of it and
// be read as they are. To trim them would be another pass, which changes nothing
// but base64, and what is no UTF-8: where that becomes U+FFFD, it gets three times
// as long.
func (r *reading) mayBeDirect(p []byte) bool {
	l := &r.parts.limits
	return r.document.direct && !l.Content && l.Total >= maxDirect && 0 < len(p) && len(p) <= maxDirect &&
		(3*len(p) <= maxDirect || utf8.Valid(p)) && !bytes.Contains(p, []byte(";base64,"))
}

// direct records the members of p if that is a whole document. It is strict where
// a trimmer repairs: what it refuses is for the trimmer.
func (r *reading) direct(call *genai.Call, p []byte) bool {
	before := *call
	if r.members(call, p) && r.cursor.End() {
		return true
	}
	*call = before
	r.parts.renew(r.parts.limits)
	r.failure = false
	return false
}

// done ends the reading after its document was recorded. One that panicked never
// comes here. Content lies in the memory of the trimmer, as it is spelled there:
// valid UTF-8, and quoted like ours. So that is given back with the record.
func (r *reading) done(call *genai.Call) {
	if r.parts.limits.Content {
		call.Held = append(call.Held, r)
	} else {
		r.Release()
	}
}

// Release gives the memory back for another call. Nothing may refer to the
// document any more.
func (r *reading) Release() {
	doc := r.trimmer.End()
	r.parts.renew(Limits{})
	r.short, r.call, r.cursor, r.failure, r.trimming = r.short[:0], nil, jsonscan.Cursor{}, false, false
	if cap(doc) <= maxIdle {
		readings.Put(r)
	}
}

// fill records the members of the document, as far as it came, in call. doc is
// what is left of it; isObject tells whether that is an object.
func (r *reading) fill(call *genai.Call) (doc []byte, isObject bool) {
	doc = r.trimmer.End()
	if r.parts.limits.Content {
		call.DroppedBytes += r.trimmer.Dropped()
	}
	isObject = r.members(call, doc)
	if isObject && r.document.whole != nil {
		r.document.whole(doc, call)
	}
	return doc, isObject
}

// members records the members of doc. It tells whether doc is an object.
func (r *reading) members(call *genai.Call, doc []byte) bool {
	r.call, r.cursor = call, jsonscan.New(doc)
	c := &r.cursor
	if !c.Object() {
		return false
	}
	for c.Member() {
		switch string(c.Key()) {
		case "object": // no document says anything else with these two
			t, _ := c.Text()
			r.failure = r.failure || bytes.EqualFold(t.Bytes(), []byte("error"))
		case "error":
			r.failure = r.failure || tellsError(c.Raw())
		default:
			r.document.member(r, c)
		}
	}
	r.failure = r.failure && c.Valid()
	if r.parts.over() {
		call.DecodeErrors++
	}
	return true
}

// jsonRequest reads a request that is one JSON object.
type jsonRequest struct {
	reading *reading // nil after Fill
	begun   bool
	ended   bool
}

func newJSONRequest(d *document, l Limits) *jsonRequest {
	return &jsonRequest{reading: newReading(d, l)}
}

func (r *jsonRequest) Write(p []byte) {
	if r.reading == nil {
		return
	}
	first := !r.begun
	r.begun = true
	if first && r.reading.mayBeDirect(p) {
		r.reading.short = append(r.reading.short, p...)
		return
	}
	r.trim()
	r.reading.trim(p)
}

// trim gives up to read the request directly.
func (r *jsonRequest) trim() {
	r.reading.trim(r.reading.short)
	r.reading.short = r.reading.short[:0]
}

func (r *jsonRequest) End() { r.ended = true }

func (r *jsonRequest) Fill(call *genai.Call) {
	if len(r.reading.short) == 0 || !r.reading.direct(call, r.reading.short) {
		r.trim()
		r.fillTrimmed(call)
	}
	r.reading.done(call)
	r.reading = nil
}

func (r *jsonRequest) fillTrimmed(call *genai.Call) {
	_, isObject := r.reading.fill(call)
	whole := isObject && r.reading.trimmer.Done()
	// A body that was answered well had come to its end, also if that was not
	// seen: the transport below may have sent it again, from GetBody.
	ended := r.ended || 200 <= call.Response.Status && call.Response.Status < 300
	if r.reading.trimmer.Failed() || ended && !whole {
		call.DecodeErrors++
	}
}

// jsonReply reads a reply that is one JSON value.
type jsonReply struct {
	call    *genai.Call
	reading *reading // nil after Fill
	begun   bool
	direct  bool // all is recorded
	done    bool
}

func newJSONReply(call *genai.Call, d *document, l Limits) *jsonReply {
	return &jsonReply{call: call, reading: newReading(d, l)}
}

func (r *jsonReply) Write(p []byte) {
	if r.reading == nil || r.direct {
		return
	}
	first := !r.begun
	r.begun = true
	if first && r.reading.mayBeDirect(p) && r.reading.direct(r.call, p) {
		r.failed(p)
		r.direct, r.done = true, true
		return
	}
	r.reading.trim(p)
	r.done = r.reading.trimmer.Done()
}

func (r *jsonReply) Done() bool { return r.done }

func (r *jsonReply) Complete() bool { return r.done }

func (r *jsonReply) Fill() {
	if !r.direct {
		r.fillTrimmed()
	}
	r.reading.done(r.call)
	r.reading = nil
}

func (r *jsonReply) fillTrimmed() {
	r.reading.trim(nil) // nothing may have come
	doc, isObject := r.reading.fill(r.call)
	r.done = r.reading.trimmer.Done()
	if r.reading.trimmer.Failed() || !isObject && len(doc) > 0 {
		r.call.DecodeErrors++
	}
	if isObject {
		r.failed(doc)
	}
}

// failed records a failure that the reply tells although its status does not.
func (r *jsonReply) failed(doc []byte) {
	if r.reading.failure {
		r.call.Failure.Type = streamError
		readFailure(doc, &r.call.Failure, r.reading.parts.limits)
	}
	failOnFinishReason(r.call)
}
