// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No execution was recorded: the members are those of the published schema.

func TestConnectorsRunTools(t *testing.T) {
	m := newMistral(t, WithAnswer(func(arguments string) string { return "ran with " + arguments }))
	got := request(t, m, "POST /v1/connectors/wiki/tools/search/call", `{"arguments":{"query":"Lyon"}}`)
	assert.JSONEq(t, `{"content":[{"type":"text","text":"ran with {\"query\":\"Lyon\"}"}],"metadata":null}`, got.body)

	refused := request(t, m, "POST /v1/connectors/wiki/tools/search/call", `{"arguments":"Lyon"}`)
	assert.Equal(t, 422, refused.StatusCode)
	assert.JSONEq(t, `{"detail":[{"type":"dict_type","loc":["body","arguments"],"msg":"Input should be a valid dictionary","input":{"arguments":"Lyon"}}]}`, refused.body)
}

func TestWorkflowsRun(t *testing.T) {
	m := newMistral(t)
	started := decoded(t, request(t, m, "POST /v1/workflows/billing/execute", `{"input":{"id":7}}`).body)
	assert.Regexp(t, `^[0-9a-f]{32}$`, started["execution_id"])
	delete(started, "execution_id")
	require.Equal(t, map[string]any{
		"workflow_name": "billing", "parent_execution_id": nil, "root_execution_id": started["root_execution_id"], "status": "RUNNING",
		"start_time": "2026-09-10T00:26:40Z", "end_time": nil, "total_duration_ms": nil, "result": nil,
	}, started)

	waited := request(t, m, "POST /v1/workflows/billing/execute", `{"input":{"id":7},"execution_id":"mine","wait_for_result":true}`)
	assert.JSONEq(t, `{"workflow_name":"billing","execution_id":"mine","result":{"id":7}}`, waited.body)

	assert.Contains(t, request(t, m, "POST /v1/workflows/billing/execute", `{"wait_for_result":1}`).body, `{"detail":[{"type":"bool_type","loc":["body","wait_for_result"]`)
}
