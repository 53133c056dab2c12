// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestPartialSuccessIsReadFromEachFormOfAnswer(t *testing.T) {
	encoded, err := proto.Marshal(&coltracepb.ExportTraceServiceResponse{
		PartialSuccess: &coltracepb.ExportTracePartialSuccess{RejectedSpans: 3, ErrorMessage: "too old"},
	})
	require.NoError(t, err)
	rejected := map[Reason]int64{ReasonRejected: 3}
	tests := []struct {
		name, media, body string
		dropped           map[Reason]int64
		warning           bool
	}{
		{"protobuf", "application/x-protobuf", string(encoded), rejected, false},
		{"protobuf with a parameter", "application/x-protobuf; messageType=x", string(encoded), rejected, false},
		{"JSON", "application/json", `{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}`, rejected, false},
		{"JSON with a charset", "application/json; charset=utf-8", `{"partialSuccess":{"rejectedSpans":3,"errorMessage":"too old"}}`, rejected, false},
		{"JSON with unknown members", "Application/JSON", `{"x":1,"partial_success":{"y":[],"rejected_spans":3}}`, rejected, false},
		{"more than were sent", "application/json", `{"partialSuccess":{"rejectedSpans":99}}`, map[Reason]int64{ReasonRejected: 5}, false},
		{"fewer than none", "application/json", `{"partialSuccess":{"rejectedSpans":-2}}`, nil, false},
		{"warning", "application/json", `{"partialSuccess":{"errorMessage":"deprecated"}}`, nil, true},
		{"Respan", "application/json", `{"partialSuccess":{"rejectedSpans":0,"errorMessage":""}}`, nil, false},
		{"Langfuse", "application/json; charset=utf-8", `[{"id":"1","status":201}]`, nil, false},
		{"text", "text/plain", "ok", nil, false},
		{"no type", "", string(encoded), nil, false},
		{"broken protobuf", "application/x-protobuf", "{}", nil, false},
		{"broken JSON", "application/json", "{", nil, false},
		{"empty", "application/json", "", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			handled.take()
			r := receiver(t)
			r.Enqueue(testserver.Response{Header: http.Header{"Content-Type": {tt.media}}, Body: []byte(tt.body)})
			p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
			end(p, 5)
			err := p.Shutdown(t.Context())
			c := p.Counts()
			assert.Equal(t, c.Lost() > 0, err != nil)
			assert.Equal(t, nonZero(tt.dropped), c.Dropped)
			assert.Equal(t, 5-c.Lost(), c.Exported)
			if tt.warning {
				assert.Contains(t, strings.Join(handled.take(), "\n"), "deprecated")
			} else if c.Lost() == 0 {
				assert.Empty(t, handled.take())
			}
			assert.Len(t, r.Requests(), 1)
		})
	}
}

// One batch can be lost for several reasons, and each span has one.
func TestEachSpanOfABatchIsCountedOnce(t *testing.T) {
	r := receiver(t)
	r.Enqueue(
		testserver.Response{Status: 400},                                   // 0-7
		testserver.Response{RejectedSpans: 1, Message: "too old"},          // 0-3
		testserver.Response{Status: 413},                                   // 4-7
		testserver.Response{Status: 401},                                   // 4-5
		testserver.Response{Status: 413},                                   // 6-7
		testserver.Response{Status: 413}, testserver.Response{Status: 200}, // 6, 7
	)
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
	end(p, 8)
	require.ErrorContains(t, p.Shutdown(t.Context()), "4 spans did not reach")
	c := p.Counts()
	assert.Equal(t, map[Reason]int64{ReasonRejected: 1, ReasonExportFailed: 2, ReasonTooLarge: 1}, c.Dropped)
	assert.EqualValues(t, 4, c.Exported)
	assert.Zero(t, c.Queued)
	assert.Zero(t, c.QueuedBytes)
	assert.Len(t, r.Spans(), 4)
}

// A backend cannot reject more spans than the request had.
func TestRejectedSpansAreThoseOfTheRequest(t *testing.T) {
	r := receiver(t)
	r.Enqueue(testserver.Response{Status: 413}, testserver.Response{RejectedSpans: 99, Message: "too old"})
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
	end(p, 8)
	require.ErrorContains(t, p.Shutdown(t.Context()), "rejected 4")
	assert.EqualValues(t, 4, p.Counts().Exported)
}

func TestTextOfAnAnswerInAnError(t *testing.T) {
	status := "\x08\x07\x12\x05hello\x1a\x01x" // google.rpc.Status: code 7, message, details
	tests := []struct {
		name        string
		status      int
		media, body string
		want        string
	}{
		{"text", 401, "text/plain", " no\n access ", "no access"},
		{"JSON", 403, "application/json", `{"a":1}`, `{"a":1}`},
		{"protobuf", 403, "application/x-protobuf", status, "hello"},
		{"broken protobuf", 403, "application/x-protobuf", "\x12\xff", ""},
		{"no protobuf", 403, "application/x-protobuf", "\xff\xff\xff", ""},
		{"page", 502, "text/html", "<html>", ""},
		{"may quote the request", 400, "text/plain", secretText, ""},
		{"may quote the request, too", 422, "application/json", secretText, ""},
		{"long", 401, "text/plain", strings.Repeat("é", 300), strings.Repeat("é", 128) + " ..."},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, short(failureText(tt.status, tt.media, []byte(tt.body))), tt.name)
	}
}

func TestAnswerOfAnySizeIsReadWithinItsLimit(t *testing.T) {
	left := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		sent := 0
		for piece := make([]byte, 32<<10); ; {
			n, err := w.Write(piece)
			if sent += n; err != nil || sent > 64*maxAnswerBytes {
				left <- sent
				return
			}
		}
	}))
	defer server.Close()
	require.NoError(t, OTLP{URL: server.URL, Timeout: time.Hour}.Check(t.Context()))
	assert.Less(t, <-left, 64*maxAnswerBytes, "nobody reads on")
}
