// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/internal/testenv"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestNothingIsLostWhileProductsAndThenTheCollectorAreAway(t *testing.T) {
	f := newFanOut(t)
	f.start()
	direct := newBackend(t, testserver.NewReceiver())
	direct.start()
	a := newApplication(t, []destination.Destination{
		plain(t, "direct", direct.url()), plain(t, "collector", f.url("plain")),
	})
	const calls = 5
	some := func() {
		for range calls {
			a.ask(t.Context(), "Are you there?", false)
		}
	}

	some() // no product is there: these are in the collector's queue
	a.flush()
	f.kill()
	some() // nor the collector: these are in the application's queue
	require.Zero(t, counts(t, a).Lost())
	f.start()
	a.flush()
	f.kill() // while it has all of them
	f.start()
	some()
	a.flush()
	require.Empty(t, f.langfuse.Requests())

	f.langfuse.start()
	f.respan.start()
	sent := ids(wait(t, direct, 3*calls))
	require.Len(t, sent, 3*calls)
	for _, product := range []*backend{f.langfuse, f.respan} {
		assert.Eventually(t, func() bool { return assert.ObjectsAreEqual(sent, ids(product.WireSpans())) }, 20*time.Second, 20*time.Millisecond,
			"%d of %d calls arrived", len(ids(product.WireSpans())), len(sent))
	}
	assert.Zero(t, counts(t, a).Lost())
}

// What a full queue refuses is refused whole, and what it took is delivered.
func TestFullQueueRefusesAndDeliversWhatItTook(t *testing.T) {
	f := newFanOut(t)
	for _, exporter := range []string{"otlp_http/langfuse", "otlp_http/respan"} {
		f.set("exporters::"+exporter+"::sending_queue::queue_size", "1_000_000")
	}
	f.start()
	a := newApplication(t, []destination.Destination{plainWithin(t, "collector", f.url("plain"), patience)})
	a.askUntilSomeAreLost(f)
	assert.Contains(t, f.log.String(), "sending queue is full")
	confirmed := int(counts(t, a).Exported)
	require.Positive(t, confirmed)

	f.langfuse.start()
	f.respan.start()
	for _, product := range []*backend{f.langfuse, f.respan} {
		require.Eventually(t, func() bool { return len(ids(product.WireSpans())) >= confirmed }, 20*time.Second, 20*time.Millisecond)
	}
	a.askUntilOneIsTaken()
}

func TestFullDiskUnderTheQueueIsReportedAndLeavesCallsAlone(t *testing.T) {
	f := newFanOut(t)
	smallDisk(t, f.queue())
	f.start()
	a := newApplication(t, []destination.Destination{plainWithin(t, "collector", f.url("plain"), patience)})
	slowest := a.askUntilSomeAreLost(f)
	assert.Less(t, slowest, patience, "a call has waited for an export")
	assert.Contains(t, f.log.String(), "no space left on device")
	c := counts(t, a)
	assert.Equal(t, map[destination.Reason]int64{destination.ReasonExportFailed: c.Lost()}, c.Dropped)

	f.langfuse.start()
	f.respan.start()
	a.askUntilOneIsTaken() // in the space that the others leave
}

// patience of an application that meets a full disk or queue, to end the test soon.
const patience = time.Second

// askUntilSomeAreLost returns the time of the slowest call.
func (a *application) askUntilSomeAreLost(f fanOut) time.Duration {
	a.t.Helper()
	long := strings.Repeat("What does all of this say? ", 4000)
	var slowest time.Duration
	for begin := time.Now(); counts(a.t, a).Lost() == 0; {
		require.Less(a.t, time.Since(begin), time.Minute, "nothing is lost\n%s", f.log.String())
		slowest = max(slowest, a.ask(a.t.Context(), long, false))
	}
	return slowest
}

func (a *application) askUntilOneIsTaken() {
	a.t.Helper()
	require.Eventually(a.t, func() bool {
		before := counts(a.t, a).Exported
		a.ask(a.t.Context(), "Are you there again?", false)
		_ = a.inst.Flush(a.t.Context()) // an error tells what was lost before
		return counts(a.t, a).Exported > before
	}, 20*time.Second, 20*time.Millisecond)
}

// smallDisk puts a disk of a megabyte under a folder.
func smallDisk(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		testenv.Missing(t, "the right to mount a small disk", "run this test as root on Linux")
	}
	require.NoError(t, os.Mkdir(dir, 0o750))
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		testenv.Missing(t, "a small disk ("+err.Error()+")", "run this test where tmpfs can be mounted")
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
}

func counts(t testing.TB, a *application) destination.Counts {
	t.Helper()
	c, ok := a.inst.Stats().Of("collector")
	require.True(t, ok)
	return c
}
