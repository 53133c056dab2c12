// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
)

// sent is what a caller got before the exchange broke.
type sent struct {
	point       string
	status      int
	contentType string
	body        string
	readable    int // of the body; all, if that is 0
	gzip        bool
	acceptGzip  bool
}

// broken are exchanges that end at once, at each point, by a connection that is
// closed or reset and by a stream of HTTP/2 that is.
func broken(said string) []Fault {
	accented := said + " é"
	stream := faultStream(accented)
	whole := faultReply(accented)
	refusal := fmt.Sprintf(`{"object":"error","message":"%s","type":"invalid_request_error","param":null,"code":"3000"}`, said)
	packed, flushed := packGzip(stream[0], stream[1]+stream[2]+stream[3])
	packed = packed[:(flushed+len(packed))/2]

	points := []sent{
		{point: "after the headers", contentType: eventType},
		{point: "between two events", contentType: eventType, body: stream[0]},
		{point: "inside an event", contentType: eventType, body: stream[0] + stream[1][:len(stream[1])/2]},
		{
			point: "inside a UTF-8 sequence", contentType: eventType,
			body: stream[0] + stream[1][:strings.Index(stream[1], "é")+1],
		},
		{point: "after the last finish reason", contentType: eventType, body: stream[0] + stream[1] + stream[2]},
		{point: "after [DONE]", contentType: eventType, body: wholeStream(accented)},
		{point: "inside a JSON reply", contentType: jsonType, body: whole[:len(whole)/2]},
		{
			point: "inside an error without length", contentType: jsonType, status: http.StatusBadRequest,
			body: refusal[:len(refusal)-10],
		},
		{point: "inside a gzip block", contentType: eventType, body: packed, readable: len(stream[0]), gzip: true},
		{
			point: "inside a gzip block that the caller decodes", contentType: eventType,
			body: packed, gzip: true, acceptGzip: true,
		},
	}
	faults := []Fault{{Name: "connection refused", Point: "before the request", refused: true}}
	for _, way := range []struct {
		name  string
		step  Step
		http2 bool
	}{
		{"connection closed", Cut(), false},
		{"connection reset", Reset(), false},
		{"RST_STREAM of HTTP/2", Cut(), true},
	} {
		faults = append(faults, Fault{
			Name: way.name, Point: "before the headers", http2: way.http2, reply: always(Reply{Steps: []Step{way.step}}),
		})
		for _, s := range points {
			faults = append(faults, s.until(way.name, way.step, way.http2))
		}
	}
	// The library reads these ahead, so that no caller could open a gate.
	for _, http2 := range []bool{false, true} {
		r := Raw(http.StatusBadRequest, jsonType, refusal[:len(refusal)-10]).With("Content-Length", fmt.Sprint(len(refusal)))
		r.Steps = append(r.Steps, Cut())
		name := "connection closed"
		if http2 {
			name = "RST_STREAM of HTTP/2"
		}
		faults = append(faults, Fault{Name: name, Point: "inside an error of declared length", http2: http2, reply: always(r)})
	}
	return faults
}

// until is the fault that breaks the exchange by way of step.
func (s sent) until(name string, step Step, http2 bool) Fault {
	readable := s.readable
	if readable == 0 {
		readable = len(s.body)
	}
	return Fault{
		Name: name, Point: s.point, Before: readable, AcceptGzip: s.acceptGzip, http2: http2,
		reply: func(_ int, gate <-chan struct{}) Reply {
			r := typed(s.contentType, Write(s.body), Flush(), Await(gate), step)
			r.Status = s.status
			if s.gzip {
				r = r.With("Content-Encoding", "gzip")
			}
			return r
		},
	}
}

// packGzip compresses head and tail, and tells after how many bytes head can be
// read.
func packGzip(head, tail string) (packed string, flushed int) {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(head)) // a Builder fails never
	_ = w.Flush()
	flushed = b.Len()
	_, _ = w.Write([]byte(tail))
	_ = w.Close()
	return b.String(), flushed
}
