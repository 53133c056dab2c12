// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// TestFaultsOnTheModelsSide is about all faults but floods.
func TestFaultsOnTheModelsSide(t *testing.T) {
	playFaults(t, "faults of the model", testserver.Faults("Good morning"), func(_ *testing.T, play func()) { play() })
}

// playFaults plays each fault twice, to a plain client and to an observed one, by way
// of around. Both must have witnessed the same; how the spans ended is in the table
// of RELIABILITY.md, which is reviewed like code.
func playFaults(t *testing.T, name string, faults []testserver.Fault, around func(t *testing.T, play func())) {
	var table strings.Builder
	table.WriteString("| Fault | Point | The caller gets | Outcome |\n|---|---|---|---|\n")
	rows := 0
	for _, f := range faults {
		t.Run(f.String(), func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) })
			plain := playFault(t, f, func(rt http.RoundTripper) http.RoundTripper { return rt })
			r := newRecorder()
			var observed *witnessed
			around(t, func() {
				observed = playFault(t, f, func(rt http.RoundTripper) http.RoundTripper {
					return r.transport(rt, roundtripper.WithHosts("127.0.0.1"))
				})
			})
			assert.Equal(t, plain, observed)
			fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", f.Name, f.Point, plain, outcomes(t, r, max(1, len(plain.Requests))))
			rows++
		})
	}
	if rows == len(faults) { // else -run has left some out
		compareTable(t, "../RELIABILITY.md", name, table.String())
	}
}

// witnessed is what a caller can tell of an exchange, and what the server can.
type witnessed struct {
	Informed          []int // preliminary responses
	Proto, Status     string
	Header, Trailer   http.Header
	Length            int64
	Uncompressed      bool
	Writable          bool // the body is a connection
	Read              int64
	Sum               uint32
	Failed, Truncated string // the error of Do, and of reading
	Closed            string // the error of Close
	AfterClose        string // the error of reading then
	Requests          []testserver.Request
}

// String is for the table. The text of an error is net/http's, and that of one
// version of it.
func (e *witnessed) String() string {
	switch {
	case e.Status == "":
		return "an error"
	case e.Failed != "":
		return e.Status + " and an error"
	case e.Truncated == stoppedReading:
		return e.Status + ", as much as he reads"
	case e.Truncated != "":
		return e.Status + ", then an error"
	}
	return e.Status + ", all there is"
}

const stoppedReading = "stopped reading"

// playFault has f played to a client, and notes what it sees. Nothing that could end a
// span, too, is let go before the test ends.
func playFault(t *testing.T, f testserver.Fault, wrap func(http.RoundTripper) http.RoundTripper) *witnessed {
	t.Helper()
	e := &witnessed{}
	gate := make(chan struct{})
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	server := f.Serve(gate)
	t.Cleanup(server.Close)
	transport := server.Transport()
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: wrap(transport)}
	ctx, cancel := context.WithTimeout(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			e.Informed = append(e.Informed, code)
			return nil
		},
	}), 30*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/v1/chat/completions", strings.NewReader(streamRequest))
	require.NoError(t, err)
	req.Header.Set("Content-Type", jsonType)
	req.Header.Set("Authorization", "Bearer secret")
	if f.AcceptGzip {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	if f.SentOnce {
		req.GetBody = nil
	}

	resp, err := client.Do(req)
	e.Failed = describe(err)
	if resp != nil {
		e.Proto, e.Status, e.Header, e.Length, e.Uncompressed = resp.Proto, resp.Status, resp.Header.Clone(), resp.ContentLength, resp.Uncompressed
		e.Header.Del("Date")
		_, e.Writable = resp.Body.(io.Writer)
		e.read(resp.Body, f, open)
		e.Closed = describe(resp.Body.Close())
		_, err := resp.Body.Read(make([]byte, 1))
		e.AfterClose = describe(err)
		e.Trailer = resp.Trailer
	}
	e.Requests = server.Requests()
	for i := range e.Requests {
		e.Requests[i].Host = ""
		e.Requests[i].Header.Del("Referer") // has the port in it
		e.Requests[i].End = ""              // what the server makes of a client that goes is a race
	}
	return e
}

// read reads what there is, or as much as f says, and opens the gate once it has
// what comes before the fault.
func (e *witnessed) read(body io.Reader, f testserver.Fault, open func()) {
	buf := make([]byte, 64<<10)
	for {
		if e.Read >= int64(f.Before) {
			open()
		}
		if f.Reads > 0 && e.Read >= f.Reads {
			e.Truncated = stoppedReading
			e.Read, e.Sum = 0, 0 // how the pieces fell is a race
			return
		}
		n, err := body.Read(buf)
		e.Read += int64(n)
		e.Sum = crc32.Update(e.Sum, crc32.IEEETable, buf[:n])
		if err == io.EOF {
			return
		}
		if err != nil {
			e.Truncated = describe(err)
			return
		}
	}
}

var port = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// describe tells an error from any other kind: the types of its chain, and its text
// apart from ports.
func describe(err error) string {
	if err == nil {
		return ""
	}
	var types []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		types = append(types, fmt.Sprintf("%T", e))
	}
	return strings.Join(types, "/") + ": " + port.ReplaceAllString(err.Error(), "HOST")
}

// outcomes checks that each attempt has ended one span that can be exported, and
// says how.
func outcomes(t *testing.T, r *recorder, attempts int) string {
	t.Helper()
	spans := r.exporter.GetSpans()
	require.Len(t, spans, attempts, "ended spans")
	var all []string
	for _, s := range spans {
		s := span{s}
		outcome, failure := s.outcome(), s.attr(semconv.ErrorTypeKey).AsString()
		assert.Equal(t, failure != "", s.Status.Code == codes.Error)
		switch {
		case strings.ContainsAny(failure, ".*"):
			outcome += " (the type of the error)"
		case failure != "" && failure != outcome:
			outcome += " (" + failure + ")"
		}
		if n := s.attr(semconv.MistralDecodeErrorsKey).AsInt64(); n > 0 {
			outcome += fmt.Sprintf(", %d not understood", n)
		}
		for _, a := range s.Attributes {
			text := a.Value.AsString()
			assert.True(t, utf8.ValidString(text), a.Key)
			assert.True(t, !strings.HasPrefix(text, "[{") || json.Valid([]byte(text)), a.Key)
		}
		if len(all) == 0 || all[len(all)-1] != outcome {
			all = append(all, outcome)
		}
	}
	return strings.Join(all, "; ")
}

// compareTable compares the table between two comments that name it with what it
// ought to be.
func compareTable(t *testing.T, file, name, want string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	begin, end := "<!-- begin: "+name+" -->\n\n", "\n<!-- end: "+name+" -->"
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, begin)
	got, after, ok := strings.Cut(rest, end)
	require.True(t, ok, end)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+want+end+after), 0o644))
		got = want
	}
	assert.Equal(t, want, got, "read what has changed, then run with -update")
}
