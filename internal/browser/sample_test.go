// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// span makes a span that lies so many milliseconds after the start of its trace.
func span(id, parent byte, name string, start, end int, attrs ...attribute.KeyValue) tracetest.SpanStub {
	epoch := time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)
	at := func(id byte) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36},
			SpanID:  trace.SpanID{7: id}, TraceFlags: trace.FlagsSampled,
		})
	}
	s := tracetest.SpanStub{
		Name: name, SpanContext: at(id), Attributes: attrs,
		StartTime: epoch.Add(time.Duration(start) * time.Millisecond), EndTime: epoch.Add(time.Duration(end) * time.Millisecond),
		Resource: resource.NewSchemaless(attribute.String("service.name", "travel-desk")),
	}
	if parent != 0 {
		s.Parent = at(parent)
	}
	return s
}

func failed(s tracetest.SpanStub, description string) tracetest.SpanStub {
	s.Status = sdktrace.Status{Code: codes.Error, Description: description}
	return s
}

func kind(name, input, output string) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.ObservationTypeKey.String(name), semconv.ObservationInputKey.String(input), semconv.ObservationOutputKey.String(output),
	}
}

func chat(outcome, input, output string, more ...attribute.KeyValue) []attribute.KeyValue {
	attrs := append([]attribute.KeyValue{
		semconv.GenAIOperationNameKey.String(semconv.OperationChat),
		semconv.GenAIProviderNameKey.String(semconv.ProviderMistralAI),
		semconv.GenAIRequestModelKey.String("mistral-medium-latest"),
		semconv.MistralOutcomeKey.String(outcome),
		semconv.ServerAddressKey.String("api.mistral.ai"),
		semconv.GenAIInputMessagesKey.String(input),
	}, more...)
	if output != "" {
		attrs = append(attrs, semconv.GenAIOutputMessagesKey.String(output))
	}
	return attrs
}

const (
	question = `{"role":"user","parts":[{"type":"text","content":"Is Saturday a good day for a walk along the Seine?"}]}`
	asked    = `{"role":"assistant","parts":[{"type":"reasoning","content":"That depends on the weather in Paris on Saturday, which I do not know. There is a tool for it."},{"type":"tool_call","id":"a1","name":"get_weather","arguments":{"city":"Paris","day":"Saturday"}}],"finish_reason":"tool_call"}`
	told     = `{"role":"tool","parts":[{"type":"tool_call_response","id":"a1","response":{"celsius":19,"sky":"clear"}}]}`
	answer   = `{"role":"assistant","parts":[{"type":"text","content":"Yes: clear sky and 19 °C. Go in the morning, before the crowd."}],"finish_reason":"stop"}`
)

// sample is the trace on the picture in the documentation. The span of the tool
// call, which is unfolded there, is number 3.
func sample() tracetest.SpanStubs {
	used := func(in, out, cached int) []attribute.KeyValue {
		return []attribute.KeyValue{
			semconv.GenAIUsageInputTokensKey.Int(in), semconv.GenAIUsageOutputTokensKey.Int(out),
			semconv.GenAIUsageCacheReadInputTokensKey.Int(cached),
		}
	}
	return tracetest.SpanStubs{
		span(1, 0, "plan a day", 0, 3200, kind(semconv.ObservationWorkflow, `"Is Saturday a good day for a walk along the Seine?"`, `"Yes: clear sky and 19 °C. Go in the morning, before the crowd."`)...),
		span(2, 1, "find_guides", 12, 288, kind(semconv.ObservationRetriever, `"walk along the Seine"`, `["guide-75001.md","guide-75005.md"]`)...),
		span(3, 1, "chat mistral-medium-latest", 300, 1410, chat(semconv.OutcomeCompleted, `[`+question+`]`, `[`+asked+`]`,
			append(used(412, 58, 256), semconv.GenAIToolDefinitionsKey.String(`[{"type":"function","name":"get_weather"}]`))...)...),
		span(4, 1, "get_weather", 1420, 1790, kind(semconv.ObservationTool, `{"city":"Paris","day":"Saturday"}`, `{"celsius":19,"sky":"clear"}`)...),
		failed(span(5, 1, "chat mistral-medium-latest", 1800, 1905, chat(semconv.OutcomeRefused, `[`+question+`,`+asked+`,`+told+`]`, "",
			semconv.HTTPResponseStatusCodeKey.Int(429), semconv.ErrorTypeKey.String("429"))...), "429 rate_limited: Requests rate limit exceeded"),
		span(6, 1, "chat mistral-medium-latest", 2310, 3190, chat(semconv.OutcomeCompleted, `[`+question+`,`+asked+`,`+told+`]`, `[`+answer+`]`,
			append(used(501, 23, 448), semconv.HTTPRequestResendCountKey.Int(1), semconv.MistralResponseTimeToFirstTokenKey.Float64(0.412))...)...),
	}
}
