// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// A generated body is made as it is read, so that nothing but the network and
// what is measured holds any of it.
type generated struct {
	head, unit, tail string
	units            int
}

func (g generated) size() int64 {
	return int64(len(g.head) + g.units*len(g.unit) + len(g.tail))
}

func (g generated) reader() io.Reader {
	return io.MultiReader(strings.NewReader(g.head), &repeated{unit: g.unit, left: g.units * len(g.unit)}, strings.NewReader(g.tail))
}

// sized is about size bytes of the units.
func (g generated) sized(size int) generated {
	g.units = size / len(g.unit)
	return g
}

type repeated struct {
	unit string
	left int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && r.left > 0 {
		m := copy(p[n:], r.unit[len(r.unit)-1-(r.left-1)%len(r.unit):])
		n, r.left = n+m, r.left-m
	}
	return n, nil
}

const (
	mega = 1 << 20
	// loopbackHost is taken for Mistral's, so that all routes are observed.
	loopbackHost = "127.0.0.1"
)

// Bodies as large as the largest of Mistral's.
var (
	embeddingsRequest = generated{head: `{"model":"mistral-embed","input":["What is the best French cheese?"]}`}
	embeddingsReply   = generated{
		head: `{"id":"cf79f7daaee244b1a0ae5c7b1444424a","object":"list","model":"mistral-embed","data":[`,
		unit: `{"object":"embedding","index":0,"embedding":[` + strings.Repeat(`-0.016632080078125,0.0701904296875,`, 512) + `0.5]},`,
		tail: `{"object":"embedding","index":1,"embedding":[]}],"usage":{"prompt_tokens":13,"total_tokens":13,"completion_tokens":0}}`,
	}.sized(6 * mega)

	ocrRequest = generated{head: `{"model":"mistral-ocr-latest","document":{"type":"document_url","document_url":"https://example.com/prices.pdf"},"include_image_base64":true}`}
	ocrReply   = generated{
		head: `{"pages":[`,
		unit: `{"index":0,"markdown":"` + strings.Repeat(`# Comté\n\n| month | price |\n|---|---|\n`, 200) +
			`","images":[{"id":"img-0.jpeg","image_base64":"data:image/jpeg;base64,` + strings.Repeat("/9j/4AAQSkZJRgABAQAASABI", 40_000) + `"}]},`,
		tail: `{"index":1,"markdown":"","images":[]}],"model":"mistral-ocr-2505","usage_info":{"pages_processed":52,"doc_size_bytes":37500000}}`,
	}.sized(50 * mega)

	requestWithImage = generated{
		head: `{"model":"mistral-small-latest","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":"data:image/jpeg;base64,`,
		unit: `/9j/4AAQSkZJRgABAQAASABI`,
		tail: `"}]}]}`,
	}.sized(20 * mega)
)

// loopback is a server and the way to it. It reads each request to its end, by
// way of watch if that is set, and answers with reply.
type loopback struct {
	url   string
	base  *http.Transport
	watch atomic.Pointer[func(io.Reader) io.Reader]
}

func newLoopback(tb testing.TB, path string, reply generated) *loopback {
	l := &loopback{base: &http.Transport{DisableCompression: true}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if watch := l.watch.Load(); watch != nil {
			body = (*watch)(body)
		}
		if _, err := io.CopyBuffer(onlyWriter{io.Discard}, body, make([]byte, 64<<10)); err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.FormatInt(reply.size(), 10))
		_, _ = io.CopyBuffer(onlyWriter{w}, reply.reader(), make([]byte, 64<<10))
	}))
	tb.Cleanup(server.Close)
	tb.Cleanup(l.base.CloseIdleConnections)
	l.url = server.URL + path
	return l
}

// onlyWriter hides ReadFrom, so that the buffer is used.
type onlyWriter struct{ io.Writer }

// request is one with the body, which may be had again if inMemory is set: then
// it is looked at before it is sent.
func (l *loopback) request(tb testing.TB, body generated, inMemory bool) *http.Request {
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, l.url, body.reader())
	if err != nil {
		tb.Fatal(err)
	}
	req.ContentLength = body.size()
	if inMemory {
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(body.reader()), nil }
	}
	return req
}
