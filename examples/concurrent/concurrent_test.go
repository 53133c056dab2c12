// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

// together lets no request pass before all of them are there.
type together struct {
	base http.RoundTripper
	all  *sync.WaitGroup
}

func (r together) RoundTrip(req *http.Request) (*http.Response, error) {
	r.all.Done()
	r.all.Wait()
	return r.base.RoundTrip(req)
}

func TestCallsThatOverlapStayBelowTheirOwnTasks(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	var all sync.WaitGroup
	all.Add(len(countries))
	client := &http.Client{Transport: together{env.Transport(), &all}}
	m := mistral{client: client, baseURL: env.URL, key: "any", model: "mistral-small-latest"}
	answers, err := m.findBestMusicians(env.Context(), countries)
	require.NoError(t, err)

	spans := env.Spans()
	require.Equal(t, []string{
		"find_best_musicians",
		"find_best_musicians > find_best_musician_from",
		"find_best_musicians > find_best_musician_from",
		"find_best_musicians > find_best_musician_from",
		"find_best_musicians > find_best_musician_from > chat mistral-small-latest",
		"find_best_musicians > find_best_musician_from > chat mistral-small-latest",
		"find_best_musicians > find_best_musician_from > chat mistral-small-latest",
	}, exampletest.Paths(spans))
	calls := exampletest.Named(spans, "chat mistral-small-latest")
	for i, country := range countries {
		assert.Contains(t, answers[i], country, "answers are in the order of the countries")
		for _, task := range exampletest.Named(spans, "find_best_musician_from") {
			if task.Attr(semconv.ObservationInputKey).AsString() != `"`+country+`"` {
				continue
			}
			for _, call := range calls {
				if call.Parent().SpanID() == task.SpanContext().SpanID() {
					assert.Contains(t, call.Input()[0].Text(), country)
				}
			}
		}
	}
}

func TestCancelledCallsEndAsCancelled(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	ctx, cancel := context.WithCancel(env.Context())
	cancel()
	m := mistral{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-small-latest"}
	_, err := m.findBestMusicians(ctx, countries)
	require.ErrorIs(t, err, context.Canceled)
	for _, call := range exampletest.Named(env.Wait(7), "chat mistral-small-latest") {
		assert.Equal(t, semconv.OutcomeCancelled, call.Outcome())
	}
}

func TestProgramPrintsAnswersAndTrace(t *testing.T) {
	out := exampletest.Run(t, program)
	for _, answer := range program.Answers {
		assert.Contains(t, out, answer)
	}
	assert.Contains(t, out, "find_best_musicians")
}
