// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

//go:embed soak.svg.tmpl
var chartText string

// report is what a run came to.
type report struct {
	Samples        []sample
	Duration       time.Duration
	Workers, Cores int
}

// write writes the plot and the table, and shows the table.
func (r report) write(svg, txt string) error {
	if err := os.MkdirAll(filepath.Dir(svg), 0o755); err != nil { //nolint:gosec // read by everybody
		return err
	}
	var chart bytes.Buffer
	if err := template.Must(template.New("").Parse(chartText)).Execute(&chart, r); err != nil {
		return err
	}
	table := r.table()
	if _, err := os.Stdout.Write(table); err != nil {
		return err
	}
	if err := os.WriteFile(svg, chart.Bytes(), 0o644); err != nil { //nolint:gosec // read by everybody
		return err
	}
	return os.WriteFile(txt, table, 0o644) //nolint:gosec // read by everybody
}

// table has about a dozen of the samples.
func (r report) table() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v, %d workers, %d cores\n", r.Duration, r.Workers, r.Cores)
	fmt.Fprintf(&b, "%8s%10s%10s%12s%8s%11s%8s\n", "time", "calls", "heap MiB", "goroutines", "queued", "delivered", "lost")
	for i := 0; i < len(r.Samples); i += max(1, len(r.Samples)/12) {
		s := r.Samples[i]
		fmt.Fprintf(&b, "%8v%10d%10.1f%12d%8d%11d%8d\n",
			s.At.Round(time.Second), s.Calls, float64(s.Heap)/(1<<20), s.Goroutines, s.Queued, s.Exported, s.Lost)
	}
	return b.Bytes()
}

// curve is one value over time, from 0 to its highest.
type curve struct {
	Name, Color, Points, Highest string
}

// Curves are drawn into a picture 600 wide and 200 high, each by its own scale.
func (r report) Curves() []curve {
	draw := func(name, color, format string, value func(sample) float64) curve {
		highest := 1e-9
		for _, s := range r.Samples {
			highest = max(highest, value(s))
		}
		var points []string
		for _, s := range r.Samples {
			points = append(points, fmt.Sprintf("%.1f,%.1f", 600*s.At.Seconds()/r.Duration.Seconds(), 200-200*value(s)/highest))
		}
		return curve{name, color, strings.Join(points, " "), fmt.Sprintf(format, highest)}
	}
	return []curve{
		draw("live heap", "#d62728", "%.1f MiB", func(s sample) float64 { return float64(s.Heap) / (1 << 20) }),
		draw("goroutines", "#1f77b4", "%.0f", func(s sample) float64 { return float64(s.Goroutines) }),
		draw("spans queued", "#bbbbbb", "%.0f", func(s sample) float64 { return float64(s.Queued) }),
	}
}
