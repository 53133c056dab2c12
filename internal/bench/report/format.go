// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

func yesNo(met bool) string {
	if met {
		return "yes"
	}
	return "**no**"
}

// known formats what was measured.
func known(v float64, format string, unit string) string {
	if math.IsNaN(v) {
		return "not measured"
	}
	return fmt.Sprintf(format, v) + unit
}

func duration(ns float64) string {
	switch {
	case ns >= 1e8:
		return known(ns/1e6, "%.0f", " ms")
	case ns >= 1e6:
		return known(ns/1e6, "%.2f", " ms")
	case ns >= 1e3:
		return known(ns/1e3, "%.2f", " µs")
	case math.Abs(ns) < 10:
		return known(ns, "%.1f", " ns")
	}
	return known(ns, "%.0f", " ns")
}

func milliseconds(ms float64) string { return duration(ms * 1e6) }

func size(bytes float64) string { return known(bytes/1024, "%.0f", " KiB") }

// more is by how much two sizes differ.
func more(bytes float64) string { return known(bytes/1024, "%+.0f", " KiB") }

func fraction(v float64) string { return known(v, "%.3f", "") }

func times(ratio float64, of string) string {
	return strings.TrimSpace(known(ratio, "%.2f", " × "+of))
}

// count puts commas between thousands.
func count(v float64) string {
	if math.IsNaN(v) {
		return known(v, "", "")
	}
	digits := strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
