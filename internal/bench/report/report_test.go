// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// testdata/bench.txt has missed targets, and lacks the paced streams.
func TestReportOfOneRun(t *testing.T) {
	in, err := os.Open("testdata/bench.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	dir := t.TempDir()
	if err := run(in, filepath.Join(dir, "BENCHMARKS.md"), filepath.Join(dir, "docs", "cost.svg")); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"report.md.golden": "BENCHMARKS.md", "chart.svg.golden": "docs/cost.svg"} {
		got, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s differs from %s, use -update if that is meant:\n%s", path, name, got)
		}
	}
}

func TestNothingMeasuredMeetsNoTarget(t *testing.T) {
	r, err := parse(strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows(r) {
		if row.Met == yesNo(true) {
			t.Errorf("%s, %s: met", row.Case, row.What)
		}
	}
	for _, e := range exports(r) {
		if e.Met == yesNo(true) {
			t.Errorf("%s at %s: met", e.Case, e.Messages)
		}
	}
	path := filepath.Join(t.TempDir(), "chart.svg")
	if err := write(path, chartText, newChart(r)); err != nil {
		t.Fatal(err)
	}
}

// Who is faster than a bare call was measured beside something else.
func TestNoiseMeetsNoTarget(t *testing.T) {
	r, err := parse(strings.NewReader("pkg: x/bench\nBenchmarkPlain/bare-2 1 900 ns/op\nBenchmarkPlain/otelhttp-2 1 4600 ns/op\nBenchmarkPlain/otelmistral-2 1 800 ns/op\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows(r) {
		if strings.HasPrefix(row.Case, "plain chat, sampled, no content") && row.Met != yesNo(false) {
			t.Errorf("%+v", row)
		}
	}
}

func TestChartIsXML(t *testing.T) {
	f, err := os.Open("testdata/chart.svg.golden")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		switch _, err := d.Token(); {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			t.Fatal(err)
		}
	}
}

func TestValueIsTheMedianOfAllRuns(t *testing.T) {
	r, err := parse(strings.NewReader("pkg: x/bench\nBenchmarkA-2 1 5 ns/op\nBenchmarkA-2 1 1 ns/op 7 B/op\nBenchmarkA-2 1 9 ns/op\n" +
		"pkg: x/other\nBenchmarkA 1 2 ns/op\nBenchmarkA 1 4 ns/op\n"))
	if err != nil {
		t.Fatal(err)
	}
	if v := r.value("bench.A", "ns/op"); v != 5 {
		t.Errorf("median of three is %v", v)
	}
	if v := r.value("other.A", "ns/op"); v != 3 {
		t.Errorf("median of two is %v", v)
	}
	if r.Runs() != 2 || r.Cores != "2" {
		t.Errorf("%d runs on %s cores", r.Runs(), r.Cores)
	}
}
