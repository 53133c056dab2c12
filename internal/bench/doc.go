// SPDX-License-Identifier: Apache-2.0

// Package bench measures what observing a call costs, beside a bare transport
// and beside otelhttp, which is why it is a module of its own. Read the ratios
// inside one run; the times are those of one machine.
//
//	make bench          all of it
//	make bench-report   and BENCHMARKS.md from that
package bench
