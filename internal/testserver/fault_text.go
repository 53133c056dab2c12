// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"strings"
)

// nesting is how deep values nest that nobody should recurse into.
const nesting = 100_000

// malformed are bodies that came well, and have in them what a decoder may trip
// over.
func malformed(said string) []Fault {
	deep := strings.Repeat("[", nesting) + strings.Repeat("]", nesting)
	quoted := `"` + said + `"`
	// The members of a reply around MESSAGE, which a stream calls a delta.
	members := func(extra, content, usage string) string {
		return fmt.Sprintf(`{"id":"f1",%s"model":"mistral-small-2506","choices":[{"index":0,"finish_reason":"stop",`+
			`"MESSAGE":{"role":"assistant","content":%s}}],"usage":%s}`, extra, content, usage)
	}
	var faults []Fault
	for _, odd := range []struct{ name, body string }{
		{"invalid UTF-8", members("", `"`+said+" \xff\xfe\xc3\"", faultUsage)},
		{"nesting of 100,000 in an unknown member", members(`"x":`+deep+`,`, quoted, faultUsage)},
		{"nesting of 100,000 in the content", members("", deep, faultUsage)},
		{"nesting of 100,000 that is never closed", members("", strings.Repeat(`[{"a":`, nesting), faultUsage)},
		{
			"numbers out of range",
			members(`"created":1e999,`, quoted, `{"prompt_tokens":99999999999999999999,"completion_tokens":-1e400,"total_tokens":0.5}`),
		},
		{
			"duplicate keys",
			members(`"id":"f2","choices":[],"usage":{"prompt_tokens":1},`, quoted+`,"content":`+quoted, `{"prompt_tokens":5,"prompt_tokens":6}`),
		},
		{
			"keys in another case",
			`{"ID":"f1","Model":"x","CHOICES":[{"Index":0,"FINISH_REASON":"stop","MESSAGE":{"Content":` + quoted + `}}],"Usage":` + faultUsage + `}`,
		},
		{"NUL bytes in a string", members("", "\""+said+"\x00\"", faultUsage)},
		{"NUL bytes between values", "\x00" + members("", quoted+"\x00", faultUsage) + "\x00"},
		{"escaped NUL", members("", `"`+said+`\u0000"`, faultUsage)},
	} {
		whole := strings.ReplaceAll(odd.body, "MESSAGE", "message")
		event := "data: " + strings.ReplaceAll(odd.body, "MESSAGE", "delta") + "\n\n"
		faults = append(faults,
			Fault{Name: odd.name, Point: "in a JSON reply", reply: always(typed(jsonType, Write(whole)))},
			Fault{Name: odd.name, Point: "in an event", reply: always(typed(eventType, Write(event), Write("data: [DONE]\n\n")))},
		)
	}
	return faults
}
