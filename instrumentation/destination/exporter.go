// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// maxErrorText bounds the text of an exporter's error: it may hold the whole
// answer of a server.
const maxErrorText = 1024

// queued is a span on its way from the gate to the exporter.
type queued struct {
	sdktrace.ReadOnlySpan
	size int64
}

// exporter stands between the batch processor and the exporter of a
// destination. It cuts batches to size, removes content where it is not wanted,
// and settles every span with the gate.
type exporter struct {
	dest       Destination
	batchBytes int64
	next       sdktrace.SpanExporter
	gate       *gate
	life       context.Context // ends when Shutdown runs out of time
	lastErr    atomic.Pointer[error]
}

// ExportSpans ignores the end of ctx. The batch processor hands in the context
// of a flush or its own export timeout, and neither may cut the retries that
// could still deliver the spans. Only the end of life does.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(e.life, func() { cancel(context.Cause(e.life)) })()

	var errs []error
	for len(spans) > 0 {
		n, bytes := e.cut(spans)
		errs = append(errs, e.export(ctx, spans[:n], bytes))
		spans = spans[n:]
	}
	return errors.Join(errs...)
}

// cut returns how many of the spans make up the next batch, at least one.
func (e *exporter) cut(spans []sdktrace.ReadOnlySpan) (n int, bytes int64) {
	for i, s := range spans {
		size := s.(*queued).size // the pump wraps every span
		if i > 0 && bytes+size > e.batchBytes {
			return i, bytes
		}
		bytes += size
	}
	return len(spans), bytes
}

func (e *exporter) export(ctx context.Context, spans []sdktrace.ReadOnlySpan, bytes int64) error {
	total := int64(len(spans))
	err := context.Cause(e.life)
	if err == nil {
		out := make([]sdktrace.ReadOnlySpan, len(spans))
		for i, s := range spans {
			out[i] = s.(*queued).ReadOnlySpan
			if !e.dest.Content {
				out[i] = removeContent(out[i])
			}
		}
		err = e.next.ExportSpans(ctx, out)
	}
	lost, reason := e.verdict(total, err)
	e.gate.settle(total, bytes, lost, reason)
	switch {
	case err == nil:
		return nil
	case lost == 0: // a warning: nobody asks for it, so it is not returned
		otel.Handle(fmt.Errorf("destination %s: %w", e.dest, shorten(err)))
		return nil
	}
	err = fmt.Errorf("destination %s: %d of %d %s lost: %w", e.dest, lost, total, plural(total, "span"), shorten(err))
	e.lastErr.Store(&err)
	return err
}

// verdict tells how many of the spans an error of the exporter means.
func (e *exporter) verdict(total int64, err error) (lost int64, reason Reason) {
	if err == nil {
		return 0, ""
	}
	if partial := (*PartialError)(nil); errors.As(err, &partial) {
		return min(max(partial.Rejected, 0), total), ReasonRejected
	}
	if e.life.Err() != nil {
		return total, ReasonShutdown
	}
	return total, ReasonExportFailed
}

// flush lets go of what the exporter of the destination holds back.
func (e *exporter) flush(ctx context.Context) error {
	f, ok := e.next.(interface{ ForceFlush(context.Context) error })
	if !ok {
		return nil
	}
	return f.ForceFlush(ctx)
}

func (e *exporter) last() error {
	if err := e.lastErr.Load(); err != nil {
		return *err
	}
	return nil
}

// Shutdown bounds the exporter's own shutdown by life, as it does its exports.
func (e *exporter) Shutdown(context.Context) error { return e.next.Shutdown(e.life) }

// shortError is an error whose text is bounded.
type shortError struct {
	err  error
	text string
}

func (e *shortError) Error() string { return e.text }
func (e *shortError) Unwrap() error { return e.err }

func shorten(err error) error {
	text := err.Error()
	if len(text) <= maxErrorText {
		return err
	}
	end := maxErrorText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return &shortError{err, strings.ToValidUTF8(text[:end], "\uFFFD") + " ..."}
}
