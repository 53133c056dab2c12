// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Dialect puts a finished span into the words that a backend reads. It is called
// once for each span and destination, when the span is exported, never on the path
// of a request; destinations that share a Dialect call it at the same time. It
// must not change the span, which other destinations get as well: [WithAttributes]
// makes a changed one. When it panics the span is exported as it is, and that is
// reported once.
type Dialect func(sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan

// Destination describes one backend. It is a value: copy it, change a field,
// pass it on. It holds no secret outside NewExporter, so it may be printed.
type Destination struct {
	// Name stands in errors, metrics and [Counts], for example "otlp". Required.
	Name string

	// Endpoint is the URL that spans are sent to, MetricsEndpoint and LogsEndpoint
	// those of the other signals, without credentials. The first stands in errors,
	// and none may be that of two destinations of one process. Empty where there
	// is no URL, as for the console.
	Endpoint        string
	MetricsEndpoint string
	LogsEndpoint    string

	// Content says that the backend wants message content. When false, the
	// attributes that carry content are removed from what it gets, unless the
	// user asked for content himself (see package instrumentation).
	Content bool

	// NoContent says that the backend never gets message content, whoever asks
	// for it. It wins over Content and over everything that the user says for
	// the whole process or for one context.
	NoContent bool

	// NewExporter makes the exporter. Required. It is called once for each
	// [Processor] and must not wait for the network.
	//
	// The context of ExportSpans ends only when Shutdown runs out of time, so
	// the exporter sets its own time limit for an attempt and for its retries.
	// Spans that it could not deliver are reported by the error it returns;
	// [PartialError] reports how many were lost, and why. An exporter that holds
	// spans back may have a method ForceFlush(context.Context) error, which is
	// called at the end of a flush. A panic of the exporter counts as its error.
	NewExporter func(context.Context) (sdktrace.SpanExporter, error)

	// NewMetricExporter and NewLogExporter make the exporters of metrics and of
	// log records; nil where the backend takes none. What is said of NewExporter
	// holds for them, too; a batch that fails is lost as a whole. A destination
	// that has one of them may leave NewExporter nil: it gets no spans.
	NewMetricExporter func(context.Context) (sdkmetric.Exporter, error)
	NewLogExporter    func(context.Context) (sdklog.Exporter, error)

	// Keep says which spans the backend gets; nil means all. It is asked when a
	// span starts, with the attributes that it starts with, so that the spans
	// below one that is left out can be attached to the nearest one above that
	// is kept. [OnlyObservations] keeps model calls and observations. It runs on
	// the goroutine that starts the span, at the same time on several. When it
	// panics the span is kept, and that is reported once.
	Keep func(sdktrace.ReadOnlySpan) bool

	// Dialect puts spans into the words that the backend reads; nil leaves them as
	// they are.
	Dialect Dialect

	// Check reports why the backend cannot be reached with these credentials,
	// and what to do about it; nil when there is nothing to check. It heeds its
	// context.
	Check func(context.Context) error

	// Limits bound what waits for the backend. The zero value means the
	// defaults.
	Limits Limits
}

// Validate reports a missing field of a destination for spans.
func (d Destination) Validate() error {
	if d.Name == "" {
		return errors.New("destination: Name is empty")
	}
	if d.NewExporter == nil {
		return errors.New("destination " + d.Name + ": NewExporter is nil")
	}
	return nil
}

// String returns the name and the endpoint.
func (d Destination) String() string {
	if d.Endpoint == "" {
		return d.Name
	}
	return d.Name + " (" + PrintableURL(d.Endpoint) + ")"
}

// GoString is String.
func (d Destination) GoString() string { return d.String() }

// LogValue is String.
func (d Destination) LogValue() slog.Value { return slog.StringValue(d.String()) }

// part names something that the destination brought, in errors.
func (d Destination) part(name string) string { return "destination " + d.String() + ": " + name }

// Default limits.
const (
	DefaultQueueSpans = 8192
	DefaultQueueBytes = 64 << 20
	DefaultBatchSpans = 512
	DefaultBatchBytes = 4 << 20
	DefaultBatchDelay = 5 * time.Second

	DefaultMaxRequestBytes = 2 << 20
)

// Limits bound the memory and the requests of one destination. Bytes are an
// estimate of a span's names, attribute values, events and links, before any
// encoding. A field that is zero or less means the variable in the package
// documentation, else the default.
type Limits struct {
	// QueueSpans and QueueBytes bound the spans that have ended and are not yet
	// delivered or lost, those under way to the backend included. A span that
	// would exceed a bound is dropped and counted.
	QueueSpans int
	QueueBytes int64

	// BatchSpans and BatchBytes bound one call of the exporter. A span larger
	// than BatchBytes is exported alone.
	BatchSpans int
	BatchBytes int64

	// BatchDelay is the longest time that a span waits for others to fill a
	// batch.
	BatchDelay time.Duration

	// MaxRequestBytes bounds the encoded size of one request of the exporter of
	// [OTLP], measured as protobuf before compression. A batch that is larger
	// goes out in several requests, and a span that is larger goes out alone.
	// Where requests are limited, 4 MiB to 20 MiB are common. The default of
	// 2 MiB leaves room for JSON, which is up to twice as long. Where the limit
	// is lower still, the backend answers 413, and the request is halved. From
	// then on the limit of this exporter is half of what was refused, but not
	// below 64 KiB for that.
	MaxRequestBytes int
}

func (l Limits) withDefaults() Limits {
	if l.QueueSpans <= 0 {
		l.QueueSpans = positiveEnv("OTEL_BSP_MAX_QUEUE_SIZE", DefaultQueueSpans)
	}
	if l.QueueBytes <= 0 {
		l.QueueBytes = DefaultQueueBytes
	}
	if l.BatchSpans <= 0 {
		l.BatchSpans = positiveEnv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", DefaultBatchSpans)
	}
	if l.BatchBytes <= 0 {
		l.BatchBytes = DefaultBatchBytes
	}
	if l.BatchDelay <= 0 {
		ms := positiveEnv("OTEL_BSP_SCHEDULE_DELAY", int(DefaultBatchDelay/time.Millisecond))
		l.BatchDelay = time.Duration(ms) * time.Millisecond
	}
	if l.MaxRequestBytes <= 0 {
		l.MaxRequestBytes = DefaultMaxRequestBytes
	}
	// The batch processor allocates room for a whole batch at once.
	l.BatchSpans = min(l.BatchSpans, l.QueueSpans)
	return l
}

type limitsKey struct{}

// with lets NewExporter see the limits of the destination: it gets nothing but a
// context.
func (l Limits) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, limitsKey{}, l)
}

func limitsFrom(ctx context.Context) Limits {
	l, _ := ctx.Value(limitsKey{}).(Limits)
	return l
}

func positiveEnv(name string, otherwise int) int {
	n, err := strconv.Atoi(strings.TrimSpace(os.Getenv(name)))
	if err != nil || n <= 0 {
		return otherwise
	}
	return n
}

// WantsContent tells whether the backend gets message content: NoContent wins over
// Content.
func (d Destination) WantsContent() bool { return d.Content && !d.NoContent }
