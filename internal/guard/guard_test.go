// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"

	"github.com/otelmistral/otelmistral/internal/guard"
)

func TestCallTellsOfAPanicButNotItsText(t *testing.T) {
	failed := errors.New("failed")
	tests := []struct {
		name string
		f    func() error
		want string // "" for none
	}{
		{"none", func() error { return nil }, ""},
		{"error", func() error { return failed }, "failed"},
		{"text", func() error { panic("a secret") }, "x panicked with a string"},
		{"error as the value", func() error { panic(failed) }, "x panicked with a *errors.errorString"},
		{"runtime error", func() error { return []error{}[len("abc")] }, "x panicked: runtime error: index out of range [3] with length 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, err := range []error{guard.Call("x", tt.f), guard.Go("x", tt.f).Wait(t.Context())} {
				if tt.want == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, tt.want)
				}
			}
		})
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := guard.Go("x", func() error { <-release; return errors.New("late") })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := r.Wait(ctx)
		assert.Equal(t, time.Second, time.Since(begin))
		require.EqualError(t, err, "x has not returned: context deadline exceeded")
		require.ErrorIs(t, err, context.DeadlineExceeded)

		close(release)
		require.EqualError(t, r.Wait(t.Context()), "late", "who has more time gets the answer")
		require.EqualError(t, r.Wait(ctx), "late", "what has returned is not waited for")
	})
}

func TestHandlerThatPanicsIsContained(t *testing.T) {
	var told []error
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		told = append(told, err)
		panic("the handler")
	}))
	guard.Handle(context.Canceled)
	assert.Equal(t, []error{context.Canceled}, told)
}
