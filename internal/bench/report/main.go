// SPDX-License-Identifier: Apache-2.0

// Report turns the output of the benchmarks into BENCHMARKS.md and its chart:
//
//	report -md BENCHMARKS.md -svg docs/stream-cost.svg < bench.txt
//
// Targets that are missed, and cases that were not run, are shown as such.
package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/template"
)

var (
	//go:embed report.md.tmpl
	reportText string
	//go:embed chart.svg.tmpl
	chartText string
)

func main() {
	md := flag.String("md", "BENCHMARKS.md", "where the report goes")
	svg := flag.String("svg", "docs/stream-cost.svg", "where its chart goes")
	flag.Parse()
	if err := run(os.Stdin, *md, *svg); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, md, svg string) error {
	r, err := parse(in)
	if err != nil {
		return err
	}
	link, err := filepath.Rel(filepath.Dir(md), svg)
	if err != nil {
		return err
	}
	if err := write(md, reportText, report{results: r, Rows: rows(r), Exports: exports(r), Chart: filepath.ToSlash(link)}); err != nil {
		return err
	}
	return write(svg, chartText, newChart(r))
}

// report is what BENCHMARKS.md is made of.
type report struct {
	results
	Rows    []row
	Exports []export
	Chart   string // where the chart lies, seen from the report
}

// Missed is how many targets are not met.
func (r report) Missed() int {
	n := 0
	for _, row := range r.Rows {
		if row.Met == yesNo(false) {
			n++
		}
	}
	for _, e := range r.Exports {
		if e.Met == yesNo(false) {
			n++
		}
	}
	return n
}

func write(path, text string, data any) error {
	t, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // read by everybody
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644) //nolint:gosec // read by everybody
}
