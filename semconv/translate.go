// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"math"

	"go.opentelemetry.io/otel/attribute"
)

// differences are the attributes that [Newest] names otherwise than [Released],
// or gives another type. What else differs is no matter of names: package genai
// has it, for the record of a call is needed to tell.
var differences = [...]struct {
	released, newest attribute.Key
	value            func(attribute.Value) attribute.Value // nil: the same
}{
	{MistralRequestReasoningEffortKey, GenAIRequestReasoningLevelKey, nil},
	{MistralUsageAudioTokensKey, GenAIUsageAudioInputTokensKey, nil},
	{GenAIRequestTopKKey, GenAIRequestTopKKey, whole},
}

// whole is the value as an int. One that is no whole number stays what it is: a
// wrong type says more than a number that was not sent.
func whole(v attribute.Value) attribute.Value {
	if f := v.AsFloat64(); v.Type() == attribute.FLOAT64 && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return attribute.Int64Value(int64(f))
	}
	return v
}

// Translate puts attributes that are in the words of [Released] into those of v,
// in place. For Released it does nothing. It does not allocate.
func (v Vocabulary) Translate(attrs []attribute.KeyValue) {
	if v != Newest {
		return
	}
	for i := range attrs {
		for _, d := range differences {
			if attrs[i].Key != d.released {
				continue
			}
			attrs[i].Key = d.newest
			if d.value != nil {
				attrs[i].Value = d.value(attrs[i].Value)
			}
			break
		}
	}
}
