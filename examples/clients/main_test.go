// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestProgramPrintsTheTraceOfEachClient(t *testing.T) {
	before := http.DefaultTransport
	var out bytes.Buffer
	require.NoError(t, withServer("", func(baseURL, key string) error {
		return run(t.Context(), &out, baseURL, key, patience)
	}))
	assert.Same(t, before, http.DefaultTransport, "the default transport is put back")

	said, traces, found := strings.Cut(out.String(), "\ntrace ")
	require.True(t, found)
	for _, name := range clientNames {
		assert.Regexp(t, regexp.QuoteMeta(name+"\n  plain   The capital of France is **Paris**.\n"+
			"  stream  12 *| 12 equals| **144**.\n"+
			`  tools   get_weather({"city":`)+` ?"Paris"`, said)
		assert.Regexp(t, `(?m)^`+name+` `, traces)
	}
	// Three calls by each client, and one more by those that call the tool.
	assert.Equal(t, 26, strings.Count(traces, "completed  mistral-small-latest"))
	assert.Equal(t, 20, strings.Count(traces, "─ chat mistral-small-latest"), "calls below the span of their client")
}

func TestProgramPrintsTheTraceOfWhatFails(t *testing.T) {
	server := testserver.NewMistral()
	defer server.Close()
	var out bytes.Buffer
	err := run(t.Context(), &out, server.URL, "invalid", patience)
	for _, name := range clientNames {
		assert.ErrorContains(t, err, name+": ")
	}
	assert.Equal(t, len(clientNames), strings.Count(out.String(), "the server answered 401: Invalid API Key"))
}
