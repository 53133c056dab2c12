// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"io"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results is the output of go test -bench: of one run or several, of one
// package or several.
type results struct {
	// config has the lines "key: value" that stand around the benchmarks, such
	// as goos and cpu. Of a key that is repeated all values are kept, once each.
	config map[string][]string
	// samples has the values by benchmark and unit. The benchmark is named with
	// the last element of its package: bench.Plain/bare.
	samples map[string]map[string][]float64
	// Cores is what GOMAXPROCS was.
	Cores string
}

var (
	configLine = regexp.MustCompile(`^([a-z][a-z-]*): +(.+)$`)
	benchLine  = regexp.MustCompile(`^Benchmark(\S+?)(?:-(\d+))?\s+\d+\s+(.+)$`)
)

func parse(r io.Reader) (results, error) {
	out := results{config: make(map[string][]string), samples: make(map[string]map[string][]float64), Cores: "1"}
	pkg := ""
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if m := configLine.FindStringSubmatch(lines.Text()); m != nil {
			if m[1] == "pkg" {
				pkg = path.Base(m[2])
			}
			if !slices.Contains(out.config[m[1]], m[2]) {
				out.config[m[1]] = append(out.config[m[1]], m[2])
			}
			continue
		}
		m := benchLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		if m[2] != "" {
			out.Cores = m[2]
		}
		name := pkg + "." + m[1]
		if out.samples[name] == nil {
			out.samples[name] = make(map[string][]float64)
		}
		for fields := strings.Fields(m[3]); len(fields) >= 2; fields = fields[2:] {
			v, err := strconv.ParseFloat(fields[0], 64)
			if err != nil {
				return out, err
			}
			out.samples[name][fields[1]] = append(out.samples[name][fields[1]], v)
		}
	}
	return out, lines.Err()
}

// value is the median of all runs, NaN for what was not measured: a comparison
// with it is false, so no target is met by leaving its benchmark out.
func (r results) value(benchmark, unit string) float64 {
	values := slices.Sorted(slices.Values(r.samples[benchmark][unit]))
	if len(values) == 0 {
		return math.NaN()
	}
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// Runs is how often the benchmark that was run least was run.
func (r results) Runs() int {
	least := math.MaxInt
	for _, units := range r.samples {
		least = min(least, len(units["ns/op"]))
	}
	if len(r.samples) == 0 {
		return 0
	}
	return least
}

// Config is what the lines of the key say.
func (r results) Config(key string) string { return strings.Join(r.config[key], ", ") }

// trio is one value for each transport.
type trio struct{ bare, otelhttp, ours float64 }

func (r results) trio(benchmark, unit string) trio {
	return trio{r.value(benchmark+"/bare", unit), r.value(benchmark+"/otelhttp", unit), r.value(benchmark+"/otelmistral", unit)}
}

// each applies f to the values of two trios.
func (t trio) each(u trio, f func(a, b float64) float64) trio {
	return trio{f(t.bare, u.bare), f(t.otelhttp, u.otelhttp), f(t.ours, u.ours)}
}

// added is what each transport adds to a bare call.
func (t trio) added() (otelhttp, ours float64) { return t.otelhttp - t.bare, t.ours - t.bare }
