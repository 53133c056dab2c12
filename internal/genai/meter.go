// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelmistral/otelmistral/semconv"
)

// Meter records the metrics of calls. It is safe for concurrent use.
type Meter struct {
	instruments []instrument
}

// instrument is a row of the vocabulary's table with what records it: one of
// the three.
type instrument struct {
	semconv.Metric
	seconds metric.Float64Histogram
	numbers metric.Int64Histogram
	counter metric.Int64Counter
}

// NewMeter returns a Meter for the metrics of v. One whose instrument cannot be
// made is left out, and is in the error.
func NewMeter(m metric.Meter, v semconv.Vocabulary) (*Meter, error) {
	var made Meter
	var errs []error
	for _, row := range semconv.Metrics(v) {
		i := instrument{Metric: row}
		if err := i.make(m); err != nil {
			errs = append(errs, err)
			continue
		}
		made.instruments = append(made.instruments, i)
	}
	return &made, errors.Join(errs...)
}

func (i *instrument) make(m metric.Meter) (err error) {
	unit, brief := metric.WithUnit(i.Unit), metric.WithDescription(i.Brief)
	switch {
	case i.Instrument == semconv.InstrumentCounter:
		i.counter, err = m.Int64Counter(i.Name, unit, brief)
	case i.Type == semconv.TypeInt:
		i.numbers, err = m.Int64Histogram(i.Name, unit, brief, metric.WithExplicitBucketBoundaries(i.Buckets...))
	default:
		i.seconds, err = m.Float64Histogram(i.Name, unit, brief, metric.WithExplicitBucketBoundaries(i.Buckets...))
	}
	return err
}

func (i *instrument) enabled(ctx context.Context) bool {
	switch {
	case i.counter != nil:
		return i.counter.Enabled(ctx)
	case i.numbers != nil:
		return i.numbers.Enabled(ctx)
	}
	return i.seconds.Enabled(ctx)
}

func (i *instrument) record(ctx context.Context, value float64, l label) {
	switch {
	case i.counter != nil:
		i.counter.Add(ctx, int64(value), l.add...)
	case i.numbers != nil:
		i.numbers.Record(ctx, int64(value), l.record...)
	default:
		i.seconds.Record(ctx, value, l.record...)
	}
}

// takes tells whether calls of that operation, which is "" where the conventions
// have none, count in the metric.
func (i *instrument) takes(operation string) bool {
	if operation == "" {
		return !slices.Contains(i.Attributes, semconv.GenAIOperationNameKey)
	}
	return i.Operations == nil || slices.Contains(i.Operations, operation)
}

// Enabled tells whether anything would be recorded.
func (m *Meter) Enabled(ctx context.Context) bool {
	for i := range m.instruments {
		if m.instruments[i].enabled(ctx) {
			return true
		}
	}
	return false
}

// Record records a call that has ended. ctx carries its span, for exemplars, and
// is not cancelled.
func (m *Meter) Record(ctx context.Context, c *Call, l *Labels) {
	for i := range m.instruments {
		i, l := &m.instruments[i], l.of[i]
		if value, ok := c.measured(i.Measure); ok && i.takes(c.Operation) && i.enabled(ctx) {
			i.record(ctx, value, l)
		}
	}
}

// measured gives what is measured when a call has ended; not ok if that is not
// known.
func (c *Call) measured(m semconv.Measure) (value float64, ok bool) {
	u := &c.Usage
	switch m {
	case semconv.MeasureDuration:
		return c.Duration.Seconds(), true
	case semconv.MeasureTimeToFirstChunk:
		return c.TimeToFirstChunk.Value.Seconds(), c.TimeToFirstChunk.Set
	case semconv.MeasureInputTokens:
		return float64(u.Input.Value), u.Input.Set
	case semconv.MeasureAudioInputTokens:
		return float64(u.Audio.Value), u.Audio.Value > 0
	case semconv.MeasureOtherInputTokens:
		other := max(0, u.Input.Value-u.Audio.Value)
		return float64(other), u.Input.Set && (other > 0 || u.Audio.Value == 0)
	case semconv.MeasureCacheReadInputTokens:
		return float64(u.Cached.Value), u.Cached.Set
	case semconv.MeasureOutputTokens:
		return float64(u.Output.Value), u.Output.Set
	case semconv.MeasureReasoningOutputTokens:
		return float64(u.Reasoning.Value), u.Reasoning.Set
	case semconv.MeasureCalls:
		return 1, true
	case semconv.MeasureDecodeErrors:
		return float64(c.DecodeErrors), c.DecodeErrors > 0
	case semconv.MeasureDroppedBytes:
		return float64(c.DroppedBytes), c.DroppedBytes > 0
	case semconv.MeasurePanics:
		return float64(c.Panics), c.Panics > 0
	}
	return 0, false
}

// Labels are the attributes of the points of calls that are alike, ready for use.
// They are never changed.
type Labels struct {
	meter *Meter
	facts facts
	of    []label // by instrument
}

type label struct {
	record []metric.RecordOption
	add    []metric.AddOption
}

// facts are what attributes of metrics are made of.
type facts struct {
	operation, provider, asked, answered, address string
	port                                          int
	outcome, failure                              string
}

// Labels returns the labels of c: last, if they are those, or new ones.
func (m *Meter) Labels(c *Call, last *Labels) *Labels {
	f := facts{
		c.Operation, c.Provider, c.Request.Model, c.Response.Model, c.ServerAddress, c.ServerPort,
		c.Outcome, c.Failure.Type,
	}
	if last != nil && last.meter == m && last.facts == f {
		return last
	}
	all := c.AppendStart(nil)
	all = appendString(all, semconv.GenAIResponseModelKey, f.answered)
	all = appendString(all, semconv.ErrorTypeKey, f.failure)
	all = appendString(all, semconv.MistralOutcomeKey, f.outcome)
	l := &Labels{meter: m, facts: f, of: make([]label, len(m.instruments))}
	for i := range m.instruments {
		row := &m.instruments[i]
		var attrs []attribute.KeyValue
		for _, a := range all {
			if slices.Contains(row.Attributes, a.Key) {
				attrs = append(attrs, a)
			}
		}
		if row.With.Valid() {
			attrs = append(attrs, row.With)
		}
		o := metric.WithAttributeSet(attribute.NewSet(attrs...))
		l.of[i] = label{[]metric.RecordOption{o}, []metric.AddOption{o}}
	}
	return l
}

// Panicked records a panic that was contained outside of any record.
func (m *Meter) Panicked(ctx context.Context) {
	for i := range m.instruments {
		if i := &m.instruments[i]; i.Measure == semconv.MeasurePanics {
			i.record(ctx, 1, label{})
		}
	}
}

// Pace records the time from one chunk of a stream to the next.
type Pace struct {
	meter *Meter
	at    int // the instrument
}

// Pace returns the one for streams of that operation; not ok if nothing would be
// recorded.
func (m *Meter) Pace(ctx context.Context, operation string) (p Pace, ok bool) {
	for i := range m.instruments {
		row := &m.instruments[i]
		if row.Measure == semconv.MeasureTimePerOutputChunk && row.takes(operation) {
			return Pace{m, i}, row.enabled(ctx)
		}
	}
	return Pace{}, false
}

// Record records n chunks that came at once, so long after the one before.
func (p Pace) Record(ctx context.Context, l *Labels, n int, since time.Duration) {
	for range n {
		p.meter.instruments[p.at].record(ctx, since.Seconds(), l.of[p.at])
		since = 0
	}
}
