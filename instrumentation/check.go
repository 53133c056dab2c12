// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Check asks every destination whether it can be reached with its credentials,
// all at the same time, and returns when all have answered or ctx has ended. It
// sends no span. The error joins those of the destinations; each names the
// destination and says what to do. A destination that has no check, such as the
// console, passes. Call it when a program starts, or in a command of its own.
func (i *Instrumentation) Check(ctx context.Context) error {
	errs := make([]error, len(i.checks))
	var wg sync.WaitGroup
	for n, d := range i.checks {
		if d.Check == nil {
			continue
		}
		wg.Go(func() {
			if err := d.Check(ctx); err != nil {
				errs[n] = fmt.Errorf("destination %s: %w", d.Name, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
