// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// pipe is a way to the destinations of spans, metrics or log records.
type pipe interface {
	ForceFlush(context.Context) error
	Shutdown(context.Context) error
}

// startMetrics sets up metrics for the destinations that take them. A
// MeterProvider that the application brings or has installed is used instead.
func (i *Instrumentation) startMetrics(ctx context.Context, c config, res *resource.Resource, all []destination.Destination) error {
	i.meters = c.meters
	if c.meters != nil || !c.local && meterSeat.ofApplication() {
		return nil
	}
	opts := []sdkmetric.Option{sdkmetric.WithResource(res)}
	var errs []error
	for _, d := range all {
		if d.NewMetricExporter == nil {
			continue
		}
		reader, err := destination.NewMetricReader(ctx, d)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		opts = append(opts, sdkmetric.WithReader(reader))
		i.metrics = append(i.metrics, reader)
	}
	if len(opts) > 1 {
		provider := sdkmetric.NewMeterProvider(opts...)
		i.providers = append(i.providers, provider)
		i.meters = settle(i, &meterSeat, metric.MeterProvider(provider), c.local)
	}
	return errors.Join(errs...)
}

// startLogs does the same for log records. With asked, the user asked for content
// on events.
func (i *Instrumentation) startLogs(ctx context.Context, c config, res *resource.Resource, all []destination.Destination, asked bool) error {
	i.loggers = c.loggers
	if c.loggers != nil || !c.local && loggerSeat.ofApplication() {
		return nil
	}
	opts := []sdklog.LoggerProviderOption{sdklog.WithResource(res)}
	var errs []error
	for _, d := range all {
		if d.NewLogExporter == nil {
			continue
		}
		d.Content = d.Content || asked
		processor, err := destination.NewLogProcessor(ctx, d)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		opts = append(opts, sdklog.WithProcessor(processor))
		i.pipes = append(i.pipes, processor)
		i.logs = append(i.logs, processor)
	}
	if len(opts) > 1 {
		provider := sdklog.NewLoggerProvider(opts...)
		i.providers = append(i.providers, provider)
		settle(i, &loggerSeat, log.LoggerProvider(provider), c.local)
		// Also where the global one would do: to a transport, a LoggerProvider of its
		// own says that somebody wants the details of calls.
		i.loggers = provider
	}
	return errors.Join(errs...)
}

// settle installs the provider as the global one if it may, and returns what
// transports are told: nothing where the global one will do.
func settle[P any](i *Instrumentation, s *seat[P], provider P, local bool) P {
	if !local && s.take(i, provider) == nil {
		var global P
		return global
	}
	return provider
}

// MeterProvider returns the provider that metrics of calls are recorded with:
// that of [WithMeterProvider] or of Start, or the global one.
func (i *Instrumentation) MeterProvider() metric.MeterProvider {
	switch {
	case i.disabled:
		return metricnoop.NewMeterProvider()
	case i.meters != nil:
		return i.meters
	}
	return otel.GetMeterProvider()
}

// LoggerProvider returns the provider that events of calls are recorded with:
// that of [WithLoggerProvider] or of Start, or the global one.
func (i *Instrumentation) LoggerProvider() log.LoggerProvider {
	switch {
	case i.disabled:
		return lognoop.NewLoggerProvider()
	case i.loggers != nil:
		return i.loggers
	}
	return otel.GetLoggerProvider()
}

// each does something with all of them at the same time, so that one that is slow
// does not use up the time of the others.
func each[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for n, one := range all {
		wg.Go(func() { errs[n] = do(one) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
