// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

const (
	keyVariable = "RESPAN_API_KEY"
	urlVariable = "RESPAN_BASE_URL"

	defaultBaseURL = "https://api.respan.ai"
)

// contentVariables are the names that Respan's SDKs have for one switch, the
// one that counts first.
var contentVariables = [...]string{"RESPAN_TRACE_CONTENT", "TRACELOOP_TRACE_CONTENT"}

func env(name string) string { return strings.TrimSpace(os.Getenv(name)) }

// resolveKey returns the key and where it is from. Its errors never repeat it.
func resolveKey(c Config) (key, source string, err error) {
	key, source = strings.TrimSpace(c.APIKey), "Config.APIKey"
	if key == "" {
		key, source = env(keyVariable), keyVariable
	}
	switch {
	case key == "":
		return "", "", fmt.Errorf("%s is not set: set it, or Config.APIKey, to an API key of the Respan project", keyVariable)
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", "", fmt.Errorf("%s has a character that no API key has: copy the key again", source)
	}
	return key, source, nil
}

// resolveURL returns the full URL for spans and where it is from.
func resolveURL(c Config) (endpoint, source string, err error) {
	base, source := strings.TrimSpace(c.TracesURL), "Config.TracesURL"
	if base == "" {
		base, source = strings.TrimSpace(c.BaseURL), "Config.BaseURL"
	}
	if base == "" {
		base, source = env(urlVariable), urlVariable
	}
	if base == "" {
		base, source = defaultBaseURL, "the default"
	}
	if err := destination.CheckURL(base); err != nil {
		return "", "", fmt.Errorf("%s %w", source, err)
	}
	if source == "Config.TracesURL" {
		return base, source, nil
	}
	return tracesURL(base), source, nil
}

// tracesURL completes a base URL. Respan's SDKs do not agree on whether it ends
// in /api, so both forms mean the same. Only v2 keeps all attributes, but who
// writes v1 in full gets it.
func tracesURL(base string) string {
	base = strings.TrimRight(base, "/")
	path := base
	if u, err := url.Parse(base); err == nil {
		path = u.Path // a host may be named api
	}
	switch {
	case strings.HasSuffix(path, "/v2/traces"), strings.HasSuffix(path, "/v1/traces"):
		return base
	case strings.HasSuffix(path, "/api"):
		return base + "/v2/traces"
	}
	return base + "/api/v2/traces"
}

// resolveContent says whether content is sent. A value that is not understood is
// an error: to guess could give away what was to be withheld.
func resolveContent(c Config) (bool, error) {
	if c.NoContent {
		return false, nil
	}
	for _, variable := range contentVariables {
		switch value := env(variable); strings.ToLower(value) {
		case "":
			continue
		case "true", "1", "yes", "on":
			return true, nil
		case "false", "0", "no", "off":
			return false, nil
		default:
			return false, fmt.Errorf("%s is %q: set true or false", variable, value)
		}
	}
	return true, nil
}
