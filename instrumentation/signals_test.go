// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"os"
	"os/user"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

const durationMetric = "gen_ai.client.operation.duration"

// emit emits an event with content, as the transport does.
func emit(i *Instrumentation) {
	var r log.Record
	r.SetEventName("test.event")
	r.AddAttributes(
		attribute.String("kept", "1"),
		semconv.GenAIInputMessagesKey.Slice(attribute.MapValue(attribute.String("content", "SECRET"))),
	)
	i.LoggerProvider().Logger("test").Emit(context.Background(), r)
}

func keys(r *logspb.LogRecord) []string {
	var keys []string
	for _, kv := range r.GetAttributes() {
		keys = append(keys, kv.GetKey())
	}
	return keys
}

func TestEndpointOfTheEnvironmentGetsAllSignals(t *testing.T) {
	r := receiver(t, testserver.WithRequiredHeader("X-Key", "right"))
	cleanEnv(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":         r.URL,
		"OTEL_EXPORTER_OTLP_HEADERS":          "x-key=right",
		"OTEL_EXPORTER_OTLP_METRICS_HEADERS":  "x-key=right,x-signal=metrics",
		"OTEL_EXPORTER_OTLP_LOGS_HEADERS":     "x-key=right,x-signal=logs",
		"OTEL_EXPORTER_OTLP_LOGS_COMPRESSION": "gzip",
		"OTEL_RESOURCE_ATTRIBUTES":            "team=search,host.name=named",
		"OTEL_SERVICE_NAME":                   "shop",
	})
	m := mistral(t)
	i := startLocal(t)
	require.NoError(t, i.Check(t.Context()))
	r.Reset()
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	emit(i)
	require.NoError(t, i.Flush(t.Context()))
	require.NoError(t, i.Shutdown(t.Context()))
	require.NoError(t, i.Shutdown(t.Context()))

	require.Len(t, r.Spans(), 1)
	duration := r.Metrics()[durationMetric].GetHistogram()
	require.Len(t, duration.GetDataPoints(), 1)
	assert.EqualValues(t, 1, duration.GetDataPoints()[0].GetCount())
	require.NotEmpty(t, r.LogRecords())

	resources := []*resourcepb.Resource{r.ResourceSpans()[0].GetResource()}
	for _, e := range r.SignalExports() {
		switch e.Path {
		case "/v1/metrics":
			assert.Equal(t, "metrics", e.Header.Get("X-Signal"))
			assert.Empty(t, e.Header.Get("Content-Encoding"))
			resources = append(resources, e.Metrics[0].GetResource())
		case "/v1/logs":
			assert.Equal(t, "logs", e.Header.Get("X-Signal"))
			assert.Equal(t, "gzip", e.Header.Get("Content-Encoding"))
			resources = append(resources, e.Logs[0].GetResource())
		}
	}
	require.Greater(t, len(resources), 2)
	for _, resource := range resources {
		assertDescribesTheProcess(t, resource)
	}
}

// assertDescribesTheProcess wants what says which process it is, and nothing that
// is of no concern to third parties.
func assertDescribesTheProcess(t *testing.T, resource *resourcepb.Resource) {
	t.Helper()
	got := map[string]string{}
	for _, kv := range resource.GetAttributes() {
		got[kv.GetKey()] = kv.GetValue().String()
		assert.NotContains(t, kv.GetValue().String(), os.Args[0], "%s has the path of the executable", kv.GetKey())
	}
	for key, want := range map[string]string{"service.name": "shop", "team": "search", "host.name": "named", "telemetry.sdk.name": "opentelemetry"} {
		assert.Contains(t, got[key], want, key)
	}
	for _, key := range []string{
		"process.pid", "process.executable.name", "process.runtime.name", "process.runtime.version", "process.runtime.description",
	} {
		assert.Contains(t, got, key)
	}
	for _, key := range []string{
		"process.command", "process.command_args", "process.command_line", "process.executable.path", "process.owner",
	} {
		assert.NotContains(t, got, key)
	}
	if u, err := user.Current(); err == nil {
		for key, value := range got {
			assert.NotEqual(t, `string_value:"`+u.Username+`"`, value, key)
		}
	}
}

func TestContentOfLogsFollowsTheDestination(t *testing.T) {
	tests := []struct {
		name   string
		env    string
		change func(*otlp.Config)
		want   bool
	}{
		{"plain", "", func(*otlp.Config) {}, false},
		{"destination with content", "", func(c *otlp.Config) { c.Content = true }, true},
		{"asked on events", "EVENT_ONLY", func(*otlp.Config) {}, true},
		{"asked on both", "SPAN_AND_EVENT", func(*otlp.Config) {}, true},
		{"asked on spans", "SPAN_ONLY", func(*otlp.Config) {}, false},
		{"refused", "SPAN_AND_EVENT", func(c *otlp.Config) { c.NoContent = true }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cleanEnv(t, map[string]string{captureVariable: tt.env})
			r := receiver(t)
			i := startLocal(t, WithDestination(to(t, r, tt.change, func(c *otlp.Config) { c.LogsEndpoint = r.URL + "/v1/logs" })))
			emit(i)
			require.NoError(t, i.Shutdown(t.Context()))
			require.Len(t, r.LogRecords(), 1)
			want := []string{"kept"}
			if tt.want {
				want = append(want, string(semconv.GenAIInputMessagesKey))
			}
			assert.Equal(t, want, keys(r.LogRecords()[0]))
		})
	}
}

func TestSignalsOfTheEnvironment(t *testing.T) {
	const general, traces, metrics = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
	tests := []struct {
		name string
		env  map[string]string
		want string // of the destination otlp
	}{
		{"default", nil, "traces metrics logs"},
		{"general endpoint", map[string]string{general: "http://c:1"}, "traces metrics logs"},
		{"endpoint of traces alone", map[string]string{traces: "http://c:1"}, "traces"},
		{"metrics asked for", map[string]string{traces: "http://c:1", "OTEL_METRICS_EXPORTER": "otlp"}, "traces metrics"},
		{"endpoints of two", map[string]string{traces: "http://c:1", metrics: "http://c:2"}, "traces metrics"},
		{"no traces", map[string]string{general: "http://c:1", "OTEL_TRACES_EXPORTER": "none"}, "metrics logs"},
		{"no metrics", map[string]string{"OTEL_METRICS_EXPORTER": "none"}, "traces logs"},
		{"no logs", map[string]string{general: "http://c:1", "OTEL_LOGS_EXPORTER": " none "}, "traces metrics"},
		{"of another reader", map[string]string{"OTEL_METRICS_EXPORTER": "prometheus"}, "traces logs"},
		{"nothing", map[string]string{
			general: "http://c:1", "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none",
		}, ""},
		{"nothing named", map[string]string{"OTEL_TRACES_EXPORTER": "none"}, ""},
		{"keys", langfuseKeys, ""},
		{"keys, and metrics elsewhere", with(langfuseKeys, metrics, "http://c:1"), "metrics"},
		{"keys, and a collector", with(langfuseKeys, general, "http://c:1"), "traces metrics logs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cleanEnv(t, tt.env)
			all, err := newConfig(nil).resolveDestinations()
			require.NoError(t, err)
			got := ""
			for _, d := range all {
				if d.Name != "otlp" {
					assert.Nil(t, d.NewMetricExporter, "%s takes traces only", d)
					assert.Nil(t, d.NewLogExporter, "%s takes traces only", d)
					continue
				}
				for name, takes := range map[string]bool{
					"traces": d.NewExporter != nil, "metrics": d.NewMetricExporter != nil, "logs": d.NewLogExporter != nil,
				} {
					if takes {
						assert.NotContains(t, got, name)
						got += " " + name
					}
				}
			}
			for _, name := range []string{"traces", "metrics", "logs"} {
				assert.Equal(t, contains(tt.want, name), contains(got, name), name)
			}
		})
	}
}

func contains(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}

func TestMetricsGoWhereTracesDoNot(t *testing.T) {
	r := receiver(t)
	cleanEnv(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL, "OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"})
	m := mistral(t)
	i := startLocal(t)
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	require.NoError(t, i.Shutdown(t.Context()))
	assert.Empty(t, r.Spans())
	assert.Contains(t, r.Metrics(), durationMetric)
	assert.Empty(t, r.LogRecords())
	assert.Empty(t, i.Stats().Destinations)
}

func TestCollectorForTracesOnlyIsNoFault(t *testing.T) {
	r := receiver(t, testserver.WithTracesOnly())
	cleanEnv(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL})
	m := mistral(t)
	i := startLocal(t)
	handled.take()
	require.NoError(t, i.Check(t.Context()))
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	require.NoError(t, i.Flush(t.Context()))
	require.NoError(t, i.Shutdown(t.Context()))
	assert.Len(t, r.Spans(), 1)
	told := handled.take()
	require.Len(t, told, 2)
	for _, path := range []string{"/v1/metrics", "/v1/logs"} {
		assert.Contains(t, strings.Join(told, "\n"), path+" answered 404 Not Found")
	}
}

func TestEndpointThatWasNamedForMetricsIsChecked(t *testing.T) {
	r := receiver(t, testserver.WithTracesOnly())
	cleanEnv(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": r.URL + "/v1/metricz"})
	i := startLocal(t)
	require.ErrorContains(t, i.Check(t.Context()), "/v1/metricz answered 404")
	require.NoError(t, i.Shutdown(t.Context()))
}

func TestFlushAndShutdownTellOfMetricsWithoutSecrets(t *testing.T) {
	r := receiver(t, testserver.WithRequiredHeader("X-Key", "right"))
	cleanEnv(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":        r.URL,
		"OTEL_EXPORTER_OTLP_HEADERS":         "x-key=right",
		"OTEL_EXPORTER_OTLP_METRICS_HEADERS": "x-key=wrong-key",
	})
	m := mistral(t)
	i := startLocal(t)
	handled.take()
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	for _, err := range []error{i.Check(t.Context()), i.Flush(t.Context()), i.Shutdown(t.Context())} {
		require.ErrorContains(t, err, "/v1/metrics answered 401 Unauthorized")
		require.ErrorContains(t, err, "check the credentials")
		assert.NotContains(t, err.Error(), "wrong-key")
	}
	assert.Empty(t, handled.take(), "who asks is told, and nobody else")
	assert.Len(t, r.Spans(), 1)
}

func TestFaultInVariablesOfMetricsCostsNoSpans(t *testing.T) {
	r := receiver(t)
	cleanEnv(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL, "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "soon"})
	i, err := Start(t.Context(), WithoutGlobalProvider())
	require.ErrorContains(t, err, `metrics: otlp: OTEL_EXPORTER_OTLP_METRICS_TIMEOUT is "soon"`)
	end(i.TracerProvider().Tracer("x"), "s")
	require.NoError(t, i.Shutdown(t.Context()))
	assert.Len(t, r.Spans(), 1)
}

func TestProvidersOfTheApplicationAreUsedAndLeftRunning(t *testing.T) {
	cleanEnv(t, nil)
	m, r := mistral(t), receiver(t)
	reader := sdkmetric.NewManualReader()
	meters, loggers := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), sdklog.NewLoggerProvider()
	i := startLocal(t, WithMeterProvider(meters), WithLoggerProvider(loggers), WithMeterProvider(meters),
		WithDestination(to(t, r, func(c *otlp.Config) { c.MetricsEndpoint = r.URL + "/v1/metrics" })))
	assert.Same(t, meters, i.MeterProvider())
	assert.Same(t, loggers, i.LoggerProvider())
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	require.NoError(t, i.Shutdown(t.Context()))
	assert.Contains(t, collected(t, reader), durationMetric)
	assert.Empty(t, r.SignalExports())
}

func collected(t *testing.T, reader *sdkmetric.ManualReader) map[string]metricdata.Aggregation {
	t.Helper()
	var got metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(context.WithoutCancel(t.Context()), &got))
	byName := map[string]metricdata.Aggregation{}
	for _, s := range got.ScopeMetrics {
		for _, m := range s.Metrics {
			byName[m.Name] = m.Data
		}
	}
	return byName
}

// lossy takes every second span.
type lossy struct{ calls int }

func (l *lossy) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	if l.calls++; l.calls%2 == 0 {
		return nil
	}
	return &destination.PartialError{Lost: map[destination.Reason]int64{destination.ReasonRejected: int64(len(spans))}, Err: errors.New("no")}
}
func (l *lossy) Shutdown(context.Context) error { return nil }

func TestMetricsOfTheExportAgreeWithStats(t *testing.T) {
	cleanEnv(t, nil)
	reader := sdkmetric.NewManualReader()
	exporter := &lossy{}
	refusing := func(context.Context) (sdklog.Exporter, error) { return refusingLogs{}, nil }
	i := startLocal(t, WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		WithDestination(destination.Destination{
			Name:           "lossy",
			NewExporter:    func(context.Context) (sdktrace.SpanExporter, error) { return exporter, nil },
			NewLogExporter: refusing,
		}))
	for range 3 {
		end(i.TracerProvider().Tracer("x"), "s")
		_ = i.Flush(t.Context())
	}
	emit(i)
	require.ErrorContains(t, i.Flush(t.Context()), "destination lossy: logs: refused")

	counts := i.Stats().Destinations
	require.Len(t, counts, 1)
	assert.Equal(t, map[destination.Reason]int64{destination.ReasonRejected: 2}, counts[0].Dropped)
	assert.Equal(t, map[destination.Reason]int64{destination.ReasonExportFailed: 1}, counts[0].DroppedLogs)
	assert.EqualValues(t, 1, counts[0].Exported)

	got := collected(t, reader)
	name := semconv.DestinationNameKey.String("lossy")
	for metric, want := range map[string]struct {
		n     int64
		attrs attribute.Set
	}{
		semconv.MetricSpansExported:     {1, attribute.NewSet(name)},
		semconv.MetricSpansDropped:      {2, attribute.NewSet(name, semconv.DropReasonKey.String("rejected"))},
		semconv.MetricLogRecordsDropped: {1, attribute.NewSet(name, semconv.DropReasonKey.String("export_failed"))},
	} {
		sum, ok := got[metric].(metricdata.Sum[int64])
		require.True(t, ok, metric)
		require.Len(t, sum.DataPoints, 1, metric)
		assert.Equal(t, want.n, sum.DataPoints[0].Value, metric)
		assert.Equal(t, want.attrs, sum.DataPoints[0].Attributes, metric)
		assert.True(t, sum.IsMonotonic, metric)
	}

	_ = i.Shutdown(t.Context())
	assert.Empty(t, collected(t, reader), "after Shutdown nothing is reported")
}

// What becomes of the spans of a short program is known only after the last
// export, which is under Shutdown.
func TestMetricsOfTheExportKnowOfTheLastSpans(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []testserver.Response
		metric  string
	}{
		"arrived": {nil, semconv.MetricSpansExported},
		"lost":    {[]testserver.Response{{Status: 401, Delay: 20 * time.Millisecond}}, semconv.MetricSpansDropped},
	} {
		t.Run(name, func(t *testing.T) {
			cleanEnv(t, nil)
			spans, metrics := receiver(t), receiver(t)
			spans.Enqueue(tt.answers...)
			i := startLocal(t, WithDestination(to(t, spans, func(c *otlp.Config) { c.MetricsEndpoint = metrics.URL + "/v1/metrics" })))
			end(i.TracerProvider().Tracer("x"), "s")
			assert.Equal(t, len(tt.answers) > 0, i.Shutdown(t.Context()) != nil)
			points := metrics.Metrics()[tt.metric].GetSum().GetDataPoints()
			require.Len(t, points, 1)
			assert.EqualValues(t, 1, points[0].GetAsInt())
		})
	}
}

func TestSpansThatHangCostNoMetrics(t *testing.T) {
	cleanEnv(t, nil)
	m, spans, metrics := mistral(t), receiver(t), receiver(t)
	spans.Enqueue(testserver.Response{Delay: time.Hour})
	i := startLocal(t, WithDestination(to(t, spans, func(c *otlp.Config) { c.MetricsEndpoint = metrics.URL + "/v1/metrics" })))
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	require.ErrorContains(t, i.Shutdown(ctx), "1 span did not reach destination otlp")
	assert.Contains(t, metrics.Metrics(), durationMetric)
}

type refusingLogs struct{}

func (refusingLogs) Export(context.Context, []sdklog.Record) error { return errors.New("refused") }
func (refusingLogs) ForceFlush(context.Context) error              { return nil }
func (refusingLogs) Shutdown(context.Context) error                { return nil }

func TestShutdownIsBoundedWhenMetricsHang(t *testing.T) {
	r := receiver(t)
	release := make(chan struct{})
	cleanEnv(t, nil)
	d := to(t, r)
	d.NewMetricExporter = func(context.Context) (sdkmetric.Exporter, error) { return hangingMetrics{release}, nil }
	i := startLocal(t, WithDestination(d))
	m := mistral(t)
	chat(t, i.Client(), m.URL, "mistral-small-latest")
	for _, step := range []func(context.Context) error{i.Flush, i.Shutdown, i.Shutdown} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		err := step(ctx)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "metrics")
	}
	assert.Len(t, r.Spans(), 1, "the spans did not wait for the metrics")
	close(release)
}

type hangingMetrics struct{ release chan struct{} }

func (hangingMetrics) Temporality(k sdkmetric.InstrumentKind) metricdata.Temporality {
	return sdkmetric.DefaultTemporalitySelector(k)
}
func (hangingMetrics) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}
func (h hangingMetrics) Export(context.Context, *metricdata.ResourceMetrics) error {
	<-h.release
	return nil
}
func (hangingMetrics) ForceFlush(context.Context) error { return nil }
func (hangingMetrics) Shutdown(context.Context) error   { return nil }

func TestEventCaptureOption(t *testing.T) {
	cleanEnv(t, nil)
	for capture, want := range map[roundtripper.ContentCapture]bool{
		roundtripper.CaptureNone: false, roundtripper.CaptureSpan: false, roundtripper.CaptureEvent: true, roundtripper.CaptureSpanAndEvent: true,
	} {
		assert.Equal(t, want, newConfig([]Option{WithContentCapture(capture)}).contentRule(nil).events, capture)
	}
}
