// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestCheckNamesEachDestinationThatDoesNotAnswer(t *testing.T) {
	cleanEnv(t, nil)
	good, bad := receiver(t), receiver(t)
	bad.Enqueue(testserver.Response{Status: 401})
	named := func(d destination.Destination, name string) destination.Destination { d.Name = name; return d }
	unchecked := to(t, receiver(t), func(c *otlp.Config) { c.Name = "unchecked" })
	unchecked.Check = nil
	mine := to(t, receiver(t))
	mine.Name, mine.Check = "mine", func(context.Context) error { return errors.New("ask Jo") }
	i := startLocal(t, WithDestination(named(to(t, good), "good")), WithDestination(named(to(t, bad), "bad")),
		WithDestination(unchecked), WithDestination(mine))
	err := i.Check(t.Context())
	require.ErrorContains(t, err, "destination bad: "+bad.URL)
	require.ErrorContains(t, err, "check the credentials")
	require.ErrorContains(t, err, "destination mine: ask Jo")
	assert.NotContains(t, err.Error(), "good")
	assert.NotContains(t, err.Error(), "unchecked")
	assert.Empty(t, good.Spans())
	require.NoError(t, i.Shutdown(t.Context()))
}

// A program that looks at Check alone learns of everything that does not work.
func TestCheckTellsWhatStartCouldNotSetUp(t *testing.T) {
	r := receiver(t)
	tests := map[string]struct {
		env  map[string]string
		opts []Option
		want string
	}{
		"configuration of the environment": {
			env:  map[string]string{"LANGFUSE_PUBLIC_KEY": "pk-lf-1"},
			want: "langfuse: LANGFUSE_SECRET_KEY",
		},
		"variables of metrics": {
			env:  map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL, "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "soon"},
			want: "metrics: otlp: OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
		},
		"exporter": {
			opts: []Option{WithDestination(destination.Destination{
				Name: "mine", NewExporter: func(context.Context) (sdktrace.SpanExporter, error) { return nil, errors.New("no disk") },
			})},
			want: "destination mine: no disk",
		},
		"two of one URL": {
			opts: []Option{WithDestination(to(t, r)), WithDestination(to(t, r))},
			want: "send spans to the same URL",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cleanEnv(t, tt.env)
			i, startErr := Start(t.Context(), append(tt.opts, WithoutGlobalProvider())...)
			require.ErrorContains(t, startErr, tt.want)
			err := i.Check(t.Context())
			require.ErrorContains(t, err, tt.want)
			assert.Equal(t, 1, strings.Count(err.Error(), tt.want), "told once")
			require.NoError(t, i.Shutdown(t.Context()))
		})
	}
}

func TestCheckAsksAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context) error { <-time.After(time.Second); return nil }
		i := &Instrumentation{checks: []destination.Destination{{Check: slow}, {Check: slow}, {Check: slow}}}
		start := time.Now()
		require.NoError(t, i.Check(t.Context()))
		assert.Equal(t, time.Second, time.Since(start))
	})
}

func TestCheckOfADisabledInstrumentationPasses(t *testing.T) {
	cleanEnv(t, map[string]string{"OTEL_SDK_DISABLED": "true"})
	i, err := Start(t.Context())
	require.NoError(t, err)
	require.NoError(t, i.Check(t.Context()))
}

func TestCheckThatPanicsIsAnErrorOfItsDestination(t *testing.T) {
	i := &Instrumentation{checks: []destination.Destination{
		{Name: "a", Check: func(context.Context) error { panic("boom") }},
		{Name: "b", Check: func(context.Context) error { return errors.New("ask Jo") }},
	}}
	require.EqualError(t, i.Check(t.Context()), "destination a: the check panicked with a string\ndestination b: ask Jo")
}

func TestCheckIsBoundedByItsContextAndHearsWhoHeedsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		i := &Instrumentation{checks: []destination.Destination{
			{Name: "deaf", Check: func(context.Context) error { <-release; return nil }},
			{Name: "slow", Check: func(ctx context.Context) error {
				<-ctx.Done()
				<-time.After(grace / 2)
				return errors.New("look at the proxy")
			}},
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := i.Check(ctx)
		assert.Equal(t, time.Second+grace, time.Since(begin))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "destination deaf: the check has not returned: context deadline exceeded\ndestination slow: look at the proxy")
		close(release)
	})
}
