// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/metric"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/internal/guard"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// observeExport reports [Instrumentation.Stats] as metrics, whenever metrics are
// collected. What has not happened is not reported.
func (i *Instrumentation) observeExport() error {
	return guard.Call("the meter provider", func() error {
		meter := i.MeterProvider().Meter(ScopeName, metric.WithInstrumentationVersion(roundtripper.Version))
		exported, err := meter.Int64ObservableCounter(semconv.MetricSpansExported,
			metric.WithUnit(semconv.UnitSpans), metric.WithDescription("Spans that a destination confirmed"))
		spans, err2 := meter.Int64ObservableCounter(semconv.MetricSpansDropped,
			metric.WithUnit(semconv.UnitSpans), metric.WithDescription("Spans that did not reach a destination"))
		records, err3 := meter.Int64ObservableCounter(semconv.MetricLogRecordsDropped,
			metric.WithUnit(semconv.UnitLogRecords), metric.WithDescription("Log records that did not reach a destination"))
		if err := errors.Join(err, err2, err3); err != nil {
			return fmt.Errorf("metrics of the export: %w", err)
		}
		i.observing, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
			for _, c := range i.Stats().Destinations {
				name := semconv.DestinationNameKey.String(c.Name)
				observe := func(counter metric.Int64Observable, dropped map[destination.Reason]int64) {
					for reason, n := range dropped {
						o.ObserveInt64(counter, n, metric.WithAttributes(name, semconv.DropReasonKey.String(string(reason))))
					}
				}
				observe(spans, c.Dropped)
				observe(records, c.DroppedLogs)
				if c.Exported > 0 {
					o.ObserveInt64(exported, c.Exported, metric.WithAttributes(name))
				}
			}
			return nil
		}, exported, spans, records)
		return err
	})
}
