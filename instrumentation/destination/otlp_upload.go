// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// maxRefusals is how many requests in a row a backend may refuse with 400 or 413
// before a batch is no longer divided. One bad span among 512 takes 10, and a
// proxy that answers 400 to everything must not be asked 1023 times.
const maxRefusals = 32

// maxUploadErrors bounds the errors that one upload tells.
const maxUploadErrors = 8

// upload is one batch on its way, in as many requests as it takes.
type upload struct {
	*client
	refusals  int  // requests refused in a row
	exhausted bool // the last request used up the time for retries
	lost      map[Reason]int64
	errs      []error
	untold    int
}

// send delivers items. Those that are refused are divided, the larger parts
// first, so that many good ones are through before the bad ones use up what a
// backend may refuse in a row.
func (u *upload) send(ctx context.Context, items []item) {
	for parts := [][]item{items}; len(parts) > 0; parts = parts[1:] {
		if first, second := u.sendPart(ctx, parts[0]); len(first) > 0 {
			parts = append(parts, first, second)
		}
	}
}

// sendPart delivers items, or returns both halves of those that are refused.
func (u *upload) sendPart(ctx context.Context, items []item) (first, second []item) {
	a := u.deliver(ctx, items)
	switch {
	case a.accepted():
		u.refusals, u.exhausted = 0, false
		u.lost[ReasonRejected] += min(a.rejected, int64(len(items)))
		if a.rejected > 0 || a.message != "" {
			u.tell(fmt.Errorf("%s rejected %d %s: %s", u.url, a.rejected, plural(a.rejected, "span"), u.mask(a.message)))
		}
	case ctx.Err() != nil:
		u.lost[ReasonShutdown] += int64(len(items))
		u.tell(troubleOf(ctx).explain(context.Cause(ctx)))
	case a.encoding != nil && makeValid(items):
		return u.sendPart(ctx, items)
	case a.divides() && len(items) > 1 && u.refusals < maxRefusals:
		u.refusals++
		if a.status == http.StatusRequestEntityTooLarge {
			u.maxBytes = learn(items, u.maxBytes)
		}
		return items[:len(items)/2], items[len(items)/2:]
	case a.divides():
		u.refusals++
		u.refuse(a, items)
	default:
		u.lost[ReasonExportFailed] += int64(len(items))
		u.tell(a.describe(u.url, u.mask))
	}
	return nil, nil
}

// refuse gives up items that no division can save. The report names a span and
// its size, never what is in it.
func (u *upload) refuse(a answer, items []item) {
	reason := ReasonRefused
	if a.status == http.StatusRequestEntityTooLarge {
		reason = ReasonTooLarge
	}
	u.lost[reason] += int64(len(items))
	what := fmt.Sprintf("%d spans", len(items))
	if len(items) == 1 {
		what = fmt.Sprintf("span %q of %d bytes", items[0].span.GetName(), items[0].size)
	}
	u.tell(fmt.Errorf("%s: %w", what, a.describe(u.url, u.mask)))
}

// deliver sends items until there is an answer that stands. After a request that
// used up the time for retries, the others of the batch are tried once each: the
// backend is probably away, and later spans wait.
func (u *upload) deliver(ctx context.Context, items []item) answer {
	spans, begin := request(items), time.Now()
	for n := 0; ; n++ {
		if ctx.Err() != nil {
			return answer{err: ctx.Err()}
		}
		a := u.attempt(ctx, spans)
		if u.exhausted || ctx.Err() != nil || !a.passes(u.retryOn500) {
			return a
		}
		wait := u.retry.wait(n, a.retryAfter)
		if time.Since(begin)+wait > u.retry.Elapsed {
			u.exhausted = true
			return a
		}
		troubleOf(ctx).note(a.describe(u.url, u.mask))
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func (u *upload) tell(err error) {
	if len(u.errs) == maxUploadErrors {
		u.untold++
		return
	}
	u.errs = append(u.errs, err)
}

func (u *upload) err() error {
	if len(u.errs) == 0 {
		return nil
	}
	if u.untold > 0 {
		u.errs = append(u.errs, fmt.Errorf("and %d more", u.untold))
	}
	return &PartialError{Lost: u.lost, Err: errors.Join(u.errs...)}
}
