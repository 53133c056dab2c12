// SPDX-License-Identifier: Apache-2.0

package canary_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// mode is a way to capture content, and where it is to be found then.
type mode struct {
	name          string
	options       []instrumentation.Option
	spans, events bool
}

func redact(_, text string) string {
	return strings.ReplaceAll(text, content, "redacted-")
}

var modes = []mode{
	{name: "none", options: []instrumentation.Option{instrumentation.WithContentCapture(roundtripper.CaptureNone)}},
	{name: "spans", spans: true, options: []instrumentation.Option{instrumentation.WithContentCapture(roundtripper.CaptureSpan)}},
	{name: "events", events: true, options: []instrumentation.Option{instrumentation.WithContentCapture(roundtripper.CaptureEvent)}},
	{name: "newest vocabulary", spans: true, events: true, options: []instrumentation.Option{
		instrumentation.WithContentCapture(roundtripper.CaptureSpanAndEvent), instrumentation.WithVocabulary(semconv.Newest),
	}},
	{name: "redacted", options: []instrumentation.Option{
		instrumentation.WithContentCapture(roundtripper.CaptureSpanAndEvent), instrumentation.WithRedactor(redact),
	}},
	{name: "callbacks panic", options: []instrumentation.Option{
		instrumentation.WithContentCapture(roundtripper.CaptureSpanAndEvent),
		instrumentation.WithRedactor(func(_, text string) string { panic(text) }),
		instrumentation.WithTransportOptions(roundtripper.WithPropagator(panicking{})),
	}},
}

// panicking panics with the headers of the request.
type panicking struct{ propagation.TextMapPropagator }

func (panicking) Inject(_ context.Context, carrier propagation.TextMapCarrier) { panic(carrier) }

// TestNoSecretAndNoUnwantedContentLeaves makes every call with every fault, and
// finds secrets nowhere, and content where it is captured and nowhere else.
func TestNoSecretAndNoUnwantedContentLeaves(t *testing.T) {
	listen()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			var out outlets
			handled.take()
			logged.take()
			errs := &written{}
			note := func(err error) { _, _ = fmt.Fprintf(errs, "%v\n%+v\n%#v\n", err, err, err) }

			i, err := instrumentation.Start(t.Context(), slices.Concat(out.destinations(t), mode.options,
				[]instrumentation.Option{instrumentation.WithoutGlobalProvider()})...)
			note(err)
			note(i.Check(t.Context()))
			callAll(t, mode, &http.Client{Transport: i.Transport(newModel(t).transport(t))})
			observe(t)
			note(i.Flush(t.Context()))
			note(i.Shutdown(t.Context()))

			var want []string
			if mode.spans {
				want = onSpans()
			}
			for name, w := range out.spans() {
				text := w.take()
				assert.NotEmpty(t, text, name)
				got := settle(found(text, content))
				if name == "otlp" {
					assert.Equal(t, want, got, "content in the spans of %s", name)
				} else { // a dialect says what its backend reads, and no more
					assert.Subset(t, want, got, "content in the spans of %s", name)
					assert.Equal(t, len(want) > 0, len(got) > 0, "content in the spans of %s", name)
				}
				assert.Empty(t, found(text, secrets), "secrets in the spans of %s", name)
			}
			events, metrics := out.logs.take(), out.metrics.take()
			assert.Contains(t, events, semconv.EventInferenceDetails)
			assert.Contains(t, events, semconv.EventException)
			assert.Equal(t, mode.events, len(found(events, content)) > 0, "content on events")
			assert.Empty(t, found(events, secrets), "secrets on events")
			assert.Contains(t, metrics, "gen_ai.client.operation.duration")
			assert.Empty(t, found(metrics, secrets, content), "in metrics")
			assert.Contains(t, errs.String(), "refusing", "the errors of the export")
			assert.Empty(t, found(errs.take(), secrets, content), "in errors")
			assert.NotEmpty(t, logged.String())
			assert.Empty(t, found(logged.take(), secrets, content), "in OpenTelemetry's log")
			assert.Empty(t, found(handled.take(), secrets, content), "in what the error handler got")
		})
	}
}

// callAll makes each call with each fault. Where content is captured, each call
// meets the two ways to answer it well, and some of the faults, to spare time.
func callAll(t *testing.T, mode mode, client *http.Client) {
	t.Helper()
	for c := range calls {
		for f := range faults {
			well := faults[f].name == "ok" || faults[f].name == "stream"
			if faults[f].stream && calls[c].stream == "" || mode.name != "none" && !well && (c+f)%4 != 0 {
				continue
			}
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if faults[f].name == "never" {
				ctx, cancel = context.WithTimeout(ctx, 10*time.Millisecond)
			}
			resp, err := client.Do(newRequest(ctx, t, c, f))
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			cancel()
		}
	}
}

func newRequest(ctx context.Context, t *testing.T, c, f int) *http.Request {
	t.Helper()
	call, host := calls[c], calls[c].host
	if host == "" {
		host = "api.mistral.ai"
	}
	if call.method == "" {
		call.method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, call.method,
		"http://user:canary-secret-userinfo@"+host+call.path+"?key=canary-secret-query#canary-secret-fragment", strings.NewReader(call.request))
	require.NoError(t, err)
	req.Header = http.Header{
		"X-Call": {strconv.Itoa(c)}, "X-Fault": {strconv.Itoa(f)},
		"Content-Type":             {"application/json"},
		"Authorization":            {"Bearer canary-secret-authorization"},
		"X-Api-Key":                {"canary-secret-x-api-key"},
		"Api-Key":                  {"canary-secret-api-key"},
		"X-Goog-Api-Key":           {"canary-secret-goog-key"},
		"Cookie":                   {"session=canary-secret-cookie"},
		"Referer":                  {"https://x.example/?t=canary-secret-referer"},
		"User-Agent":               {"canary-secret-user-agent"},
		"X-Mcp-Authorization":      {"canary-secret-mcp-authorization"},
		"X-Data-Respan-Params":     {respanParams},
		"X-Data-Keywordsai-Params": {respanParams},
	}
	if call.form {
		req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	}
	return req
}

// observe makes an observation with secrets and content in its input, its output
// and its error.
func observe(t *testing.T) {
	t.Helper()
	in := map[string]any{"question": "canary-content-observed-input", "api_key": "canary-secret-observed-key"}
	out := map[string]any{"answer": "canary-content-observed-output", "nested": []any{map[string]any{"Authorization": "canary-secret-observed-header"}}}
	for _, want := range []error{nil, errObserved} {
		_, err := instrumentation.Observe(t.Context(), "answer", in, func(context.Context, map[string]any) (map[string]any, error) {
			return out, want
		})
		require.Equal(t, want, err)
	}
}

// onSpans is the content that is on spans where that is captured.
func onSpans() []string {
	all := map[string]bool{"canary-content-observed-input": true, "canary-content-observed-output": true, errObserved.Error(): true}
	for _, refusal := range []string{
		refusal, unprocessable, "canary-content-plain-refusal", "canary-content-gateway-refusal", "canary-content-late-refusal",
	} {
		for _, c := range planted(refusal) {
			all[c] = true
		}
	}
	for _, call := range calls {
		for _, c := range planted(call.request + call.reply + call.stream) {
			all[c] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// TestMalformedVariablesAreNotLogged: OpenTelemetry's exporters read variables that
// mean nothing to a destination, and log what they do not understand.
func TestMalformedVariablesAreNotLogged(t *testing.T) {
	for _, tt := range []struct{ variable, value string }{
		{"OTEL_EXPORTER_OTLP_HEADERS", "x-key=1,canary-secret-header"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary-secret-header%"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "x key canary-secret-header=1"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "x-key: canary-secret-header"},
		{"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "=canary-secret-header%zz"},
		{"OTEL_EXPORTER_OTLP_METRICS_HEADERS", "canary-secret-header"},
		{"OTEL_EXPORTER_OTLP_LOGS_HEADERS", "canary-secret-header"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:canary-secret-password%zz@collector:4318"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://user:canary-secret-password@collector:a"},
		{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "://canary-secret-password"},
		{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://[canary-secret-password"},
	} {
		t.Run(tt.variable+" "+tt.value, func(t *testing.T) {
			t.Setenv(tt.variable, tt.value)
			listen()
			logged.take()
			handled.take()
			var out outlets
			for _, opts := range [][]instrumentation.Option{out.destinations(t), nil} {
				i, err := instrumentation.Start(t.Context(), append(opts, instrumentation.WithoutGlobalProvider())...)
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // nobody is at the default endpoint
				errs := fmt.Sprintf("%v %v %v %+v", err, i.Check(ctx), i.Shutdown(ctx), i.Stats())
				cancel()
				assert.Empty(t, found(errs, secrets), "in errors")
				assert.NotEmpty(t, logged.String())
				assert.Empty(t, found(logged.take(), secrets), "in OpenTelemetry's log")
				assert.Empty(t, found(handled.take(), secrets), "in what the error handler got")
			}
		})
	}
}

// settle makes canaries of content whole that were cut, and cuts off what stood
// behind them without anything between, as in protobuf.
func settle(canaries []string) []string {
	whole := onSpans()
	for i, c := range canaries {
		for _, w := range whole {
			if strings.HasPrefix(w, c) || strings.HasPrefix(c, w) {
				canaries[i] = w // none begins another
			}
		}
	}
	slices.Sort(canaries)
	return slices.Compact(canaries)
}

// TestEveryRouteHasCanaries reads the table of routes as it is written.
func TestEveryRouteHasCanaries(t *testing.T) {
	source, err := os.ReadFile("../mistral/route.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`method: http\.Method(\w+), path: "([^"]+)", where: (\w+)`).FindAllStringSubmatch(string(source), -1)
	var want, got []string
	for _, row := range rows {
		want = append(want, strings.ToUpper(row[1])+" "+row[2]+" "+row[3])
	}
	require.NotEmpty(t, want)
	assert.Len(t, want, strings.Count(string(source), "endpoint: &"), "each row is read")
	for _, call := range calls {
		got = append(got, call.route)
	}
	slices.Sort(want)
	slices.Sort(got)
	assert.Equal(t, slices.Compact(want), slices.Compact(got))
}
