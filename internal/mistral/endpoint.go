// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"mime"
	"net/http"
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
