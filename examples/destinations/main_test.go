// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/semconv"
)

func start(t *testing.T, opts ...testserver.ReceiverOption) (*testserver.Receiver, otlp.Config) {
	receiver := testserver.NewReceiver(opts...)
	t.Cleanup(receiver.Close)
	return receiver, otlp.Config{Endpoint: receiver.Endpoint()}
}

// ask is a program with a workflow that makes one call.
func ask(all []destination.Destination) example.Program {
	return example.Program{
		Name:         "ask",
		Destinations: all,
		Do: func(ctx context.Context, call example.Call) error {
			_, err := instrumentation.Observe(ctx, "ask", question, call.Ask, instrumentation.AsWorkflow())
			return err
		},
	}
}

func TestOnlyWhoIsToSeeContentGetsIt(t *testing.T) {
	t.Setenv("RESPAN_API_KEY", "")
	team, teamConfig := start(t)
	company, companyConfig := start(t)
	all, err := destinations(teamConfig, companyConfig)
	require.NoError(t, err)
	exampletest.Run(t, ask(all))

	withContent := func(spans []testserver.WireSpan) []string {
		var names []string
		for _, s := range spans {
			for _, kv := range s.Attributes {
				if strings.Contains(kv.Value.String(), "capital of France") {
					names = append(names, kv.Key)
				}
			}
		}
		return names
	}
	require.Len(t, team.Spans(), 2)
	require.Len(t, company.Spans(), 2)
	assert.ElementsMatch(t, []string{
		string(semconv.ObservationInputKey), string(semconv.ObservationOutputKey),
		string(semconv.GenAIInputMessagesKey), string(semconv.GenAIOutputMessagesKey),
	}, withContent(team.WireSpans()))
	assert.Empty(t, withContent(company.WireSpans()))
	for i, s := range company.Spans() {
		assert.Equal(t, team.Spans()[i].SpanContext.SpanID(), s.SpanContext.SpanID(), "the same span")
		assert.Equal(t, team.Spans()[i].Parent.SpanID(), s.Parent.SpanID(), "the same place")
	}
}

func TestRefusalOfOneDestinationCostsTheOtherNothing(t *testing.T) {
	t.Setenv("RESPAN_API_KEY", "")
	_, teamConfig := start(t, testserver.WithRequiredHeader("Api-Key", "secret"))
	company, companyConfig := start(t)
	all, err := destinations(teamConfig, companyConfig)
	require.NoError(t, err)
	var out strings.Builder
	err = ask(all).Run(t.Context(), &out)
	require.ErrorContains(t, err, "team")
	assert.NotContains(t, err.Error(), "company")
	assert.Len(t, company.Spans(), 2)
	assert.Contains(t, out.String(), "destination team (spans: 0)")
	assert.Contains(t, out.String(), "destination company (spans: 2)")
}

func TestRespanIsAddedWhenItHasAKey(t *testing.T) {
	_, teamConfig := start(t)
	_, companyConfig := start(t)
	t.Setenv("RESPAN_API_KEY", "key")
	all, err := destinations(teamConfig, companyConfig)
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, "respan", all[2].Name)
	assert.True(t, all[2].Content)
}

func TestFaultOfOneDestinationLeavesTheOthers(t *testing.T) {
	t.Setenv("RESPAN_API_KEY", "")
	_, companyConfig := start(t)
	all, err := destinations(otlp.Config{Endpoint: "no URL"}, companyConfig)
	require.Error(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, "company", all[0].Name)
}

func TestProgramPrintsWhatEachHasGot(t *testing.T) {
	out := exampletest.Output(t, run)
	_, after, found := strings.Cut(out, "What team has got:")
	require.True(t, found)
	team, company, found := strings.Cut(after, "What company has got:")
	require.True(t, found)
	assert.Contains(t, team, "in   "+question)
	assert.NotContains(t, company, question)
	assert.Contains(t, company, "chat mistral-small-latest")
}
