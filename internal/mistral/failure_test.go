// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestEveryErrorShapeIsRead(t *testing.T) {
	for _, tt := range testserver.Errors() {
		t.Run(tt.Name, func(t *testing.T) {
			eachSplit([]byte(tt.Body), func(how string, pieces ...[]byte) {
				got := parseFailure(withContent, pieces...)
				require.Equal(t, tt.Type, got.Failure.ProviderType, how)
				require.Equal(t, tt.Code, got.Failure.Code, how)
				require.Contains(t, got.Failure.Message, tt.Message, how)
				require.Empty(t, got.Failure.Type, "the type is the status, which is known elsewhere")

				got = parseFailure(withoutContent, pieces...)
				require.Equal(t, genai.Failure{ProviderType: tt.Type, Code: tt.Code}, got.Failure, how)
			})
		})
	}
}

func TestTheMessageOfAnErrorIsTextOrJSON(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"a string", `{"message":"a \"b\""}`, `a "b"`},
		{"an object", `{"message":{"detail":[{"msg":"m"}]},"detail":"not this"}`, `{"detail":[{"msg":"m"}]}`},
		{"the detail", `{"detail":"d"}`, "d"},
		{"the detail, as the message is null", `{"detail":["d"],"message":null}`, `["d"]`},
		{"an inner error", `{"error":{"message":"m"},"guardrails":{}}`, "m"},
		{"an inner error that is text", `{"error":"m"}`, "m"},
		{"plain text", " upstream connect error\n", "upstream connect error"},
		{"text that begins like JSON", "null pointer", "null pointer"},
		{"a list", `[{"msg":"m"}]`, `[{"msg":"m"}]`},
		{"HTML", " <!DOCTYPE html><html>m</html>", ""},
		{"white space", " \n", ""},
		{"nothing", "", ""},
		{"an object without a message", `{"request_id":"1"}`, ""},
		{"an empty object", `{}`, ""},
		{"invalid UTF-8", "{\"message\":\"a\xffb\"}", "a\uFFFDb"},
		{"invalid UTF-8 in text", "a\xffb", "a\uFFFDb"},
		{"invalid UTF-8 in an object", "{\"message\":{\"m\":\"a\xffb\"}}", "{\"m\":\"a\uFFFDb\"}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, parseFailure(withContent, []byte(tt.body)).Failure.Message)
			assert.Empty(t, parseFailure(withoutContent, []byte(tt.body)).Failure.Message)
		})
	}
}

func TestTheInputThatA422RepeatsIsNeverKeptWithoutContentCapture(t *testing.T) {
	for _, body := range []string{
		testserver.ErrorNamed("422 object message").Body,
		`{"detail":[{"type":"SECRET","loc":["SECRET"],"msg":"SECRET","input":"SECRET"}],"type":"invalid","code":1}`,
		`{"object":"error","message":"{\"detail\":\"SECRET\"}","type":"SECRET prose","code":"SECRET: no code"}`,
		`{"error":"SECRET"}`, `SECRET`, `"SECRET"`, `["SECRET"]`,
	} {
		got := parseFailure(withoutContent, []byte(body))
		for _, word := range []string{got.Failure.Type, got.Failure.ProviderType, got.Failure.Code, got.Failure.Message, got.Failure.Description()} {
			assert.NotContains(t, strings.ToUpper(word), "SECRET", body)
		}
	}
}

func TestNamesOfErrorsAreShortAndPlain(t *testing.T) {
	for value, want := range map[string]string{
		`"rate_limited"`:                    "rate_limited",
		`"1300"`:                            "1300",
		`1300`:                              "1300",
		`-1`:                                "-1",
		`"a.b:c-d"`:                         "a.b:c-d",
		`"\u0061"`:                          "a",
		`null`:                              "",
		`""`:                                "",
		`true`:                              "",
		`{"a":1}`:                           "",
		`["a"]`:                             "",
		`"two words"`:                       "",
		`"é"`:                               "",
		`"a\n"`:                             "",
		`"` + strings.Repeat("a", 64) + `"`: strings.Repeat("a", 64),
		`"` + strings.Repeat("a", 65) + `"`: "",
		`"[brackets]"`:                      "",
	} {
		got := parseFailure(withContent, []byte(`{"type":`+value+`,"code":`+value+`,"message":"m"}`))
		assert.Equal(t, genai.Failure{ProviderType: want, Code: want, Message: "m"}, got.Failure, value)
	}
}

func TestLongErrorsKeepTypeAndCode(t *testing.T) {
	// As Mistral's 422 does it: the message repeats the input, and type and
	// code stand behind it.
	long := strings.Repeat("x", 3*maxFailure)
	for name, body := range map[string]string{
		"an object":      `{"object":"error","message":{"detail":[{"msg":"Field required","input":"` + long + `"}]},"type":"invalid_request_error","param":null,"code":"3001"}`,
		"a string":       `{"object":"error","message":"Field required` + long + `","type":"invalid_request_error","code":3001}`,
		"an inner error": `{"error":{"message":"Field required` + long + `","type":"invalid_request_error","code":3001}}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, pieces := range [][][]byte{{[]byte(body)}, inPieces([]byte(body), 1000)} {
				got := parseFailure(withContent, pieces...)
				assert.Equal(t, "invalid_request_error", got.Failure.ProviderType)
				assert.Equal(t, "3001", got.Failure.Code)
				assert.Contains(t, got.Failure.Message, "Field required")
				assert.Contains(t, got.Failure.Message, " bytes cut]")
				assert.Less(t, len(got.Failure.Message), maxFailure+1000)

				got = parseFailure(withoutContent, pieces...)
				assert.Equal(t, genai.Failure{ProviderType: "invalid_request_error", Code: "3001"}, got.Failure)
			}
		})
	}
}

func TestLongTextsOfErrorsAreCut(t *testing.T) {
	l := Limits{Content: true, Part: 10, Total: 1000}
	for body, want := range map[string]string{
		`{"message":"0123456789"}`:                      "0123456789",
		`{"message":"` + strings.Repeat("é", 60) + `"}`: "ééééé...[110 bytes cut]",
		strings.Repeat("a", 300):                        "aaaaaaaaaa...[290 bytes cut]",
	} {
		assert.Equal(t, want, parseFailure(l, []byte(body)).Failure.Message)
	}
}

func TestErrorsNestedInErrorsAreCheap(t *testing.T) {
	body := strings.Repeat(`{"error":`, 100_000) + `"deep"` + strings.Repeat(`}`, 100_000)
	assert.Zero(t, parseFailure(withContent, []byte(body)).DecodeErrors)
	body = strings.Repeat(`{"error":`, 400) + `{"message":"` + strings.Repeat("x", maxFailure) + `"}` + strings.Repeat(`}`, 400)
	got, _ := parseStream(withContent, []byte(event(body)))
	assert.NotEmpty(t, got.Failure.Type)
}

func TestAnErrorInA200IsOne(t *testing.T) {
	got, complete := parseJSON(withContent, []byte(`{"object":"error","message":"m","type":"t","code":5}`))
	assert.Equal(t, genai.Failure{Type: streamError, ProviderType: "t", Code: "5", Message: "m"}, got.Failure)
	assert.True(t, complete)

	got, _ = parseJSON(withoutContent, []byte(`{"error":{"message":"m","type":"t","code":5}}`))
	assert.Equal(t, genai.Failure{Type: streamError, ProviderType: "t", Code: "5"}, got.Failure)

	got, _ = parseJSON(withContent, []byte(`{"detail":"not an error by itself"}`))
	assert.Zero(t, got.Failure)
}
