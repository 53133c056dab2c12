// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePathDecidesWhoAnswers(t *testing.T) {
	cases := map[string]struct{ path, wantPattern, wantIDs string }{
		"chat":                    {"/v1/chat/completions", "chat/completions", ""},
		"below a prefix":          {"/some/gateway/v1/fim/completions", "fim/completions", ""},
		"judges of chats":         {"/v1/chat/moderations", "chat/moderations", ""},
		"judges":                  {"/v1/moderations", "moderations", ""},
		"a conversation":          {"/v1/conversations/conv_1", "conversations/*", "conv_1"},
		"restart":                 {"/v1/conversations/conv_1/restart", "conversations/*/restart", "conv_1"},
		"a connector with a tool": {"/v1/connectors/c/tools/t/call", "connectors/*/tools/*/call", "c t"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(routes, func(r route) bool { _, ok := ending(c.path, r.path); return ok })
			require.GreaterOrEqual(t, i, 0)
			assert.Equal(t, c.wantPattern, routes[i].path)
			ids, _ := ending(c.path, routes[i].path)
			assert.Equal(t, c.wantIDs, strings.Join(ids, " "))
		})
	}
}

func TestOtherMethodsAndPathsAreRefused(t *testing.T) {
	cases := map[string]struct {
		what       string
		wantStatus int
		wantAllow  string
	}{
		"another method":   {"GET /v1/ocr", 405, "POST"},
		"several methods":  {"GET /v1/agents/ag_1", 405, "PATCH, DELETE"},
		"an empty segment": {"POST /v1/conversations//restart", 404, ""},
		"a longer path":    {"POST /v1/ocr/1", 404, ""},
		"no path":          {"POST /", 404, ""},
	}
	m := newMistral(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := request(t, m, c.what, `{}`)
			assert.Equal(t, c.wantStatus, got.StatusCode)
			assert.Equal(t, c.wantAllow, got.Header.Get("Allow"))
		})
	}
}

func TestEveryRouteWantsAKey(t *testing.T) {
	m := newMistral(t)
	for _, route := range routes {
		got := exchange(t, newClient(t), route.method, m.URL+"/v1/"+strings.ReplaceAll(route.path, "*", "a"), `{}`)
		assert.Equal(t, http.StatusUnauthorized, got.StatusCode, route.path)
	}
}
