// SPDX-License-Identifier: Apache-2.0

package instrumentationtest

import (
	"net/http"
	"slices"
	"time"

	"github.com/otelmistral/otelmistral/internal/testserver" //nolint:depguard // only tests link this package
)

// Reply is an answer of the server. It is a value: methods return a changed copy.
// The zero value is 200 without a body.
type Reply struct {
	// to makes the reply to a request.
	to func(testserver.Request) testserver.Reply
}

// Reply scripts the next replies. Each request, on any path, takes one from the
// front; once none is left, the server answers by itself.
func (e *Env) Reply(replies ...Reply) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.script = append(e.script, replies...)
}

// next takes a reply from the script.
func (e *Env) next(r testserver.Request) (testserver.Reply, bool) {
	e.mu.Lock()
	if len(e.script) == 0 {
		e.mu.Unlock()
		return testserver.Reply{}, false
	}
	reply := e.script[0]
	e.script = e.script[1:]
	e.mu.Unlock()
	return reply.answer(r), true
}

// Text answers with text where the endpoint says something: a choice of a
// completion, the message of a conversation, the transcript of a recording,
// streamed if the request asks for it. On a path that is not Mistral's it answers
// as to a chat; a request that is not sound is refused.
func Text(text string) Reply {
	return Reply{func(r testserver.Request) testserver.Reply { return testserver.Saying(r, text) }}
}

// ToolCall is [Text] with a call of a tool instead of text, where the endpoint has
// such. The arguments are JSON text.
func ToolCall(name, arguments string) Reply {
	return Reply{func(r testserver.Request) testserver.Reply { return testserver.Calling(r, name, arguments) }}
}

// JSON answers 200 with body.
func JSON(body string) Reply { return always(testserver.JSON(http.StatusOK, body).Chunked()) }

// Stream answers 200 with server-sent events, and [DONE] after them. Each event
// is its data, one line of JSON.
func Stream(events ...string) Reply {
	var steps []testserver.Step
	for _, data := range events {
		steps = append(steps, testserver.Event(data))
	}
	return always(testserver.Stream(append(steps, testserver.Done())...))
}

// Error refuses the request with that status. An empty body means one as Mistral
// sends it with this status.
func Error(status int, body string) Reply {
	if body != "" {
		return always(testserver.JSON(status, body).Chunked())
	}
	known := testserver.Errors()
	if i := slices.IndexFunc(known, func(e testserver.ErrorCase) bool { return e.Status == status }); i >= 0 {
		return always(known[i].Reply())
	}
	return always(testserver.JSON(status, `{"message":"`+http.StatusText(status)+`"}`).Chunked())
}

// WithHeader adds a header, such as Retry-After.
func (r Reply) WithHeader(key, value string) Reply {
	return r.changed(func(reply testserver.Reply) testserver.Reply { return reply.With(key, value) })
}

// WithDelay waits before the reply begins.
func (r Reply) WithDelay(d time.Duration) Reply {
	return r.changed(func(reply testserver.Reply) testserver.Reply {
		reply.Steps = append([]testserver.Step{testserver.Pause(d)}, reply.Steps...)
		return reply
	})
}

// Cut closes the connection before the end of the reply: a stream lacks its
// [DONE], any other reply its body.
func (r Reply) Cut() Reply {
	return r.changed(func(reply testserver.Reply) testserver.Reply {
		steps := reply.Steps[:max(0, len(reply.Steps)-1)]
		reply.Steps = append(slices.Clone(steps), testserver.Flush(), testserver.Cut())
		return reply
	})
}

func (r Reply) changed(change func(testserver.Reply) testserver.Reply) Reply {
	return Reply{func(req testserver.Request) testserver.Reply { return change(r.answer(req)) }}
}

// answer makes the reply to req.
func (r Reply) answer(req testserver.Request) testserver.Reply {
	if r.to == nil {
		return testserver.JSON(http.StatusOK, "")
	}
	return r.to(req)
}

func always(reply testserver.Reply) Reply {
	return Reply{func(testserver.Request) testserver.Reply { return reply }}
}
