// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/semconv"
)

func readHeaders(h http.Header) genai.Call {
	var call genai.Call
	ReadHeaders(h, time.Date(2026, 11, 21, 17, 59, 30, 0, time.UTC), &call)
	return call
}

func TestTheCorrelationIDIsMistralsElseTheGateways(t *testing.T) {
	for _, tt := range []struct {
		name   string
		header http.Header
		want   string
	}{
		{"none", http.Header{}, ""},
		{"Mistral's", http.Header{"X-Kong-Request-Id": {"k"}, "Mistral-Correlation-Id": {"m"}}, "m"},
		{"the gateway's", http.Header{"X-Kong-Request-Id": {"k"}}, "k"},
		{"empty", http.Header{"X-Kong-Request-Id": {"k"}, "Mistral-Correlation-Id": {""}}, "k"},
		{"invalid UTF-8", http.Header{"Mistral-Correlation-Id": {"a\xff"}}, "a\uFFFD"},
		{"absurdly long", http.Header{"Mistral-Correlation-Id": {strings.Repeat("a", 1000)}}, strings.Repeat("a", maxName)},
	} {
		assert.Equal(t, tt.want, readHeaders(tt.header).Response.CorrelationID, tt.name)
	}
}

func TestTheIDsOfAGatewayAreRead(t *testing.T) {
	h := http.Header{}
	h.Set("x-respan-log-id", "log-1")
	h.Set("x-respan-gateway-request-id", "a\xff"+strings.Repeat("b", 1000))
	assert.ElementsMatch(t, []attribute.KeyValue{
		attribute.String("mistral_ai.gateway.log_id", "log-1"),
		attribute.String("mistral_ai.gateway.request_id", "a\uFFFD"+strings.Repeat("b", maxName-4)),
	}, readHeaders(h).Extra)
	assert.Empty(t, readHeaders(http.Header{"X-Respan-Log-Id": {""}}).Extra)
}

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	for value, want := range map[string]float64{
		"7": 7, " 7 ": 7, "0": 0, "1.5": 1.5,
		"Sat, 21 Nov 2026 18:00:00 GMT":    30,
		"Saturday, 21-Nov-26 18:00:00 GMT": 30,
		"Sat, 21 Nov 2026 17:00:00 GMT":    0,
	} {
		assert.Equal(t, []attribute.KeyValue{semconv.MistralRateLimitRetryAfterKey.Float64(want)}, readHeaders(http.Header{"Retry-After": {value}}).Extra, value)
	}
	for _, value := range []string{"", "-1", "soon", "NaN", "Inf", "1e300", "Sat, 21 Nov"} {
		assert.Empty(t, readHeaders(http.Header{"Retry-After": {value}}).Extra, value)
	}
}

func TestRateLimitsThatAreKnownNumbersAreRead(t *testing.T) {
	h := http.Header{}
	h.Set("x-ratelimit-limit-req-minute", "100")
	h.Set("x-ratelimit-remaining-req-minute", "0")
	h.Set("x-ratelimit-limit-tokens-minute", "many")
	h.Set("x-ratelimit-nobody-knows", "1")
	h.Set("ratelimitbysize-limit", "1")
	h["X-Ratelimit-Limit-Tokens-Month"] = nil
	assert.ElementsMatch(t, []attribute.KeyValue{
		attribute.Int64("mistral_ai.ratelimit.limit_req_minute", 100),
		attribute.Int64("mistral_ai.ratelimit.remaining_req_minute", 0),
	}, readHeaders(h).Extra)
}

// Whatever stands in the head of a request or an answer: what is made of it can
// be exported.
func FuzzHead(f *testing.F) {
	f.Add("POST", "api.mistral.ai", "/v1/chat/completions", "Mistral-Correlation-Id", "a\xff", "mistral-small-latest")
	f.Add("PATCH", "API.respan.ai.", "/v1/agents/\xff", "X-Data-Respan-Params", base64.StdEncoding.EncodeToString([]byte(everyIdentity)), "openai/gpt-4o")
	f.Add("POST", "europe-west4-aiplatform.googleapis.com", "/publishers/mistralai/models/m\xff:rawPredict", "X-Ratelimit-Limit-Tokens-Minute", "-1e9", "")
	f.Add("POST", "x", "/v1/connectors/a/tools//call", "Retry-After", "Sat, 21 Nov 2026 18:00:00 GMT", "\xff")
	f.Fuzz(func(t *testing.T, method, host, path, name, value, model string) {
		u := &url.URL{Host: host, Path: path}
		Match(method, u, nil)
		if route, matched := Match(method, u, map[string]bool{Hostname(u): true}); route != nil {
			require.Equal(t, Hostname(u), matched)
		} else {
			require.Empty(t, matched)
		}
		require.NotEmpty(t, Provider(Hostname(u), model, ""))
		h := http.Header{}
		h.Set(name, value)
		answered := readHeaders(h)
		assertReadable(t, &answered)
		for i := range routes {
			var call genai.Call
			routes[i].ReadPath(path, &call)
			routes[i].ReadRequestHeaders(h, &call)
			r := routes[i].NewRequest(http.Header{"Content-Type": {value}}, withContent)
			r.Write([]byte(model))
			r.End()
			r.Fill(&call)
			assertReadable(t, &call)
			_, peeked := routes[i].Peek(path, []byte(model))
			require.LessOrEqual(t, len(peeked), maxName)
		}
	})
}
