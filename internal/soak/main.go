// SPDX-License-Identifier: Apache-2.0

// Soak makes calls of all kinds, with faults on both sides, for as long as it is
// told, while their destination goes up and down. It samples the heap and the
// goroutines, plots them, and fails if either grows steadily:
//
//	soak -time 2m -out bin
//
// The figures are of the whole process, the test servers included; those forget
// what they were sent with each sample.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func main() {
	duration := flag.Duration("time", 2*time.Minute, "how long")
	out := flag.String("out", "bin", "where soak.svg and soak.txt go")
	flag.Parse()
	if err := run(*duration, *out); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

const (
	workers = 20
	// The destination is up, answers 503, is up, and never answers, for so long
	// each. The queue fills up and empties meanwhile.
	phase = 4 * time.Second
)

func run(duration time.Duration, out string) error {
	begin := time.Now()
	mistral := testserver.NewMistral()
	defer mistral.Close()
	receiver := testserver.NewReceiver(testserver.WithResponder(func(testserver.Export) testserver.Response {
		return availability(time.Since(begin))
	}))
	defer receiver.Close()

	to, err := otlp.New(otlp.Config{
		Endpoint: receiver.Endpoint(), Content: true, Timeout: time.Second,
		Retry:  destination.Retry{Initial: 100 * time.Millisecond, Max: time.Second, Elapsed: 3 * time.Second},
		Limits: destination.Limits{QueueSpans: 4000},
	})
	if err != nil {
		return err
	}
	inst, err := instrumentation.Start(context.Background(), instrumentation.WithDestination(to))
	if err != nil {
		return err
	}
	base := &http.Transport{MaxIdleConnsPerHost: workers}
	t := &traffic{client: &http.Client{Transport: inst.Transport(base)}, url: mistral.URL}

	ctx, cancel := context.WithTimeout(context.Background(), duration)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		t.run(ctx, workers)
	}()
	samples := watch(ctx, time.Second, func(s *sample) {
		counts := inst.Stats().Destinations[0]
		s.Calls, s.Queued, s.Exported, s.Lost = t.calls.Load(), counts.Queued, counts.Exported, counts.Lost()
		mistral.Reset()
		receiver.Reset()
	})
	<-stopped

	ending, cancelEnding := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancelEnding()
	var loss *destination.LossError
	if err := inst.Shutdown(ending); err != nil && !errors.As(err, &loss) {
		return err
	}
	base.CloseIdleConnections()

	r := report{Samples: samples, Duration: duration, Workers: workers, Cores: runtime.GOMAXPROCS(0)}
	return errors.Join(
		r.write(filepath.Join(out, "soak.svg"), filepath.Join(out, "soak.txt")),
		steady("heap", samples, sample.heap, 1<<20),
		steady("goroutines", samples, sample.goroutines, 5),
		complete(inst.Stats().Destinations[0], t.calls.Load()),
	)
}

// availability is how the destination answers after that time.
func availability(after time.Duration) testserver.Response {
	switch after / phase % 4 {
	case 1:
		return testserver.Response{Status: http.StatusServiceUnavailable}
	case 3:
		return testserver.Response{Delay: time.Hour}
	}
	return testserver.Response{}
}

// complete checks that each call has a span that was delivered or is counted as
// lost; more than one if it was made inside an observation, which has its own.
func complete(c destination.Counts, calls int64) error {
	if got := c.Exported + c.Lost(); c.Queued != 0 || got < calls {
		return fmt.Errorf("%d calls, but %d spans were delivered or lost, and %d are queued", calls, got, c.Queued)
	}
	return nil
}
