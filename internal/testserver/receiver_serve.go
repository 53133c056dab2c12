// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

// ServeHTTP implements [http.Handler].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.takesSignal(req.URL.Path) {
		r.serveSignal(w, req)
		return
	}
	export, refused := r.read(req)
	var response Response
	if refused == nil {
		response = r.next(export)
	} else {
		export.Problem = refused.problem
		response = Response{Status: refused.status, Message: refused.problem}
	}
	if response.Status == 0 {
		response.Status = http.StatusOK
	}

	if !r.pause(req, response.Delay) {
		r.store(export, Response{})
		panic(http.ErrAbortHandler) // nobody is left to answer
	}
	r.store(export, response)

	header, body := r.backend.answer(response, mediaType(req.Header.Get("Content-Type")))
	if response.Body != nil {
		body = response.Body
	}
	for key, values := range header {
		w.Header()[key] = values
	}
	for key, values := range response.Header {
		w.Header()[http.CanonicalHeaderKey(key)] = values
	}
	w.WriteHeader(response.Status)
	_, _ = w.Write(body) // an error means that the client left, which is its right
}

// read checks and decodes one request. The export holds what could be read,
// also when the request is refused.
func (r *Receiver) read(req *http.Request) (Export, *refusal) {
	export := Export{Method: req.Method, Path: req.URL.Path, Header: req.Header.Clone()}
	wire, err := io.ReadAll(req.Body)
	export.WireBytes = len(wire)
	if err != nil {
		return export, refuse(http.StatusBadRequest, "cannot read the body: %v", err)
	}

	if req.URL.Path != r.path {
		return export, refuse(http.StatusNotFound, "the path is not %s", r.path)
	}
	if req.Method != http.MethodPost {
		return export, refuse(http.StatusMethodNotAllowed, "the method is not POST")
	}
	for key := range r.required {
		if req.Header.Get(key) != r.required.Get(key) {
			return export, refuse(http.StatusUnauthorized, "the header %s is missing or wrong", key)
		}
	}
	if refused := r.backend.admit(req, &export); refused != nil {
		return export, refused
	}

	body, refused := r.backend.inflate(wire, req.Header.Get("Content-Encoding"))
	if refused != nil {
		return export, refused
	}
	export.Bytes = len(body)
	message, refused := r.backend.decode(body, req.Header.Get("Content-Type"))
	if refused != nil {
		return export, refused
	}
	export.Spans, err = stubs(message.GetResourceSpans())
	if err != nil {
		return export, refuse(http.StatusBadRequest, "%v", err)
	}
	export.ResourceSpans = message.GetResourceSpans()
	return export, nil
}

// next picks the answer to a sound request.
func (r *Receiver) next(export Export) Response {
	r.bell.Lock()
	if len(r.queue) > 0 {
		defer r.bell.Unlock()
		response := r.queue[0]
		r.queue = r.queue[1:]
		return response
	}
	r.bell.Unlock()
	return r.respond(export)
}

// pause waits for delay and reports whether the answer is still wanted.
func (r *Receiver) pause(req *http.Request, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-req.Context().Done():
		return false
	case <-r.closing:
		return false
	}
}

// store runs before the answer is written, so that a client which has its
// answer finds its spans here.
func (r *Receiver) store(export Export, response Response) {
	export.Status = response.Status
	var stored []received
	var dropped []Dropped
	if isSuccess(response.Status) {
		wire := wireSpans(export.ResourceSpans)
		for i := range max(0, len(wire)-response.RejectedSpans) {
			if reason := r.backend.fault(export, wire[i]); reason != "" {
				dropped = append(dropped, Dropped{export.Spans[i], reason})
				continue
			}
			stored = append(stored, received{export.Spans[i], wire[i]})
		}
	}
	export.Stored = len(stored)

	r.bell.Lock()
	defer r.bell.Unlock()
	r.exports = append(r.exports, export)
	r.spans = append(r.spans, stored...)
	r.dropped = append(r.dropped, dropped...)
	r.bell.ring()
}

// responseBody encodes what the OTLP specification asks for: an
// ExportTraceServiceResponse on success, a google.rpc.Status on failure.
func responseBody(response Response, encoding string) []byte {
	if !isSuccess(response.Status) {
		return statusBody(response, encoding)
	}
	message := &coltracepb.ExportTraceServiceResponse{}
	if response.RejectedSpans != 0 || response.Message != "" {
		message.PartialSuccess = &coltracepb.ExportTracePartialSuccess{
			RejectedSpans: int64(response.RejectedSpans),
			ErrorMessage:  response.Message,
		}
	}
	marshal := proto.Marshal
	if encoding == jsonType {
		marshal = protojson.Marshal
	}
	body, err := marshal(message)
	if err != nil {
		panic("testserver: " + err.Error()) // two plain fields: only a message with invalid UTF-8 gets here
	}
	return body
}

// text is what the answer says to a human.
func (response Response) text() string {
	if response.Message != "" {
		return response.Message
	}
	return http.StatusText(response.Status)
}

// statusBody is a google.rpc.Status with only its message. The type lives in a
// module that is not worth a dependency for one field.
func statusBody(response Response, encoding string) []byte {
	text := response.text()
	if encoding == jsonType {
		body, _ := json.Marshal(map[string]string{"message": text}) // strings always encode
		return body
	}
	const messageField = 2
	return protowire.AppendString(protowire.AppendTag(nil, messageField, protowire.BytesType), text)
}

func gunzip(body []byte) ([]byte, *refusal) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body is not gzip: %v", err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the gzip body is broken: %v", err)
	}
	return plain, nil
}

func mediaType(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return media
}
