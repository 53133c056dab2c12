// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/semconv"
)

// events are those that somebody wants to have of a call.
type events struct {
	logger    log.Logger
	details   bool
	exception bool
}

func (e *events) wanted() bool { return e.details || e.exception }

// events asks the logger what it wants of a call. ctx carries the call's span,
// for a logger may follow the sampler.
func (t *Transport) events(ctx context.Context, operation string, capture ContentCapture) (e events) {
	defer t.reports.contain("the logger")
	e.logger = t.logger()
	e.exception = e.logger.Enabled(ctx, log.EnabledParameters{EventName: semconv.EventException, Severity: log.SeverityWarn})
	// The conventions want the details only where somebody has asked for them,
	// and the newest ones everywhere.
	asked := t.config.loggerProvider != nil || capture.onEvent() || t.config.vocabulary == semconv.Newest
	// Whether a conversation is one of a model or of an agent, its body tells.
	if asked && (genai.IsInference(operation) || operation == semconv.OperationInvokeAgent) {
		e.details = e.logger.Enabled(ctx, log.EnabledParameters{EventName: semconv.EventInferenceDetails, Severity: t.config.detailsSeverity()})
	}
	return e
}

func (c config) detailsSeverity() log.Severity {
	if c.vocabulary == semconv.Newest {
		return log.SeverityDebug
	}
	return log.SeverityUndefined
}

// emit makes the events of a call that has ended. attrs is what was found out
// about it, content included where any signal captures it.
func (c *call) emit(e end, attrs []attribute.KeyValue) {
	if !c.events.wanted() {
		return
	}
	defer c.transport.reports.contain("a log processor")
	if c.events.details && genai.IsInference(c.record.Operation) {
		c.emitDetails(e, attrs)
	}
	if c.events.exception && c.record.Failure.Type != "" {
		c.emitException(e)
	}
}

// emitDetails says what the span says, with content in maps and slices.
func (c *call) emitDetails(e end, attrs []attribute.KeyValue) {
	if c.capture.onEvent() {
		attrs = slices.Clone(attrs)
		genai.Structure(attrs)
	} else {
		attrs = genai.WithoutContent(attrs)
	}
	var r log.Record
	r.SetEventName(semconv.EventInferenceDetails)
	r.SetSeverity(c.transport.config.detailsSeverity())
	r.SetTimestamp(c.endedAt(e))
	r.AddAttributes(c.own...)
	r.AddAttributes(c.record.AppendStart(nil)...)
	r.AddAttributes(attrs...)
	c.events.logger.Emit(c.measured, r)
}

func (c *call) emitException(e end) {
	text := 0
	if c.capture.onEvent() {
		text = c.limits.Part
	}
	var err error
	if e.cause == causeError {
		err = e.err
	}
	var r log.Record
	r.SetEventName(semconv.EventException)
	r.SetSeverity(log.SeverityWarn)
	r.SetTimestamp(c.endedAt(e))
	r.AddAttributes(c.record.AppendException(nil, err, text)...)
	c.events.logger.Emit(c.measured, r)
}
