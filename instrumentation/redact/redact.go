// SPDX-License-Identifier: Apache-2.0

// Package redact is a ready-made redactor: it takes credentials and personal
// data out of content before that is recorded.
//
//	inst, err := instrumentation.Start(ctx, instrumentation.WithRedactor(redact.Default))
//
// What it finds, and what it puts there instead:
//
//	[key]    API keys and tokens that are known by their form (sk-..., pk-lf-...,
//	         ghp_..., AKIA..., JWTs and others), those behind "Bearer" or "Basic",
//	         and long values behind a name such as api_key, token or secret
//	[email]  e-mail addresses
//	[card]   card numbers: 13 to 19 digits, also in groups, that have an issuer's
//	         first digits and a right check digit
//	[ip]     IPv4 and IPv6 addresses
//
// It goes by the form alone. It misses names, street addresses, telephone numbers
// and keys without any mark, and takes a version of four numbers such as 1.2.3.4
// for an address, unless a letter stands before it. Where that is not enough, put
// a function of your own behind it: [Options].
//
// Text of any length takes time in proportion to it; text without anything to
// redact is returned as it is. Inline images and the like ("blob") are left alone.
package redact

import "strings"

// Options changes what is redacted. The zero value is that of [Default].
type Options struct {
	// KeepKeys, KeepEmails, KeepCards and KeepAddresses leave these alone.
	KeepKeys      bool
	KeepEmails    bool
	KeepCards     bool
	KeepAddresses bool
	// Then is shown what is left, unless it is nil.
	Then func(kind, text string) string
}

var standard = New(Options{})

// Default redacts everything that this package knows. It is what WithRedactor of
// packages instrumentation and roundtripper takes, and is safe for concurrent use.
func Default(kind, text string) string { return standard(kind, text) }

// New returns a redactor. It is safe for concurrent use if o.Then is.
func New(o Options) func(kind, text string) string {
	return func(kind, text string) string {
		if kind != "blob" {
			text = o.redact(text)
		}
		if o.Then != nil {
			text = o.Then(kind, text)
		}
		return text
	}
}

// found is a piece of the text that is replaced.
type found struct {
	start, end int
	by         string
}

func (o Options) redact(s string) string {
	var out strings.Builder
	done := 0 // everything before is in out, or was looked at and stays
	last := 0 // everything before is in out
	for done < len(s) {
		f, ok := o.find(s, last, done)
		if !ok {
			done++
			continue
		}
		out.WriteString(s[last:f.start])
		out.WriteString(f.by)
		last, done = f.end, f.end
	}
	if last == 0 {
		return s
	}
	out.WriteString(s[last:])
	return out.String()
}

// find looks for something that is recognised at i: most by their first byte, an
// address by its @, a named value by what stands between the name and it. Nothing
// before low is looked at. Each look is bounded, so that the whole is linear.
func (o Options) find(s string, low, i int) (found, bool) {
	c := s[i]
	switch {
	case c == '@' && !o.KeepEmails:
		return email(s, low, i)
	case c == '=' || c == ':':
		if !o.KeepKeys {
			if f, ok := namedKey(s, low, i); ok {
				return f, true
			}
		}
		if c == '=' {
			return found{}, false
		}
	case !word(c):
		return found{}, false
	}
	if !begins(s, low, i) {
		return found{}, false
	}
	if !o.KeepKeys && letter(c) {
		if f, ok := key(s, i); ok {
			return f, true
		}
	}
	if !o.KeepCards && digit(c) {
		if f, ok := card(s, i); ok {
			return f, true
		}
	}
	if !o.KeepAddresses {
		return address(s, i)
	}
	return found{}, false
}

// begins tells that no word goes on at i. The letter of an escape such as \n in
// JSON is not part of a word.
func begins(s string, low, i int) bool {
	if i <= low || !word(s[i-1]) {
		return true
	}
	return i-2 >= low && s[i-2] == '\\' && strings.IndexByte("nrtbf", s[i-1]) >= 0
}

func digit(c byte) bool  { return '0' <= c && c <= '9' }
func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func word(c byte) bool   { return letter(c) || digit(c) || c == '_' || c >= 0x80 }
