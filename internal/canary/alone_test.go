// SPDX-License-Identifier: Apache-2.0

package canary_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// TestTransportAloneLeaksNothing has no destination between, which would take
// content away that should not have been recorded.
func TestTransportAloneLeaksNothing(t *testing.T) {
	for _, tt := range []struct {
		capture       roundtripper.ContentCapture
		spans, events bool
	}{
		{roundtripper.CaptureNone, false, false},
		{roundtripper.CaptureSpan, true, false},
		{roundtripper.CaptureEvent, false, true},
	} {
		t.Run(fmt.Sprint(tt.capture), func(t *testing.T) {
			var spans, events written
			reader := sdkmetric.NewManualReader()
			transport := roundtripper.New(newModel(t).transport(t),
				roundtripper.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(ended{&spans}))),
				roundtripper.WithLoggerProvider(sdklog.NewLoggerProvider(sdklog.WithProcessor(emitted{&events}))),
				roundtripper.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
				roundtripper.WithContentCapture(tt.capture))
			callAll(t, mode{}, &http.Client{Transport: transport})

			var metrics metricdata.ResourceMetrics
			require.NoError(t, reader.Collect(t.Context(), &metrics))
			require.NotEmpty(t, metrics.ScopeMetrics)
			assert.Empty(t, found(fmt.Sprintf("%+v", metrics), secrets, content), "in metrics")
			for name, w := range map[string]*written{"spans": &spans, "events": &events} {
				text := w.take()
				assert.Contains(t, text, semconv.OperationChat)
				assert.Empty(t, found(text, secrets), "secrets in %s", name)
				wanted := name == "spans" && tt.spans || name == "events" && tt.events
				assert.Equal(t, wanted, len(found(text, content)) > 0, "content in %s: %v", name, found(text, content))
			}
		})
	}
}

// ended prints spans.
type ended struct{ to *written }

func (e ended) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		for _, kv := range s.Attributes() {
			_, _ = fmt.Fprintln(e.to, kv.Key, kv.Value.String())
		}
		_, _ = fmt.Fprintln(e.to, s.Name(), s.Status(), s.Events(), s.Links())
	}
	return nil
}

func (ended) Shutdown(context.Context) error { return nil }

// emitted prints log records.
type emitted struct{ to *written }

func (e emitted) OnEmit(_ context.Context, r *sdklog.Record) error {
	_, _ = fmt.Fprintln(e.to, r.EventName(), r.Body(), r.SeverityText())
	for kv := range r.WalkAttributes {
		_, _ = fmt.Fprintln(e.to, kv.Key, kv.Value)
	}
	return nil
}

func (emitted) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (emitted) Shutdown(context.Context) error                         { return nil }
func (emitted) ForceFlush(context.Context) error                       { return nil }
