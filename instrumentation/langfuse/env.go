// SPDX-License-Identifier: Apache-2.0

package langfuse

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

const (
	publicKeyVariable   = "LANGFUSE_PUBLIC_KEY"
	secretKeyVariable   = "LANGFUSE_SECRET_KEY"
	pathVariable        = "LANGFUSE_OTEL_TRACES_EXPORT_PATH"
	environmentVariable = "LANGFUSE_TRACING_ENVIRONMENT"
	sampleVariable      = "LANGFUSE_SAMPLE_RATE"
	timeoutVariable     = "LANGFUSE_TIMEOUT"
	flushAtVariable     = "LANGFUSE_FLUSH_AT"
	intervalVariable    = "LANGFUSE_FLUSH_INTERVAL"
	enabledVariable     = "LANGFUSE_TRACING_ENABLED"

	defaultBaseURL = "https://cloud.langfuse.com"
	defaultPath    = "/api/public/otel/v1/traces"
	defaultTimeout = 5 * time.Second
)

// baseURLVariables are the names that Langfuse has had for one setting, the one
// that counts first. The second one is of the JS SDK, the third of the Python SDK.
var baseURLVariables = []string{"LANGFUSE_BASE_URL", "LANGFUSE_BASEURL", "LANGFUSE_HOST"}

// releaseVariables are where a release is looked for, as Langfuse's SDKs do.
var releaseVariables = []string{
	"LANGFUSE_RELEASE", "GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "RENDER_GIT_COMMIT", "CIRCLE_SHA1",
	"SOURCE_VERSION", "TRAVIS_COMMIT", "BITBUCKET_COMMIT", "BUILD_SOURCEVERSION", "DRONE_COMMIT_SHA",
}

// resolved is a Config with what the environment adds. A source is what the user
// has to change, the name of a field or of a variable.
type resolved struct {
	publicKey, publicSource string
	secretKey, secretSource string
	endpoint, urlSource     string
	sampleRate              float64
	timeout                 time.Duration
	limits                  destination.Limits
}

// first returns the option if it is set, else the first variable that is, and
// the name of what it found.
func first(option, field string, variables ...string) (value, source string) {
	if v := strings.TrimSpace(option); v != "" {
		return v, "Config." + field
	}
	for _, name := range variables {
		if v := strings.TrimSpace(os.Getenv(name)); v != "" {
			return v, name
		}
	}
	return "", ""
}

// resolve reports all faults together.
func resolve(c Config) (r resolved, err error) {
	r.publicKey, r.publicSource = first(c.PublicKey, "PublicKey", publicKeyVariable)
	r.secretKey, r.secretSource = first(c.SecretKey, "SecretKey", secretKeyVariable)
	r.timeout, r.limits = c.Timeout, c.Limits
	err = errors.Join(
		r.checkKeys(),
		r.resolveURL(c),
		r.resolveSampleRate(c.SampleRate),
		duration(&r.timeout, timeoutVariable, defaultTimeout),
		duration(&r.limits.BatchDelay, intervalVariable, 0),
		count(&r.limits.BatchSpans, flushAtVariable),
		checkPrices(c.Prices),
	)
	return r, err
}

// checkKeys never repeats a key in its errors.
func (r *resolved) checkKeys() error {
	if strings.HasPrefix(r.publicKey, "sk-lf-") && strings.HasPrefix(r.secretKey, "pk-lf-") {
		return fmt.Errorf("%s has the secret key and %s the public one: swap them", r.publicSource, r.secretSource)
	}
	return errors.Join(
		checkKey(r.publicKey, r.publicSource, publicKeyVariable, "PublicKey", "public"),
		checkKey(r.secretKey, r.secretSource, secretKeyVariable, "SecretKey", "secret"),
	)
}

func checkKey(key, source, variable, field, which string) error {
	switch {
	case key == "":
		return fmt.Errorf("%s is not set: set it, or Config.%s, to the %s key of the Langfuse project", variable, field, which)
	case strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == ':' }):
		return fmt.Errorf("%s has a character that no key has: copy the key again", source)
	}
	return nil
}

func (r *resolved) resolveURL(c Config) error {
	base, source := first(c.BaseURL, "BaseURL", baseURLVariables...)
	if base == "" {
		base, source = defaultBaseURL, "the default"
	}
	if err := destination.CheckURL(base); err != nil {
		return fmt.Errorf("%s %w", source, err)
	}
	path, pathSource := first(c.TracesPath, "TracesPath", pathVariable)
	if path == "" {
		path, pathSource = defaultPath, source
	}
	r.endpoint = strings.TrimRight(base, "/") + "/" + strings.TrimLeft(path, "/")
	r.urlSource = source
	if err := destination.CheckURL(r.endpoint); err != nil {
		return fmt.Errorf("the URL with %s %w", pathSource, err)
	}
	return nil
}

func (r *resolved) resolveSampleRate(option *float64) error {
	r.sampleRate = 1
	source := "Config.SampleRate"
	if option != nil {
		r.sampleRate = *option
	} else if value, variable := first("", "", sampleVariable); value != "" {
		rate, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%s is %q: set a number from 0 to 1", variable, value)
		}
		r.sampleRate, source = rate, variable
	}
	if !(r.sampleRate >= 0 && r.sampleRate <= 1) { // NaN is not
		return fmt.Errorf("%s is %g: set a number from 0 to 1", source, r.sampleRate)
	}
	return nil
}

// maxSeconds keeps durations valid.
const maxSeconds = 1e6

// duration sets d, unless an option has, from a variable in seconds.
func duration(d *time.Duration, variable string, otherwise time.Duration) error {
	if *d > 0 {
		return nil
	}
	*d = otherwise
	value, _ := first("", "", variable)
	if value == "" {
		return nil
	}
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || !(seconds > 0 && seconds <= maxSeconds) {
		return fmt.Errorf("%s is %q: set a number of seconds", variable, value)
	}
	*d = time.Duration(seconds * float64(time.Second))
	return nil
}

// count sets n, unless an option has, from a variable.
func count(n *int, variable string) error {
	value, _ := first("", "", variable)
	if *n > 0 || value == "" {
		return nil
	}
	var err error
	if *n, err = strconv.Atoi(value); err != nil || *n <= 0 {
		return fmt.Errorf("%s is %q: set a number of spans", variable, value)
	}
	return nil
}

func checkPrices(prices map[string]Price) error {
	for _, model := range slices.Sorted(maps.Keys(prices)) {
		for _, usd := range []float64{prices[model].Input, prices[model].CachedInput, prices[model].Output} {
			if !(usd >= 0 && usd <= maxPrice) { // NaN is not
				return fmt.Errorf("Config.Prices[%q] is %g: set USD per million tokens", model, usd)
			}
		}
	}
	return nil
}

// tracingEnabled reads the switch. A value that is not understood is an error:
// to guess could send what was to be withheld.
func tracingEnabled() (bool, error) {
	value, _ := first("", "", enabledVariable)
	switch strings.ToLower(value) {
	case "", "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, fmt.Errorf("%s is %q: set true or false", enabledVariable, value)
}
