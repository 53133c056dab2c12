// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"net/http"
	"strings"
)

// addGatewayHeaders sets what Mistral's gateway adds to a reply. Everything but
// the ids is constant.
func addGatewayHeaders(h http.Header, number int, reply Reply) {
	id := fmt.Sprintf("01a01a72-91a2-7000-8000-%012d", number)
	h.Set("Mistral-Correlation-Id", id)
	h.Set("X-Kong-Request-Id", id)
	h.Set("Server", "cloudflare")

	switch statusOr200(reply.Status) {
	case http.StatusUnauthorized, http.StatusNotFound:
		h.Set("X-Kong-Response-Latency", "18")
		return // the gateway answered by itself
	}
	h.Set("X-Kong-Proxy-Latency", "29")
	h.Set("X-Kong-Upstream-Latency", "432")
	h.Set("X-Envoy-Upstream-Service-Time", "431")
	h.Set("X-Max-Retry-Attempts-Reached", "false")

	if strings.HasPrefix(reply.Header.Get("Content-Type"), "text/event-stream") {
		return // rate limits are never on a stream
	}
	h.Set("X-Ratelimit-Limit-Req-Minute", "100")
	h.Set("X-Ratelimit-Remaining-Req-Minute", "99")
	h.Set("X-Ratelimit-Limit-Tokens-Minute", "100000")
	h.Set("X-Ratelimit-Remaining-Tokens-Minute", "98321")
	h.Set("X-Ratelimit-Tokens-Query-Cost", "32")
}
