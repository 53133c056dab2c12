// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/otelmistral/otelmistral/internal/guard"
)

// defaultQueueRecords is the SDK's own.
const defaultQueueRecords = 2048

// LogProcessor sends log records to one destination, by way of the SDK's
// BatchProcessor and its variables OTEL_BLRP_*. What waits is bounded in records
// by OTEL_BLRP_MAX_QUEUE_SIZE (default 2048), and in bytes by [Limits].QueueBytes. It is
// safe for concurrent use. Shut it down to release its goroutine.
type LogProcessor struct {
	*sdklog.BatchProcessor
	*outlet
	next       sdklog.Exporter
	batchBytes int64
	maxRecords int64
	maxBytes   int64
	reportFull sync.Once

	mu             sync.Mutex // never held over a call into other code
	closed         bool
	records, bytes int64 // that wait or are under way
	dropped        map[Reason]int64
}

var _ sdklog.Processor = (*LogProcessor)(nil)

// NewLogProcessor starts a processor for d. The error is that of
// d.NewLogExporter; it names the destination.
func NewLogProcessor(ctx context.Context, d Destination) (*LogProcessor, error) {
	limits := d.Limits.withDefaults()
	p := &LogProcessor{
		outlet:     newOutlet(ctx, d, "logs"),
		batchBytes: limits.BatchBytes,
		maxRecords: int64(positiveEnv("OTEL_BLRP_MAX_QUEUE_SIZE", defaultQueueRecords)),
		maxBytes:   limits.QueueBytes,
		dropped:    make(map[Reason]int64),
	}
	err := p.create(func() (err error) {
		p.next, err = d.NewLogExporter(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.BatchProcessor = sdklog.NewBatchProcessor((*logExporter)(p), sdklog.WithMaxQueueSize(int(p.maxRecords)))
	p.pipe = p.BatchProcessor
	return p, nil
}

// OnEmit takes the record in, or drops and counts it. It never waits. The first
// one that finds no room is reported through otel.Handle.
func (p *LogProcessor) OnEmit(ctx context.Context, r *sdklog.Record) error {
	switch p.take(recordSize(r)) {
	case "":
		return p.BatchProcessor.OnEmit(ctx, r)
	case ReasonQueueFull:
		p.reportFull.Do(func() {
			go guard.Handle(fmt.Errorf("destination %s: the queue is full, log records are dropped; reported once, Stats has the count", p.dest))
		})
	}
	return nil
}

// take makes room, so that the queue of the SDK, which drops without a count,
// never overflows.
func (p *LogProcessor) take(size int64) Reason {
	p.mu.Lock()
	defer p.mu.Unlock()
	var reason Reason
	switch {
	case p.closed:
		reason = ReasonShutdown
	case p.records+1 > p.maxRecords || p.bytes+size > p.maxBytes:
		reason = ReasonQueueFull
	default:
		p.records++
		p.bytes += size
		return ""
	}
	p.dropped[reason]++
	return reason
}

// settle records what became of records taken in before.
func (p *LogProcessor) settle(n int, size int64, arrived bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed && p.records == 0 {
		return // counted as lost by Shutdown
	}
	p.records -= int64(n)
	p.bytes -= size
	if !arrived {
		p.dropped[ReasonExportFailed] += int64(n)
	}
}

// ForceFlush exports what was emitted before the call, within ctx.
func (p *LogProcessor) ForceFlush(ctx context.Context) error { return p.outlet.ForceFlush(ctx) }

// Shutdown exports what is queued and stops, within ctx. What has not been
// confirmed by then counts as lost. Later calls return the same.
func (p *LogProcessor) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.outlet.Shutdown(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.records > 0 {
		p.dropped[ReasonShutdown] += p.records
		p.records, p.bytes = 0, 0
	}
	return err
}

// Counts returns how many log records were lost so far.
func (p *LogProcessor) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Counts{Name: p.dest.Name, Endpoint: p.dest.Endpoint, DroppedLogs: maps.Clone(p.dropped)}
}

// logExporter is what the batch processor calls, one call at a time.
type logExporter LogProcessor

// Export cuts a batch to size, as structured content is large, and removes
// content where it is not wanted. The records are the batch processor's own
// copies.
func (e *logExporter) Export(ctx context.Context, records []sdklog.Record) error {
	p := (*LogProcessor)(e)
	for len(records) > 0 {
		n, size := 0, int64(0)
		for n < len(records) {
			next := recordSize(&records[n])
			if n > 0 && size+next > p.batchBytes {
				break
			}
			n, size = n+1, size+next
		}
		batch := records[:n]
		if !p.dest.WantsContent() {
			for i := range batch {
				removeRecordContent(&batch[i])
			}
		}
		arrived := p.call(ctx, func(ctx context.Context) error { return p.next.Export(ctx, batch) })
		p.settle(n, size, arrived)
		records = records[n:]
	}
	return nil
}

func (e *logExporter) ForceFlush(ctx context.Context) error {
	return guard.Call("the exporter", func() error { return e.next.ForceFlush(ctx) })
}

func (e *logExporter) Shutdown(ctx context.Context) error {
	return guard.Call("the exporter", func() error { return e.next.Shutdown(ctx) })
}

// recordSize estimates a record as sizeOf does a span. Nothing changes a record
// between the queue and the exporter, so both get the same.
func recordSize(r *sdklog.Record) int64 {
	n := spanSize + len(r.EventName()) + len(r.SeverityText()) + valueSize(r.Body())
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		n += attributeSize + len(kv.Key) + valueSize(kv.Value)
		return true
	})
	return int64(n)
}
