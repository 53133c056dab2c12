// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
)

// measure records the metrics of a call that has ended.
func (c *call) measure() {
	if c.meter == nil {
		return
	}
	defer c.transport.reports.contain("a meter")
	labels := c.meter.Labels(c.record, c.target.ended.Load())
	c.target.ended.Store(labels)
	c.meter.Record(c.measured, c.record, labels)
}

// pace measures how the chunks of a stream follow each other. The zero value
// measures nothing.
type pace struct {
	genai.Pace
	on     bool
	labels *genai.Labels // known with the first chunk that is measured
	last   time.Duration // when the last chunk came, after the start
}

// startPace is called before the caller gets the body.
func (c *call) startPace() {
	if c.meter == nil || c.transport.config.noChunkMetrics {
		return
	}
	defer c.transport.reports.contain("a meter")
	c.pace.Pace, c.pace.on = c.meter.Pace(c.measured, c.record.Operation)
}

// beat is what chunks that came with one Read add to the metrics.
type beat struct {
	pace   genai.Pace
	labels *genai.Labels
	chunks int
	since  time.Duration // from the chunk before to the first of them
}

// beat takes the chunks that came with the last Read, when there had been before
// of them. It is called under the lock; what it returns is recorded without,
// since a meter is the application's.
//
// The chunks of a Read came together, so the clock is read no more often.
func (c *call) beat(before int) (b beat) {
	p, r := &c.pace, c.record
	if !p.on || r.Chunks == before {
		return beat{}
	}
	b = beat{p.Pace, nil, r.Chunks - before, c.lastRead - p.last}
	p.last = c.lastRead
	if before == 0 { // the first has none before it
		b.chunks, b.since = b.chunks-1, 0
	}
	if b.chunks > 0 && p.labels == nil {
		p.labels = c.meter.Labels(r, c.target.running.Load())
		c.target.running.Store(p.labels)
	}
	b.labels = p.labels
	return b
}

// record records what beat took.
func (b *beat) record(c *call) {
	if b.chunks > 0 {
		defer c.transport.reports.contain("a meter")
		b.pace.Record(c.measured, b.labels, b.chunks, b.since)
	}
}
