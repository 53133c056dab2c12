// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// Measure is what a [Metric] measures.
type Measure uint8

// What is measured of one call, unless it says otherwise.
const (
	MeasureDuration              Measure = iota // time until the reply had come, or the call failed
	MeasureTimeToFirstChunk                     // time until the first data event of a stream
	MeasureTimePerOutputChunk                   // time from one data event of a stream to the next
	MeasureInputTokens                          // all input tokens
	MeasureAudioInputTokens                     // those of them that were audio, if any were
	MeasureOtherInputTokens                     // those of them that were not
	MeasureCacheReadInputTokens                 // those of them that came from a cache
	MeasureOutputTokens                         // all output tokens
	MeasureReasoningOutputTokens                // those of them that were reasoning
	MeasureCalls                                // the call itself
	MeasureDecodeErrors                         // what could not be understood
	MeasureDroppedBytes                         // bytes of content that the limits left out
	MeasurePanics                               // panics that were contained, of whatever call
)

// Instrument is the kind of a metric.
type Instrument string

// Instruments that a [Metric] may be.
const (
	InstrumentHistogram = Instrument("histogram")
	InstrumentCounter   = Instrument("counter")
)

// Metric describes a metric, or one that has a row for each value of an
// attribute.
type Metric struct {
	Name       string
	Instrument Instrument
	Type       Type      // [TypeDouble] or [TypeInt]
	Unit       string    // in the notation of UCUM
	Buckets    []float64 // upper boundaries; of histograms only. They are shared: not to be changed
	Measure    Measure
	// Operations are the values of [GenAIOperationNameKey] that it is for; nil:
	// all. A call without an operation has only metrics that do not take one.
	Operations []string
	// Attributes are what its points carry as far as it is known of the call.
	Attributes []attribute.Key
	// With is what its points carry besides, in this row; zero: nothing.
	With  attribute.KeyValue
	Link  string // address of the definition; a path in this repository for its own names
	Brief string // one line without a full stop
}

// Boundaries that the conventions ask for.
var (
	durationBuckets = []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
	tokenBuckets    = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
)

var (
	commonAttributes = []attribute.Key{
		GenAIOperationNameKey, GenAIProviderNameKey, GenAIRequestModelKey, GenAIResponseModelKey,
		ServerAddressKey, ServerPortKey,
	}
	durationAttributes = append(slices.Clip(commonAttributes), ErrorTypeKey)

	inference  = []string{OperationChat, OperationTextCompletion, OperationGenerateContent}
	embeddings = []string{OperationEmbeddings}
	otherwise  = []string{OperationCreateAgent, OperationInvokeAgent, OperationRetrieval, OperationFetchResponse}

	inputType       = GenAITokenTypeKey.String(TokenTypeInput)
	outputType      = GenAITokenTypeKey.String(TokenTypeOutput)
	audioModality   = GenAITokenModalityKey.String(TokenModalityAudio)
	unknownModality = GenAITokenModalityKey.String(TokenModalityUnknown)
	noMore          attribute.KeyValue
)

const (
	metricsPage = "https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/"
	ownMetrics  = "semconv/metrics.go"
)

// metrics has what differs between the vocabularies, and is the only place that
// does so.
var metrics = map[Vocabulary][]Metric{
	Released: {
		{"gen_ai.client.operation.duration", InstrumentHistogram, TypeDouble, UnitSeconds, durationBuckets, MeasureDuration, nil, durationAttributes, noMore, metricsPage + "#metric-gen_aiclientoperationduration", "Time until the reply has come, or the call has failed"},
		{"gen_ai.client.operation.time_to_first_chunk", InstrumentHistogram, TypeDouble, UnitSeconds, durationBuckets, MeasureTimeToFirstChunk, nil, commonAttributes, noMore, metricsPage + "#metric-gen_aiclientoperationtime_to_first_chunk", "Time until the first chunk of a stream"},
		{"gen_ai.client.operation.time_per_output_chunk", InstrumentHistogram, TypeDouble, UnitSeconds, durationBuckets, MeasureTimePerOutputChunk, nil, commonAttributes, noMore, metricsPage + "#metric-gen_aiclientoperationtime_per_output_chunk", "Time from one chunk of a stream to the next"},
		{"gen_ai.client.token.usage", InstrumentHistogram, TypeInt, UnitTokens, tokenBuckets, MeasureInputTokens, nil, commonAttributes, inputType, metricsPage + "#metric-gen_aiclienttokenusage", "Tokens that a call used"},
		{"gen_ai.client.token.usage", InstrumentHistogram, TypeInt, UnitTokens, tokenBuckets, MeasureOutputTokens, nil, commonAttributes, outputType, metricsPage + "#metric-gen_aiclienttokenusage", "Tokens that a call used"},
	},
	Newest: {
		{"gen_ai.client.inference.duration", InstrumentHistogram, TypeDouble, UnitSeconds, durationBuckets, MeasureDuration, inference, durationAttributes, noMore, newestRegistry, "Time until the reply has come, or the call has failed"},
		{"gen_ai.client.embeddings.duration", InstrumentHistogram, TypeDouble, UnitSeconds, durationBuckets, MeasureDuration, embeddings, durationAttributes, noMore, newestRegistry, "Time until the vectors have come, or the call has failed"},
		{"gen_ai.client.operation.duration", InstrumentHistogram, TypeDouble, UnitSeconds, durationBuckets, MeasureDuration, otherwise, durationAttributes, noMore, newestRegistry, "Time until the reply has come, or the call has failed"},
		{"gen_ai.client.inference.time_to_first_chunk", InstrumentHistogram, TypeDouble, UnitSeconds, durationBuckets, MeasureTimeToFirstChunk, inference, commonAttributes, noMore, newestRegistry, "Time until the first chunk of a stream"},
		{"gen_ai.client.inference.time_per_output_chunk", InstrumentHistogram, TypeDouble, UnitSeconds, durationBuckets, MeasureTimePerOutputChunk, inference, commonAttributes, noMore, newestRegistry, "Time from one chunk of a stream to the next"},
		{"gen_ai.client.inference.operation.input_tokens", InstrumentHistogram, TypeInt, UnitTokens, tokenBuckets, MeasureInputTokens, inference, commonAttributes, noMore, newestRegistry, "Input tokens of a call"},
		{"gen_ai.client.inference.operation.output_tokens", InstrumentHistogram, TypeInt, UnitTokens, tokenBuckets, MeasureOutputTokens, inference, commonAttributes, noMore, newestRegistry, "Output tokens of a call"},
		{"gen_ai.client.embeddings.operation.input_tokens", InstrumentHistogram, TypeInt, UnitTokens, tokenBuckets, MeasureInputTokens, embeddings, commonAttributes, noMore, newestRegistry, "Input tokens of a call"},
		{"gen_ai.client.inference.usage.input_tokens", InstrumentCounter, TypeInt, UnitTokens, nil, MeasureAudioInputTokens, inference, commonAttributes, audioModality, newestRegistry, "Input tokens used"},
		{"gen_ai.client.inference.usage.input_tokens", InstrumentCounter, TypeInt, UnitTokens, nil, MeasureOtherInputTokens, inference, commonAttributes, unknownModality, newestRegistry, "Input tokens used"},
		{"gen_ai.client.inference.usage.output_tokens", InstrumentCounter, TypeInt, UnitTokens, nil, MeasureOutputTokens, inference, commonAttributes, unknownModality, newestRegistry, "Output tokens used"},
		{"gen_ai.client.inference.usage.cache_read.input_tokens", InstrumentCounter, TypeInt, UnitTokens, nil, MeasureCacheReadInputTokens, inference, commonAttributes, unknownModality, newestRegistry, "Input tokens read from a cache"},
		{"gen_ai.client.inference.usage.reasoning.output_tokens", InstrumentCounter, TypeInt, UnitTokens, nil, MeasureReasoningOutputTokens, inference, commonAttributes, unknownModality, newestRegistry, "Output tokens used for reasoning"},
	},
}

// own are the metrics of this project about itself, the same in each vocabulary.
var own = []Metric{
	{"otelmistral.calls", InstrumentCounter, TypeInt, UnitCalls, nil, MeasureCalls, nil, []attribute.Key{MistralOutcomeKey}, noMore, ownMetrics, "Calls that were observed to their end"},
	{"otelmistral.decode.errors", InstrumentCounter, TypeInt, UnitErrors, nil, MeasureDecodeErrors, nil, nil, noMore, ownMetrics, "Events, bodies or fields that could not be understood"},
	{"otelmistral.content.dropped", InstrumentCounter, TypeInt, UnitBytes, nil, MeasureDroppedBytes, nil, nil, noMore, ownMetrics, "Content left out by the limits"},
	{"otelmistral.panics", InstrumentCounter, TypeInt, UnitPanics, nil, MeasurePanics, nil, nil, noMore, ownMetrics, "Panics that were contained, of ours or of callbacks"},
}

// Metrics describes every metric of calls in this vocabulary: first those of the
// conventions, then the project's own. One that has a fixed attribute has a row
// for each of its values. The slice is the caller's.
func Metrics(v Vocabulary) []Metric { return slices.Concat(metrics[v], own) }
