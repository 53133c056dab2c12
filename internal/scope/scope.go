// SPDX-License-Identifier: Apache-2.0

// Package scope is what travels in a context.Context between the application,
// its transports and its own spans.
package scope

import "context"

type key uint8

const (
	observedKey key = iota
	untracedKey
	captureKey
	valuesKey
	attemptsKey
)

// WithObserved marks ctx as belonging to a call that a transport already
// observes, so that a second transport below leaves the call alone.
func WithObserved(ctx context.Context) context.Context {
	return context.WithValue(ctx, observedKey, true)
}

// Observed tells whether a transport already observes the call of ctx.
func Observed(ctx context.Context) bool { return ctx.Value(observedKey) != nil }

// WithoutTracing marks ctx: calls made with it are not recorded.
func WithoutTracing(ctx context.Context) context.Context {
	return context.WithValue(ctx, untracedKey, true)
}

// Untraced tells whether calls made with ctx are not to be recorded.
func Untraced(ctx context.Context) bool { return ctx.Value(untracedKey) != nil }

// WithCapture overrides where the content of calls made with ctx is recorded.
// The value is roundtripper's ContentCapture.
func WithCapture(ctx context.Context, capture uint8) context.Context {
	return context.WithValue(ctx, captureKey, capture)
}

// Capture returns the override of [WithCapture].
func Capture(ctx context.Context) (capture uint8, ok bool) {
	capture, ok = ctx.Value(captureKey).(uint8)
	return capture, ok
}
