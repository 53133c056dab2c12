// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const paymentTools = `[` +
	`{"type":"function","function":{"name":"get_payment_date","parameters":{"type":"object","properties":{"transaction_id":{"type":"string"}},"required":["transaction_id"]}}},` +
	`{"type":"function","function":{"name":"get_payment_status","parameters":{"type":"object","properties":{"transaction_id":{"type":"string"}},"required":["transaction_id"]}}}]`

// The loop of the cookbook's payment example, with the same server that answers
// everything else.
func TestMistralLooksUpPayments(t *testing.T) {
	tables := map[string]map[string]string{
		"get_payment_status": {"T1001": `{"status": "Paid"}`},
		"get_payment_date":   {"T1001": `{"date": "2021-10-05"}`},
	}
	cases := map[string]struct{ question, wantTool, wantAnswer string }{
		"status":       {"What's the status of my transaction T1001?", "get_payment_status", "The status of T1001 is **Paid**."},
		"payment date": {"On what date was my transaction T1001 made?", "get_payment_date", "The date of T1001 is **2021-10-05**."},
		"when":         {"When did I pay T1001?", "get_payment_date", "The date of T1001 is **2021-10-05**."},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMistral(t)
			type object = map[string]any
			messages := []any{object{"role": "user", "content": c.question}}
			turn := func() object {
				body, err := json.Marshal(object{"model": "mistral-large-latest", "messages": messages, "tools": json.RawMessage(paymentTools)})
				require.NoError(t, err)
				return decoded(t, chat(t, m, string(body)).body)
			}
			asked := turn()
			require.Len(t, at(t, asked, "choices", 0, "message", "tool_calls"), 1)
			tool := at(t, asked, "choices", 0, "message", "tool_calls", 0)
			assert.Equal(t, c.wantTool, at(t, tool, "function", "name"))
			assert.JSONEq(t, `{"transaction_id":"T1001"}`, at(t, tool, "function", "arguments").(string))

			var arguments struct {
				ID string `json:"transaction_id"`
			}
			require.NoError(t, json.Unmarshal([]byte(at(t, tool, "function", "arguments").(string)), &arguments))
			messages = append(messages, at(t, asked, "choices", 0, "message"),
				object{"role": "tool", "tool_call_id": at(t, tool, "id"), "name": c.wantTool, "content": tables[c.wantTool][arguments.ID]})
			answer := turn()
			assert.Equal(t, c.wantAnswer, at(t, answer, "choices", 0, "message", "content"))
			assert.Equal(t, "stop", at(t, answer, "choices", 0, "finish_reason"))
		})
	}
}

func TestMistralRemembersWhatTheUserSpokeOf(t *testing.T) {
	m := newMistral(t)
	got := decoded(t, chat(t, m, `{"model":"mistral-large-latest","tools":`+paymentTools+`,"messages":[`+
		`{"role":"user","content":"My transaction is T1004."},{"role":"assistant","content":"I see."},{"role":"user","content":"What is its status?"}]}`).body)
	call := at(t, got, "choices", 0, "message", "tool_calls", 0, "function")
	assert.Equal(t, "get_payment_status", at(t, call, "name"))
	assert.Equal(t, `{"transaction_id": "T1004"}`, at(t, call, "arguments"))
}

func TestMistralTakesTheFirstToolAndTheLastIdentifier(t *testing.T) {
	m := newMistral(t)
	got := decoded(t, chat(t, m, `{"model":"mistral-large-latest","tools":`+paymentTools+
		`,"messages":[{"role":"user","content":"Not T1001, but T1002, please."}]}`).body)
	call := at(t, got, "choices", 0, "message", "tool_calls", 0, "function")
	assert.Equal(t, "get_payment_date", at(t, call, "name"), "none fits better")
	assert.Equal(t, `{"transaction_id": "T1002"}`, at(t, call, "arguments"))
}

func TestToolResultsInWords(t *testing.T) {
	for result, want := range map[string]string{
		`{"payment_status":"Paid"}`:      "The payment status of T1 is **Paid**.",
		`{"b":1,"a":[true]}`:             "The a of T1 is **[true]**. The b of T1 is **1**.",
		`{}`:                             "The tool says: {}",
		`"Paid"`:                         `The tool says: "Paid"`,
		`{"error": "no transaction T9"}`: "The error of T1 is **no transaction T9**.",
	} {
		assert.Equal(t, want, report(result, "T1"))
	}
	assert.Equal(t, "The status is **Paid**.", report(`{"status":"Paid"}`, ""))
}

func TestRepliesCanFollowTheRequest(t *testing.T) {
	m := newMistral(t, WithHandler(func(r Request) (Reply, bool) {
		if r.Header.Get("X-Call") != "" {
			return Calling(r, "lookup", `{"id":1}`), true
		}
		return Saying(r, "Fixed words."), true
	}))
	const request = `{"model":"anything","messages":[{"role":"user","content":"status?"}],"tools":` + paymentTools
	assert.Equal(t, "Fixed words.", at(t, decoded(t, chat(t, m, request+"}").body), "choices", 0, "message", "content"))
	called := decoded(t, chat(t, m, request+"}", "X-Call", "1").body)
	assert.Equal(t, "lookup", at(t, called, "choices", 0, "message", "tool_calls", 0, "function", "name"))
	assert.Equal(t, `{"id":1}`, at(t, called, "choices", 0, "message", "tool_calls", 0, "function", "arguments"))
	streamed := chat(t, m, request+`,"stream":true}`)
	assert.Contains(t, streamed.Header.Get("Content-Type"), "text/event-stream")
	assert.Equal(t, http.StatusUnprocessableEntity, chat(t, m, `{}`).StatusCode)
}
