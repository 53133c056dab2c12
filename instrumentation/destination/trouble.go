// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"sync/atomic"
)

// trouble is why an export that is under way has not arrived yet, nil if nothing is
// known. The exporter of [OTLP] notes it while it waits to try again, in the context
// of the export: whoever gives up waiting would else learn only that time is up.
type trouble struct{ why atomic.Pointer[error] }

type troubleKey struct{}

// in returns the context of an export.
func (t *trouble) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, troubleKey{}, t)
}

// troubleOf returns that of the export that ctx belongs to, nil outside of one.
func troubleOf(ctx context.Context) *trouble {
	t, _ := ctx.Value(troubleKey{}).(*trouble)
	return t
}

func (t *trouble) note(err error) {
	if t != nil {
		t.why.Store(&err)
	}
}

// over forgets it at the end of the export.
func (t *trouble) over() { t.why.Store(nil) }

// explain adds to err what is known.
func (t *trouble) explain(err error) error {
	if t == nil || err == nil {
		return err
	}
	if why := t.why.Load(); why != nil {
		return fmt.Errorf("%w; so far: %w", err, *why)
	}
	return err
}
