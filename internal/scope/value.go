// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// MaxValue is how many bytes of one value of metadata are kept: it stands on
// every span of its context.
const MaxValue = 8 << 10

// Value is an attribute value for any value of the application: what its JSON is.
// A text, a number or a boolean is recorded as such, also of a named type; an
// object or a list as JSON in a string; null as an empty string, which carries
// nothing. A number that is neither int64 nor float64 is a text, and so is what
// has no JSON: its type, in brackets. What is longer than [MaxValue] is cut, with a
// note on how much; JSON stays valid.
func Value(v any) attribute.Value {
	if text, ok := v.(string); ok {
		return textValue(text)
	}
	data, err := Marshal(v)
	number := reflect.ValueOf(v)
	switch {
	case err != nil && number.CanFloat() && (math.IsNaN(number.Float()) || math.IsInf(number.Float(), 0)):
		return attribute.StringValue(fmt.Sprint(number.Float()))
	case err != nil:
		return attribute.StringValue(fmt.Sprintf("(%T, not JSON)", v))
	}
	switch data[0] {
	case 'n':
		return attribute.StringValue("")
	case 't', 'f':
		return attribute.BoolValue(data[0] == 't')
	case '"':
		var text string
		_ = json.Unmarshal(data, &text) // Marshal made it
		return textValue(text)
	case '{', '[':
		return attribute.StringValue(string(bounded(data)))
	}
	return numberValue(string(data), number.CanFloat())
}

func textValue(text string) attribute.Value {
	return attribute.StringValue(string(jsontrim.Cut([]byte(valid(text)), MaxValue)))
}

// numberValue keeps the type of a float that happens to be whole.
func numberValue(digits string, isFloat bool) attribute.Value {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil && !isFloat {
		return attribute.Int64Value(n)
	}
	if f, err := strconv.ParseFloat(digits, 64); err == nil && (isFloat || strings.ContainsAny(digits, ".eE")) {
		return attribute.Float64Value(f)
	}
	return textValue(digits)
}

var whole = jsontrim.Keep.Bulk()

func bounded(data []byte) []byte {
	if len(data) <= MaxValue {
		return data
	}
	var t jsontrim.Trimmer
	t.Reset(whole, jsontrim.Limits{String: MaxValue, Total: MaxValue})
	_, _ = t.Write(data)
	return t.End()
}

// Marshal is json.Marshal that leaves <, > and & readable and turns the panic
// of a MarshalJSON into an error.
func Marshal(v any) (data []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			data, err = nil, fmt.Errorf("MarshalJSON panicked with a %T", p)
		}
	}()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}
