// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

// products are the two that have words of their own, and collectors that forward
// to them.
type products struct {
	langfuse, respan                       *testserver.Receiver
	forLangfuse, forRespan, withoutContent *testserver.Receiver
	mistral                                *testserver.Mistral
	*Instrumentation
}

func startProducts(t *testing.T, opts ...Option) *products {
	t.Helper()
	cleanEnv(t, nil)
	p := &products{
		langfuse: testserver.NewLangfuse(), respan: testserver.NewRespan(), mistral: testserver.NewMistral(),
		forLangfuse: receiver(t), forRespan: receiver(t), withoutContent: receiver(t),
	}
	t.Cleanup(p.langfuse.Close)
	t.Cleanup(p.respan.Close)
	t.Cleanup(p.mistral.Close)

	toLangfuse := langfuse.Config{
		BaseURL: p.langfuse.URL, PublicKey: testserver.LangfusePublicKey, SecretKey: testserver.LangfuseSecretKey,
		Environment: "Prod", Release: "r1", Prices: map[string]langfuse.Price{"mistral-small-latest": {Input: 1, Output: 2}},
	}
	toRespan := respan.Config{BaseURL: p.respan.URL, APIKey: testserver.RespanAPIKey, System: "mistral"}
	direct, err := langfuse.New(toLangfuse)
	require.NoError(t, err)
	other, err := respan.New(toRespan)
	require.NoError(t, err)
	dialect, err := langfuse.Dialect(langfuse.Config{Environment: toLangfuse.Environment, Release: toLangfuse.Release, Prices: toLangfuse.Prices})
	require.NoError(t, err)

	before := last.Load()
	p.Instrumentation = startLocal(t, append(opts,
		WithDestination(direct), WithDestination(other),
		WithDestination(to(t, p.forLangfuse, func(c *otlp.Config) { c.Name, c.Dialect, c.Content = "for langfuse", dialect, true })),
		WithDestination(to(t, p.forRespan, func(c *otlp.Config) {
			c.Name, c.Dialect, c.Content = "for respan", respan.Dialect(respan.Config{System: "mistral"}), true
		})),
		WithDestination(to(t, p.withoutContent, func(c *otlp.Config) { c.Name, c.Dialect = "without content", dialect })),
	)...)
	t.Cleanup(func() {
		last.Store(before)
		_ = p.Shutdown(context.Background())
	})
	return p
}

// chat makes a call whose prompt is text.
func (p *products) chat(ctx context.Context, text string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.mistral.URL+"/v1/chat/completions",
		strings.NewReader(`{"model":"mistral-small-latest","messages":[{"role":"user","content":"`+text+`"}]}`))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer key")
	resp, err := p.Client().Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// wire is what arrived, by the name of the span and the key.
func wire(t *testing.T, r *testserver.Receiver) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, s := range r.WireSpans() {
		require.NotContains(t, all, s.GetName())
		all[s.GetName()] = map[string]string{"parent": string(s.GetParentSpanId()), "status": s.GetStatus().String()}
		for _, k := range s.Keys() {
			all[s.GetName()][k] = s.JSON(k)
		}
	}
	return all
}

func TestCollectorWithADialectGetsWhatTheProductGets(t *testing.T) {
	p := startProducts(t)
	ctx := Propagate(t.Context(), UserID("u1"), SessionID("s1"), Tags("a"), Metadata("plan", "pro"), TraceName("order"))
	_, err := Observe(ctx, "answer", "a secret question", func(ctx context.Context, question string) (string, error) {
		_, err := Observe(ctx, "look", "a secret question", func(context.Context, string) (int, error) { return 7, nil }, AsTool())
		require.NoError(t, err)
		return p.chat(ctx, question)
	}, AsWorkflow())
	require.NoError(t, err)
	require.NoError(t, p.Flush(t.Context()))

	require.Len(t, wire(t, p.langfuse), 3)
	assert.Equal(t, wire(t, p.langfuse), wire(t, p.forLangfuse))
	require.Len(t, wire(t, p.respan), 3)
	assert.Equal(t, wire(t, p.respan), wire(t, p.forRespan))
	assert.NotEqual(t, wire(t, p.forLangfuse), wire(t, p.forRespan))

	call := wire(t, p.forLangfuse)["chat mistral-small-latest"]
	assert.Contains(t, call["langfuse.observation.input"], "a secret question")
	assert.Contains(t, call["langfuse.observation.cost_details"], "input")
	assert.Equal(t, `{"stringValue":"prod"}`, call["langfuse.environment"])
	assert.Equal(t, `{"stringValue":"mistral"}`, wire(t, p.forRespan)["chat mistral-small-latest"]["gen_ai.system"])

	for _, s := range p.withoutContent.WireSpans() {
		assert.NotContains(t, s.String(), "a secret question", "a dialect does not bring content along")
		assert.NotEmpty(t, s.Text("langfuse.observation.type"))
	}
}

// otlpText is a string in OTLP's JSON, "" for none.
func otlpText(s string) string {
	if s == "" {
		return ""
	}
	quoted := jsonscan.AppendQuoted([]byte(`{"stringValue":`), s)
	return string(append(quoted, '}'))
}

// What Langfuse and Respan get of metadata of every kind, on a span below a
// Propagate and by SetMetadata.
func TestMetadataOfEveryKindOnTheWire(t *testing.T) {
	type plan string
	tests := map[string]struct {
		value              any
		trace, own, respan string // "" for none; own in OTLP's JSON
	}{
		"text":     {`pro "plus"`, `pro "plus"`, `{"stringValue":"pro \"plus\""}`, `"pro \"plus\""`},
		"named":    {plan("pro"), "pro", `{"stringValue":"pro"}`, `"pro"`},
		"int":      {-7, "-7", `{"intValue":"-7"}`, `-7`},
		"unsigned": {uint8(7), "7", `{"intValue":"7"}`, `7`},
		"huge":     {uint64(math.MaxUint64), "18446744073709551615", `{"stringValue":"18446744073709551615"}`, `"18446744073709551615"`},
		"float":    {0.5, "0.5", `{"doubleValue":0.5}`, `0.5`},
		"NaN":      {math.NaN(), "NaN", `{"stringValue":"NaN"}`, `"NaN"`},
		"bool":     {true, "true", `{"boolValue":true}`, `true`},
		"false":    {false, "false", `{"boolValue":false}`, `false`},
		"time":     {time.Unix(0, 0).UTC(), "1970-01-01T00:00:00Z", `{"stringValue":"1970-01-01T00:00:00Z"}`, `"1970-01-01T00:00:00Z"`},
		"map": {map[string]any{"a": map[string]any{"b": []int{1}}}, `{"a":{"b":[1]}}`,
			`{"stringValue":"{\"a\":{\"b\":[1]}}"}`, `{"a":{"b":[1]}}`},
		"list":    {[]any{"x", 1, nil}, `["x",1,null]`, `{"stringValue":"[\"x\",1,null]"}`, `["x",1,null]`},
		"nil":     {nil, "", "", ""},
		"pointer": {(*int)(nil), "", "", ""},
		"channel": {make(chan int), "(chan int, not JSON)", `{"stringValue":"(chan int, not JSON)"}`, `"(chan int, not JSON)"`},
		"long": {strings.Repeat("a", 9000), strings.Repeat("a", 8192) + "...[808 bytes cut]",
			`{"stringValue":"` + strings.Repeat("a", 8192) + `...[808 bytes cut]"}`, `"` + strings.Repeat("a", 8192) + `...[808 bytes cut]"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := startProducts(t)
			ctx := Propagate(t.Context(), Metadata("k", tt.value), Metadata("", tt.value))
			_, err := Observe(ctx, "propagated", 0, func(ctx context.Context, _ int) (int, error) { return 0, nil })
			require.NoError(t, err)
			_, err = Observe(t.Context(), "own", 0, func(ctx context.Context, _ int) (int, error) {
				ObservationFromContext(ctx).SetMetadata("k", tt.value)
				return 0, nil
			})
			require.NoError(t, err)
			require.NoError(t, p.Flush(t.Context()))

			fromLangfuse, fromRespan := wire(t, p.langfuse), wire(t, p.respan)
			assert.Equal(t, otlpText(tt.trace), fromLangfuse["propagated"]["langfuse.trace.metadata.k"])
			assert.Equal(t, tt.own, fromLangfuse["own"]["langfuse.observation.metadata.k"])
			object := ""
			if tt.respan != "" {
				object = otlpText(`{"k":` + tt.respan + `}`)
			}
			assert.Equal(t, object, fromRespan["propagated"]["respan.metadata"])
			assert.Equal(t, object, fromRespan["own"]["respan.metadata"])
		})
	}
}
