// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// unmarshalJSON decodes OTLP's JSON, which is protobuf's JSON but for the ids:
// OTLP writes them in hex, protojson reads every bytes field as base64.
//
// Each hex digit is also a base64 digit, and the 32 or 16 digits of an id fill
// whole groups of four, so encoding what protojson read gives the digits back.
// An id of any other form does not survive hex.DecodeString and is an error.
func unmarshalJSON(body []byte) (*coltracepb.ExportTraceServiceRequest, error) {
	message := &coltracepb.ExportTraceServiceRequest{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, message); err != nil {
		return nil, fmt.Errorf("the body is not OTLP JSON: %w", err)
	}
	for _, resourceSpans := range message.GetResourceSpans() {
		for _, scopeSpans := range resourceSpans.GetScopeSpans() {
			for _, span := range scopeSpans.GetSpans() {
				ids := []*[]byte{&span.TraceId, &span.SpanId, &span.ParentSpanId}
				for _, link := range span.GetLinks() {
					ids = append(ids, &link.TraceId, &link.SpanId)
				}
				for _, id := range ids {
					digits := base64.StdEncoding.EncodeToString(*id)
					decoded, err := hex.DecodeString(digits)
					if err != nil {
						return nil, fmt.Errorf("the id %q is not hex", digits)
					}
					*id = decoded
				}
			}
		}
	}
	return message, nil
}
