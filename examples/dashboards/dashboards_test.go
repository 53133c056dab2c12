// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// emitted returns the labels of each series that Prometheus has of the metrics of
// the default vocabulary, named as the Collector names them.
func emitted() map[string][]string {
	all := semconv.Metrics(semconv.Released)
	for name, unit := range map[string]string{
		semconv.MetricSpansExported: semconv.UnitSpans, semconv.MetricSpansDropped: semconv.UnitSpans, semconv.MetricLogRecordsDropped: semconv.UnitLogRecords,
	} {
		all = append(all, semconv.Metric{
			Name: name, Unit: unit, Instrument: semconv.InstrumentCounter,
			Attributes: []attribute.Key{semconv.DestinationNameKey, semconv.DropReasonKey},
		})
	}
	series := map[string][]string{}
	for _, m := range all {
		name := underscored(m.Name) + map[string]string{"s": "_seconds", "By": "_bytes"}[m.Unit]
		labels := []string{underscored(string(m.With.Key))}
		for _, key := range m.Attributes {
			labels = append(labels, underscored(string(key)))
		}
		switch m.Instrument {
		case semconv.InstrumentCounter:
			series[name+"_total"] = labels
		case semconv.InstrumentHistogram:
			series[name+"_count"], series[name+"_sum"] = labels, labels
			series[name+"_bucket"] = append(labels, "le")
		}
	}
	return series
}

func underscored(name string) string { return strings.ReplaceAll(name, ".", "_") }

var (
	selector = regexp.MustCompile(`([a-zA-Z_]\w*)(\{[^}]*\})?\[`)
	matcher  = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)
	grouping = regexp.MustCompile(`\bby \(([^)]*)\)`)
	legend   = regexp.MustCompile(`\{\{(\w+)\}\}`)
	values   = regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)
)

type dashboard struct {
	Panels []struct {
		Title   string
		Targets []struct{ Expr, LegendFormat string }
	}
	Templating struct {
		List []struct{ Type, Definition string }
	}
}

func TestDashboardsQueryWhatIsEmitted(t *testing.T) {
	files, err := filepath.Glob("*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	series := emitted()
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var d dashboard
		require.NoError(t, json.Unmarshal(data, &d))
		require.NotEmpty(t, d.Panels)
		for _, p := range d.Panels {
			require.NotEmpty(t, p.Targets, p.Title)
			for _, target := range p.Targets {
				found := selector.FindAllStringSubmatch(target.Expr, -1)
				require.NotEmpty(t, found, "%s: %s", p.Title, target.Expr)
				for _, m := range found {
					labels, ok := series[m[1]]
					require.True(t, ok, "%s: nothing emits %s", p.Title, m[1])
					for _, label := range used(m[2], target.Expr, target.LegendFormat) {
						assert.Contains(t, labels, label, "%s: %s", p.Title, m[1])
					}
				}
			}
		}
		for _, v := range d.Templating.List {
			if v.Type == "datasource" {
				continue
			}
			m := values.FindStringSubmatch(v.Definition)
			require.NotNil(t, m, v.Definition)
			assert.Contains(t, series[m[1]], m[2], v.Definition)
		}
	}
}

// used returns the labels that a query needs of one series.
func used(matchers, expr, shown string) []string {
	var labels []string
	for _, m := range matcher.FindAllStringSubmatch(matchers, -1) {
		labels = append(labels, m[1])
	}
	for _, m := range grouping.FindAllStringSubmatch(expr, -1) {
		labels = append(labels, strings.Split(strings.ReplaceAll(m[1], " ", ""), ",")...)
	}
	for _, m := range legend.FindAllStringSubmatch(shown, -1) {
		labels = append(labels, m[1])
	}
	return labels
}
