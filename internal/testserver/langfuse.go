// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// The keys that a [NewLangfuse] takes unless [WithLangfuseKeys] sets others, and
// its path.
const (
	LangfusePublicKey  = "pk-lf-test"
	LangfuseSecretKey  = "sk-lf-test" //nolint:gosec // opens nothing but this server
	LangfuseTracesPath = "/api/public/otel/v1/traces"
)

// How Langfuse writes what a request carries, see [Export.Ingestion].
const (
	// IngestionDirect: into the table of events, at once.
	IngestionDirect = "direct"
	// IngestionDual: by way of the store of earlier versions.
	IngestionDual = "dual"
)

// WithLangfuseKeys sets the keys that [NewLangfuse] takes.
func WithLangfuseKeys(public, secret string) ReceiverOption {
	return func(r *Receiver) { r.keys = keys{public, secret} }
}

// WithLegacyStore makes a [NewLangfuse] write everything to the store of earlier
// versions, as a server of version 3 does, whatever the request asks for.
func WithLegacyStore() ReceiverOption {
	return func(r *Receiver) { r.legacy = true }
}

// NewLangfuse starts a receiver that takes and refuses requests as Langfuse 4
// does, at LangfuseTracesPath unless [WithTracesPath] says otherwise:
//
//   - Basic authentication with both keys, else 401; Bearer: 403. The real one
//     looks at the secret key only
//   - application/x-protobuf or application/json, else 400; gzip or no
//     compression, else 400; no body, or JSON with names in snake_case: 200, and
//     nothing is stored
//   - one span without valid ids: 400 for the whole request
//   - x-langfuse-ingestion-version 4: [IngestionDirect]; less, or none:
//     [IngestionDual]; 5 and more, or no number: 400
//   - the answer to an accepted request is JSON, but not that of OTLP
//   - a 429 has Retry-After: 1 unless the [Response] has another one
//
// In the store of earlier versions, which serves IngestionDual and
// [WithLegacyStore], attributes of a wrong type cost the span:
// [Receiver.Dropped]. It does not map attributes to what Langfuse would show.
func NewLangfuse(opts ...ReceiverOption) *Receiver {
	as := func(r *Receiver) backend { return langfuse{keys: r.keys, legacy: r.legacy} }
	return startReceiver(LangfuseTracesPath, keys{LangfusePublicKey, LangfuseSecretKey}, as, opts)
}

type langfuse struct {
	collector
	keys   keys
	legacy bool
}

func (l langfuse) admit(req *http.Request, export *Export) *refusal {
	user, password, basic := req.BasicAuth()
	switch {
	case strings.HasPrefix(req.Header.Get("Authorization"), "Bearer "):
		return refuse(http.StatusForbidden, "Access denied: Bearer auth and org api keys are not allowed to access")
	case !basic:
		return refuse(http.StatusUnauthorized, "No authorization header")
	case keys{user, password} != l.keys:
		return refuse(http.StatusUnauthorized, "Invalid credentials. Confirm that you've configured the correct host.")
	}

	version := strings.TrimSpace(req.Header.Get("x-langfuse-ingestion-version"))
	export.Ingestion = IngestionDual
	if version == "" {
		return nil
	}
	switch n, err := strconv.ParseFloat(version, 64); {
	case err != nil, !(n < 5): // NaN is not
		return refuse(http.StatusBadRequest, "the ingestion version %q is not supported", version)
	case n >= 4:
		export.Ingestion = IngestionDirect
	}
	return nil
}

func (l langfuse) inflate(body []byte, encoding string) ([]byte, *refusal) {
	plain, refused := l.collector.inflate(body, encoding)
	if refused != nil && encoding != "gzip" {
		refused.problem = "Failed to parse OTel trace: " + refused.problem // nothing else is undone
	}
	return plain, refused
}

func (l langfuse) decode(body []byte, contentType string) (*coltracepb.ExportTraceServiceRequest, *refusal) {
	media := mediaType(contentType)
	switch {
	case media != protobufType && media != jsonType:
		return nil, refuse(http.StatusBadRequest, "Invalid content type")
	case len(body) == 0:
		return &coltracepb.ExportTraceServiceRequest{}, nil
	case media == jsonType:
		body = withoutSnakeCase(body)
	}
	message, refused := l.collector.decode(body, contentType)
	if refused != nil {
		refused.problem = "Failed to parse OTel trace: " + refused.problem
	}
	return message, refused
}

// withoutSnakeCase removes the members of JSON objects whose names Langfuse does
// not know, but protobuf's JSON does. Attributes are not concerned: in OTLP their
// keys are values. What is not JSON stays as it is.
func withoutSnakeCase(body []byte) []byte {
	var all any
	if json.Unmarshal(body, &all) != nil {
		return body
	}
	var clean func(any)
	clean = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				if strings.Contains(name, "_") {
					delete(v, name)
					continue
				}
				clean(member)
			}
		case []any:
			for _, element := range v {
				clean(element)
			}
		}
	}
	clean(all)
	return []byte(encode(all))
}

// fault is what the store of earlier versions does not take. The sender never
// learns of it.
func (l langfuse) fault(export Export, s WireSpan) string {
	if !l.legacy && export.Ingestion == IngestionDirect {
		return ""
	}
	for _, key := range []string{"langfuse.version", "langfuse.observation.status_message"} {
		if v := s.Attribute(key); v != nil && !isString(v) {
			return key + " is not a string"
		}
	}
	if v := s.ResourceAttribute("service.version"); v != nil && !isString(v) {
		return "service.version of the resource is not a string"
	}
	if v := s.Attribute("langfuse.observation.completion_start_time"); v != nil && !isTime(v) {
		return fmt.Sprintf("langfuse.observation.completion_start_time is no time: %s", asJSON(v))
	}
	name, version := s.Attribute("langfuse.observation.prompt.name"), s.Attribute("langfuse.observation.prompt.version")
	if name == nil && version == nil {
		return ""
	}
	if _, isInt := version.GetValue().(*commonpb.AnyValue_IntValue); !isInt || !isString(name) {
		return "langfuse.observation.prompt.name and .version are not a string and an integer"
	}
	return ""
}

func isString(v *commonpb.AnyValue) bool {
	_, ok := v.GetValue().(*commonpb.AnyValue_StringValue)
	return ok
}

// isTime takes RFC 3339, also as a JSON string: some SDKs write it so.
func isTime(v *commonpb.AnyValue) bool {
	if !isString(v) {
		return false
	}
	text := v.GetStringValue()
	var inner string
	if json.Unmarshal([]byte(text), &inner) == nil {
		text = inner
	}
	_, err := time.Parse(time.RFC3339Nano, text)
	return err == nil
}

func (langfuse) answer(response Response, _ string) (http.Header, []byte) {
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	if isSuccess(response.Status) {
		return header, []byte(`{"id":"1","name":"otel-ingestion-job","data":{},"timestamp":1789000000000}`)
	}
	if response.Status == http.StatusTooManyRequests {
		header.Set("Retry-After", "1")
	}
	return header, []byte(encode(map[string]string{"message": response.text()}))
}
