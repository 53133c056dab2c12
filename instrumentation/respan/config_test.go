// SPDX-License-Identifier: Apache-2.0

package respan_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/respan"
)

// environment sets the variables and unsets every other one that the package
// reads, so that a test does not depend on the machine.
func environment(t *testing.T, env map[string]string) {
	t.Helper()
	for _, name := range []string{"RESPAN_API_KEY", "RESPAN_BASE_URL", "RESPAN_TRACE_CONTENT", "TRACELOOP_TRACE_CONTENT"} {
		t.Setenv(name, "")
	}
	for k, v := range env {
		t.Setenv(k, v)
	}
}

// Checks 1 to 5 of the reference.
func TestBaseURL(t *testing.T) {
	const cloud = "https://api.respan.ai/api/v2/traces"
	tests := []struct{ base, want string }{
		{"", cloud},
		{"  ", cloud},
		{"https://api.respan.ai", cloud},
		{"https://api.respan.ai/", cloud},
		{"https://api.respan.ai/api", cloud},
		{"https://api.respan.ai/api/", cloud},
		{"  https://api.respan.ai/api//  ", cloud},
		{"https://api.respan.ai/api/v2/traces", cloud},
		{"https://api.respan.ai/api/v2/traces/", cloud},
		{"https://api.respan.ai/api/v1/traces", "https://api.respan.ai/api/v1/traces"},
		{"http://127.0.0.1:4318", "http://127.0.0.1:4318/api/v2/traces"},
		{"http://127.0.0.1:4318/api", "http://127.0.0.1:4318/api/v2/traces"},
		{"https://proxy/x", "https://proxy/x/api/v2/traces"},
		{"http://api", "http://api/api/v2/traces"},
		{"https://host/myapi", "https://host/myapi/api/v2/traces"},
	}
	for _, tt := range tests {
		for _, way := range []string{"variable", "Config"} {
			t.Run(way+" "+tt.base, func(t *testing.T) {
				environment(t, map[string]string{"RESPAN_API_KEY": "k", "RESPAN_BASE_URL": "https://other.example"})
				c := respan.Config{BaseURL: tt.base}
				if way == "variable" || strings.TrimSpace(tt.base) == "" {
					t.Setenv("RESPAN_BASE_URL", tt.base)
					c.BaseURL = ""
				}
				d, err := respan.New(c)
				require.NoError(t, err)
				assert.Equal(t, tt.want, d.Endpoint)
			})
		}
	}
}

func TestPrecedence(t *testing.T) {
	tests := []struct {
		name     string
		env      map[string]string
		config   respan.Config
		endpoint string
		content  bool
	}{
		{"defaults", nil, respan.Config{}, "https://api.respan.ai/api/v2/traces", true},
		{"variable", map[string]string{"RESPAN_BASE_URL": "http://v"}, respan.Config{}, "http://v/api/v2/traces", true},
		{"option over variable", map[string]string{"RESPAN_BASE_URL": "http://v"}, respan.Config{BaseURL: "http://o"}, "http://o/api/v2/traces", true},
		{
			"full URL over both", map[string]string{"RESPAN_BASE_URL": "http://v"},
			respan.Config{BaseURL: "http://o", TracesURL: "https://proxy/x"}, "https://proxy/x", true,
		},
		{
			"an option makes a broken variable harmless", map[string]string{"RESPAN_BASE_URL": "nonsense"},
			respan.Config{BaseURL: "http://o"}, "http://o/api/v2/traces", true,
		},
		{"content off", map[string]string{"RESPAN_TRACE_CONTENT": " False "}, respan.Config{}, "https://api.respan.ai/api/v2/traces", false},
		{"content off, other name", map[string]string{"TRACELOOP_TRACE_CONTENT": "0"}, respan.Config{}, "https://api.respan.ai/api/v2/traces", false},
		{
			"Respan's name over Traceloop's",
			map[string]string{"RESPAN_TRACE_CONTENT": "true", "TRACELOOP_TRACE_CONTENT": "false"},
			respan.Config{}, "https://api.respan.ai/api/v2/traces", true,
		},
		{
			"content option over variable", map[string]string{"RESPAN_TRACE_CONTENT": "true"},
			respan.Config{NoContent: true}, "https://api.respan.ai/api/v2/traces", false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, tt.env)
			tt.config.APIKey = "k"
			d, err := respan.New(tt.config)
			require.NoError(t, err)
			assert.Equal(t, tt.endpoint, d.Endpoint)
			assert.Equal(t, tt.content, d.Content)
			assert.Equal(t, !tt.content, d.NoContent)
			assert.Equal(t, "respan", d.Name)
		})
	}
}

func TestErrorsNameTheVariableAndNoSecret(t *testing.T) {
	tests := []struct {
		name   string
		env    map[string]string
		config respan.Config
		want   string
	}{
		{
			"no key", map[string]string{"RESPAN_API_KEY": " "}, respan.Config{},
			"RESPAN_API_KEY is not set: set it, or Config.APIKey, to an API key of the Respan project",
		},
		{
			"key in two lines", map[string]string{"RESPAN_API_KEY": "secret\nsecret"}, respan.Config{},
			"RESPAN_API_KEY has a character that no API key has: copy the key again",
		},
		{
			"key of Config", nil, respan.Config{APIKey: "secret é"},
			"Config.APIKey has a character that no API key has: copy the key again",
		},
		{
			"no scheme", map[string]string{"RESPAN_API_KEY": "secret", "RESPAN_BASE_URL": "api.respan.ai"}, respan.Config{},
			"RESPAN_BASE_URL must begin with http:// or https://",
		},
		{
			"no scheme in Config", nil, respan.Config{APIKey: "secret", BaseURL: "api.respan.ai"},
			"Config.BaseURL must begin with http:// or https://",
		},
		{
			"password", nil, respan.Config{APIKey: "secret", TracesURL: "https://u:secret@host/x"},
			"Config.TracesURL must not contain a user or password; use a header instead",
		},
		{
			"content", map[string]string{"RESPAN_API_KEY": "secret", "RESPAN_TRACE_CONTENT": "nope"}, respan.Config{},
			`RESPAN_TRACE_CONTENT is "nope": set true or false`,
		},
		{
			"two faults", map[string]string{"RESPAN_BASE_URL": "x"}, respan.Config{},
			"RESPAN_API_KEY is not set: set it, or Config.APIKey, to an API key of the Respan project\n" +
				"RESPAN_BASE_URL must begin with http:// or https://",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, tt.env)
			_, err := respan.New(tt.config)
			require.EqualError(t, err, "respan: "+tt.want)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	environment(t, nil)
	c := respan.Config{APIKey: "secret", BaseURL: "https://host", TracesURL: "https://me:secret@proxy"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c)
	printed := []string{fmt.Sprintf("%v %+v %#v %s", c, &c, c, c), log.String()}
	c.TracesURL = ""
	d, err := respan.New(c)
	require.NoError(t, err)
	for _, s := range append(printed, fmt.Sprintf("%v %+v", d, d)) {
		assert.NotContains(t, s, "secret")
		assert.Contains(t, s, "host")
	}
}
