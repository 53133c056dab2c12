// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// apart keeps destinations apart. What goes to one URL twice would be counted
// and paid for twice, so only the first one gets that signal. Those of one name are
// numbered: Stats, metrics and errors tell them by it.
func apart(all []destination.Destination) ([]destination.Destination, error) {
	var kept []destination.Destination
	var errs []error
	owners, names := map[string]destination.Destination{}, map[string]bool{}
	for _, d := range all {
		whole := d
		again := func(signal, endpoint string) bool {
			at := signal + " " + canonicalURL(endpoint)
			owner, taken := owners[at]
			switch {
			case endpoint == "":
			case taken:
				errs = append(errs, fmt.Errorf("destinations %s and %s send %s to the same URL: the second one gets none", owner, whole, signal))
			default:
				owners[at] = whole
			}
			return taken
		}
		spans, metrics, logs := again("spans", d.Endpoint), again("metrics", d.MetricsEndpoint), again("logs", d.LogsEndpoint)
		if spans {
			d.NewExporter, d.Endpoint = nil, ""
		}
		if metrics {
			d.NewMetricExporter = nil
		}
		if logs {
			d.NewLogExporter = nil
		}
		if (spans || metrics || logs) && d.NewExporter == nil && d.NewMetricExporter == nil && d.NewLogExporter == nil {
			continue
		}
		for n := 2; d.Name != "" && names[d.Name]; n++ {
			d.Name = fmt.Sprintf("%s-%d", whole.Name, n)
		}
		names[d.Name] = true
		kept = append(kept, d)
	}
	return kept, errors.Join(errs...)
}

func canonicalURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	host := net.JoinHostPort(strings.ToLower(u.Hostname()), port)
	return scheme + "://" + host + strings.TrimRight(u.EscapedPath(), "/") + "?" + u.RawQuery
}
