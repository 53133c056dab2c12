// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/internal/guard"
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
// translates spans into the destination's dialect, and settles every span with
// the gate.
type exporter struct {
	dest       Destination
	batchBytes int64
	next       sdktrace.SpanExporter
	gate       *gate
	life       context.Context // ends when Shutdown runs out of time
	lastErr    atomic.Pointer[error]
	trouble    trouble

	reportDialect sync.Once
}

// flushing marks the context of a flush, whose own error says what was lost.
type flushing struct{}

// ExportSpans ignores the end of ctx. The batch processor hands in the context
// of a flush or its own export timeout, and neither may cut the retries that
// could still deliver the spans. Only the end of life does.
//
// It returns no error: the batch processor would hand it to the application's
// error handler unguarded.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(e.life, func() { cancel(context.Cause(e.life)) })()
	ctx = e.trouble.in(ctx)
	defer e.trouble.over()

	var errs []error
	for len(spans) > 0 {
		n, bytes := e.cut(spans)
		errs = append(errs, e.export(ctx, spans[:n], bytes))
		spans = spans[n:]
	}
	if err := errors.Join(errs...); err != nil && ctx.Value(flushing{}) == nil {
		guard.Handle(err)
	}
	return nil
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
			if !e.dest.WantsContent() {
				out[i] = removeContent(out[i])
			}
			if e.dest.Dialect != nil {
				out[i] = e.translate(out[i])
			}
		}
		err = e.deliver(ctx, out)
	}
	lost, sum := e.verdict(total, err)
	e.gate.settle(total, bytes, lost)
	switch {
	case err == nil:
		return nil
	case sum == 0: // a warning: nobody asks for it, so it is not returned
		guard.Handle(fmt.Errorf("destination %s: %w", e.dest, err))
		return nil
	}
	err = fmt.Errorf("destination %s: %d of %d %s lost: %w", e.dest, sum, total, plural(total, "span"), err)
	e.lastErr.Store(&err)
	return err
}

// translate puts a span into the words of the destination, and keeps it as it is
// when the dialect fails: plain words are better than no span.
func (e *exporter) translate(s sdktrace.ReadOnlySpan) (out sdktrace.ReadOnlySpan) {
	defer func() {
		if r := recover(); r != nil {
			out = s
			e.reportDialect.Do(func() { guard.Handle(guard.Panicked(e.dest.part("Dialect"), r)) })
		}
	}()
	if out = e.dest.Dialect(s); out == nil {
		return s
	}
	return out
}

// deliver turns a panic of the exporter, or of what the dialect returned, or of
// the text of its error, into an error.
func (e *exporter) deliver(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return guard.Call(e.dest.part("the exporter"), func() error {
		return shorten(e.next.ExportSpans(ctx, spans))
	})
}

// verdict tells how many of the spans an error of the exporter means. The sum is
// at most total, whatever the exporter says.
func (e *exporter) verdict(total int64, err error) (lost map[Reason]int64, sum int64) {
	if err == nil {
		return nil, 0
	}
	partial := (*PartialError)(nil)
	switch {
	case errors.As(err, &partial):
		lost = make(map[Reason]int64)
		for _, reason := range slices.Sorted(maps.Keys(partial.Lost)) {
			if n := min(partial.Lost[reason], total-sum); n > 0 {
				lost[reason] = n
				sum += n
			}
		}
		return lost, sum
	case e.life.Err() != nil:
		return map[Reason]int64{ReasonShutdown: total}, total
	}
	return map[Reason]int64{ReasonExportFailed: total}, total
}

// flush lets go of what the exporter of the destination holds back, within ctx.
func (e *exporter) flush(ctx context.Context) error {
	f, ok := e.next.(interface{ ForceFlush(context.Context) error })
	if !ok {
		return nil
	}
	return guard.Go(e.dest.part("the exporter's ForceFlush"), func() error { return f.ForceFlush(ctx) }).Wait(ctx)
}

func (e *exporter) last() error {
	if err := e.lastErr.Load(); err != nil {
		return *err
	}
	return nil
}

// Shutdown bounds the exporter's own shutdown by life, as it does its exports.
func (e *exporter) Shutdown(context.Context) error {
	return guard.Call("the exporter", func() error { return e.next.Shutdown(e.life) })
}

// shortError is an error whose text is bounded.
type shortError struct {
	err  error
	text string
}

func (e *shortError) Error() string { return e.text }
func (e *shortError) Unwrap() error { return e.err }

func shorten(err error) error {
	if err == nil {
		return nil
	}
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
