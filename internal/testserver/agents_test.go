// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAgentsHaveTheRecordedShape(t *testing.T) { assertRecordedShape(t, "/v1/agents") }

func TestAgentsAreWhatTheRequestSays(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	m := newMistral(t, WithClock(func() time.Time { return now }))
	created := decoded(t, request(t, m, "POST /v1/agents", `{"model":"mistral-medium-latest","name":"Berta","instructions":"Be brief.",`+
		`"tools":[{"type":"web_search"}],"handoffs":["ag_2"],"completion_args":{"temperature":0.5}}`).body)
	assert.Regexp(t, `^ag_[0-9a-f]{32}$`, created["id"])
	assert.Equal(t, "mistral-medium-latest", created["model"])
	assert.Equal(t, "Be brief.", created["instructions"])
	assert.Equal(t, "web_search", at(t, created, "tools", 0, "type"))
	assert.Equal(t, []any{"ag_2"}, created["handoffs"])
	assert.InDelta(t, 0.5, at(t, created, "completion_args", "temperature"), 0)
	assert.Equal(t, "auto", at(t, created, "completion_args", "tool_choice"))
	assert.Equal(t, "2030-01-02T03:04:05.000000Z", created["created_at"])
	assert.EqualValues(t, 0, created["version"])

	updated := decoded(t, request(t, m, "PATCH /v1/agents/ag_1", `{"name":"Carla"}`).body)
	assert.Equal(t, "ag_1", updated["id"])
	assert.Equal(t, "Carla", updated["name"])
	assert.EqualValues(t, 1, updated["version"])

	deleted := request(t, m, "DELETE /v1/agents/ag_1", "")
	assert.Equal(t, 204, deleted.StatusCode)
	assert.Empty(t, deleted.body)
	assert.NotContains(t, deleted.Header, "Content-Type")
}

func TestAgentsRefuse(t *testing.T) {
	m := newMistral(t)
	assert.Contains(t, request(t, m, "POST /v1/agents", `{"model":"mistral-tiny"}`).body, `"loc":["body","name"],"msg":"Field required"`)
	assert.Contains(t, request(t, m, "POST /v1/agents", `{"model":"mistral-tiny","name":"a","tools":{}}`).body, `"type":"list_type","loc":["body","tools"]`)
	assert.Contains(t, request(t, m, "POST /v1/agents", `{"model":"gpt-4o","name":"a"}`).body, `"type":"invalid_model"`)
	assert.Equal(t, 404, request(t, m, "PATCH /v1/agents/x", `{}`).StatusCode)
	assert.Equal(t, 404, request(t, m, "DELETE /v1/agents/x", ``).StatusCode)
}
