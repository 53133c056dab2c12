// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// checkVariables reports variables of OpenTelemetry's exporter that are malformed.
// They mean nothing to an [OTLP], but the exporter reads them all the same, and
// logs what it does not understand: a header with its secret, or a URL with its
// password. The error repeats neither.
func checkVariables(signal string) error {
	var errs []error
	for _, prefix := range [...]string{"OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_" + signal + "_"} {
		if _, err := url.Parse(strings.TrimSpace(os.Getenv(prefix + "ENDPOINT"))); err != nil {
			errs = append(errs, fmt.Errorf("%sENDPOINT is not a URL", prefix))
		}
		if n := malformedHeader(os.Getenv(prefix + "HEADERS")); n > 0 {
			errs = append(errs, fmt.Errorf("%sHEADERS: header %d is malformed: write name=value,name=value with percent-encoded values", prefix, n))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%w; it is not used here, but would be logged: correct it or unset it", errors.Join(errs...))
}

// malformedHeader is the place of the first header that the exporter would log, 0
// if there is none.
func malformedHeader(list string) int {
	const token = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-.^_`|~"
	for i, header := range strings.Split(list, ",") {
		name, value, found := strings.Cut(header, "=")
		name = strings.TrimSpace(name)
		_, err := url.PathUnescape(value)
		blank := name == "" && !found
		if !blank && (!found || err != nil || name == "" || strings.Trim(name, token) != "") {
			return i + 1
		}
	}
	return 0
}
