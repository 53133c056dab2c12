// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
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

// refusal is the receiver's own verdict on a request that is not sound.
type refusal struct {
	status  int
	problem string
}

// ServeHTTP implements [http.Handler].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
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

	encoding := mediaType(req)
	if encoding != jsonType {
		encoding = protobufType
	}
	body := response.Body
	if body == nil {
		body = responseBody(response, encoding)
	}
	w.Header().Set("Content-Type", encoding)
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
		return export, &refusal{http.StatusBadRequest, "cannot read the body: " + err.Error()}
	}

	if req.URL.Path != r.path {
		return export, &refusal{http.StatusNotFound, "the path is not " + r.path}
	}
	if req.Method != http.MethodPost {
		return export, &refusal{http.StatusMethodNotAllowed, "the method is not POST"}
	}
	for key := range r.required {
		if req.Header.Get(key) != r.required.Get(key) {
			return export, &refusal{http.StatusUnauthorized, "the header " + key + " is missing or wrong"}
		}
	}

	body, err := decompress(wire, req.Header.Get("Content-Encoding"))
	if err != nil {
		return export, &refusal{http.StatusBadRequest, err.Error()}
	}
	export.Bytes = len(body)

	var message *coltracepb.ExportTraceServiceRequest
	switch mediaType(req) {
	case protobufType:
		message = &coltracepb.ExportTraceServiceRequest{}
		err = proto.Unmarshal(body, message)
	case jsonType:
		message, err = unmarshalJSON(body)
	default:
		return export, &refusal{http.StatusUnsupportedMediaType, fmt.Sprintf("the media type is %q", req.Header.Get("Content-Type"))}
	}
	if err == nil {
		export.Spans, err = stubs(message.GetResourceSpans())
	}
	if err != nil {
		return export, &refusal{http.StatusBadRequest, err.Error()}
	}
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
	if isSuccess(response.Status) {
		export.Stored = max(0, len(export.Spans)-response.RejectedSpans)
	}

	r.bell.Lock()
	defer r.bell.Unlock()
	r.exports = append(r.exports, export)
	r.spans = append(r.spans, export.Spans[:export.Stored]...)
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

// statusBody is a google.rpc.Status with only its message. The type lives in a
// module that is not worth a dependency for one field.
func statusBody(response Response, encoding string) []byte {
	text := response.Message
	if text == "" {
		text = http.StatusText(response.Status)
	}
	if encoding == jsonType {
		body, _ := json.Marshal(map[string]string{"message": text}) // strings always encode
		return body
	}
	const messageField = 2
	return protowire.AppendString(protowire.AppendTag(nil, messageField, protowire.BytesType), text)
}

func decompress(body []byte, encoding string) ([]byte, error) {
	switch encoding {
	case "":
		return body, nil
	case "gzip":
		reader, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("the body is not gzip: %w", err)
		}
		plain, err := io.ReadAll(reader)
		if err != nil {
			return nil, fmt.Errorf("the gzip body is broken: %w", err)
		}
		return plain, nil
	default:
		return nil, fmt.Errorf("the content encoding %q is not supported", encoding)
	}
}

func mediaType(req *http.Request) string {
	media, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}
