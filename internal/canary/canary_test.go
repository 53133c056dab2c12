// SPDX-License-Identifier: Apache-2.0

// Package canary_test plants unique texts wherever a call, an observation or a
// configuration holds a secret or content, and looks for them in everything that
// leaves the library: what destinations get, errors, logs, the output of the
// process.
package canary_test

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// A canary begins with one of these, and goes on in lower case letters and
// hyphens. Content that begins with never is not recorded even where content is
// captured: nobody reads it there.
const (
	secrets = "canary-secret-"
	content = "canary-content-"
	never   = content + "never-"
)

// encoded is what base64 makes of any canary: three ways, by where it begins.
var encoded = func() (forms []string) {
	for i := range 3 {
		for _, mark := range []string{secrets, content} {
			text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", i) + mark))
			forms = append(forms, text[4:len(mark)]) // the first and the last group have bits of what is around
		}
	}
	return forms
}()

// found returns the canaries in text that begin with one of the prefixes, sorted.
// One in base64 counts, too.
func found(text string, prefixes ...string) []string {
	all := map[string]bool{}
	for _, prefix := range prefixes {
		for rest := text; ; { // a regular expression takes a hundred times as long
			i := strings.Index(rest, prefix)
			if i < 0 {
				break
			}
			rest = rest[i:]
			end := strings.IndexFunc(rest, func(r rune) bool { return r != '-' && (r < 'a' || 'z' < r) })
			if end < 0 {
				end = len(rest)
			}
			all[rest[:end]] = true
			rest = rest[end:]
		}
	}
	for _, form := range encoded {
		if strings.Contains(text, form) {
			all["base64: "+form] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// planted returns the content canaries in text that are recorded where content is.
func planted(text string) []string {
	return slices.DeleteFunc(found(text, content), func(c string) bool {
		return strings.HasPrefix(c, never) || !strings.HasPrefix(c, content)
	})
}
