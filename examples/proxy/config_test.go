// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parsed(t *testing.T, env map[string]string, args ...string) (config, error) {
	t.Helper()
	flags := flag.NewFlagSet("proxy", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return parse(flags, args, func(name string) string { return env[name] })
}

func TestFlagWinsOverVariableAndVariableOverDefault(t *testing.T) {
	env := map[string]string{
		"MISTRAL_PROXY_LISTEN":           ":1",
		"MISTRAL_PROXY_UPSTREAM":         "http://gateway.internal/mistral",
		"MISTRAL_PROXY_SHUTDOWN_TIMEOUT": "1s",
	}
	for name, tt := range map[string]struct {
		env      map[string]string
		args     []string
		listen   string
		upstream string
		timeout  time.Duration
	}{
		"default":        {nil, nil, "127.0.0.1:8080", "https://api.mistral.ai", 15 * time.Second},
		"variable":       {env, nil, ":1", "http://gateway.internal/mistral", time.Second},
		"empty variable": {map[string]string{"MISTRAL_PROXY_LISTEN": ""}, nil, "127.0.0.1:8080", "https://api.mistral.ai", 15 * time.Second},
		"flag":           {env, []string{"-listen", ":2", "--upstream=https://eu", "-shutdown-timeout", "2s"}, ":2", "https://eu", 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := parsed(t, tt.env, tt.args...)
			require.NoError(t, err)
			assert.Equal(t, tt.listen, c.listen)
			assert.Equal(t, tt.upstream, c.upstream.String())
			assert.Equal(t, tt.timeout, c.shutdownTimeout)
		})
	}
}

func TestWrongConfigurationSaysWhatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		args []string
		want string
	}{
		"variable":         {map[string]string{"MISTRAL_PROXY_SHUTDOWN_TIMEOUT": "soon"}, nil, `MISTRAL_PROXY_SHUTDOWN_TIMEOUT: "soon"`},
		"flag":             {nil, []string{"-shutdown-timeout", "soon"}, "-shutdown-timeout"},
		"unknown flag":     {nil, []string{"-port", "1"}, "-port"},
		"argument":         {nil, []string{"8080"}, `"8080" is no flag`},
		"no scheme":        {nil, []string{"-upstream", "api.mistral.ai"}, "MISTRAL_PROXY_UPSTREAM: want an address"},
		"other scheme":     {nil, []string{"-upstream", "ftp://api.mistral.ai"}, "want an address"},
		"no URL":           {nil, []string{"-upstream", "https://a b"}, "want an address"},
		"with credentials": {nil, []string{"-upstream", "https://me:secret@api.mistral.ai"}, "neither credentials nor query"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parsed(t, tt.env, tt.args...)
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}
