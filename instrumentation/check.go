// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/otelmistral/otelmistral/internal/guard"
)

// grace is how long a check that heeds its context may take to say what is wrong
// once that has ended.
const grace = 200 * time.Millisecond

// Check asks every destination whether it can be reached with its credentials,
// all at the same time, and returns when all have answered, or shortly after ctx
// has ended. It sends no span. The error joins those of the destinations; each
// names the destination and says what to do. What [Start] could not set up is
// among them, so a program need not look at both. A destination that has no check,
// such as the console, passes. Call it when a program starts, or in a command of
// its own.
func (i *Instrumentation) Check(ctx context.Context) error {
	checks := make([]*guard.Running, len(i.checks))
	for n, d := range i.checks {
		if d.Check != nil {
			checks[n] = guard.Go("the check", func() error { return d.Check(ctx) })
		}
	}
	patience, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	defer context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			giveUp(context.Cause(ctx))
		case <-patience.Done():
		}
	})()
	errs := []error{i.unbuilt}
	for n, check := range checks {
		if check == nil {
			continue
		}
		if err := check.Wait(patience); err != nil {
			errs = append(errs, fmt.Errorf("destination %s: %w", i.checks[n].Name, err))
		}
	}
	return errors.Join(errs...)
}
