// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"context"
	"io"
	"mime"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/otelmistral/otelmistral/internal/mistral"
)

// maxErrorBody is the longest declared body of an error that is read before
// the caller gets the response.
const maxErrorBody = 64 << 10

// response takes what the transport below answered. It changes nothing of it
// but the body, and that only when the body will be read for the record.
func (c *call) response(resp *http.Response, err error) {
	if c == nil {
		return
	}
	if err != nil || resp == nil {
		c.finish(end{cause: causeError, err: err})
		return
	}
	c.record.Response.Status = resp.StatusCode
	c.lastRead = time.Since(c.start)
	ok := func() bool {
		defer c.transport.reports.contain("the start of a response")
		if c.recording {
			mistral.ReadHeaders(resp.Header, c.start.Add(c.lastRead), c.record)
		}
		c.reply = c.newReply(resp)
		return true
	}()
	switch {
	case !ok, c.reply == nil:
		c.finish(end{cause: causeHeaders})
	case resp.Body == nil, resp.Body == http.NoBody:
		c.finish(end{cause: causeEOF})
	case resp.StatusCode >= 400 && 0 < resp.ContentLength && resp.ContentLength <= maxErrorBody:
		c.readAhead(resp)
		c.finish(end{cause: causeHeaders})
	default:
		c.startPace()
		c.observe(resp)
	}
}

// newReply chooses how the body will be read; nil if it says nothing about the
// call.
func (c *call) newReply(resp *http.Response) reply {
	status := resp.StatusCode
	if status < 200 || status == http.StatusNoContent || status == http.StatusResetContent ||
		300 <= status && status < 400 || status >= 400 && !c.recording {
		return nil
	}
	encoding := first(resp.Header, "Content-Encoding")
	if encoding != "" {
		encoding = strings.ToLower(strings.TrimSpace(encoding))
	}
	encoded := encoding != "" && encoding != "identity"
	var r mistral.Reply
	if status >= 400 {
		r = mistral.NewFailure(c.record, c.limits)
	} else {
		start := c.start
		if encoded {
			start = time.Time{} // what is decoded at the end tells no times
		}
		r = c.route.NewReply(c.record, isStream(first(resp.Header, "Content-Type")), start, c.limits)
	}
	if encoded {
		decompress := decompressors[encoding]
		return &compressed{reply: r, decompress: decompress, record: c.record, over: decompress == nil}
	}
	return r
}

// first is h.Get of a name in its canonical form, which Get would look up first.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func isStream(contentType string) bool {
	switch contentType { // as nearly all are spelled
	case "application/json":
		return false
	case "text/event-stream":
		return true
	}
	mediaType, _, _ := mime.ParseMediaType(contentType)
	return mediaType == "text/event-stream"
}

// readAhead reads the short body of an error and puts it back.
func (c *call) readAhead(resp *http.Response) {
	data, err := readUpTo(resp.Body, resp.ContentLength)
	resp.Body = &replay{data: data, err: err, rest: resp.Body}
	c.feed(data)
}

// observe lets the record see what the caller reads.
func (c *call) observe(resp *http.Response) {
	b := &body{inner: resp.Body, call: c}
	resp.Body = b
	// Neither function may refer to b, or it would never be collected.
	c.cleanup = runtime.AddCleanup(b, func(c *call) { c.finish(end{cause: causeCollected}) }, c)
	if c.caller.Done() == nil {
		return
	}
	stop := context.AfterFunc(c.caller, func() { c.finish(end{cause: causeContext}) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended { // a context that has ended already may have come first
		c.stopContext = stop
	}
}

// body is the body of a response that is observed as it is read.
type body struct {
	inner io.ReadCloser
	call  *call
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.inner.Read(p)
	var came []byte // of a body that counts wrongly nobody knows what
	if 0 <= n && n <= len(p) {
		came = p[:n]
	}
	b.call.read(came, err)
	if err != nil {
		b.call.byContext.Wait()
	}
	// Or b could be collected, as abandoned, while its last Read goes on.
	runtime.KeepAlive(b)
	return n, err
}

// Close ends the call before it closes the body: closing may block.
func (b *body) Close() error {
	b.call.finish(end{cause: causeClosed})
	b.call.byContext.Wait()
	return b.inner.Close()
}
