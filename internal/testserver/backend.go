// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"net/http"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// backend is what one product takes and how it answers. [collector] is the base
// of all: what OTLP asks for.
type backend interface {
	// admit judges the headers that are not about the body.
	admit(*http.Request, *Export) *refusal
	// inflate undoes the content encoding.
	inflate(body []byte, encoding string) ([]byte, *refusal)
	// decode reads the body. contentType is the header as sent.
	decode(body []byte, contentType string) (*coltracepb.ExportTraceServiceRequest, *refusal)
	// fault says why a span of an accepted request is lost without a word to the
	// sender; "" keeps it.
	fault(Export, WireSpan) string
	// answer fills in what the script of the response left open: at least
	// Content-Type and Body.
	answer(response Response, media string) (http.Header, []byte)
}

// refusal is the receiver's own verdict on a request that is not sound.
type refusal struct {
	status  int
	problem string
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// collector accepts what OTLP allows, and answers as OTLP asks for.
type collector struct{}

func (collector) admit(*http.Request, *Export) *refusal { return nil }

func (collector) inflate(body []byte, encoding string) ([]byte, *refusal) {
	switch encoding {
	case "":
		return body, nil
	case "gzip":
		return gunzip(body)
	default:
		return nil, refuse(http.StatusBadRequest, "the content encoding %q is not supported", encoding)
	}
}

func (collector) decode(body []byte, contentType string) (*coltracepb.ExportTraceServiceRequest, *refusal) {
	var message *coltracepb.ExportTraceServiceRequest
	var err error
	switch mediaType(contentType) {
	case protobufType:
		message = &coltracepb.ExportTraceServiceRequest{}
		err = proto.Unmarshal(body, message)
	case jsonType:
		message, err = unmarshalJSON(body)
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "the media type is %q", contentType)
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%v", err)
	}
	return message, nil
}

func (collector) fault(Export, WireSpan) string { return "" }

func (collector) answer(response Response, media string) (http.Header, []byte) {
	if media != jsonType {
		media = protobufType
	}
	return http.Header{"Content-Type": {media}}, responseBody(response, media)
}

// bearer refuses any key but key.
func bearer(req *http.Request, key string) *refusal {
	if req.Header.Get("Authorization") != "Bearer "+key {
		return refuse(http.StatusUnauthorized, "the header Authorization is missing or has a wrong key")
	}
	return nil
}
