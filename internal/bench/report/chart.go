// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The picture, in its own units. Both axes are logarithmic.
const (
	plotLeft, plotRight = 70.0, 560.0
	plotTop, plotBottom = 50.0, 330.0
)

// curve is the cost per chunk of one transport.
type curve struct {
	Name, Color, Points string
	LabelX, LabelY      float64
	Dashed              bool
}

// tick is a mark on an axis.
type tick struct {
	At    float64
	Label string
}

// chart is what the picture is drawn from.
type chart struct {
	Curves                   []curve
	X, Y                     []tick
	Left, Right, Top, Bottom float64
}

func newChart(r results) chart {
	c := chart{Left: plotLeft, Right: plotRight, Top: plotTop, Bottom: plotBottom}
	var lengths []float64
	for name := range r.samples {
		if rest, ok := strings.CutPrefix(name, "bench.StreamLength/chunks="); ok {
			if n, err := strconv.ParseFloat(strings.TrimSuffix(rest, "/bare"), 64); err == nil {
				lengths = append(lengths, n)
			}
		}
	}
	slices.Sort(lengths)
	if len(lengths) < 2 {
		return c
	}
	type series struct {
		name, color string
		values      []float64
	}
	all := []series{{"bare", "#7f7f7f", nil}, {"otelhttp", "#1f77b4", nil}, {"otelmistral, with content", "#d62728", nil}, {"json.Valid", "#2ca02c", nil}}
	lowest, highest := math.Inf(1), 0.0
	for _, n := range lengths {
		t := r.trio(fmt.Sprintf("bench.StreamLength/chunks=%.0f", n), "ns/op")
		for i, v := range []float64{t.bare / n, t.otelhttp / n, t.ours / n, r.value("bench.JSONValid", "ns/op")} {
			all[i].values = append(all[i].values, v)
			lowest, highest = min(lowest, v), max(highest, v)
		}
	}
	lowest, highest = math.Floor(math.Log10(lowest)), math.Ceil(math.Log10(highest))
	from, to := math.Log10(lengths[0]), math.Log10(lengths[len(lengths)-1])
	x := func(n float64) float64 { return round(plotLeft + (math.Log10(n)-from)/(to-from)*(plotRight-plotLeft)) }
	y := func(v float64) float64 {
		return round(plotBottom - (math.Log10(v)-lowest)/(highest-lowest)*(plotBottom-plotTop))
	}
	for _, n := range lengths {
		c.X = append(c.X, tick{x(n), count(n)})
	}
	for e := lowest; e <= highest; e++ {
		c.Y = append(c.Y, tick{y(math.Pow(10, e)), duration(math.Pow(10, e))})
	}
	for i, s := range all {
		var points []string
		for j, v := range s.values {
			points = append(points, fmt.Sprintf("%g,%g", x(lengths[j]), y(v)))
		}
		c.Curves = append(c.Curves, curve{
			Name: s.name, Color: s.color, Points: strings.Join(points, " "), Dashed: s.name == "json.Valid",
			LabelX: plotRight + 12, LabelY: plotTop + 12 + 20*float64(i),
		})
	}
	return c
}

func round(v float64) float64 { return math.Round(v*10) / 10 }
