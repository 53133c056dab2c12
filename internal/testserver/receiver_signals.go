// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"io"
	"net/http"
	"slices"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// Paths of metrics and logs, which a collector takes besides spans.
const (
	metricsPath = "/v1/metrics"
	logsPath    = "/v1/logs"
)

// SignalExport is one request with metrics or logs that a collector accepted.
type SignalExport struct {
	Path    string
	Header  http.Header
	Metrics []*metricspb.ResourceMetrics
	Logs    []*logspb.ResourceLogs
}

// WithTracesOnly answers 404 to metrics and logs, as a backend for traces does.
func WithTracesOnly() ReceiverOption {
	return func(r *Receiver) { r.tracesOnly = true }
}

// SignalExports returns the requests with metrics and logs, in the order of
// their answers. Requests without either, which only ask for an answer, are
// among them. Do not change what they hold.
func (r *Receiver) SignalExports() []SignalExport {
	r.bell.Lock()
	defer r.bell.Unlock()
	return slices.Clone(r.signals)
}

// Metrics returns what was received last of each metric, by name. Do not change
// it.
func (r *Receiver) Metrics() map[string]*metricspb.Metric {
	found := map[string]*metricspb.Metric{}
	for _, e := range r.SignalExports() {
		for _, resource := range e.Metrics {
			for _, scope := range resource.GetScopeMetrics() {
				for _, metric := range scope.GetMetrics() {
					found[metric.GetName()] = metric
				}
			}
		}
	}
	return found
}

// LogRecords returns the log records in the order in which they arrived. Do not
// change them.
func (r *Receiver) LogRecords() []*logspb.LogRecord {
	var records []*logspb.LogRecord
	for _, e := range r.SignalExports() {
		for _, resource := range e.Logs {
			for _, scope := range resource.GetScopeLogs() {
				records = append(records, scope.GetLogRecords()...)
			}
		}
	}
	return records
}

// takesSignal reports whether path is for metrics or logs.
func (r *Receiver) takesSignal(path string) bool {
	_, plain := r.backend.(collector)
	return plain && !r.tracesOnly && (path == metricsPath || path == logsPath)
}

// serveSignal accepts metrics or logs, as protobuf.
func (r *Receiver) serveSignal(w http.ResponseWriter, req *http.Request) {
	export, refused := r.readSignal(req)
	if refused != nil {
		w.Header().Set("Content-Type", protobufType)
		w.WriteHeader(refused.status)
		_, _ = w.Write(statusBody(Response{Status: refused.status, Message: refused.problem}, protobufType))
		return
	}
	r.bell.Lock()
	r.signals = append(r.signals, export)
	r.bell.ring()
	r.bell.Unlock()
	w.Header().Set("Content-Type", protobufType) // an empty message says that all was taken
}

func (r *Receiver) readSignal(req *http.Request) (SignalExport, *refusal) {
	export := SignalExport{Path: req.URL.Path, Header: req.Header.Clone()}
	wire, err := io.ReadAll(req.Body)
	if err != nil {
		return export, refuse(http.StatusBadRequest, "cannot read the body: %v", err)
	}
	for key := range r.required {
		if req.Header.Get(key) != r.required.Get(key) {
			return export, refuse(http.StatusUnauthorized, "the header %s is missing or wrong", key)
		}
	}
	body, refused := r.backend.inflate(wire, req.Header.Get("Content-Encoding"))
	if refused != nil {
		return export, refused
	}
	if mediaType(req.Header.Get("Content-Type")) != protobufType {
		return export, refuse(http.StatusUnsupportedMediaType, "the media type is not %s", protobufType)
	}
	if req.URL.Path == metricsPath {
		message := &colmetricspb.ExportMetricsServiceRequest{}
		err = proto.Unmarshal(body, message)
		export.Metrics = message.GetResourceMetrics()
	} else {
		message := &collogspb.ExportLogsServiceRequest{}
		err = proto.Unmarshal(body, message)
		export.Logs = message.GetResourceLogs()
	}
	if err != nil {
		return export, refuse(http.StatusBadRequest, "%v", err)
	}
	return export, nil
}
