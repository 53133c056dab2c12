// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/instrumentation/mistralstudio"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
)

const canary = "canary-7f3a"

// configs are all exported types that hold an endpoint or a key, with what makes
// something of them; nil where nothing does.
var configs = []struct {
	config any
	use    func(any) error
}{
	{langfuse.Config{}, func(c any) error { _, err := langfuse.New(c.(langfuse.Config)); return err }},
	{respan.Config{}, func(c any) error { _, err := respan.New(c.(respan.Config)); return err }},
	{mistralstudio.Config{}, func(c any) error { _, err := mistralstudio.New(c.(mistralstudio.Config)); return err }},
	{otlp.Config{}, func(c any) error { _, err := otlp.New(c.(otlp.Config)); return err }},
	{console.Config{}, func(c any) error { _, err := console.New(c.(console.Config)); return err }},
	{destination.OTLP{}, func(c any) error { _, err := c.(destination.OTLP).NewExporter(context.Background()); return err }},
	{destination.Destination{}, func(c any) error { return c.(destination.Destination).Validate() }},
}

// printable are the fields that hold neither a secret nor a URL; HTML is the name of a file.
var printable = []string{"Name", "Environment", "Release", "System", "Protocol", "Compression", "HTML"}

// planted returns a copy of config with secret in the string fields that
// may hold one, or only in the one of that name.
func planted(config any, secret, only string) (any, []string) {
	v := reflect.New(reflect.TypeOf(config)).Elem()
	var fields []string
	for _, f := range reflect.VisibleFields(v.Type()) {
		if slices.Contains(printable, f.Name) {
			continue
		}
		headers := f.Type == reflect.TypeFor[map[string]string]()
		if f.Type.Kind() != reflect.String && !headers {
			continue
		}
		fields = append(fields, f.Name)
		switch {
		case only != "" && only != f.Name:
		case isURL(f.Name) && !strings.Contains(secret, "://"): // a path is no secret
		case headers:
			v.FieldByIndex(f.Index).Set(reflect.ValueOf(map[string]string{"authorization": secret}))
		default:
			v.FieldByIndex(f.Index).SetString(secret)
		}
	}
	return v.Interface(), fields
}

func isURL(field string) bool {
	return strings.HasSuffix(field, "URL") || strings.HasSuffix(field, "Endpoint") || strings.HasSuffix(field, "Path")
}

// secrets are a key and what a URL may hide one in.
var secrets = []string{canary, "https://user:" + canary + "@host/?key=" + canary, "https://host/x?key=" + canary, canary + "\n"}

func assertHidden(t *testing.T, text string, what ...any) {
	t.Helper()
	assert.NotContains(t, text, canary, what...)
	assert.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte(canary))[:12], what...)
}

func TestNoConfigPrintsASecret(t *testing.T) {
	for _, tt := range configs {
		t.Run(fmt.Sprintf("%T", tt.config), func(t *testing.T) {
			for _, secret := range secrets {
				config, _ := planted(tt.config, secret, "")
				pointer := reflect.New(reflect.TypeOf(config))
				pointer.Elem().Set(reflect.ValueOf(config))
				for _, value := range []any{config, pointer.Interface(), []any{config}, map[string]any{"x": config}, struct{ Config any }{config}} {
					for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
						assertHidden(t, fmt.Sprintf(verb, value), verb, secret)
					}
					var text, encoded strings.Builder
					for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&text, nil)), slog.New(slog.NewJSONHandler(&encoded, nil))} {
						logger.Info("x", "config", value, slog.Group("g", "config", value))
					}
					assertHidden(t, text.String(), secret)
					assertHidden(t, encoded.String(), secret)
					marshalled, _ := json.Marshal(value)
					assertHidden(t, string(marshalled), secret)
				}
			}
		})
	}
}

func TestNoErrorOfAConfigTellsASecret(t *testing.T) {
	cleanEnv(t, map[string]string{"MISTRAL_API_KEY": ""})
	failed := 0
	for _, tt := range configs {
		_, fields := planted(tt.config, "", "")
		for _, field := range append(fields, "") {
			for _, secret := range secrets {
				config, _ := planted(tt.config, secret, field)
				if err := tt.use(config); err != nil {
					failed++
					assertHidden(t, err.Error(), fmt.Sprintf("%T.%s", config, field))
					assertHidden(t, fmt.Sprintf("%+v %#v", err, err), fmt.Sprintf("%T.%s", config, field))
				}
			}
		}
	}
	assert.Greater(t, failed, 50)
}

// What is not a configuration, but was made of one.
func TestWhatIsMadeOfAConfigPrintsNoSecret(t *testing.T) {
	cleanEnv(t, nil)
	d, err := otlp.New(otlp.Config{Endpoint: "http://127.0.0.1:1/v1/traces", LogsEndpoint: "http://127.0.0.1:1/v1/logs",
		MetricsEndpoint: "http://127.0.0.1:1/v1/metrics", Headers: map[string]string{"authorization": canary}})
	require.NoError(t, err)
	i := startLocal(t, WithDestination(d))
	exporter, err := d.NewExporter(t.Context())
	require.NoError(t, err)
	for _, value := range []any{d, i, i.Stats(), exporter} {
		assertHidden(t, fmt.Sprintf("%v %+v %#v", value, value, value))
	}
	require.NoError(t, exporter.Shutdown(t.Context()))
	require.NoError(t, i.Shutdown(t.Context()))
}
