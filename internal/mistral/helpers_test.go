// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

var (
	// withContent has limits that no small fixture reaches.
	withContent    = Limits{Content: true, Part: 64 << 10, Total: 1 << 20}
	withoutContent = Limits{Part: 64 << 10, Total: 1 << 20}
)

var (
	chatRoute    = chatAt("api.mistral.ai")
	gatewayRoute = chatAt("api.respan.ai")
)

// matchAt is Match of a URL with this host and path.
func matchAt(method, host, path string, configured map[string]bool) (*Route, bool) {
	route, _ := Match(method, &url.URL{Scheme: "https", Host: host, Path: path}, configured)
	return route, route != nil
}

func chatAt(host string) *Route {
	route, _ := matchAt("POST", host, "/v1/chat/completions", nil)
	return route
}

// peekedModel is the model that is known before the request is sent.
func peekedModel(body []byte) string {
	_, model := chatRoute.Peek("/v1/chat/completions", body)
	return string(model)
}

// parseRequest reads a chat that comes in pieces.
func parseRequest(l Limits, pieces ...[]byte) genai.Call {
	return parseRequestOf(chatRoute, l, pieces...)
}

func parseRequestOf(route *Route, l Limits, pieces ...[]byte) genai.Call {
	var call genai.Call
	r := route.NewRequest(nil, l)
	for _, p := range pieces {
		r.Write(scratch(p))
	}
	r.End()
	r.Fill(&call)
	call.Held = nil // kept, and of no interest
	return call
}

// parseReply reads a reply that comes in pieces, and tells whether it was
// complete.
func parseReply(r Reply, pieces ...[]byte) (complete bool) {
	for _, p := range pieces {
		if r.Done() {
			break
		}
		r.Write(scratch(p))
	}
	r.Fill()
	if reply, ok := r.(*jsonReply); ok {
		reply.call.Held = nil // likewise
	}
	return r.Complete()
}

// scratch copies p into a slice of its own: a reader that keeps a reference to
// what it was given is found out, by the next test that compares splits or by
// the race detector.
func scratch(p []byte) []byte { return append([]byte(nil), p...) }

func parseJSON(l Limits, pieces ...[]byte) (call genai.Call, complete bool) {
	complete = parseReply(chatRoute.NewReply(&call, false, time.Time{}, l), pieces...)
	return call, complete
}

func parseStream(l Limits, pieces ...[]byte) (call genai.Call, complete bool) {
	complete = parseReply(chatRoute.NewReply(&call, true, time.Time{}, l), pieces...)
	return call, complete
}

func parseFailure(l Limits, pieces ...[]byte) genai.Call {
	var call genai.Call
	parseReply(NewFailure(&call, l), pieces...)
	return call
}

// inPieces cuts data after every n bytes.
func inPieces(data []byte, n int) (pieces [][]byte) {
	for len(data) > n {
		pieces = append(pieces, data[:n])
		data = data[n:]
	}
	return append(pieces, data)
}

// eachSplit calls check with data in one piece, in two pieces cut at each
// place, and in pieces of 1, 2, 3 and 7 bytes.
func eachSplit(data []byte, check func(how string, pieces ...[]byte)) {
	check("whole", data)
	for _, n := range []int{1, 2, 3, 7} {
		check(fmt.Sprintf("every %d bytes", n), inPieces(data, n)...)
	}
	for i := 1; i < len(data); i++ {
		check(fmt.Sprintf("cut at %d", i), data[:i], data[i:])
	}
}

// textOf is a JSON string as a cursor finds it.
func textOf(t *testing.T, s string) jsonscan.Text {
	t.Helper()
	c := jsonscan.New(jsonscan.AppendQuoted(nil, s))
	text, ok := c.Text()
	require.True(t, ok)
	return text
}

// event is one server-sent event with that data.
func event(data string) string { return "data: " + data + "\n\n" }

func textPart(s string) genai.Part { return genai.Part{Type: genai.PartText, JSON: quoted(s)} }
func reasoningPart(s string) genai.Part {
	return genai.Part{Type: genai.PartReasoning, JSON: quoted(s)}
}

func assistant(finish string, parts ...genai.Part) genai.Choice {
	return genai.Choice{FinishReason: finish, Message: genai.Message{Role: "assistant", Parts: parts}}
}
