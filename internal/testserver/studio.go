// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"net/http"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
)

// The key that a [NewStudio] takes unless [WithAPIKey] sets another, and its
// path.
const (
	StudioAPIKey     = "mistral-test"
	StudioTracesPath = "/telemetry/v1/traces"
)

// NewStudio starts a receiver that stands for Mistral Studio: a Bearer key, else
// 401; application/json, else 415; and, since nothing says that it inflates, no
// compression, else 415. The answers are those of OTLP.
func NewStudio(opts ...ReceiverOption) *Receiver {
	as := func(r *Receiver) backend { return studio{key: r.keys.secret} }
	return startReceiver(StudioTracesPath, keys{secret: StudioAPIKey}, as, opts)
}

type studio struct {
	collector
	key string
}

func (b studio) admit(req *http.Request, _ *Export) *refusal { return bearer(req, b.key) }

func (studio) inflate(body []byte, encoding string) ([]byte, *refusal) {
	if encoding != "" {
		return nil, refuse(http.StatusUnsupportedMediaType, "the content encoding %q is not supported", encoding)
	}
	return body, nil
}

func (b studio) decode(body []byte, contentType string) (*coltracepb.ExportTraceServiceRequest, *refusal) {
	if mediaType(contentType) != jsonType {
		return nil, refuse(http.StatusUnsupportedMediaType, "the media type is %q, not %s", contentType, jsonType)
	}
	return b.collector.decode(body, contentType)
}

func (b studio) answer(response Response, _ string) (http.Header, []byte) {
	return b.collector.answer(response, jsonType)
}
