// SPDX-License-Identifier: Apache-2.0

// Package destination is the seam between finished spans and the backends that
// show them. A [Destination] is data: where the backend is, whether it wants
// message content, how to make its exporter, and how much may wait for it.
// Whoever wants to send spans somewhere new fills in a Destination; the packages
// next to this one do nothing else.
//
// A [Processor] puts a Destination behind a span processor:
//
//	OnStart ─► Keep, lineage
//	OnEnd ─► lineage ─► gate (bounded in spans and bytes) ─► pump ─► BatchSpanProcessor
//	      ─► content filter ─► Dialect ─► exporter (sizes, answers, retries)
//
// # Filter
//
// Keep says which spans the backend gets. A kept span whose parent is left out
// is attached to the nearest kept span above, or to the parent in another
// process that the ones left out came from, so the backend sees whole trees. The
// topmost kept span of a trace in this process carries otelmistral.app_root,
// also where every span is kept. What is left out is not counted. The memory for
// this is bounded: it holds the 65,536 spans that are under way and the 8192
// that ended last, at about 250 bytes each.
//
// # Queue
//
// The gate is the only place where a span can be refused for want of room. It
// refuses at once, so the goroutine that ends a span never waits for a
// backend. Behind the gate stands the BatchSpanProcessor of the OpenTelemetry
// SDK in blocking mode, which drops nothing by itself. What became of every
// span is counted in [Counts].
//
// # Export
//
// [OTLP] makes an exporter that loses only what it must:
//
//   - A batch goes out in requests of at most [Limits].MaxRequestBytes.
//   - Text that is not UTF-8, in spans of other libraries, goes out with U+FFFD
//     in the place of what is wrong with it.
//   - On 400 and 413 a request is halved, until what the backend refuses is one
//     span. That one is dropped, counted ([ReasonRefused], [ReasonTooLarge]) and
//     told by name and size. A backend that refuses 32 requests in a row is
//     asked no further: then whole parts are dropped.
//   - After 429, 502, 503 and 504, and when there was no answer, a request is
//     tried again, see [Retry]. After 500 only with OTLP.RetryOn500.
//   - Any other status loses the request ([ReasonExportFailed]). The error says
//     the status, the URL and what to check.
//   - Spans that a partial success names as rejected are counted as
//     [ReasonRejected].
//
// Errors never repeat the values of headers, nor what a backend says about a
// request that it found bad: it may quote what a user said.
//
// # Metrics and log records
//
// [MetricReader] and [LogProcessor] put the exporters of a Destination behind the
// SDK: they contain panics, keep to the context of Flush and Shutdown, bound what
// waits, and remove content from log records as from spans. What spans are tried
// again for, they are, too, but for no longer than the SDK gives one export:
// OTEL_METRIC_EXPORT_TIMEOUT and OTEL_BLRP_EXPORT_TIMEOUT, 30 s by default. A batch
// that fails then is lost. Metrics are cumulative, so the next export makes up for
// it; log records are counted in [Counts].
//
// # Environment
//
// These variables are read where [Limits] leaves a field zero. A value that is
// not a positive number counts as unset.
//
//   - OTEL_BSP_MAX_QUEUE_SIZE (default 8192): Limits.QueueSpans
//   - OTEL_BSP_MAX_EXPORT_BATCH_SIZE (default 512): Limits.BatchSpans
//   - OTEL_BSP_SCHEDULE_DELAY (default 5000, in milliseconds): Limits.BatchDelay
//   - OTEL_BLRP_MAX_QUEUE_SIZE (default 2048): bounds the log records that wait,
//     besides Limits.QueueBytes; no field wins over it
//   - OTEL_BLRP_MAX_EXPORT_BATCH_SIZE (default 512), OTEL_BLRP_SCHEDULE_DELAY
//     (default 1000, in milliseconds), OTEL_BLRP_EXPORT_TIMEOUT (default 30000):
//     read by the SDK, for log records
//
// OTEL_BSP_EXPORT_TIMEOUT is not followed: it would cut the retries of the
// exporter, which has a time limit of its own.
package destination
