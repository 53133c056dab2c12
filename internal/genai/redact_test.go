// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRedactedJSONStaysJSON(t *testing.T) {
	replace := func(by string) Redactor {
		return Redactor{Func: func(_, text string) string { return strings.ReplaceAll(text, "S", by) }}
	}
	tests := []struct{ name, in, by, want string }{
		{"object", `{"a":"S"}`, "x", `{"a":"x"}`},
		{"string is redacted as its text", `"a\n\"S\""`, "x", `"a\n\"x\""`},
		{"string stays a string", `"S"`, "12", `"12"`},
		{"number that is none any more", `[1S]`, "x", `"[1x]"`},
		{"broken object", `{"a":"S"}`, `"`, `"{\"a\":\"\"\"}"`},
		{"invalid UTF-8", `"S"`, "\xff", "\"\uFFFD\""},
		{"emptied", `S`, "", `""`},
		{"nothing", ``, "x", ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := replace(tt.by).JSON("tool_call", []byte(tt.in))
			assert.Equal(t, tt.want, string(got))
			assert.True(t, tt.in == "" || json.Valid(got))
		})
	}
}

func TestRedactorIsNotShownNothing(t *testing.T) {
	r := Redactor{Func: func(string, string) string { panic("shown") }}
	assert.Empty(t, r.Text("text", ""))
	assert.Empty(t, r.JSON("text", nil))
	assert.Equal(t, "x", Redactor{}.Text("text", "x"))
	assert.Equal(t, "{", string(Redactor{}.JSON("text", []byte("{"))), "the zero value changes nothing")
}

func TestPanicOfARedactorIsToldAndWithholds(t *testing.T) {
	told := 0
	r := Redactor{Func: func(string, string) string { panic("x") }, Panicked: func() { told++ }}
	assert.Equal(t, "[withheld]", r.Text("text", "secret"))
	assert.Equal(t, `"[withheld]"`, string(r.JSON("tool_call", []byte(`{"a":"secret"}`))))
	assert.Equal(t, 2, told)
	r.Panicked = nil
	assert.Equal(t, "[withheld]", r.Text("text", "secret"))
}
