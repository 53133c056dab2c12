// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What comes in two pieces is trimmed first.
func TestAShortDocumentIsReadAsIfItHadBeenTrimmed(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for _, body := range []string{
		`{"model":"data:text/plain;base64,AAAA","id":"data:text/plain;base64,AAAA","stop":"data:;base64,AAAA"}`,
		`{"model":"m","stop":["` + strings.Repeat("\xff", 3000) + `"]}`,
		"{\"mod\xffel\":\"m\",\"model\":\"\xff\\ud83d\"}", "{\"model\":\"m\x00\"}", "\xef\xbb\xbf" + `{"model":"m"}`, `{"model":"m"} x`,
		`{"model":"m","` + strings.Repeat("k", 300) + `":1,"\u0073top":"a","stop":["b",1,null],"model":2,"seed":1e3}`,
		`{"stop":` + deep + `,"tools":` + deep + `,"usage":{"a":` + deep + `,"prompt_tokens":3},"model":"m"}`,
		`{"messages":[[{"prefix":true}],{"content":"a"}],"tool_choice":{"type":"a","function":{"name":"b","c":{"name":"d"}},"name":"e"}}`,
		`{"tool_choice":[{"function":{"name":"a"}}],"response_format":[{"type":"text"}],"prediction":"a","guardrails":{}}`,
		`{"choices":[{"index":1,"finish_reason":"stop","message":{"content":"a"}},7,{"messages":[{"content":"a"}]},[{}]],"usage":{"service_tier":"x"}}`,
		`{"choices":[` + strings.Repeat("{},", maxChoices+1) + `{}]}`, `{"choices":{"finish_reason":"stop"}}`,
		`{"object":"error","message":"a","type":"t","detail":["a"],"choices":[{}]}`, `{"error":{"error":{"code":"1"}},"choices":[{"finish_reason":"error"}]}`,
		`{"usage":{"prompt_tokens":` + strings.Repeat("1", 1500) + `,"completion_tokens":2}}`,
	} {
		first, rest := []byte(body[:1]), []byte(body[1:])
		assert.Equal(t, parseRequest(withoutContent, first, rest), parseRequest(withoutContent, []byte(body)), body)
		want, wantComplete := parseJSON(withoutContent, first, rest)
		got, complete := parseJSON(withoutContent, []byte(body))
		assert.Equal(t, want, got, body)
		assert.Equal(t, wantComplete, complete, body)
	}
}
