// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

func structureOf(json string) attribute.Value {
	attrs := []attribute.KeyValue{semconv.GenAIInputMessagesKey.String(json)}
	Structure(attrs)
	return attrs[0].Value
}

func TestContentThatNestsTooDeepStaysJSON(t *testing.T) {
	for open, closing := range map[string]string{"[": "]", `{"a":`: "}"} {
		v := structureOf(strings.Repeat(open, maxLevels+2) + "1" + strings.Repeat(closing, maxLevels+2))
		for range maxLevels {
			if v.Type() == attribute.SLICE {
				v = v.AsSlice()[0]
			} else {
				v = v.AsMap()[0].Value
			}
		}
		assert.Equal(t, strings.Repeat(open, 2)+"1"+strings.Repeat(closing, 2), v.AsString())
	}
}

func TestContentWithTooManyMembersStaysJSON(t *testing.T) {
	for name, tt := range map[string]struct {
		open, member, closing string
		kind                  attribute.Type
	}{
		"array":  {"[", "1", "]", attribute.SLICE},
		"object": {"{", `"a":1`, "}", attribute.MAP},
	} {
		of := func(n int) string { return tt.open + strings.Repeat(tt.member+",", n-1) + tt.member + tt.closing }
		long := of(maxMembers + 1)
		assert.Equal(t, tt.kind, structureOf(of(maxMembers)).Type(), name)
		assert.Equal(t, attribute.StringValue(long), structureOf(long), name)
		// The rest is not affected.
		around := structureOf("[ " + long + " ,[2]]").AsSlice()
		assert.Equal(t, attribute.StringValue(long), around[0], name)
		assert.Equal(t, attribute.Int64Value(2), around[1].AsSlice()[0], name)
	}
}

func TestContentThatIsNoJSONStaysAsItIs(t *testing.T) {
	for _, text := range []string{"", "[", `{"a":1`, "[1,]", "[1] 2", `{"a"}`} {
		assert.Equal(t, attribute.StringValue(text), structureOf(text))
	}
}

func TestTextOfAnErrorRepeatsNothing(t *testing.T) {
	for text, want := range map[string]string{
		"dial tcp 127.0.0.1:1: connection refused":                                   `dial tcp 127.0.0.1:1: connection refused`,
		`Post "https://u:SECRET@api.example/v1?key=SECRET": EOF`:                     `Post "...": EOF`,
		"POST https://u:SECRET@api.example/v1?key=SECRET giving up after 5 attempts": `POST "..." giving up after 5 attempts`,
		`malformed MIME header line: "Set-Cookie: \"SECRET\" SECRET": really`:        `malformed MIME header line: "...": really`,
		"malformed \"SECRET\\\n\\\" SECRET\": EOF":                                   `malformed "...": EOF`,
		`malformed "SECRET\`:              `malformed "..."`,
		`malformed HTTP response "SECRET`: `malformed HTTP response "..."`,
	} {
		var c Call
		attrs := c.AppendException(nil, errors.New(text), 1<<10)
		assert.Equal(t, semconv.ExceptionMessageKey.String(want), attrs[len(attrs)-1])
	}
}

// FuzzStructure: of JSON the structure says what it says, and anything else stays
// as it is.
func FuzzStructure(f *testing.F) {
	for _, s := range []string{
		`[{"role":"user","parts":[{"type":"text","content":"a\u00e9\ud83d"}]}]`, `{"a":[1,-2.5,1e400,true,null,{}],"a":"b"}`,
		strings.Repeat(`[{"a":`, 20) + "1" + strings.Repeat(`}]`, 20), `[`, "", "\xff", `"` + "\xff" + `"`, "[1] 2", "9223372036854775808",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := structureOf(text)
		if !json.Valid([]byte(text)) {
			assert.Equal(t, attribute.StringValue(text), v)
			return
		}
		switch trimmed := strings.TrimLeft(text, " \t\r\n"); trimmed[0] {
		case '{':
			assert.Contains(t, []attribute.Type{attribute.MAP, attribute.STRING}, v.Type())
		case '[':
			assert.Contains(t, []attribute.Type{attribute.SLICE, attribute.STRING}, v.Type())
		case '"':
			var want string
			require.NoError(t, json.Unmarshal([]byte(text), &want))
			assert.Equal(t, want, v.AsString())
		case 't', 'f':
			assert.Equal(t, trimmed[0] == 't', v.AsBool())
		}
	})
}
