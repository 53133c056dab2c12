// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// notRecorded lists the keys that no chat call has, each with the reason: a key
// that nothing records does not belong into semconv.
var notRecorded = map[attribute.Key]string{
	semconv.SessionIDKey:               carried,
	semconv.ObservationPathKey:         carried,
	semconv.WorkflowNameKey:            carried,
	semconv.TraceNameKey:               carried,
	semconv.TagsKey:                    carried,
	semconv.ReleaseKey:                 carried,
	semconv.EnvironmentKey:             carried,
	semconv.PromptNameKey:              carried,
	semconv.PromptVersionKey:           carried,
	semconv.ObservationTypeKey:         ofObservations,
	semconv.ObservationInputKey:        ofObservations,
	semconv.ObservationOutputKey:       ofObservations,
	semconv.ObservationLevelKey:        ofObservations,
	semconv.AppRootKey:                 "package destination adds it on the way out",
	semconv.GenAITokenTypeKey:          ofMetrics,
	semconv.DestinationNameKey:         ofMetrics,
	semconv.DropReasonKey:              ofMetrics,
	semconv.GenAITokenModalityKey:      ofMetrics,
	semconv.GenAIRetrievalQueryTextKey: ofOthers,
	semconv.GenAIRetrievalDocumentsKey: ofOthers,
	semconv.ExceptionTypeKey:           ofEvents,
	semconv.ExceptionMessageKey:        ofEvents,
	semconv.HTTPRequestResendCountKey:  "the caller numbers attempts, see roundtripper.ContextWithAttempts",
}

const (
	carried        = "it comes from a context, see package instrumentation"
	ofMetrics      = "only metrics have it"
	ofEvents       = "only events have it"
	ofOthers       = "only spans of other libraries have it"
	ofObservations = "only spans of package instrumentation have it"
)

func TestSpansHaveTheNamesOfSemconvAndEachOfThem(t *testing.T) {
	n := newNetwork(t)
	types := map[attribute.Key]attribute.Type{}
	seen := map[attribute.Key]string{}
	for _, x := range append(observedRecordings(t), handmade()...) {
		for _, v := range []semconv.Vocabulary{semconv.Newest, semconv.Released} { // a type is that of Released
			span, tools := n.observeCall(t, &x, roundtripper.WithContentCapture(roundtripper.CaptureSpan), roundtripper.WithVocabulary(v))
			for _, s := range append(tools, *span) {
				for _, kv := range s.Attributes {
					assert.True(t, semconv.Known(kv.Key), "%s: %s", x.name, kv.Key)
					seen[kv.Key] = x.name
					types[kv.Key] = kv.Value.Type()
				}
			}
		}
	}
	wantTypes := map[semconv.Type]attribute.Type{
		semconv.TypeString:  attribute.STRING,
		semconv.TypeInt:     attribute.INT64,
		semconv.TypeDouble:  attribute.FLOAT64,
		semconv.TypeBoolean: attribute.BOOL,
		semconv.TypeStrings: attribute.STRINGSLICE,
	}
	for _, a := range semconv.Attributes() {
		if reason, ok := notRecorded[a.Key]; ok {
			assert.NotContains(t, seen, a.Key, "it is recorded although: %s", reason)
			continue
		}
		if assert.Contains(t, seen, a.Key, "no exchange records it") {
			assert.Equal(t, wantTypes[a.Type], types[a.Key], "the type of %s", a.Key)
		}
		t.Logf("%-60s %s", a.Key, seen[a.Key])
	}
}

func TestZeroValuesOfParametersAreRecorded(t *testing.T) {
	n := newNetwork(t)
	x := handmade()[0]
	got := attributes(n.observeOne(t, &x))
	for key, want := range map[string]any{
		"gen_ai.request.temperature":             0.0,
		"gen_ai.request.presence_penalty":        0.0,
		"gen_ai.request.frequency_penalty":       -1.0,
		"gen_ai.request.top_k":                   40.0,
		"gen_ai.request.seed":                    int64(0),
		"gen_ai.request.choice.count":            int64(2),
		"gen_ai.request.stop_sequences":          []string{"end"},
		"gen_ai.output.type":                     "json",
		"gen_ai.usage.input_tokens":              int64(386),
		"gen_ai.usage.cache_read.input_tokens":   int64(0),
		"gen_ai.usage.reasoning.output_tokens":   int64(0),
		"mistral_ai.request.min_tokens":          int64(0),
		"mistral_ai.request.parallel_tool_calls": false,
		"mistral_ai.request.safe_prompt":         false,
		"mistral_ai.request.tool_choice":         "function:f",
		"mistral_ai.request.prediction":          true,
		"mistral_ai.request.prefix":              true,
		"mistral_ai.request.guardrails":          true,
		"mistral_ai.response.service_tier":       "standard",
		"gen_ai.response.model":                  "mistral-small-2506",
		"gen_ai.response.finish_reasons":         []string{"stop", "stop"},
	} {
		assert.Equal(t, want, got[key], key)
	}
	assert.NotContains(t, got, "gen_ai.request.stream")
}
