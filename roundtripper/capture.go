// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"context"
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/otel"

	"github.com/otelmistral/otelmistral/internal/scope"
)

// ContentCapture says where the content of calls is recorded: messages, tool
// definitions, and the texts of errors, which may repeat them. The default is
// [CaptureNone], as the GenAI conventions want it.
type ContentCapture uint8

const (
	// CaptureNone records no content.
	CaptureNone ContentCapture = iota
	// CaptureSpan records content on spans, as JSON strings.
	CaptureSpan
	// CaptureEvent records content on events, as maps and slices. Spans then
	// carry none.
	CaptureEvent
	// CaptureSpanAndEvent records content on both.
	CaptureSpanAndEvent
)

func (c ContentCapture) onSpan() bool  { return c == CaptureSpan || c == CaptureSpanAndEvent }
func (c ContentCapture) onEvent() bool { return c == CaptureEvent || c == CaptureSpanAndEvent }

// captureVariable is the variable that Python's instrumentations read, too.
const captureVariable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

func captureFromEnv() ContentCapture {
	value := os.Getenv(captureVariable)
	switch strings.ToUpper(strings.TrimSpace(value)) {
	case "", "NO_CONTENT":
		return CaptureNone
	case "SPAN_ONLY":
		return CaptureSpan
	case "EVENT_ONLY":
		return CaptureEvent
	case "SPAN_AND_EVENT":
		return CaptureSpanAndEvent
	}
	otel.Handle(fmt.Errorf("otelmistral: %s is %q, content is not captured: "+
		"set NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT", captureVariable, value))
	return CaptureNone
}

// ContextWithCapture returns a context whose calls record content as c says,
// whatever the transport was told.
func ContextWithCapture(ctx context.Context, c ContentCapture) context.Context {
	return scope.WithCapture(ctx, uint8(c))
}

// ContextWithoutTracing returns a context whose calls are not observed at all,
// such as those of an evaluator that reads traces.
func ContextWithoutTracing(ctx context.Context) context.Context {
	return scope.WithoutTracing(ctx)
}

// ContextWithAttempts returns a context for the attempts of one logical call:
// the first one made with it is recorded as usual, the next ones with
// http.request.resend_count, beginning with 1. Use it around a client that
// retries, once for each logical call:
//
//	ctx = roundtripper.ContextWithAttempts(ctx)
//	for range retries {
//		resp, err := client.Do(req.WithContext(ctx))
//		...
//	}
func ContextWithAttempts(ctx context.Context) context.Context {
	return scope.WithAttempts(ctx)
}

// capture says where the content of the call of ctx is recorded.
func (t *Transport) capture(ctx context.Context) ContentCapture {
	if c, ok := scope.Capture(ctx); ok {
		return ContentCapture(c)
	}
	return t.config.capture
}
