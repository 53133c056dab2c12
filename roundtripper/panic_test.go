// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/mistral"
	"github.com/otelmistral/otelmistral/semconv"
)

// panicky is a decoder with a bug.
type panicky struct{ where string }

func (p panicky) at(where string) {
	if p.where == where {
		panic("a bug")
	}
}

func (p panicky) Write([]byte)   { p.at("Write") }
func (p panicky) Done() bool     { p.at("Done"); return false }
func (p panicky) Fill()          { p.at("Fill") }
func (p panicky) Complete() bool { p.at("Complete"); return true }

// panickyRequest is one of requests.
type panickyRequest struct{ panicky }

func (panickyRequest) Write([]byte)       {}
func (panickyRequest) End()               {}
func (p panickyRequest) Fill(*genai.Call) { p.at("request") }

func TestPanicOfADecoderCostsTheRecordOnly(t *testing.T) {
	for _, where := range []string{"Write", "Done", "Fill", "Complete", "request"} {
		t.Run(where, func(t *testing.T) {
			exporter := tracetest.NewInMemoryExporter()
			provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
			metrics := sdkmetric.NewManualReader()
			transport := New(nil, WithTracerProvider(provider), WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(metrics))))
			_, span := provider.Tracer("").Start(t.Context(), "chat")
			c := &call{recording: true, target: &target{route: new(mistral.Route)}, transport: transport, caller: t.Context(), span: span, reply: panicky{where}, record: new(genai.Call)}
			c.meter, c.measured = transport.meter(t.Context()), t.Context()
			c.asked.reader = panickyRequest{panicky{where}}
			c.record.Response.Status = http.StatusOK
			resp := &http.Response{Body: io.NopCloser(strings.NewReader("{}"))}
			c.observe(resp)

			got, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, "{}", string(got))
			require.NoError(t, resp.Body.Close())

			spans := exporter.GetSpans()
			require.Len(t, spans, 1)
			assert.Equal(t, codes.Unset, spans[0].Status.Code, "the bug is not the call's")
			assert.Contains(t, spans[0].Attributes, semconv.MistralDecodeErrorsKey.Int(1))
			assert.Contains(t, spans[0].Attributes, attribute.String("mistral_ai.outcome", "completed"))
			assert.EqualValues(t, 1, panics(t, metrics))
		})
	}
}

// panics is the value of otelmistral.panics.
func panics(t *testing.T, metrics *sdkmetric.ManualReader) (n int64) {
	var collected metricdata.ResourceMetrics
	require.NoError(t, metrics.Collect(t.Context(), &collected))
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "otelmistral.panics" {
				for _, point := range sum.DataPoints {
					n += point.Value
				}
			}
		}
	}
	return n
}
