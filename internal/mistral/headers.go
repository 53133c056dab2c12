// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/semconv"
)

const rateLimitPrefix = "X-Ratelimit-"

// ReadHeaders records the correlation id, the ids of Respan's gateway, the rate
// limits and Retry-After.
// now is when the headers came.
func ReadHeaders(h http.Header, now time.Time, call *genai.Call) {
	r := &call.Response
	// The gateway's own id equals Mistral's.
	for _, header := range []string{"Mistral-Correlation-Id", "X-Kong-Request-Id"} {
		if r.CorrelationID == "" {
			r.CorrelationID = headerID(h, header)
		}
	}
	if id := headerID(h, "X-Respan-Log-Id"); id != "" {
		call.Extra = append(call.Extra, semconv.MistralGatewayLogIDKey.String(id))
	}
	if id := headerID(h, "X-Respan-Gateway-Request-Id"); id != "" {
		call.Extra = append(call.Extra, semconv.MistralGatewayRequestIDKey.String(id))
	}
	for header, values := range h {
		suffix, ok := strings.CutPrefix(header, rateLimitPrefix)
		if !ok || len(values) == 0 {
			continue
		}
		key, ok := semconv.RateLimitKey(suffix)
		if !ok {
			continue
		}
		if v, err := strconv.ParseInt(values[0], 10, 64); err == nil {
			call.Extra = append(call.Extra, key.Int64(v))
		}
	}
	if s, ok := retryAfter(h.Get("Retry-After"), now); ok {
		call.Extra = append(call.Extra, semconv.MistralRateLimitRetryAfterKey.Float64(s))
	}
}

func headerID(h http.Header, name string) string {
	return clip(strings.ToValidUTF8(h.Get(name), "\uFFFD"))
}

// retryAfter reads both forms of the header, seconds and a date, as seconds.
func retryAfter(v string, now time.Time) (seconds float64, ok bool) {
	if v == "" { // both parsers would make an error for it
		return 0, false
	}
	if s, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
		return s, s >= 0 && s < 1<<31
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now).Seconds()), true
}
