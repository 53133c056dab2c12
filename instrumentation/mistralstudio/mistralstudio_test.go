// SPDX-License-Identifier: Apache-2.0

package mistralstudio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/mistralstudio"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
)

func TestMain(m *testing.M) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	goleak.VerifyTestMain(m)
}

func TestKeyAndURL(t *testing.T) {
	const cloud = "https://api.mistral.ai/telemetry/v1/traces"
	tests := []struct {
		name, env      string
		config         mistralstudio.Config
		endpoint, want string // want is the error
	}{
		{"variable", "secret", mistralstudio.Config{}, cloud, ""},
		{"option", "", mistralstudio.Config{APIKey: " secret\n"}, cloud, ""},
		{"base", "secret", mistralstudio.Config{BaseURL: " http://host/ "}, "http://host/telemetry/v1/traces", ""},
		{"full URL", "secret", mistralstudio.Config{BaseURL: cloud + "/"}, cloud, ""},
		{"no key", " ", mistralstudio.Config{}, "", "MISTRAL_API_KEY is not set: set it, or Config.APIKey, to an API key of the workspace"},
		{"broken variable", "sec\nret", mistralstudio.Config{}, "", "MISTRAL_API_KEY has a character that no API key has: copy the key again"},
		{"broken option", "", mistralstudio.Config{APIKey: "sec ret"}, "", "Config.APIKey has a character that no API key has: copy the key again"},
		{"no scheme", "secret", mistralstudio.Config{BaseURL: "api.mistral.ai"}, "", "Config.BaseURL must begin with http:// or https://"},
		{"two faults", "", mistralstudio.Config{BaseURL: "http://u:secret@host"}, "",
			"MISTRAL_API_KEY is not set: set it, or Config.APIKey, to an API key of the workspace\n" +
				"Config.BaseURL must not contain a user or password; use a header instead"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("MISTRAL_API_KEY", tt.env)
			d, err := mistralstudio.New(tt.config)
			if tt.want != "" {
				require.EqualError(t, err, "mistralstudio: "+tt.want)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.endpoint, d.Endpoint)
			assert.Equal(t, "mistralstudio", d.Name)
			assert.True(t, d.Content)
			assert.Nil(t, d.Dialect, "spans stay as the conventions have them")
		})
	}
}

func TestFromEnvIsTheZeroConfig(t *testing.T) {
	t.Setenv("MISTRAL_API_KEY", "")
	_, err := mistralstudio.FromEnv()
	require.ErrorContains(t, err, "MISTRAL_API_KEY is not set")
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c := mistralstudio.Config{APIKey: "secret", BaseURL: "https://me:secret@host"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c)
	printed := []string{fmt.Sprintf("%v %+v %#v", c, &c, c), log.String()}
	c.BaseURL = ""
	d, err := mistralstudio.New(c)
	require.NoError(t, err)
	for _, s := range append(printed, fmt.Sprintf("%v %+v", d, d)) {
		assert.NotContains(t, s, "secret")
		assert.Contains(t, s, "mistralstudio")
	}
}

// send makes a chat under a span of the application and exports what there is.
func send(t *testing.T, c mistralstudio.Config, studio *testserver.Receiver) error {
	t.Helper()
	c.BaseURL = studio.URL
	d, err := mistralstudio.New(c)
	require.NoError(t, err)
	d.Content = true // what Start does when the user asks for content; NoContent wins
	p, err := destination.NewProcessor(t.Context(), d)
	require.NoError(t, err)
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p))
	defer func() { _ = provider.Shutdown(context.Background()) }()
	mistral := testserver.NewMistral()
	defer mistral.Close()
	mistral.Enqueue(testserver.JSON(200, testserver.Body("chat.json")))

	ctx, parent := provider.Tracer("test").Start(t.Context(), "sql")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, mistral.URL+"/v1/chat/completions",
		strings.NewReader(`{"model":"mistral-small-latest","messages":[{"role":"user","content":"hi"}]}`))
	require.NoError(t, err)
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	resp, err := roundtripper.New(base, roundtripper.WithTracerProvider(provider),
		roundtripper.WithContentCapture(roundtripper.CaptureSpan)).RoundTrip(req)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, errors.Join(err, resp.Body.Close()))
	parent.End()
	return provider.ForceFlush(t.Context())
}

func TestStudioGetsCleanSpansAsJSON(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer other,x-other=1")
	t.Setenv("MISTRAL_API_KEY", testserver.StudioAPIKey)
	tests := []struct {
		name    string
		config  mistralstudio.Config
		spans   int
		content bool
	}{
		{"defaults", mistralstudio.Config{}, 1, true},
		{"no content", mistralstudio.Config{NoContent: true}, 1, false},
		{"all spans", mistralstudio.Config{AllSpans: true}, 2, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			studio := testserver.NewStudio()
			defer studio.Close()
			require.NoError(t, send(t, tt.config, studio))

			r := studio.Requests()[0]
			assert.Equal(t, http.MethodPost, r.Method)
			assert.Equal(t, "/telemetry/v1/traces", r.Path)
			assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
			assert.Equal(t, "Bearer "+testserver.StudioAPIKey, r.Header.Get("Authorization"))
			assert.Empty(t, r.Header.Get("Content-Encoding"))
			assert.Empty(t, r.Header.Get("X-Other"))

			require.Len(t, studio.WireSpans(), tt.spans)
			for _, s := range studio.WireSpans() {
				if s.GetName() == "sql" {
					continue
				}
				assert.Equal(t, "chat", s.Text("gen_ai.operation.name"))
				assert.Equal(t, tt.content, s.Attribute("gen_ai.input.messages") != nil)
				assert.Equal(t, tt.content, s.Attribute("gen_ai.output.messages") != nil)
				assert.Equal(t, tt.spans == 1, len(s.GetParentSpanId()) == 0, "a root unless its parent is sent")
				for _, k := range s.Keys() {
					known := strings.HasPrefix(k, "gen_ai.") || strings.HasPrefix(k, "mistral_ai.") ||
						strings.HasPrefix(k, "server.") || strings.HasPrefix(k, "http.") || k == "otelmistral.app_root"
					assert.True(t, known, k)
				}
			}
		})
	}
}

func TestExportFailureIsReported(t *testing.T) {
	t.Run("wrong key", func(t *testing.T) {
		studio := testserver.NewStudio()
		defer studio.Close()
		err := send(t, mistralstudio.Config{APIKey: "wrong-key"}, studio)
		require.ErrorContains(t, err, "401")
		assert.NotContains(t, err.Error(), "wrong-key")
		assert.Len(t, studio.Requests(), 1, "not tried again")
	})
	t.Run("rate limit", func(t *testing.T) {
		studio := testserver.NewStudio()
		defer studio.Close()
		studio.Enqueue(testserver.Response{Status: 429})
		require.NoError(t, send(t, mistralstudio.Config{
			APIKey: testserver.StudioAPIKey, Retry: destination.Retry{Initial: time.Millisecond},
		}, studio))
		assert.Len(t, studio.Requests(), 2, "tried again")
	})
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	studio := testserver.NewStudio()
	defer studio.Close()
	tests := []struct {
		name, env string
		config    mistralstudio.Config
		want      []string // nil: no error
	}{
		{"fine", testserver.StudioAPIKey, mistralstudio.Config{BaseURL: studio.URL}, nil},
		{"wrong key", "wrong-key", mistralstudio.Config{BaseURL: studio.URL}, []string{"401", "MISTRAL_API_KEY", "Config.BaseURL"}},
		{"wrong option", "", mistralstudio.Config{APIKey: "wrong-key", BaseURL: studio.URL}, []string{"401", "Config.APIKey"}},
		{"wrong path", testserver.StudioAPIKey, mistralstudio.Config{BaseURL: studio.URL + "/v1"}, []string{"404", "Config.BaseURL"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("MISTRAL_API_KEY", tt.env)
			d, err := mistralstudio.New(tt.config)
			require.NoError(t, err)
			err = d.Check(t.Context())
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			for _, s := range tt.want {
				require.ErrorContains(t, err, s)
			}
			assert.NotContains(t, err.Error(), "wrong-key")
		})
	}
	assert.Empty(t, studio.Spans())
}
