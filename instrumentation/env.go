// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
)

// fromEnvironment are the destinations that are added by variables of their own.
// One variable is enough to ask for a destination: if it needs another one, its
// error says so.
var fromEnvironment = []struct {
	variables []string
	make      func() (destination.Destination, error)
}{
	{[]string{"LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"}, langfuse.FromEnv},
	{[]string{"RESPAN_API_KEY"}, respan.FromEnv},
	{[]string{"OTELMISTRAL_CONSOLE_HTML"}, console.FromEnv},
}

// endpointVariables ask for a plain OTLP endpoint, and signalVariables for one
// that gets metrics or logs, if spans go elsewhere.
var (
	endpointVariables = []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"}
	signalVariables   = []string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"}
)

func set(variable string) bool { return strings.TrimSpace(os.Getenv(variable)) != "" }

func destinationsFromEnv() ([]destination.Destination, error) {
	var all []destination.Destination
	var errs []error
	add := func(d destination.Destination, err error) {
		if err != nil {
			errs = append(errs, err)
			return
		}
		all = append(all, d)
	}
	names := exporterNames()
	if slices.Contains(names, "none") {
		names = nil
	} else {
		asked := false
		for _, e := range fromEnvironment {
			if slices.ContainsFunc(e.variables, set) {
				asked = true
				add(e.make())
			}
		}
		if len(names) == 0 && (!asked || slices.ContainsFunc(endpointVariables, set)) {
			names = []string{"otlp"}
		}
	}
	for _, name := range names {
		switch name {
		case "otlp":
			add(otlp.FromEnv())
		case "console":
			if !set("OTELMISTRAL_CONSOLE_HTML") { // which has added it
				add(console.FromEnv())
			}
		default:
			errs = append(errs, fmt.Errorf("OTEL_TRACES_EXPORTER names %q: set otlp, console or none", name))
		}
	}
	if !slices.Contains(names, "otlp") && slices.ContainsFunc(signalVariables, set) {
		d, err := otlp.New(otlp.Config{NoTraces: true})
		if err != nil || d.NewMetricExporter != nil || d.NewLogExporter != nil {
			add(d, err)
		}
	}
	return all, errors.Join(errs...)
}

// exporterNames are what OTEL_TRACES_EXPORTER names.
func exporterNames() []string {
	if !set("OTEL_TRACES_EXPORTER") {
		return nil
	}
	var names []string
	for name := range strings.SplitSeq(os.Getenv("OTEL_TRACES_EXPORTER"), ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}
