// SPDX-License-Identifier: Apache-2.0

package langfuse_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/internal/wiretest"
)

// reports collects what OpenTelemetry's error handler is told.
type reports struct {
	mu    sync.Mutex
	texts []string
}

func (r *reports) Handle(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts = append(r.texts, err.Error())
}

func (r *reports) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	texts := r.texts
	r.texts = nil
	return texts
}

var reported = &reports{}

func TestMain(m *testing.M) {
	otel.SetErrorHandler(reported)
	goleak.VerifyTestMain(m)
}

// newWorld fills in the base URL and the keys of c. The Langfuse is one of the
// older ones, which loses spans that have an attribute of a wrong type.
func newWorld(t testing.TB, c langfuse.Config, res ...attribute.KeyValue) *wiretest.App {
	t.Helper()
	unsetEnvironment(t)
	server := testserver.NewLangfuse(testserver.WithLegacyStore())
	t.Cleanup(server.Close)
	c.BaseURL, c.PublicKey, c.SecretKey = server.URL+"/", testserver.LangfusePublicKey, testserver.LangfuseSecretKey
	d, err := langfuse.New(c)
	require.NoError(t, err)
	d.Content = true // what Start does when the user asks for content; NoContent wins
	return wiretest.New(t, server, d, checkEverySpan, res...)
}

var (
	environmentForm = regexp.MustCompile(`^[a-z0-9_-]{1,40}$`)
	typeForm        = regexp.MustCompile(`^(span|generation|event|embedding|agent|tool|chain|retriever|guardrail|evaluator)$`)
)

// mustNotBe are keys that Langfuse reads as something else than they mean, or
// that would say the same thing twice.
var mustNotBe = []string{
	"input", "output", "prompt", "events", "user.id", "session.id", "langfuse.observation.usage_details",
	"langfuse.observation.metadata", "langfuse.trace.metadata",
	"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions", "gen_ai.system_instructions",
	"gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.retrieval.query.text", "gen_ai.retrieval.documents",
}

// checkEverySpan holds what is true of every span that Langfuse gets: checks 3 to
// 6, 9, 13, 14, 16 and 18 of the reference as far as they forbid a form.
func checkEverySpan(t testing.TB, s testserver.WireSpan) {
	t.Helper()
	seen := map[string]bool{}
	for _, k := range s.Keys() {
		assert.False(t, seen[k], "%s is there twice", k)
		seen[k] = true
		assert.NotContains(t, mustNotBe, k)
		assert.False(t, strings.HasPrefix(k, "otelmistral."), "%s is a name of the project's own", k)
		checkValue(t, k, s.Attribute(k))
		if strings.HasPrefix(k, "gen_ai.usage.") {
			assert.Contains(t, []string{"input_tokens", "output_tokens", "cache_read.input_tokens", "reasoning.output_tokens"},
				strings.TrimPrefix(k, "gen_ai.usage."), "is added to the total")
		}
	}
	assert.NotContains(t, []string{"invoke_agent", "agent_step"}, s.Text("gen_ai.operation.name"), "loses model and tokens")
	assert.Equal(t, seen["langfuse.observation.input"], seen["langfuse.observation.output"], "both or none")
	assert.Equal(t, seen["langfuse.observation.prompt.name"], seen["langfuse.observation.prompt.version"], "both or none")
	assert.NotContains(t, strings.ToLower(s.Scope.GetName()), "langfuse")
	if e := s.Text("langfuse.environment"); seen["langfuse.environment"] {
		assert.Regexp(t, environmentForm, e)
		assert.False(t, strings.HasPrefix(e, "langfuse"), e)
	}
	if seen["langfuse.observation.type"] {
		assert.Regexp(t, typeForm, s.Text("langfuse.observation.type"))
	}
	if seen["langfuse.observation.completion_start_time"] {
		_, err := time.Parse(time.RFC3339Nano, s.Text("langfuse.observation.completion_start_time"))
		assert.NoError(t, err)
	}
	if cost := s.Text("langfuse.observation.cost_details"); cost != "" {
		assert.NoError(t, json.Unmarshal([]byte(cost), &map[string]float64{}), cost)
	}
	for _, a := range s.Resource.GetAttributes() {
		checkValue(t, a.GetKey(), a.GetValue())
	}
	if v := s.ResourceAttribute("service.version"); v != nil {
		assert.NotEmpty(t, v.GetStringValue(), "service.version is a text")
	}
}

func checkValue(t testing.TB, k string, v *commonpb.AnyValue) {
	t.Helper()
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_KvlistValue, *commonpb.AnyValue_BytesValue, nil:
		assert.Fail(t, "a value that Langfuse does not read", "%s: %v", k, v)
	case *commonpb.AnyValue_ArrayValue:
		assert.NotEmpty(t, v.ArrayValue.GetValues(), "%s: an empty list is shown as its encoding", k)
	case *commonpb.AnyValue_StringValue:
		assert.True(t, utf8.ValidString(v.StringValue), k)
	}
}

// want maps keys to what OTLP's JSON has for them; "" says that there is none.
type want map[string]string

// text is a string in OTLP's JSON.
func text(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(map[string]string{"stringValue": s}); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

func number(s string) string { return `{"intValue":"` + s + `"}` }

func (w want) check(t testing.TB, s testserver.WireSpan) {
	t.Helper()
	for k, v := range w {
		if v == "" {
			assert.Nil(t, s.Attribute(k), k)
			continue
		}
		assert.JSONEq(t, v, s.JSON(k), k)
	}
}
