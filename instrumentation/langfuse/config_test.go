// SPDX-License-Identifier: Apache-2.0

package langfuse_test

import (
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/internal/wiretest"
	"github.com/otelmistral/otelmistral/semconv"
)

// unsetEnvironment empties every variable that the package reads, so that a test
// does not depend on the machine.
func unsetEnvironment(t testing.TB) {
	t.Helper()
	for _, name := range []string{
		"LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "LANGFUSE_BASE_URL", "LANGFUSE_BASEURL", "LANGFUSE_HOST", "LANGFUSE_OTEL_TRACES_EXPORT_PATH",
		"LANGFUSE_TRACING_ENVIRONMENT", "LANGFUSE_RELEASE", "GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "RENDER_GIT_COMMIT",
		"CIRCLE_SHA1", "SOURCE_VERSION", "TRAVIS_COMMIT", "BITBUCKET_COMMIT", "BUILD_SOURCEVERSION", "DRONE_COMMIT_SHA",
		"LANGFUSE_SAMPLE_RATE", "LANGFUSE_TIMEOUT", "LANGFUSE_FLUSH_AT", "LANGFUSE_FLUSH_INTERVAL", "LANGFUSE_TRACING_ENABLED",
	} {
		t.Setenv(name, "")
	}
}

func setEnvironment(t testing.TB, env map[string]string) {
	t.Helper()
	unsetEnvironment(t)
	for k, v := range env {
		t.Setenv(k, v)
	}
}

func TestEndpoint(t *testing.T) {
	const path = "/api/public/otel/v1/traces"
	tests := []struct {
		name   string
		env    map[string]string
		config langfuse.Config
		want   string
	}{
		{"the EU by default", nil, langfuse.Config{}, "https://cloud.langfuse.com" + path},
		{"host", map[string]string{"LANGFUSE_HOST": "https://us.cloud.langfuse.com"}, langfuse.Config{}, "https://us.cloud.langfuse.com" + path},
		{"base URL over host", map[string]string{"LANGFUSE_HOST": "http://h", "LANGFUSE_BASE_URL": " http://b/ "}, langfuse.Config{}, "http://b" + path},
		{"base URL of the JS SDK over host", map[string]string{"LANGFUSE_HOST": "http://h", "LANGFUSE_BASEURL": "http://js"}, langfuse.Config{}, "http://js" + path},
		{"base URL over that of the JS SDK", map[string]string{"LANGFUSE_BASE_URL": "http://b", "LANGFUSE_BASEURL": "http://js"}, langfuse.Config{}, "http://b" + path},
		{"Config over variables", map[string]string{"LANGFUSE_HOST": "http://h", "LANGFUSE_BASE_URL": "nonsense"}, langfuse.Config{BaseURL: "http://c"}, "http://c" + path},
		{"below a path", nil, langfuse.Config{BaseURL: "http://c/langfuse/"}, "http://c/langfuse" + path},
		{"path", map[string]string{"LANGFUSE_OTEL_TRACES_EXPORT_PATH": "x/y"}, langfuse.Config{}, "https://cloud.langfuse.com/x/y"},
		{"path of Config", map[string]string{"LANGFUSE_OTEL_TRACES_EXPORT_PATH": "x"}, langfuse.Config{TracesPath: "/z"}, "https://cloud.langfuse.com/z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			setEnvironment(t, tt.env)
			tt.config.PublicKey, tt.config.SecretKey = "p", "s"
			d, err := langfuse.New(tt.config)
			require.NoError(t, err)
			assert.Equal(t, tt.want, d.Endpoint)
			assert.Equal(t, "langfuse", d.Name)
			assert.True(t, d.Content)
		})
	}
}

func TestKeys(t *testing.T) {
	server := testserver.NewLangfuse(testserver.WithLangfuseKeys("p", "s"))
	defer server.Close()
	for _, tt := range []struct {
		name   string
		env    map[string]string
		config langfuse.Config
	}{
		{"variables", map[string]string{"LANGFUSE_PUBLIC_KEY": "p\n", "LANGFUSE_SECRET_KEY": " s "}, langfuse.Config{}},
		{"Config over variables", map[string]string{"LANGFUSE_PUBLIC_KEY": "x", "LANGFUSE_SECRET_KEY": "y"}, langfuse.Config{PublicKey: "p", SecretKey: "s"}},
		{"one of each", map[string]string{"LANGFUSE_SECRET_KEY": "s"}, langfuse.Config{PublicKey: "p"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setEnvironment(t, tt.env)
			tt.config.BaseURL = server.URL
			d, err := langfuse.New(tt.config)
			require.NoError(t, err)
			require.NoError(t, d.Check(t.Context()))
		})
	}
}

func TestLimits(t *testing.T) {
	env := map[string]string{"LANGFUSE_FLUSH_AT": "7", "LANGFUSE_FLUSH_INTERVAL": "0.5"}
	setEnvironment(t, env)
	d, err := langfuse.New(langfuse.Config{PublicKey: "p", SecretKey: "s", Limits: destination.Limits{QueueSpans: 9}})
	require.NoError(t, err)
	assert.Equal(t, destination.Limits{QueueSpans: 9, BatchSpans: 7, BatchDelay: 500 * time.Millisecond}, d.Limits)
	own := destination.Limits{BatchSpans: 3, BatchDelay: time.Second}
	d, err = langfuse.New(langfuse.Config{PublicKey: "p", SecretKey: "s", Limits: own})
	require.NoError(t, err)
	assert.Equal(t, own, d.Limits)
}

func TestTimeout(t *testing.T) {
	server := testserver.NewLangfuse(testserver.WithLangfuseKeys("p", "s"))
	defer server.Close()
	c := langfuse.Config{PublicKey: "p", SecretKey: "s", BaseURL: server.URL}
	for name, variable := range map[string]string{"variable": "0.01", "Config": "60"} {
		t.Run(name, func(t *testing.T) {
			setEnvironment(t, map[string]string{"LANGFUSE_TIMEOUT": variable})
			if name == "Config" {
				c.Timeout = 10 * time.Millisecond
			}
			d, err := langfuse.New(c)
			require.NoError(t, err)
			server.Enqueue(testserver.Response{Delay: time.Minute})
			begin := time.Now()
			require.Error(t, d.Check(t.Context()))
			assert.Less(t, time.Since(begin), 5*time.Second)
		})
	}
}

func TestSampleRate(t *testing.T) {
	half, none, all := 0.5, 0.0, 1.0
	for _, tt := range []struct {
		name     string
		variable string
		option   *float64
		kept     float64
	}{
		{"all by default", "", nil, 1},
		{"variable", "0.5", nil, 0.5},
		{"nothing", "0", nil, 0},
		{"option", "", &half, 0.5},
		{"option over variable, to less", "1", &none, 0},
		{"option over variable, to more", "0", &all, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			unsetEnvironment(t)
			t.Setenv("LANGFUSE_SAMPLE_RATE", tt.variable)
			d, err := langfuse.New(langfuse.Config{PublicKey: "p", SecretKey: "s", SampleRate: tt.option})
			require.NoError(t, err)
			kept := 0
			const traces = 256
			for i := range traces {
				stub := stub("s", semconv.ObservationTypeKey.String("task"))
				stub.SpanContext = contextOf(byte(i))
				if d.Keep(stub.Snapshot()) {
					kept++
				}
				stub.Attributes = nil
				assert.False(t, d.Keep(stub.Snapshot()), "not an observation")
			}
			assert.Equal(t, int(tt.kept*traces), kept, "the ids are spread evenly")
		})
	}
}

func TestRelease(t *testing.T) {
	for _, tt := range []struct {
		name   string
		env    map[string]string
		config string
		want   string
	}{
		{"none", nil, "", ""},
		{"variable", map[string]string{"LANGFUSE_RELEASE": "v1", "GITHUB_SHA": "abc"}, "", "v1"},
		{"Config", map[string]string{"LANGFUSE_RELEASE": "v1"}, "v2", "v2"},
		{"CI", map[string]string{"DRONE_COMMIT_SHA": "d", "CI_COMMIT_SHA": "c"}, "", "c"},
		{"last of CI", map[string]string{"DRONE_COMMIT_SHA": "d"}, "", "d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setEnvironment(t, tt.env)
			d, err := langfuse.New(langfuse.Config{PublicKey: "p", SecretKey: "s", Release: tt.config})
			require.NoError(t, err)
			assert.Equal(t, tt.want, textOf(d.Dialect(stub("s").Snapshot()), "langfuse.release"))
		})
	}
}

func TestEnvironmentVariable(t *testing.T) {
	setEnvironment(t, map[string]string{"LANGFUSE_TRACING_ENVIRONMENT": "staging"})
	for option, want := range map[string]string{"": "staging", "qa": "qa"} {
		d, err := langfuse.New(langfuse.Config{PublicKey: "p", SecretKey: "s", Environment: option})
		require.NoError(t, err)
		assert.Equal(t, want, textOf(d.Dialect(stub("s").Snapshot()), "langfuse.environment"))
	}
}

func TestDisabledSendsNothingAndNeedsNoKey(t *testing.T) {
	setEnvironment(t, map[string]string{"LANGFUSE_TRACING_ENABLED": "False"})
	d, err := langfuse.FromEnv()
	require.NoError(t, err)
	require.NoError(t, d.Validate())
	assert.False(t, d.Content, "nor does it make others record content")
	assert.Nil(t, d.Check)
	assert.False(t, d.Keep(stub("s", semconv.ObservationTypeKey.String("task")).Snapshot()))
	provider := wiretest.Provider(t, d)
	_, span := provider.Tracer("test").Start(t.Context(), "s")
	span.End()
	require.NoError(t, provider.ForceFlush(t.Context()))
}

func TestErrorsNameTheVariableAndNoSecret(t *testing.T) {
	const noPublic = "LANGFUSE_PUBLIC_KEY is not set: set it, or Config.PublicKey, to the public key of the Langfuse project"
	const noSecret = "LANGFUSE_SECRET_KEY is not set: set it, or Config.SecretKey, to the secret key of the Langfuse project"
	keys := langfuse.Config{PublicKey: "secret", SecretKey: "secret"}
	with := func(change func(*langfuse.Config)) langfuse.Config {
		c := keys
		change(&c)
		return c
	}
	nan, two := math.NaN(), 2.0
	tests := []struct {
		name   string
		env    map[string]string
		config langfuse.Config
		want   string
	}{
		{"no keys", nil, langfuse.Config{}, noPublic + "\n" + noSecret},
		{"no public key", nil, langfuse.Config{SecretKey: "secret"}, noPublic},
		{"no secret key", map[string]string{"LANGFUSE_PUBLIC_KEY": "secret", "LANGFUSE_SECRET_KEY": " "}, langfuse.Config{}, noSecret},
		{"key in two lines", map[string]string{"LANGFUSE_SECRET_KEY": "secret\nsecret"}, langfuse.Config{PublicKey: "p"},
			"LANGFUSE_SECRET_KEY has a character that no key has: copy the key again"},
		{"both keys in one", nil, langfuse.Config{PublicKey: "p:secret", SecretKey: "s"},
			"Config.PublicKey has a character that no key has: copy the key again"},
		{"keys swapped", map[string]string{"LANGFUSE_PUBLIC_KEY": "sk-lf-secret"}, langfuse.Config{SecretKey: "pk-lf-secret"},
			"LANGFUSE_PUBLIC_KEY has the secret key and Config.SecretKey the public one: swap them"},
		{"no scheme", map[string]string{"LANGFUSE_HOST": "cloud.langfuse.com"}, keys, "LANGFUSE_HOST must begin with http:// or https://"},
		{"password", nil, with(func(c *langfuse.Config) { c.BaseURL = "https://u:secret@host" }),
			"Config.BaseURL must not contain a user or password; use a header instead"},
		{"path", map[string]string{"LANGFUSE_OTEL_TRACES_EXPORT_PATH": "x?y"}, keys,
			"the URL with LANGFUSE_OTEL_TRACES_EXPORT_PATH must not contain a query or a fragment"},
		{"sample rate", map[string]string{"LANGFUSE_SAMPLE_RATE": "half"}, keys, `LANGFUSE_SAMPLE_RATE is "half": set a number from 0 to 1`},
		{"sample rate of NaN", nil, with(func(c *langfuse.Config) { c.SampleRate = &nan }), "Config.SampleRate is NaN: set a number from 0 to 1"},
		{"sample rate of 2", nil, with(func(c *langfuse.Config) { c.SampleRate = &two }), "Config.SampleRate is 2: set a number from 0 to 1"},
		{"timeout", map[string]string{"LANGFUSE_TIMEOUT": "5s"}, keys, `LANGFUSE_TIMEOUT is "5s": set a number of seconds`},
		{"flush at", map[string]string{"LANGFUSE_FLUSH_AT": "0"}, keys, `LANGFUSE_FLUSH_AT is "0": set a number of spans`},
		{"flush interval", map[string]string{"LANGFUSE_FLUSH_INTERVAL": "-1"}, keys, `LANGFUSE_FLUSH_INTERVAL is "-1": set a number of seconds`},
		{"enabled", map[string]string{"LANGFUSE_TRACING_ENABLED": "nope"}, keys, `LANGFUSE_TRACING_ENABLED is "nope": set true or false`},
		{"price", nil, with(func(c *langfuse.Config) { c.Prices = map[string]langfuse.Price{"m": {Output: -1}} }),
			`Config.Prices["m"] is -1: set USD per million tokens`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			setEnvironment(t, tt.env)
			_, err := langfuse.New(tt.config)
			require.EqualError(t, err, "langfuse: "+tt.want)
		})
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	unsetEnvironment(t)
	c := langfuse.Config{PublicKey: "hidden", SecretKey: "hidden", BaseURL: "https://me:hidden@proxy", Name: "shown"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c)
	printed := []string{fmt.Sprintf("%v %+v %#v %s", c, &c, c, c), log.String()}
	c.BaseURL = "https://host"
	d, err := langfuse.New(c)
	require.NoError(t, err)
	for _, s := range append(printed, fmt.Sprintf("%v %+v", d, d)) {
		assert.NotContains(t, s, "hidden")
		assert.NotContains(t, s, "aGlkZGVu", "nor as base64")
		assert.Contains(t, s, "shown")
	}
}
