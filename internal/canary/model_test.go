// SPDX-License-Identifier: Apache-2.0

package canary_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// fault is a way in which the model's side answers a call, well or not.
type fault struct {
	name string
	// answer writes the answer; nil where the transport fails before.
	answer func(w http.ResponseWriter, r *http.Request, c call)
	// stream is whether only calls have it that can stream.
	stream bool
	err    error
}

const refusal = `{"object":"error","message":"canary-content-refusal","type":"invalid_request_error","param":null,"code":"1000","api_key":"canary-secret-refusal"}`

// unprocessable repeats the input, as Mistral does.
const unprocessable = `{"detail":[{"type":"missing","loc":["body","model"],"msg":"Field required","input":{"messages":[{"role":"user","content":"canary-content-repeated-input"}],"authorization":"canary-secret-repeated-input"}}]}`

var faults = []fault{
	{name: "ok", answer: func(w http.ResponseWriter, _ *http.Request, c call) { answer(w, 200, "application/json", c.reply) }},
	{name: "stream", stream: true, answer: func(w http.ResponseWriter, _ *http.Request, c call) { answer(w, 200, "text/event-stream", c.stream) }},
	{name: "400", answer: func(w http.ResponseWriter, _ *http.Request, _ call) { answer(w, 400, "application/json", refusal) }},
	{name: "401 text", answer: func(w http.ResponseWriter, _ *http.Request, _ call) {
		answer(w, 401, "text/plain", "canary-content-plain-refusal")
	}},
	{name: "404 of a gateway", answer: func(w http.ResponseWriter, _ *http.Request, _ call) {
		answer(w, 404, "application/json", `{"error":{"message":"canary-content-gateway-refusal","type":"canary-content-never type","code":"canary-content-never code"}}`)
	}},
	{name: "422", answer: func(w http.ResponseWriter, _ *http.Request, _ call) {
		answer(w, 422, "application/json", unprocessable)
	}},
	{name: "500 in pieces", answer: func(w http.ResponseWriter, _ *http.Request, _ call) {
		w.WriteHeader(http.StatusInternalServerError)
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "canary-content-late-refusal")
	}},
	{name: "502 page", answer: func(w http.ResponseWriter, _ *http.Request, _ call) {
		answer(w, 502, "text/html", "<html>canary-content-never-page</html>")
	}},
	{name: "error with 200", answer: func(w http.ResponseWriter, _ *http.Request, _ call) { answer(w, 200, "application/json", refusal) }},
	{name: "error in the stream", stream: true, answer: func(w http.ResponseWriter, _ *http.Request, c call) {
		_, last, _ := strings.Cut(c.stream, "\n\n")
		first := strings.TrimSuffix(c.stream, last)
		answer(w, 200, "text/event-stream", first+"event: error\ndata: "+refusal+"\n\n")
	}},
	{name: "malformed", answer: func(w http.ResponseWriter, _ *http.Request, c call) {
		answer(w, 200, "application/json", strings.ReplaceAll(c.reply, ":", ";")+"canary-content-never-malformed")
	}},
	{name: "malformed stream", stream: true, answer: func(w http.ResponseWriter, _ *http.Request, c call) {
		answer(w, 200, "text/event-stream", "data: canary-content-never-malformed\n\n: canary-content-never-comment\nid: canary-content-never-id\n\n"+c.stream)
	}},
	{name: "cut", answer: func(w http.ResponseWriter, _ *http.Request, c call) {
		w.Header().Set("Content-Length", strconv.Itoa(len(c.reply)))
		answer(w, 200, "application/json", c.reply[:len(c.reply)*2/3])
	}},
	{name: "cut stream", stream: true, answer: func(w http.ResponseWriter, _ *http.Request, c call) {
		w.Header().Set("Content-Length", strconv.Itoa(len(c.stream)))
		answer(w, 200, "text/event-stream", c.stream[:len(c.stream)*2/3])
	}},
	{name: "redirect", answer: func(w http.ResponseWriter, r *http.Request, c call) {
		if r.URL.Query().Has("again") {
			answer(w, 200, "application/json", c.reply)
			return
		}
		w.Header().Set("Location", "http://u:canary-secret-location-userinfo@api.mistral.ai"+r.URL.Path+"?again=canary-secret-location-query#canary-secret-location-fragment")
		answer(w, 307, "text/plain", "canary-content-never-redirect")
	}},
	{name: "never", answer: func(_ http.ResponseWriter, r *http.Request, _ call) {
		_, _ = io.Copy(io.Discard, r.Body) // or net/http does not see that the client has left
		<-r.Context().Done()
	}},
	{name: "malformed header", answer: func(w http.ResponseWriter, _ *http.Request, _ call) {
		raw(w, "HTTP/1.1 200 OK\r\nSet-Cookie canary-secret-malformed-header\r\n\r\n")
	}},
	{name: "malformed status", answer: func(w http.ResponseWriter, _ *http.Request, _ call) {
		raw(w, "HTTP/1.1 canary-secret-malformed-status\r\n\r\n")
	}},
	{name: "error of a transport that is a client", err: &url.Error{
		Op: "Post", URL: "https://user:canary-secret-error-userinfo@api.mistral.ai/v1?key=canary-secret-error-query", Err: errors.New("canary-content-error"),
	}},
	{name: "error of the dialer", err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("lookup canary-content-host")}},
}

// answer writes an answer with canaries in its headers.
func answer(w http.ResponseWriter, status int, contentType, body string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Set-Cookie", "session=canary-secret-set-cookie")
	h.Set("WWW-Authenticate", `Bearer realm="canary-secret-challenge"`)
	h.Set("X-Request-Echo", "canary-secret-response-header")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// raw answers with bytes that are not quite HTTP.
func raw(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, text)
	_ = conn.Close()
}

// model is everything that calls go to: each host, by way of a proxy.
type model struct{ server *httptest.Server }

func newModel(t *testing.T) *model {
	t.Helper()
	m := &model{httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _ := strconv.Atoi(r.Header.Get("X-Call"))
		f, _ := strconv.Atoi(r.Header.Get("X-Fault"))
		faults[f].answer(w, r, calls[c])
	}))}
	t.Cleanup(m.server.Close)
	return m
}

// transport is the one below the observed one.
func (m *model) transport(t *testing.T) http.RoundTripper {
	t.Helper()
	direct := &http.Transport{
		Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.invalid", User: url.UserPassword("user", "canary-secret-proxy")}),
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, m.server.Listener.Addr().String())
		},
	}
	t.Cleanup(direct.CloseIdleConnections)
	return failing{direct}
}

// failing fails where the fault is one of the transport.
type failing struct{ http.RoundTripper }

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	n, _ := strconv.Atoi(r.Header.Get("X-Fault"))
	if err := faults[n].err; err != nil {
		_ = r.Body.Close()
		return nil, err
	}
	return f.RoundTripper.RoundTrip(r)
}
