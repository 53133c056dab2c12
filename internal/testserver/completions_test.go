// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// later is what replies have had since these recordings.
const later = ".usage.service_tier"

func TestFIMHasTheRecordedShape(t *testing.T) { assertRecordedShape(t, "/fim/completions", later) }

func TestAgentCompletionsHaveTheRecordedShape(t *testing.T) {
	assertRecordedShape(t, "/agents/completions", later)
}

func TestFIMAnswersThePrompt(t *testing.T) {
	m := newMistral(t)
	const body = `{"model":"codestral-latest","prompt":"func add(a, b) {","suffix":"}","max_tokens":%d,"stream":%t}`
	whole := decoded(t, request(t, m, "POST /v1/fim/completions", fmt.Sprintf(body, 64, false)).body)
	assert.Equal(t, "\n    return a + b\n", at(t, whole, "choices", 0, "message", "content"))
	assert.EqualValues(t, 13, at(t, whole, "usage", "prompt_tokens"), "prompt and suffix")
	chunks := chunksOf(t, request(t, m, "POST /v1/fim/completions", fmt.Sprintf(body, 1, true)).body)
	assert.Equal(t, "length", at(t, chunks[len(chunks)-1], "choices", 0, "finish_reason"))
}

func TestTheReplyNamesTheModelOfTheAgent(t *testing.T) {
	m := newMistral(t)
	reply := decoded(t, request(t, m, "POST /v1/agents/completions", `{"agent_id":"ag_1","messages":[{"role":"user","content":"2 + 2"}]}`).body)
	assert.Equal(t, "mistral-small-2506", reply["model"])
	assert.Equal(t, "2 + 2 equals **4**.", at(t, reply, "choices", 0, "message", "content"))
}

func TestCompletionsRefuse(t *testing.T) {
	cases := map[string]struct {
		path, body string
		wantStatus int
		wantPart   string
	}{
		"FIM without prompt":     {"fim", `{"model":"codestral-2508"}`, 422, `"loc":["body","prompt"],"msg":"Field required"`},
		"FIM with a list":        {"fim", `{"model":"codestral-2508","prompt":["a"]}`, 422, `{"type":"string_type","loc":["body","prompt"],"msg":"Input should be a valid string"`},
		"FIM, unknown model":     {"fim", `{"model":"gpt-4o","prompt":"a"}`, 400, `"Invalid model: gpt-4o"`},
		"not an object":          {"fim", `[]`, 422, `{"type":"dict_type","loc":["body"],"msg":"Input should be a valid dictionary","input":[]}`},
		"agents without agent":   {"agents", `{"messages":[]}`, 422, `"loc":["body","agent_id"],"msg":"Field required"`},
		"agents without message": {"agents", `{"agent_id":"ag_1","messages":null}`, 422, `"loc":["body","messages"],"msg":"Field required"`},
		"an agent that is none":  {"agents", `{"agent_id":"1","messages":[]}`, 404, `{"detail":"Not Found"}`},
	}
	m := newMistral(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := request(t, m, "POST /v1/"+c.path+"/completions", c.body)
			assert.Equal(t, c.wantStatus, got.StatusCode)
			assert.Contains(t, got.body, c.wantPart)
		})
	}
}

func TestScriptsStartFromTheServersOwnAnswers(t *testing.T) {
	m := newMistral(t, WithHandler(func(r Request) (Reply, bool) { return Answer(r).Until(2, Cut()), true }))
	resp, err := newClient(t).Post(m.URL+"/v1/fim/completions", "application/json",
		strings.NewReader(`{"model":"codestral-latest","prompt":"2 + 2","stream":true}`))
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Len(t, eventsOf(t, string(body)), 2)
}

func TestSayingAndCallingAnswerWhereTheModelTalks(t *testing.T) {
	to := func(path, body string) Request { return Request{Method: "POST", Target: path, Body: []byte(body)} }
	m := newMistral(t)
	for _, r := range []Request{
		to("/v1/chat/completions", `{"model":"any","messages":[]}`),
		to("/v1/fim/completions", `{"model":"any","prompt":"a"}`),
		to("/v1/agents/completions", `{"agent_id":"ag_1","messages":[]}`),
		to("/v1/conversations", `{"model":"any","inputs":"a"}`),
		to("/v1/conversations/conv_1", `{"inputs":[{"type":"function.result","result":"a"}]}`),
		to("/not/one/of/mistral's", `{"model":"any","messages":[]}`),
	} {
		t.Run(r.Target, func(t *testing.T) {
			_, body, err := receive(t, m, Saying(r, "What I say."))
			require.NoError(t, err)
			assert.Contains(t, body, `"What I say."`)
			_, body, err = receive(t, m, Calling(r, "get_time", `{}`))
			require.NoError(t, err)
			assert.Contains(t, body, `"name":"get_time","arguments":"{}"`)
		})
	}
}
