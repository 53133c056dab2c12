// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Reason says why a span was dropped.
type Reason string

const (
	// ReasonQueueFull: the span ended while QueueSpans or QueueBytes was
	// reached.
	ReasonQueueFull Reason = "queue_full"
	// ReasonExportFailed: the exporter gave up, retries included, or could not
	// encode the request.
	ReasonExportFailed Reason = "export_failed"
	// ReasonRejected: the backend took the request but not this span.
	ReasonRejected Reason = "rejected"
	// ReasonTooLarge: the backend answered 413 (content too large) to a request
	// that could not be divided further.
	ReasonTooLarge Reason = "too_large"
	// ReasonRefused: the backend answered 400 (bad request) to a request that
	// could not be divided further.
	ReasonRefused Reason = "refused"
	// ReasonShutdown: the span ended after Shutdown, or its delivery was not
	// confirmed when the context of Shutdown ended.
	ReasonShutdown Reason = "shutdown"
)

// Stats says what became of the spans, one element for each destination, in the
// order in which they were given.
type Stats struct {
	Destinations []Counts
}

// Of returns the counts of the first destination with that name, and whether
// there is one.
func (s Stats) Of(name string) (Counts, bool) {
	i := slices.IndexFunc(s.Destinations, func(c Counts) bool { return c.Name == name })
	if i < 0 {
		return Counts{}, false
	}
	return s.Destinations[i], true
}

// Counts is a consistent picture of one destination at one moment. Every sampled
// span that has ended and that the destination keeps is in exactly one of
// Queued, Exported and Dropped.
type Counts struct {
	Name     string
	Endpoint string

	Queued      int64 // spans that wait or are under way
	QueuedBytes int64 // their estimated size
	Exported    int64 // spans that the backend confirmed
	Dropped     map[Reason]int64

	// DroppedLogs are log records, by reason. Only what is lost is counted.
	DroppedLogs map[Reason]int64
}

// Lost returns the number of dropped spans, whatever the reason.
func (c Counts) Lost() int64 {
	var n int64
	for _, d := range c.Dropped {
		n += d
	}
	return n
}

// LossError is returned by Flush and Shutdown when spans did not reach a
// destination. Find it with errors.As.
type LossError struct {
	// Counts of the destination. For Flush, Dropped holds only what was lost
	// during the flush.
	Counts Counts
	// Err is the last error of the exporter or of the context, nil if there
	// was none.
	Err error
}

func (e *LossError) Error() string {
	var reasons []string
	for _, r := range slices.Sorted(maps.Keys(e.Counts.Dropped)) {
		reasons = append(reasons, fmt.Sprintf("%s %d", r, e.Counts.Dropped[r]))
	}
	dest := Destination{Name: e.Counts.Name, Endpoint: e.Counts.Endpoint}
	lost := e.Counts.Lost()
	msg := fmt.Sprintf("%d %s did not reach destination %s", lost, plural(lost, "span"), dest)
	if len(reasons) > 0 {
		msg += ": " + strings.Join(reasons, ", ")
	}
	if e.Err != nil {
		msg += "; last error: " + e.Err.Error()
	}
	return msg
}

// Unwrap returns Err.
func (e *LossError) Unwrap() error { return e.Err }

// PartialError is what an exporter returns when it knows what became of each
// span of a batch. Spans that are not counted in Lost have arrived: when Lost is
// empty, Err is a mere warning.
type PartialError struct {
	Lost map[Reason]int64
	Err  error
}

func (e *PartialError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *PartialError) Unwrap() error { return e.Err }

func plural(n int64, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
