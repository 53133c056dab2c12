// SPDX-License-Identifier: Apache-2.0

package example

import (
	"io"
	"os"
	"slices"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// variables are those by which Start finds destinations in the environment.
var variables = []string{
	"LANGFUSE_PUBLIC_KEY", "RESPAN_API_KEY",
	"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER",
}

func configured() bool {
	return slices.ContainsFunc(variables, func(v string) bool { return os.Getenv(v) != "" })
}

// Terminal is a destination that prints traces to out. It does so at Shutdown, so
// that they do not mingle with what a program prints.
func Terminal(out io.Writer) destination.Destination {
	d, err := console.New(console.Config{Writer: out, Limits: destination.Limits{BatchDelay: time.Hour}})
	if err != nil {
		panic(err) // its documentation says that there is none
	}
	return d
}

// pages are where a product shows traces.
var pages = map[string]string{
	"console":       "the tree above",
	"langfuse":      "your Langfuse project, under Tracing",
	"mistralstudio": "Mistral Studio",
	"respan":        "https://platform.respan.ai, under Traces",
	"otlp":          "what your OTLP endpoint sends to; without content unless you ask for it",
}

// tellWhereToLook prints where the trace can be seen, for each destination.
func tellWhereToLook(to Call, stats destination.Stats) {
	to.Printf("\nWhere to look:")
	for _, d := range stats.Destinations {
		page, known := pages[d.Name]
		if !known {
			page = "destination " + d.Name
		}
		to.Printf("  %s (spans: %d)", page, d.Exported)
	}
}
