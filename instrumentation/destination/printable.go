// SPDX-License-Identifier: Apache-2.0

package destination

// Masked stands for a secret where a configuration is printed: it tells only
// whether there is one.
func Masked(secret string) string {
	if secret == "" {
		return "(unset)"
	}
	return "***"
}

// PrintableURL is the URL of a configuration as it may be printed. One that
// [CheckURL] refuses may hold a password.
func PrintableURL(s string) string {
	switch {
	case s == "":
		return "(unset)"
	case CheckURL(s) != nil:
		return "(malformed)"
	}
	return s
}
