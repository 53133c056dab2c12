// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// measure records the metrics of a call that has ended, whatever ended it: the
// caller's context may be over, and still carries the span, for exemplars.
func (c *call) measure() {
	if c.meter == nil {
		return
	}
	defer c.transport.reports.contain("a meter")
	ctx := trace.ContextWithSpan(context.WithoutCancel(c.caller), c.span)
	labels := c.meter.Labels(&c.record, c.target.labels.Load())
	c.target.labels.Store(labels)
	c.meter.Record(ctx, &c.record, labels)
}
