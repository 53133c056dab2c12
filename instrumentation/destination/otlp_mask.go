// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"encoding/base64"
	"strings"
)

// minSecret keeps short values of headers, such as a version, from being taken
// for secrets: masking them would make every text unreadable.
const minSecret = 6

// masker returns a function that replaces what the headers hold, for the case
// that a backend repeats it, and cuts the rest.
func masker(headers map[string]string) func(string) string {
	var pairs []string
	hide := func(s string) {
		if len(s) >= minSecret {
			pairs = append(pairs, s, "***")
		}
	}
	for _, value := range headers {
		hide(value)
		scheme, token, _ := strings.Cut(value, " ")
		hide(token)
		if plain, err := base64.StdEncoding.DecodeString(token); err == nil && strings.EqualFold(scheme, "basic") {
			user, password, _ := strings.Cut(string(plain), ":")
			hide(user)
			hide(password)
		}
	}
	secrets := strings.NewReplacer(pairs...)
	return func(s string) string { return short(secrets.Replace(s)) }
}
