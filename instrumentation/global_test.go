// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// The global TracerProvider can be installed for the first time only once in a
// process, so each scenario runs in a process of its own.
const scenarioVariable = "OTELMISTRAL_TEST_SCENARIO"

var scenarios = map[string]func() error{
	"nothing installed": func() error {
		early := otel.Tracer("obtained before Start")
		i, recorder, err := startRecorded()
		if err != nil {
			return err
		}
		end(early, "early")
		end(otel.Tracer("x"), "late")
		end(i.TracerProvider().Tracer("x"), "own")
		return expect(recorder, "early", "late", "own")
	},
	"application has its own": func() error {
		provider := sdktrace.NewTracerProvider()
		otel.SetTracerProvider(provider)
		i, recorder, err := startRecorded()
		if !errors.Is(err, ErrProviderInstalled) {
			return fmt.Errorf("error of Start: %w", err)
		}
		if otel.GetTracerProvider() != trace.TracerProvider(provider) {
			return errors.New("the application's provider was replaced")
		}
		end(i.TracerProvider().Tracer("x"), "before it is connected")
		provider.RegisterSpanProcessor(i.all)
		end(i.TracerProvider().Tracer("x"), "connected")
		return expect(recorder, "connected")
	},
	"application has its own, and a length limit": func() error {
		otel.SetTracerProvider(sdktrace.NewTracerProvider())
		for value, warned := range map[string]bool{"": false, "-1": false, "x": false, "100": true} {
			for _, name := range []string{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"} {
				if err := os.Setenv(name, value); err != nil {
					return err
				}
				_, _, err := startRecorded()
				if err := os.Unsetenv(name); err != nil {
					return err
				}
				if got := strings.Contains(err.Error(), name+" is 100"); got != warned {
					return fmt.Errorf("%s=%q: error of Start: %w", name, value, err)
				}
			}
		}
		return nil
	},
	"observations go to the global provider": func() error {
		own := tracetest.NewSpanRecorder()
		otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(own)))
		if _, _, err := startRecorded(); !errors.Is(err, ErrProviderInstalled) {
			return fmt.Errorf("error of Start: %w", err)
		}
		_, err := Observe(context.Background(), "observed", 1, func(context.Context, int) (int, error) { return 1, nil })
		return errors.Join(err, expect(own, "observed"))
	},
	"before any Start there are no observations": func() error {
		own := tracetest.NewSpanRecorder()
		otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(own)))
		ctx := context.Background()
		out, err := Observe(ctx, "observed", 1, func(inside context.Context, in int) (int, error) {
			if inside != ctx || ObservationFromContext(inside) != nil {
				return 0, errors.New("the context was changed")
			}
			return in + 1, nil
		})
		if out != 2 {
			return fmt.Errorf("got %d", out)
		}
		return errors.Join(err, expect(own))
	},
	"after Shutdown observations go to the global provider": func() error {
		own := tracetest.NewSpanRecorder()
		otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(own)))
		i, recorder, err := startRecorded(WithoutGlobalProvider(), WithContentCapture(roundtripper.CaptureSpan),
			WithRedactor(func(string, string) string { return "[x]" }))
		if err != nil {
			return err
		}
		for _, name := range []string{"before", "after"} {
			if _, err := Observe(context.Background(), name, any("SECRET"), give("", nil)); err != nil {
				return err
			}
			if err := i.Shutdown(context.Background()); err != nil {
				return err
			}
		}
		if input := (span{own.Ended()[0]}).value(semconv.ObservationInputKey); input != `"[x]"` {
			return fmt.Errorf("the rules for content have changed: %v", input)
		}
		return errors.Join(expect(recorder, "before"), expect(own, "after"))
	},
	"after Shutdown the global provider may be the one that was shut down": func() error {
		i, recorder, err := startRecorded()
		if err != nil {
			return err
		}
		if err := i.Shutdown(context.Background()); err != nil {
			return err
		}
		out, err := Observe(context.Background(), "after", any(1), give("out", nil))
		if out != "out" {
			return fmt.Errorf("got %q", out)
		}
		return errors.Join(err, expect(recorder))
	},
	"application has a noop": func() error {
		otel.SetTracerProvider(noop.NewTracerProvider())
		if _, _, err := startRecorded(); !errors.Is(err, ErrProviderInstalled) {
			return fmt.Errorf("error of Start: %w", err)
		}
		return nil
	},
	"application installs its own later": func() error {
		i, recorder, err := startRecorded()
		if err != nil {
			return err
		}
		own := tracetest.NewSpanRecorder()
		otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(own), sdktrace.WithSpanProcessor(i.all)))
		end(i.TracerProvider().Tracer("x"), "s")
		return errors.Join(expect(recorder, "s"), expect(own, "s"))
	},
	"metrics and logs: nothing installed": func() error {
		early := otel.GetMeterProvider()
		i, err := Start(context.Background(), WithDestination(allSignals()))
		if err != nil {
			return err
		}
		_, ours := otel.GetMeterProvider().(*sdkmetric.MeterProvider)
		_, logsToo := otel.GetLoggerProvider().(*sdklog.LoggerProvider)
		if !ours || !logsToo || otel.GetMeterProvider() == early {
			return errors.New("no provider was installed")
		}
		if i.meters != nil {
			return errors.New("transports do not follow the global provider")
		}
		second, err := Start(context.Background(), WithDestination(allSignals()))
		if !errors.Is(err, ErrStarted) || second.meters == nil || second.loggers == nil {
			return fmt.Errorf("the second Start has no providers of its own: %w", err)
		}
		first := otel.GetMeterProvider()
		if err := errors.Join(i.Shutdown(context.Background()), second.Shutdown(context.Background())); err != nil {
			return err
		}
		third, err := Start(context.Background(), WithDestination(allSignals()))
		if err != nil || otel.GetMeterProvider() == first || third.meters != nil {
			return fmt.Errorf("the place of one that has ended was not taken: %w", err)
		}
		return nil
	},
	"metrics and logs: calls have their events": func() error {
		mistral, r := testserver.NewMistral(), testserver.NewReceiver()
		defer mistral.Close()
		defer r.Close()
		d, err := otlp.New(otlp.Config{Endpoint: r.URL + "/v1/traces", LogsEndpoint: r.URL + "/v1/logs"})
		if err != nil {
			return err
		}
		i, err := Start(context.Background(), WithDestination(d))
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, mistral.URL+"/v1/chat/completions",
			strings.NewReader(`{"model":"mistral-small-latest","messages":[{"role":"user","content":"hi"}]}`))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer key")
		resp, err := i.Client().Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if err := errors.Join(err, resp.Body.Close(), i.Shutdown(context.Background())); err != nil {
			return err
		}
		if records := r.LogRecords(); len(records) != 1 || records[0].GetEventName() != semconv.EventInferenceDetails {
			return fmt.Errorf("the events of a call are %v", records)
		}
		return nil
	},
	"metrics and logs: application has its own": func() error {
		meters, loggers := sdkmetric.NewMeterProvider(), sdklog.NewLoggerProvider()
		otel.SetMeterProvider(meters)
		otel.SetLoggerProvider(loggers)
		i, err := Start(context.Background(), WithDestination(allSignals()))
		if err != nil {
			return err
		}
		if otel.GetMeterProvider() != metric.MeterProvider(meters) || i.MeterProvider() != metric.MeterProvider(meters) {
			return errors.New("the application's MeterProvider was replaced")
		}
		if otel.GetLoggerProvider() != log.LoggerProvider(loggers) || i.LoggerProvider() != log.LoggerProvider(loggers) {
			return errors.New("the application's LoggerProvider was replaced")
		}
		if len(i.providers) > 0 {
			return errors.New("a provider was made that nobody uses")
		}
		return nil
	},
	"metrics and logs: without global provider": func() error {
		before := otel.GetMeterProvider()
		i, err := Start(context.Background(), WithDestination(allSignals()), WithoutGlobalProvider())
		if err != nil {
			return err
		}
		if otel.GetMeterProvider() != before || i.meters == nil || i.loggers == nil {
			return errors.New("a global provider was installed")
		}
		return i.Shutdown(context.Background())
	},
	"started twice": func() error {
		first, firstRecorder, err := startRecorded()
		if err != nil {
			return err
		}
		second, secondRecorder, err := startRecorded()
		if !errors.Is(err, ErrStarted) {
			return fmt.Errorf("error of the second Start: %w", err)
		}
		end(first.TracerProvider().Tracer("x"), "of the first")
		end(otel.Tracer("x"), "global")
		end(second.TracerProvider().Tracer("x"), "of the second")
		return errors.Join(expect(firstRecorder, "of the first", "global"), expect(secondRecorder, "of the second"))
	},
	"started again after Shutdown": func() error {
		first, _, err := startRecorded()
		if err != nil {
			return err
		}
		if err := first.Shutdown(context.Background()); err != nil {
			return err
		}
		_, recorder, err := startRecorded()
		if err != nil {
			return err
		}
		end(otel.Tracer("x"), "global")
		return expect(recorder, "global")
	},
	"without global provider": func() error {
		before := otel.GetTracerProvider()
		i, recorder, err := startRecorded(WithoutGlobalProvider())
		if err != nil {
			return err
		}
		if otel.GetTracerProvider() != before {
			return errors.New("a global provider was installed")
		}
		end(otel.Tracer("x"), "global")
		end(i.TracerProvider().Tracer("x"), "own")
		return expect(recorder, "own")
	},
}

// allSignals is a destination that nothing is sent to.
func allSignals() destination.Destination {
	const url = "http://127.0.0.1:1"
	d, err := otlp.New(otlp.Config{Endpoint: url + "/v1/traces", MetricsEndpoint: url + "/v1/metrics", LogsEndpoint: url + "/v1/logs"})
	if err != nil {
		panic(err)
	}
	return d
}

func TestGlobalProvider(t *testing.T) {
	for name := range scenarios {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			for _, kv := range os.Environ() {
				if !strings.HasPrefix(kv, "OTEL_") {
					cmd.Env = append(cmd.Env, kv)
				}
			}
			// The race detector would sleep for a second at the end.
			cmd.Env = append(cmd.Env, scenarioVariable+"="+name, "GORACE=atexit_sleep_ms=0")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

func runScenario(name string) int {
	if err := scenarios[name](); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func startRecorded(opts ...Option) (*Instrumentation, *tracetest.SpanRecorder, error) {
	recorder := tracetest.NewSpanRecorder()
	i, err := Start(context.Background(), append(opts, WithSpanProcessor(recorder))...)
	return i, recorder, err
}

func end(tracer trace.Tracer, name string) {
	_, span := tracer.Start(context.Background(), name)
	span.End()
}

func expect(recorder *tracetest.SpanRecorder, names ...string) error {
	var got []string
	for _, s := range recorder.Ended() {
		got = append(got, s.Name())
	}
	if !slices.Equal(got, names) {
		return fmt.Errorf("got spans %q, want %q", got, names)
	}
	return nil
}
