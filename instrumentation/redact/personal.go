// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"net/netip"
	"strings"
)

// Longest parts of an address, from RFC 5321 and RFC 1035.
const (
	maxLocal  = 64
	maxDomain = 253
)

// email recognises an address by its @ at i.
func email(s string, low, i int) (found, bool) {
	start := i
	for start > low && i-start < maxLocal && localByte(s[start-1]) {
		start--
	}
	if start > low && s[start-1] == '\\' && start < i-1 && strings.IndexByte("nrtbf", s[start]) >= 0 {
		start++ // the letter of an escape in JSON
	}
	for start < i && s[start] == '.' {
		start++
	}
	if start == i {
		return found{}, false
	}
	end, dot := i+1, 0
	for end < len(s) && end-i <= maxDomain && (word(s[end]) && s[end] != '_' || s[end] == '-' || s[end] == '.') {
		if s[end] == '.' {
			if s[end-1] == '.' || s[end-1] == '@' {
				break
			}
			dot = end
		}
		end++
	}
	for end > i+1 && (s[end-1] == '.' || s[end-1] == '-') { // the end of a sentence
		end--
	}
	if dot >= end {
		dot = strings.LastIndexByte(s[i+1:end], '.') + i + 1
	}
	if dot <= i+1 || end-dot < 3 {
		return found{}, false
	}
	for _, c := range []byte(s[dot+1 : end]) {
		if digit(c) {
			return found{}, false // no top-level domain
		}
	}
	return found{start, end, "[email]"}, true
}

func localByte(c byte) bool { return word(c) || strings.IndexByte(".!#$%&*+/=?^`{|}~-", c) >= 0 }

const maxCard = 19

// card recognises a card number that begins at i: digits, in groups with one
// space or hyphen between or in one piece. The longest that is right counts.
func card(s string, i int) (found, bool) {
	if i >= 2 && s[i-1] == '.' && digit(s[i-2]) {
		return found{}, false // behind a decimal point
	}
	var digits [maxCard]byte
	n, group, end := 0, 0, 0
	for j := i; j < len(s); j++ {
		switch c := s[j]; {
		case digit(c):
			if n == maxCard {
				return result(i, end)
			}
			digits[n] = c - '0'
			n++
			group++
			if ends(s, j+1) && issued(digits[:n]) && luhn(digits[:n]) {
				end = j + 1
			}
		case c == ' ' || c == '-':
			if group < 3 || j+1 >= len(s) || !digit(s[j+1]) {
				return result(i, end)
			}
			group = 0
		default:
			return result(i, end)
		}
	}
	return result(i, end)
}

func result(start, end int) (found, bool) { return found{start, end, "[card]"}, end > 0 }

// ends tells that a number ends before j: no word, fraction or id goes on.
func ends(s string, j int) bool {
	if j >= len(s) {
		return true
	}
	if s[j] == '-' || s[j] == '.' || s[j] == ',' {
		return j+1 >= len(s) || !word(s[j+1])
	}
	return !word(s[j])
}

// issued tells that a number of this length may begin in this way. It keeps
// times in milliseconds and the like apart from cards.
func issued(d []byte) bool {
	switch len(d) {
	case 13:
		return d[0] == 4
	case 14, 15:
		return d[0] == 3
	case 16, 17, 18, 19:
		return 2 <= d[0] && d[0] <= 6
	}
	return false
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i])
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// maxAddress is the longest IPv6 address: with an IPv4 address at its end.
const maxAddress = 45

// address recognises an IP address that begins at i.
func address(s string, i int) (found, bool) {
	if i > 0 && (s[i-1] == '.' || s[i-1] == ':' && s[i] == ':') {
		return found{}, false
	}
	end, dots, colons, digits := i, 0, 0, 0
	for end < len(s) && end-i <= maxAddress {
		switch c := s[end]; {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case digit(c):
			digits++
		case !letter(c) || c|0x20 > 'f':
			goto whole
		}
		end++
	}
whole:
	if digits == 0 || dots < 3 && colons < 2 {
		return found{}, false
	}
	if end < len(s) && word(s[end]) {
		return found{}, false
	}
	text := strings.TrimRight(s[i:end], ".:") // the end of a sentence
	if colons == 1 {
		text, _, _ = strings.Cut(text, ":") // the port of an IPv4 address
	}
	if _, err := netip.ParseAddr(text); err != nil {
		return found{}, false
	}
	return found{i, i + len(text), "[ip]"}, true
}
