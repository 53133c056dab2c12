// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"net/http"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
)

// The key that a [NewRespan] takes unless [WithAPIKey] sets another, and its
// path.
const (
	RespanAPIKey     = "respan-test"
	RespanTracesPath = "/api/v2/traces"
)

// WithAPIKey sets the key that [NewRespan] and [NewStudio] take.
func WithAPIKey(key string) ReceiverOption {
	return func(r *Receiver) { r.keys = keys{secret: key} }
}

// NewRespan starts a receiver that takes and refuses requests as Respan is known
// to:
//
//   - only at RespanTracesPath; the base address of its clients is URL + "/api"
//   - a Bearer key, else 401
//   - application/x-protobuf or application/json, never compressed, else 400
//   - the answer is always JSON, with a partial success also when nothing was
//     rejected
//   - a 429 says how long to wait in its body, not in a header
func NewRespan(opts ...ReceiverOption) *Receiver {
	as := func(r *Receiver) backend { return respan{key: r.keys.secret} }
	return startReceiver(RespanTracesPath, keys{secret: RespanAPIKey}, as, opts)
}

type respan struct {
	collector
	key string
}

func (b respan) admit(req *http.Request, _ *Export) *refusal { return bearer(req, b.key) }

func (respan) inflate(body []byte, encoding string) ([]byte, *refusal) {
	if encoding != "" {
		return nil, refuse(http.StatusBadRequest, "malformed body: %s is not inflated", encoding)
	}
	return body, nil
}

func (b respan) decode(body []byte, contentType string) (*coltracepb.ExportTraceServiceRequest, *refusal) {
	message, refused := b.collector.decode(body, contentType)
	if refused != nil {
		return nil, refuse(http.StatusBadRequest, "malformed body: %s", refused.problem)
	}
	return message, nil
}

func (respan) answer(response Response, _ string) (http.Header, []byte) {
	header := http.Header{"Content-Type": {jsonType}}
	switch {
	case isSuccess(response.Status):
		type partial struct {
			RejectedSpans int    `json:"rejectedSpans"`
			ErrorMessage  string `json:"errorMessage"`
		}
		return header, []byte(encode(map[string]partial{"partialSuccess": {response.RejectedSpans, response.Message}}))
	case response.Status == http.StatusTooManyRequests:
		const wait = 30 // seconds
		return header, []byte(encode(map[string]any{"detail": response.text(), "retry_after": wait}))
	default:
		return header, []byte(encode(map[string]string{"detail": response.text()}))
	}
}
