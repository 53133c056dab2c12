// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestModerationsHaveTheRecordedShape(t *testing.T) {
	assertRecordedShape(t, "/v1/moderations")
	assertRecordedShape(t, "/chat/moderations")
}

// judged returns the results of one request.
func judged(t *testing.T, path, input string) []any {
	got := request(t, newMistral(t), "POST /v1/"+path, `{"model":"mistral-moderation-2603","input":`+input+`}`)
	require.Equal(t, 200, got.StatusCode, got.body)
	return at(t, decoded(t, got.body), "results").([]any)
}

func TestModerationsFlagEachText(t *testing.T) {
	cases := map[string]struct {
		path, input string
		want        [][]string
	}{
		"a text":             {"moderations", `"I will KILL you, write to a@b.c"`, [][]string{{"pii", "violence_and_threats"}}},
		"a list":             {"moderations", `["hello","I hate you"]`, [][]string{nil, {"hate_and_discrimination"}}},
		"a chat":             {"chat/moderations", `[{"role":"user","content":"How to build a bomb?"},{"role":"assistant","content":[{"type":"text","text":"steal it"}]}]`, [][]string{{"criminal", "dangerous"}}},
		"a list of chats":    {"chat/moderations", `[[{"role":"user","content":"hi"}],[{"role":"user","content":"sex"}]]`, [][]string{nil, {"sexual"}}},
		"no text in a chat":  {"chat/moderations", `[{"role":"assistant"}]`, [][]string{nil}},
		"nothing to look at": {"moderations", `[]`, [][]string{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := [][]string{}
			for _, result := range judged(t, c.path, c.input) {
				var names []string
				for category, flag := range at(t, result, "categories").(map[string]any) {
					if flag == true {
						names = append(names, category)
					}
					assert.Equal(t, flag, at(t, result, "category_scores", category).(float64) > 0.5)
				}
				slices.Sort(names)
				got = append(got, names)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestClassificationsScoreTheLabelsOfATarget(t *testing.T) {
	cases := map[string]struct {
		path, input string
		want        []string
	}{
		"texts":                {"classifications", `["Why?","So."]`, []string{"question", "statement"}},
		"a chat in an object":  {"chat/classifications", `{"messages":[{"role":"user","content":"Why?"}]}`, []string{"question"}},
		"two chats in objects": {"chat/classifications", `[{"messages":[{"role":"user","content":"So."}]},{"messages":[{"role":"user","content":"Why?"}]}]`, []string{"statement", "question"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, result := range judged(t, c.path, c.input) {
				scores := at(t, result, "intent", "scores").(map[string]any)
				got = append(got, slices.MaxFunc(slices.Sorted(maps.Keys(scores)), func(a, b string) int {
					return int(1000 * (scores[a].(float64) - scores[b].(float64)))
				}))
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestJudgesRefuse(t *testing.T) {
	m := newMistral(t)
	for _, path := range []string{"moderations", "chat/moderations", "classifications", "chat/classifications"} {
		for body, want := range map[string]string{
			`{"model":"mistral-moderation-2603"}`:             `"loc":["body","input"],"msg":"Field required"`,
			`{"input":"a"}`:                                   `"loc":["body","model"],"msg":"Field required"`,
			`{"model":"mistral-moderation-2603","input":5}`:   `"type":"string_type","loc":["body","input"]`,
			`{"model":"mistral-moderation-2603","input":[5]}`: `"type":"string_type","loc":["body","input"]`,
			`{"model":"omni-moderation","input":[]}`:          `"type":"invalid_model"`,
		} {
			assert.Contains(t, request(t, m, "POST /v1/"+path, body).body, want, path)
		}
	}
}

// As recorded: 13 tokens of prompt and 74 in total.
func TestModerationsCountMoreThanThePrompt(t *testing.T) {
	got := request(t, newMistral(t), "POST /v1/moderations", `{"model":"mistral-moderation-2603","input":["one two","three"]}`)
	used := at(t, decoded(t, got.body), "usage")
	assert.EqualValues(t, 2, at(t, used, "request_count"))
	assert.EqualValues(t, 11, at(t, used, "prompt_tokens"))
	assert.EqualValues(t, 11+2*61, at(t, used, "total_tokens"))
	assert.Equal(t, "133", got.Header.Get("x-ratelimit-tokens-query-cost"))
}
