// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// endpoint says how the bodies of one kind of call are read.
type endpoint struct {
	request document
	reply   document
	// stream reads replies that are server-sent events; nil where there are
	// none.
	stream func(call *genai.Call, start time.Time, l Limits) Reply
	// form reads requests that are multipart forms; nil where there are none.
	form func(boundary string, l Limits) Request
	// path takes what the path tells; nil where that is nothing.
	path func(path string, call *genai.Call)
	// headers takes what the headers of the request tell; nil where that is
	// nothing.
	headers func(h http.Header, call *genai.Call)
	// peek looks into the request before it is sent: see [Route.Peek]. nil: for
	// the model.
	peek func(r *Route, path string, body []byte) (*Route, []byte)
}

// Request reads the body of a request in pieces, as it is sent. It is not safe
// for concurrent use.
type Request interface {
	// Write reads the next piece. It keeps no reference to p.
	Write(p []byte)
	// End tells that the body has come to its end.
	End()
	// Fill records what was read, once, after the last Write.
	Fill(call *genai.Call)
}

// Reply reads the body of a response in pieces, as the caller reads it. It is
// not safe for concurrent use.
type Reply interface {
	// Write reads the next piece. It keeps no reference to p.
	Write(p []byte)
	// Done tells whether the reply has come to its end: the terminal event of
	// a stream, an error event, the end of the JSON value. What follows is of
	// no interest.
	Done() bool
	// Fill records what was read, once, after the last Write.
	Fill()
	// Complete tells, after Fill, whether everything that was asked for has
	// come, even if the end itself was not seen.
	Complete() bool
}

// Peek finds what samplers are to see in body, which is the beginning of a
// request as far as it was read: the model, as a part of the body where that can
// be, and where only the body tells the operation, the route that has it. The
// cost is that of skipping what stands before the model.
func (r *Route) Peek(path string, body []byte) (route *Route, model []byte) {
	if r.endpoint.peek != nil {
		return r.endpoint.peek(r, path, body)
	}
	_, model = peekFirst(body, "model")
	return r, model
}

// peekFirst finds the first member of body that has one of these names and a
// text, and that.
func peekFirst(body []byte, names ...string) (name string, value []byte) {
	c := jsonscan.New(body)
	if c.Kind() != jsonscan.KindObject {
		return "", nil
	}
	c.Object()
members:
	for c.Member() {
		for _, name := range names {
			if string(c.Key()) == name {
				if t, _ := c.Text(); !t.Empty() {
					return name, clip(t.Bytes())
				}
				continue members
			}
		}
		c.Skip()
	}
	return "", nil
}

// ReadPath records what the path of the request tells.
func (r *Route) ReadPath(path string, call *genai.Call) {
	if r.endpoint.path != nil {
		r.endpoint.path(path, call)
	}
}

// ReadRequestHeaders records what the headers of the request tell.
func (r *Route) ReadRequestHeaders(h http.Header, call *genai.Call) {
	if r.endpoint.headers != nil {
		r.endpoint.headers(h, call)
	}
}

// NewRequest returns the reader for the body of a request with these headers.
func (r *Route) NewRequest(h http.Header, l Limits) Request {
	if r.endpoint.form != nil {
		mediaType, parameters, _ := mime.ParseMediaType(h.Get("Content-Type"))
		if mediaType == "multipart/form-data" {
			return r.endpoint.form(parameters["boundary"], l)
		}
	}
	return newJSONRequest(&r.endpoint.request, l)
}

// NewReply returns the reader for a successful response that fills call, which
// must not be read before Fill. start is when the call began: streams measure
// the times to the first chunk and token from there; if it is zero they
// measure none.
func (r *Route) NewReply(call *genai.Call, stream bool, start time.Time, l Limits) Reply {
	if stream && r.endpoint.stream != nil {
		return r.endpoint.stream(call, start, l)
	}
	return newJSONReply(call, &r.endpoint.reply, l)
}

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
	short    []byte       // of a request that may be read directly, else empty
	spare    []genai.Part // memory for parts
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
	r.document, r.parts = d, parts{limits: l, spare: r.spare}
	shape := d.lean
	if l.Content {
		shape = d.full
	}
	r.trimmer.Reset(shape, l.trim())
	return r
}

// maxDirect is the longest body that may be read directly. No limit of a trimmer
// can be met in it.
const maxDirect = maxLean

// mayBeDirect tells whether p, the first bytes of a document, may be all of it and
// be read as they are. To trim them would be another pass.
func (r *reading) mayBeDirect(p []byte) bool {
	l := &r.parts.limits
	return r.document.direct && !l.Content && l.Total >= maxDirect && 0 < len(p) && len(p) <= maxDirect
}

// direct records the members of p if that is a whole document. It is strict where
// a trimmer repairs: what it refuses is for the trimmer.
func (r *reading) direct(call *genai.Call, p []byte) bool {
	before := *call
	if r.members(call, p) && r.cursor.End() {
		return true
	}
	*call = before
	r.parts, r.failure = parts{limits: r.parts.limits}, false
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
	r.spare = r.parts.renew(r.spare)
	r.short, r.call, r.parts, r.cursor, r.failure = r.short[:0], nil, parts{}, jsonscan.Cursor{}, false
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
	_, _ = r.reading.trimmer.Write(p)
}

// trim gives up to read the request directly.
func (r *jsonRequest) trim() {
	_, _ = r.reading.trimmer.Write(r.reading.short)
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
	_, _ = r.reading.trimmer.Write(p)
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

// replyShape keeps members, what replies have in common, and what tells an
// error that came with status 200.
func replyShape(members map[string]*jsontrim.Shape) *jsontrim.Shape {
	if members == nil {
		members = map[string]*jsontrim.Shape{}
	}
	for _, name := range []string{
		"id", "model", "usage",
		"object", "message", "type", "code", "detail", "error",
	} {
		members[name] = jsontrim.Keep
	}
	return jsontrim.Members(members)
}

// replyMember reads what replies have in common.
func replyMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "id":
		r.call.Response.ID = readName(c)
	case "model":
		r.call.Response.Model = readName(c, r.call.Request.Model)
	case "usage":
		readUsage(c, r.call)
	default:
		c.Skip()
	}
}

// readName reads an id, a model or another short value. See [name].
func readName(c *jsonscan.Cursor, known ...string) string {
	t, _ := c.Text()
	return name(t, known...)
}
