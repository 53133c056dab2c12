// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

func TestObservationsBelongToTheLastStartThatRuns(t *testing.T) {
	tests := []struct {
		name  string
		stop  []int // which Starts are shut down
		taker int   // which one gets the observation
	}{
		{"none is shut down", nil, 2},
		{"the last", []int{2}, 1},
		{"the last two", []int{1, 2}, 0},
		{"the last two, the last first", []int{2, 1}, 0},
		{"an earlier one", []int{0}, 2},
		{"all but one between", []int{0, 2}, 1},
		{"one twice", []int{2, 2}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all [3]*Instrumentation
			var got [3]*spans
			for n := range all {
				all[n], got[n] = started(t, WithDefaults(Metadata("start", n)))
			}
			for _, n := range tt.stop {
				require.NoError(t, all[n].Shutdown(t.Context()))
			}
			_, err := Observe(t.Context(), "x", nil, give("", nil))
			require.NoError(t, err)
			for n := range all {
				if n != tt.taker {
					assert.Empty(t, got[n].Ended(), n)
				}
			}
			assert.EqualValues(t, tt.taker, got[tt.taker].named(t, "x").value(semconv.MetadataPrefix+"start"))
		})
	}
}

func TestEarlierStartObservesByItsOwnRules(t *testing.T) {
	_, got := started(t, WithContentCapture(roundtripper.CaptureNone))
	later, _ := started(t)
	require.NoError(t, later.Shutdown(t.Context()))
	_, err := Observe(t.Context(), "x", any("SECRET"), give("SECRET", nil))
	require.NoError(t, err)
	assert.Nil(t, got.named(t, "x").value(semconv.ObservationInputKey))
}

func TestShutdownForgetsTheInstrumentation(t *testing.T) {
	before := len(running.all)
	for range 3 {
		i := startLocal(t, WithSpanProcessor(tracetest.NewSpanRecorder()))
		require.NoError(t, i.Shutdown(t.Context()))
	}
	assert.Len(t, running.all, before)
}

func TestStartAndShutdownConcurrentSafe(t *testing.T) {
	_, got := started(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			i, err := Start(t.Context(), WithoutGlobalProvider(), WithSpanProcessor(tracetest.NewSpanRecorder()))
			assert.NoError(t, err)
			_, err = Observe(t.Context(), "x", nil, give("", nil))
			assert.NoError(t, err)
			assert.NoError(t, i.Shutdown(t.Context()))
		})
	}
	wg.Wait()
	_, err := Observe(t.Context(), "last", nil, give("", nil))
	require.NoError(t, err)
	got.named(t, "last")
}
