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
	for header, values := range h {
		if len(values) == 0 || values[0] == "" {
			continue
		}
		switch value := values[0]; header {
		case "Mistral-Correlation-Id":
			call.Response.CorrelationID = headerID(value)
		case "X-Kong-Request-Id": // the gateway's own id equals Mistral's
			if call.Response.CorrelationID == "" {
				call.Response.CorrelationID = headerID(value)
			}
		case "X-Respan-Log-Id":
			call.Extra = append(call.Extra, semconv.MistralGatewayLogIDKey.String(headerID(value)))
		case "X-Respan-Gateway-Request-Id":
			call.Extra = append(call.Extra, semconv.MistralGatewayRequestIDKey.String(headerID(value)))
		case "Retry-After":
			if s, ok := retryAfter(value, now); ok {
				call.Extra = append(call.Extra, semconv.MistralRateLimitRetryAfterKey.Float64(s))
			}
		default:
			readRateLimit(header, value, call)
		}
	}
}

func readRateLimit(header, value string, call *genai.Call) {
	suffix, ok := strings.CutPrefix(header, rateLimitPrefix)
	if !ok {
		return
	}
	key, ok := semconv.RateLimitKey(suffix)
	if !ok {
		return
	}
	if v, err := strconv.ParseInt(value, 10, 64); err == nil {
		call.Extra = append(call.Extra, key.Int64(v))
	}
}

func headerID(value string) string {
	return clip(strings.ToValidUTF8(value, "\uFFFD"))
}

// retryAfter reads both forms of the header, seconds and a date, as seconds.
func retryAfter(v string, now time.Time) (seconds float64, ok bool) {
	if s, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
		return s, s >= 0 && s < 1<<31
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now).Seconds()), true
}
