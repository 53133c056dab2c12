// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVariablesThatWouldBeLoggedAreRefused(t *testing.T) {
	o := OTLP{URL: "http://127.0.0.1:1/v1/traces"}
	for _, tt := range []struct{ variable, value, want string }{
		{"OTEL_EXPORTER_OTLP_HEADERS", "a=1,SECRET", "OTEL_EXPORTER_OTLP_HEADERS: header 2 is malformed"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a=SECRET%", "OTEL_EXPORTER_OTLP_HEADERS: header 1 is malformed"},
		{"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a SECRET=1", "OTEL_EXPORTER_OTLP_TRACES_HEADERS: header 1 is malformed"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:SECRET%zz@h", "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a=1, ,b=%20,", ""},
		{"OTEL_EXPORTER_OTLP_METRICS_HEADERS", "SECRET", ""},
	} {
		t.Run(tt.variable+" "+tt.value, func(t *testing.T) {
			t.Setenv(tt.variable, tt.value)
			exporter, err := o.NewExporter(t.Context())
			if tt.want == "" {
				require.NoError(t, err)
				require.NoError(t, exporter.Shutdown(t.Context()))
				return
			}
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "SECRET")
			assert.ErrorContains(t, o.Check(t.Context()), tt.want)
		})
	}
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "SECRET")
	_, err := o.NewMetricExporter(t.Context())
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_METRICS_HEADERS: header 1 is malformed")
	_, err = o.NewLogExporter(t.Context())
	require.NoError(t, err)
}
