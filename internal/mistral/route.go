// SPDX-License-Identifier: Apache-2.0

// Package mistral reads Mistral's wire formats into a [genai.Call]: which
// requests are calls to a model, what they ask, and what comes back, as JSON,
// as server-sent events or as an error.
//
// Everything is read in pieces, as somebody else sends or receives it, and in
// bounded memory. The API is described at https://docs.mistral.ai/api/; what is
// read beyond that is what real traffic and compatible servers were seen to
// send. Fields of an unexpected type cost only themselves.
package mistral

import (
	"net/http"
	"strings"

	"github.com/otelmistral/otelmistral/semconv"
)

// Route is one kind of call.
type Route struct {
	// Operation is the gen_ai.operation.name.
	Operation string

	method string
	suffix string // the path ends with it
	// anywhere: also on hosts that nobody called Mistral's. Other servers
	// speak this part of the API, too; the rest is too easily somebody else's.
	anywhere bool
}

// routes holds the calls that run a model. Everything else passes untouched.
var routes = []Route{
	{Operation: semconv.OperationChat, method: http.MethodPost, suffix: "/chat/completions", anywhere: true},
}

// Match finds the route of a request. configured holds the hosts, in lower
// case, that the user called Mistral's. Match does not allocate.
func Match(method, host, path string, configured map[string]bool) (*Route, bool) {
	for i := range routes {
		r := &routes[i]
		if method != r.method || !strings.HasSuffix(path, r.suffix) {
			continue
		}
		if isMistral(host) || configured[host] {
			return r, true
		}
		return r, r.anywhere && !isForeign(host)
	}
	return nil, false
}
