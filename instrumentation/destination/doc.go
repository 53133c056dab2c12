// SPDX-License-Identifier: Apache-2.0

// Package destination is the seam between finished spans and the backends that
// show them. A [Destination] is data: where the backend is, whether it wants
// message content, how to make its exporter, and how much may wait for it.
// Whoever wants to send spans somewhere new fills in a Destination; the
// packages otlp and console next to this one do nothing else.
//
// A [Processor] puts a Destination behind a span processor:
//
//	OnEnd ─► gate (bounded in spans and bytes) ─► pump ─► BatchSpanProcessor ─► content filter ─► exporter
//
// The gate is the only place where a span can be refused for want of room. It
// refuses at once, so the goroutine that ends a span never waits for a
// backend. Behind the gate stands the BatchSpanProcessor of the OpenTelemetry
// SDK in blocking mode, which drops nothing by itself. What became of every
// span is counted in [Counts].
//
// # Environment
//
// These variables are read where [Limits] leaves a field zero. A value that is
// not a positive number counts as unset.
//
//   - OTEL_BSP_MAX_QUEUE_SIZE (default 8192): Limits.QueueSpans
//   - OTEL_BSP_MAX_EXPORT_BATCH_SIZE (default 512): Limits.BatchSpans
//   - OTEL_BSP_SCHEDULE_DELAY (default 5000, in milliseconds): Limits.BatchDelay
//
// OTEL_BSP_EXPORT_TIMEOUT is not read: it would cut the retries of the
// exporter, which has a time limit of its own.
package destination
