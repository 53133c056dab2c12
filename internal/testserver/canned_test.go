// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"net/http"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unlikeMistral are the streams that on purpose do not have Mistral's framing,
// or hold what is not JSON.
var unlikeMistral = []string{
	"stream-broken-chunk.sse", "stream-cr.sse", "stream-error-event.sse", "stream-error-openai.sse", "stream-error-text.sse",
	"stream-gateway-framing.sse", "stream-multiline-data.sse", "stream-no-done.sse", "stream-truncated.sse", "stream-unterminated-done.sse",
}

func TestCannedBodiesAreWhatTheySay(t *testing.T) {
	readme, err := os.ReadFile("replies/README.md")
	require.NoError(t, err)
	names := Bodies()
	require.NotEmpty(t, names)
	assert.Equal(t, len(names), strings.Count(string(readme), "\n| `"), "README.md lists other files")

	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			assert.Contains(t, string(readme), "| `"+name+"` |")
			body := Body(name)
			switch path.Ext(name) {
			case ".json":
				assert.Equal(t, name != "chat-cut.json", json.Valid([]byte(body)))
			case ".sse":
				for _, odd := range unlikeMistral {
					if name == odd {
						return
					}
				}
				id := chunksOf(t, body)[0]["id"]
				for _, chunk := range chunksOf(t, body) {
					if chunk["object"] == "error" {
						continue
					}
					assert.Equal(t, id, chunk["id"], "one id throughout")
				}
			}
		})
	}
}

func TestCannedRepliesArriveByteForByte(t *testing.T) {
	m := newMistral(t)
	for _, name := range Bodies() {
		for _, size := range []int{0, 7} {
			resp, body, err := receive(t, m, Canned(name).InPieces(size))
			require.NoError(t, err, name)
			assert.Equal(t, http.StatusOK, resp.StatusCode, name)
			assert.Equal(t, Body(name), body, name)
			isStream := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream")
			assert.Equal(t, path.Ext(name) == ".sse", isStream, name)
		}
	}
}

func TestUnknownNamesPanic(t *testing.T) {
	assert.Panics(t, func() { Body("no-such.json") })
	assert.Panics(t, func() { ErrorNamed("no such error") })
}

func TestEventsSplitAfterBlankLines(t *testing.T) {
	cases := map[string][]string{
		"":                              nil,
		"data: a\n\ndata: b\n\n":        {"data: a\n\n", "data: b\n\n"},
		"data: a\r\n\r\ndata: b":        {"data: a\r\n\r\n", "data: b"},
		"data: a\rdata: b\r\rdata: c\r": {"data: a\rdata: b\r\r", "data: c\r"},
		"data: a\ndata: b\n\r\n: c\n":   {"data: a\ndata: b\n\r\n", ": c\n"},
	}
	for body, want := range cases {
		assert.Equal(t, want, splitEvents(body), "%q", body)
	}
}

func TestErrorCases(t *testing.T) {
	m := newMistral(t)
	names := map[string]bool{}
	for _, e := range Errors() {
		t.Run(e.Name, func(t *testing.T) {
			assert.False(t, names[e.Name], "the name is taken")
			names[e.Name] = true
			assert.Equal(t, e, ErrorNamed(e.Name))

			resp, body, err := receive(t, m, e.Reply())
			require.NoError(t, err)
			assert.Equal(t, e.Status, resp.StatusCode)
			assert.True(t, strings.HasPrefix(e.Name, resp.Status[:3]))
			assert.Equal(t, e.Body, body)
			assert.Equal(t, e.Header["Content-Type"], resp.Header["Content-Type"])
			assert.Equal(t, e.Header["Retry-After"], resp.Header["Retry-After"])
			assert.Equal(t, e.Gateway, resp.Header.Get("mistral-correlation-id") != "")

			for _, want := range []string{e.Code, e.Type, e.Message} {
				assert.Contains(t, body, want)
			}
			var object map[string]any
			if json.Unmarshal([]byte(body), &object) != nil {
				assert.Empty(t, e.Code+e.Type+e.Message, "only JSON says more than its status")
				return
			}
			assert.Equal(t, e.Type != "", object["type"] != nil)
			assert.Equal(t, e.Code != "", object["code"] != nil)
		})
	}
}

func TestErrorsAreTheCallers(t *testing.T) {
	Errors()[0].Header.Set("Content-Type", "changed")
	assert.Equal(t, "application/json", Errors()[0].Header.Get("Content-Type"))
}
