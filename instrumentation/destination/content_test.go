// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestContentReachesOnlyADestinationThatWantsIt(t *testing.T) {
	model := semconv.GenAIRequestModelKey.String("mistral-small-latest")
	input := semconv.GenAIInputMessagesKey.String(`[{"role":"user"}]`)
	outcome := semconv.MistralOutcomeKey.String(semconv.OutcomeRefused)
	description := "422 invalid_request_error: the input was: hello"

	call := stub(1, model, input, outcome)
	call.Parent = stub(2).SpanContext // not a root, which would be marked
	call.Status = sdktrace.Status{Code: codes.Error, Description: description}
	call.Events = []sdktrace.Event{{Name: "e", Attributes: []attribute.KeyValue{input, model}}, {Name: "f"}}
	original := call.Snapshot()

	got := map[bool]tracetest.SpanStub{}
	before := tracetest.SpanStubFromReadOnlySpan(original)
	before.Attributes = slices.Clone(before.Attributes)
	for _, content := range []bool{false, true} {
		e := &fakeExporter{}
		d := destinationOf(e, Limits{})
		d.Content = content
		p := start(t, d)
		p.OnEnd(original)
		require.NoError(t, p.Shutdown(t.Context()))
		got[content] = tracetest.SpanStubFromReadOnlySpan(e.spans()[0])
	}
	full, clean := got[true], got[false]
	assert.Equal(t, before, full, "the destinations share the span")

	assert.Equal(t, []attribute.KeyValue{model, outcome}, clean.Attributes)
	assert.Equal(t, "422 invalid_request_error", clean.Status.Description)
	assert.Equal(t, codes.Error, clean.Status.Code)
	assert.Equal(t, []attribute.KeyValue{model}, clean.Events[0].Attributes)
	assert.Equal(t, "f", clean.Events[1].Name)
	assert.Equal(t, full.SpanContext, clean.SpanContext)
}

func TestSpanWithoutContentIsNotCopied(t *testing.T) {
	other := stub(1, attribute.String("db.statement", "select"))
	other.Status = sdktrace.Status{Code: codes.Error, Description: "dial: refused"}
	span := other.Snapshot()
	assert.Same(t, &span.Attributes()[0], &removeContent(span).Attributes()[0])
	assert.Equal(t, "dial: refused", removeContent(span).Status().Description, "not the description of a call")
}

func TestContentOfOtherInstrumentationsIsKnown(t *testing.T) {
	for key, want := range map[string]bool{
		"gen_ai.prompt.0.content":                true,
		"gen_ai.completion.12.content":           true,
		"llm.input_messages.0.message.content":   true,
		"traceloop.entity.input":                 true,
		"output.value":                           true,
		"gen_ai.prompt.name":                     false,
		"gen_ai.prompt.":                         false,
		"traceloop.entity.name":                  false,
		"http.request.method":                    false,
		string(semconv.GenAIInputMessagesKey):    true,
		string(semconv.GenAIUsageInputTokensKey): false,
	} {
		assert.Equal(t, want, isContent(attribute.String(key, "")), key)
	}
}
