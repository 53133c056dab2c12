// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

type broken struct{ how func() ([]byte, error) }

func (b broken) MarshalJSON() ([]byte, error) { return b.how() }

func TestValueOfAnything(t *testing.T) {
	type (
		pair struct{ A, B int }
		plan string
		rate float64
	)
	seven := 7
	tests := []struct {
		in   any
		want any
	}{
		{"a<b>\xff", "a<b>\uFFFD"}, {plan("pro"), "pro"}, {true, true},
		{7, int64(7)}, {int8(-7), int64(-7)}, {uint32(7), int64(7)}, {&seven, int64(7)}, {json.Number("7"), int64(7)},
		{uint64(math.MaxInt64), int64(math.MaxInt64)}, {uint64(math.MaxUint64), "18446744073709551615"},
		{1.5, 1.5}, {2.0, 2.0}, {float32(0.1), 0.1}, {rate(2), 2.0}, {json.Number("1.5"), 1.5}, {1e300, 1e300},
		{math.Inf(1), "+Inf"}, {float32(math.NaN()), "NaN"},
		{nil, ""}, {(*pair)(nil), ""}, {map[string]int(nil), ""},
		{[]string{"a", "<"}, `["a","<"]`}, {pair{1, 2}, `{"A":1,"B":2}`}, {map[string]any{"a": map[string]any{"b": nil}}, `{"a":{"b":null}}`},
		{time.Second, int64(1e9)}, {time.Unix(0, 0).UTC(), "1970-01-01T00:00:00Z"}, {[]byte("hi"), "aGk="},
		{make(chan int), "(chan int, not JSON)"}, {[]float64{math.NaN()}, "([]float64, not JSON)"},
		{broken{func() ([]byte, error) { return nil, errors.New("no") }}, "(scope.broken, not JSON)"},
		{broken{func() ([]byte, error) { panic("no") }}, "(scope.broken, not JSON)"},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, Value(tt.in).AsInterface(), "%T %v", tt.in, tt.in)
	}
}

func TestLongValuesAreCut(t *testing.T) {
	long := strings.Repeat("é", MaxValue)
	text := Value("a" + long).AsString() // the limit is inside a character
	assert.True(t, utf8.ValidString(text))
	assert.Equal(t, "a"+strings.Repeat("é", MaxValue/2-1)+"...[8194 bytes cut]", text)

	for _, v := range []any{map[string]string{"k": long, "l": "x"}, strings.Split(strings.Repeat("item ", MaxValue), " ")} {
		text = Value(v).AsString()
		assert.True(t, json.Valid([]byte(text)), text)
		assert.Less(t, len(text), MaxValue+1000)
		assert.Greater(t, len(text), MaxValue/2)
	}
	exact := strings.Repeat("a", MaxValue)
	assert.Equal(t, exact, Value(exact).AsString())
}
