// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// prefixes are what keys of known issuers begin with, and how long the rest is at
// least. The rest has a digit, or it is taken for a word.
var prefixes = []struct {
	text string
	rest int
}{
	{"sk-", 16}, // OpenAI, Anthropic; sk-lf- of Langfuse
	{"pk-lf-", 16},
	{"sk_live_", 16}, {"sk_test_", 16}, {"rk_live_", 16}, // Stripe
	{"ghp_", 20}, {"gho_", 20}, {"ghu_", 20}, {"ghs_", 20}, {"ghr_", 20}, {"github_pat_", 20},
	{"glpat-", 16},
	{"xoxb-", 16}, {"xoxp-", 16}, {"xoxa-", 16}, // Slack
	{"AKIA", 16}, {"ASIA", 16}, // AWS
	{"AIza", 30}, // Google
	{"hf_", 20},
}

// key recognises a key at i by what it begins with. It does not look behind a
// hyphen, where a key may be going on that was looked at already: that keeps the
// time linear.
func key(s string, i int) (found, bool) {
	if i > 0 && s[i-1] == '-' {
		return found{}, false
	}
	rest := s[i:]
	switch rest[0] | 0x20 {
	case 'a', 'g', 'h', 'p', 'r', 's', 'x':
		for _, p := range prefixes {
			if strings.HasPrefix(rest, p.text) {
				end, hasDigit := secret(s, i+len(p.text), keyByte)
				if hasDigit && end-i-len(p.text) >= p.rest {
					return found{i, end, "[key]"}, true
				}
			}
		}
	case 'e':
		if end, ok := jwt(s, i); ok {
			return found{i, end, "[key]"}, true
		}
	case 'b':
		for _, scheme := range []string{"bearer", "basic"} {
			if f, ok := credentials(s, i, scheme); ok {
				return f, true
			}
		}
	}
	return found{}, false
}

// credentials recognises what stands behind an authentication scheme.
func credentials(s string, i int, scheme string) (found, bool) {
	start := i + len(scheme)
	if start >= len(s) || s[start] != ' ' || !strings.EqualFold(s[i:start], scheme) {
		return found{}, false
	}
	start++
	end, hasDigit := secret(s, start, tokenByte)
	if !hasDigit || end-start < 16 {
		return found{}, false
	}
	return found{start, end, "[key]"}, true
}

// jwt recognises three base64url texts with dots between, the first of which
// begins an object.
func jwt(s string, i int) (end int, ok bool) {
	if !strings.HasPrefix(s[i:], "eyJ") {
		return 0, false
	}
	end = i
	for part := range 3 {
		start := end
		end = run(s, start, len(s), keyByte)
		if end-start < 8 {
			return 0, false
		}
		if part < 2 {
			if end >= len(s) || s[end] != '.' {
				return 0, false
			}
			end++
		}
	}
	return end, true
}

// names are how the names of secrets end.
var names = []string{"key", "token", "secret", "credential", "credentials"}

const (
	maxName  = 64
	minValue = 16
)

// namedKey recognises a value behind a name and the = or : at i, as in
// API_KEY=..., "api_key": "...", or the same inside a JSON string.
func namedKey(s string, low, i int) (found, bool) {
	end := i
	for end > low && i-end < 3 && strings.IndexByte(` "'\`, s[end-1]) >= 0 {
		end--
	}
	start := end
	for start > low && end-start < maxName && (word(s[start-1]) || s[start-1] == '-') {
		start--
	}
	if !secretName(s[start:end]) {
		return found{}, false
	}
	value := i + 1
	for value < len(s) && value-i < 5 && strings.IndexByte(` "'\`, s[value]) >= 0 {
		value++
	}
	stop, hasDigit := secret(s, value, tokenByte)
	if !hasDigit || stop-value < minValue {
		return found{}, false
	}
	return found{value, stop, "[key]"}, true
}

// secretName tells that a name ends in one of names, as a word of its own or in
// one: apiKey, ACCESS_TOKEN. "key" alone is the name of too much else.
func secretName(name string) bool {
	for _, n := range names {
		if len(name) >= len(n) && strings.EqualFold(name[len(name)-len(n):], n) {
			return n != "key" || len(name) > len(n)
		}
	}
	return false
}

// maxPlain is how far into a secret its first digit may be.
const maxPlain = 256

// secret returns where the bytes that ok takes end, if there is a digit among
// the first of them.
func secret(s string, i int, ok func(byte) bool) (end int, hasDigit bool) {
	end = run(s, i, i+maxPlain, ok)
	if !strings.ContainsAny(s[i:end], "0123456789") {
		return end, false
	}
	return run(s, end, len(s), ok), true
}

// run returns where the bytes that ok takes end, but not beyond limit.
func run(s string, i, limit int, ok func(byte) bool) int {
	for i < len(s) && i < limit && ok(s[i]) {
		i++
	}
	return i
}

func keyByte(c byte) bool { return letter(c) || digit(c) || c == '_' || c == '-' }

func tokenByte(c byte) bool { return keyByte(c) || strings.IndexByte(".~+/=", c) >= 0 }
