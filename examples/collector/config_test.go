// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfigurationsAreValid(t *testing.T) {
	for name, args := range map[string][]string{
		"config":       {"--config", "config.yaml"},
		"agent":        {"--config", "scaled/agent.yaml"},
		"agent direct": {"--config", "scaled/agent.yaml", "--config", "scaled/agent-direct.yaml"},
		"gateway":      {"--config", "scaled/gateway.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := validate(t, args...)
			assert.NoError(t, err, out)
		})
	}
}

func TestValidateKnowsABrokenConfiguration(t *testing.T) {
	out, err := validate(t, "--config", "config.yaml", "--config", "yaml:processors::memory_limiter::limit: 1")
	require.Error(t, err)
	assert.Contains(t, out, "invalid keys: limit")
}

func validate(t *testing.T, args ...string) (string, error) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"validate"}, args...)...)
	cmd.Env = append(os.Environ(), childVariable+"=1", "LANGFUSE_PUBLIC_KEY=pk", "LANGFUSE_SECRET_KEY=sk", "RESPAN_API_KEY=key")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The agent masks what config.yaml masks; the tests of the masks read that one.
func TestAgentMasksWithTheSamePatterns(t *testing.T) {
	patterns := regexp.MustCompile(`(?m)^    blocked_key_patterns: .*\n    blocked_values:\n(?:      - .*\n)+`)
	read := func(name string) string {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		found := patterns.FindString(string(text))
		require.NotEmpty(t, found, name)
		return found
	}
	assert.Equal(t, read("config.yaml"), read("scaled/agent.yaml"))
}
