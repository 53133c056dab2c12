// SPDX-License-Identifier: Apache-2.0

package example

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

// cleanEnv makes the test independent of the machine.
func cleanEnv(t *testing.T) {
	t.Helper()
	for _, variable := range append([]string{"MISTRAL_API_KEY", "OTEL_SDK_DISABLED"}, variables...) {
		t.Setenv(variable, "")
	}
}

// ask is a program that asks one question.
var ask = Program{
	Name:    "ask",
	Answers: map[string]string{"Who?": "Nobody."},
	Do: func(ctx context.Context, call Call) error {
		body := `{"model":"` + call.Model + `","messages":[{"role":"user","content":"Who?"}]}`
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, call.URL+"/v1/chat/completions", strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+call.Key)
		resp, err := call.Client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		var reply any
		if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
			return err
		}
		call.Printf("asked")
		return nil
	},
}

func TestTraceIsPrintedWhenNoDestinationIsConfigured(t *testing.T) {
	cleanEnv(t)
	var out bytes.Buffer
	require.NoError(t, ask.Run(t.Context(), &out))
	for _, want := range []string{
		"Calling a Mistral server inside this program (no MISTRAL_API_KEY is set)",
		"asked\n\ntrace ",
		"chat mistral-small-latest",
		"out  Nobody.",
		"the tree above (spans: 1)",
		"Set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, RESPAN_API_KEY",
	} {
		assert.Contains(t, out.String(), want)
	}
}

func TestEnvironmentDecidesWhereTheTraceGoes(t *testing.T) {
	cleanEnv(t)
	collector := testserver.NewReceiver()
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	var out bytes.Buffer
	require.NoError(t, ask.Run(t.Context(), &out))
	assert.Len(t, collector.Spans(), 1)
	assert.Contains(t, out.String(), "your OTLP endpoint")
	assert.NotContains(t, out.String(), "chat mistral-small-latest", "not on the terminal as well")
}

func TestDestinationsOfTheProgramWin(t *testing.T) {
	for name, endpoint := range map[string]string{
		"over the environment": "http://127.0.0.1:1",
		"over the terminal":    "",
	} {
		t.Run(name, func(t *testing.T) {
			cleanEnv(t)
			collector := testserver.NewReceiver()
			defer collector.Close()
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
			d, err := otlp.New(otlp.Config{Name: "mine", Endpoint: collector.Endpoint()})
			require.NoError(t, err)
			program := ask
			program.Destinations = []destination.Destination{d}
			var out bytes.Buffer
			require.NoError(t, program.Run(t.Context(), &out))
			assert.Len(t, collector.Spans(), 1)
			assert.Contains(t, out.String(), "destination mine (spans: 1)")
			assert.NotContains(t, out.String(), "chat mistral-small-latest")
		})
	}
}

func TestKeyOfTheEnvironmentMeansTheRealAPI(t *testing.T) {
	cleanEnv(t)
	t.Setenv("MISTRAL_API_KEY", "key")
	program := ask
	var got Call
	program.Do = func(_ context.Context, call Call) error {
		got = call
		return nil
	}
	require.NoError(t, program.Run(t.Context(), &bytes.Buffer{}))
	assert.Equal(t, "https://api.mistral.ai", got.URL)
	assert.Equal(t, "key", got.Key)
	assert.Equal(t, "mistral-small-latest", got.Model)
}

func TestErrorOfTheExampleIsTheErrorOfTheProgram(t *testing.T) {
	cleanEnv(t)
	broken := errors.New("broken")
	program := ask
	program.Do = func(context.Context, Call) error { return broken }
	require.ErrorIs(t, program.Run(t.Context(), &bytes.Buffer{}), broken)
}

func TestTerminalPrintsNothingBeforeShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		inst, err := instrumentation.Start(t.Context(),
			instrumentation.WithDestination(Terminal(&out)), instrumentation.WithoutGlobalProvider())
		require.NoError(t, err)
		_, span := inst.TracerProvider().Tracer("test").Start(t.Context(), "work")
		span.End()
		<-time.After(time.Minute)
		synctest.Wait()
		assert.Empty(t, out.String())
		require.NoError(t, inst.Shutdown(t.Context()))
		assert.Contains(t, out.String(), "work")
	})
}
