// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelmistral/otelmistral/internal/guard"
)

// MetricReader sends metrics to one destination at the interval of the SDK's
// PeriodicReader: OTEL_METRIC_EXPORT_INTERVAL, by default 60 s. It is safe for
// concurrent use. Shut it down to release its goroutine. It must be given to
// one MeterProvider.
type MetricReader struct {
	sdkmetric.Reader
	*outlet
}

// NewMetricReader starts a reader for d. The error is that of
// d.NewMetricExporter; it names the destination.
func NewMetricReader(ctx context.Context, d Destination) (*MetricReader, error) {
	o := newOutlet(ctx, d, "metrics")
	var next sdkmetric.Exporter
	err := o.create(func() (err error) {
		next, err = d.NewMetricExporter(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	reader := sdkmetric.NewPeriodicReader(&metricExporter{next, o})
	o.pipe = reader
	return &MetricReader{reader, o}, nil
}

// ForceFlush exports what was measured before the call, within ctx.
func (r *MetricReader) ForceFlush(ctx context.Context) error { return r.outlet.ForceFlush(ctx) }

// Shutdown exports once more and stops, within ctx. Later calls return the same.
func (r *MetricReader) Shutdown(ctx context.Context) error { return r.outlet.Shutdown(ctx) }

// metricExporter stands in front of the exporter of a destination.
type metricExporter struct {
	sdkmetric.Exporter
	out *outlet
}

func (e *metricExporter) Export(ctx context.Context, metrics *metricdata.ResourceMetrics) error {
	if len(metrics.ScopeMetrics) > 0 { // an empty request could only fail
		e.out.call(ctx, func(ctx context.Context) error { return e.Exporter.Export(ctx, metrics) })
	}
	return nil
}

func (e *metricExporter) ForceFlush(ctx context.Context) error {
	return guard.Call("the exporter", func() error { return e.Exporter.ForceFlush(ctx) })
}

func (e *metricExporter) Shutdown(ctx context.Context) error {
	return guard.Call("the exporter", func() error { return e.Exporter.Shutdown(ctx) })
}
