// SPDX-License-Identifier: Apache-2.0

// Package mistral reads Mistral's wire formats into a [genai.Call]: which
// requests are calls to a model, what they ask, and what comes back, as JSON,
// as server-sent events or as an error.
//
// Everything is read in pieces, as somebody else sends or receives it, and in
// bounded memory. The API is described at https://docs.mistral.ai/api/; what is
// read beyond that is what real traffic and compatible servers were seen to
// send. Fields of an unexpected type cost only themselves.
//
// The table of routes drives it. A new endpoint is one row there, one file that
// says how its bodies are read, and golden files in package roundtripper.
package mistral

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/otelmistral/otelmistral/semconv"
)

// Route is one kind of call.
type Route struct {
	// Operation is the gen_ai.operation.name, "" where the conventions have
	// none. Some requests tell only in their body which of two it is.
	Operation string
	// Name is the mistral_ai.operation of a route without an Operation.
	Name string

	method string
	// path is the end of the path, by segments. * stands for one segment that
	// is not empty, *:x for one that ends with :x.
	path     string
	where    where
	endpoint *endpoint
}

// where says on which hosts a route is taken for Mistral's.
type where int

const (
	// own: on Mistral's hosts and those that the user called Mistral's. On any
	// other the path is too easily somebody else's.
	own where = iota
	// compatible: on any host but those of other providers. Other servers speak
	// this part of the API, too.
	compatible
	azure  // on Azure's hosts as well as own
	vertex // on Vertex AI's hosts only
	respan // on Respan's gateway only
)

// routes holds the calls that run a model, an agent, a tool or a workflow, or
// make an agent. Everything else passes untouched. Of two routes that a request
// fits, the first one counts.
var routes = []Route{
	{Operation: semconv.OperationChat, method: http.MethodPost, path: "/chat/completions", where: respan, endpoint: &respanChatEndpoint},
	{Operation: semconv.OperationChat, method: http.MethodPost, path: "/chat/completions", where: compatible, endpoint: &chatEndpoint},
	{Operation: semconv.OperationTextCompletion, method: http.MethodPost, path: "/fim/completions", where: compatible, endpoint: &fimEndpoint},
	{Operation: semconv.OperationInvokeAgent, method: http.MethodPost, path: "/v1/agents/completions", where: own, endpoint: &agentCompletionEndpoint},
	{Operation: semconv.OperationInvokeAgent, method: http.MethodPost, path: "/v1/conversations", where: own, endpoint: &conversationEndpoint},
	{Operation: semconv.OperationInvokeAgent, method: http.MethodPost, path: "/v1/conversations/*", where: own, endpoint: &conversationAppendEndpoint},
	{Operation: semconv.OperationInvokeAgent, method: http.MethodPost, path: "/v1/conversations/*/restart", where: own, endpoint: &conversationRestartEndpoint},
	{Operation: semconv.OperationCreateAgent, method: http.MethodPost, path: "/v1/agents", where: own, endpoint: &agentEndpoint},
	{Operation: semconv.OperationCreateAgent, method: http.MethodPatch, path: "/v1/agents/*", where: own, endpoint: &agentVersionEndpoint},
	{Operation: semconv.OperationExecuteTool, method: http.MethodPost, path: "/v1/connectors/*/tools/*/call", where: own, endpoint: &connectorEndpoint},
	{Operation: semconv.OperationInvokeWorkflow, method: http.MethodPost, path: "/v1/workflows/*/execute", where: own, endpoint: &workflowEndpoint},
	{Operation: semconv.OperationEmbeddings, method: http.MethodPost, path: "/embeddings", where: compatible, endpoint: &embeddingsEndpoint},
	{Operation: semconv.OperationGenerateContent, method: http.MethodPost, path: "/v1/ocr", where: own, endpoint: &ocrEndpoint},
	{Operation: semconv.OperationGenerateContent, method: http.MethodPost, path: "/providers/mistral/azure/ocr", where: azure, endpoint: &ocrEndpoint},
	{Name: semconv.RouteModeration, method: http.MethodPost, path: "/v1/moderations", where: own, endpoint: &moderationEndpoint},
	{Name: semconv.RouteChatModeration, method: http.MethodPost, path: "/v1/chat/moderations", where: own, endpoint: &chatModerationEndpoint},
	{Name: semconv.RouteClassification, method: http.MethodPost, path: "/v1/classifications", where: own, endpoint: &classificationEndpoint},
	{Name: semconv.RouteChatClassification, method: http.MethodPost, path: "/v1/chat/classifications", where: own, endpoint: &chatClassificationEndpoint},
	{Name: semconv.RouteTranscription, method: http.MethodPost, path: "/v1/audio/transcriptions", where: own, endpoint: &transcriptionEndpoint},
	{Name: semconv.RouteSpeech, method: http.MethodPost, path: "/v1/audio/speech", where: own, endpoint: &speechEndpoint},
	{Operation: semconv.OperationChat, method: http.MethodPost, path: "/publishers/mistralai/models/*:rawPredict", where: vertex, endpoint: &vertexEndpoint},
	{Operation: semconv.OperationChat, method: http.MethodPost, path: "/publishers/mistralai/models/*:streamRawPredict", where: vertex, endpoint: &vertexEndpoint},
}

// Match finds the route of a request, nil if there is none, and the server's
// [Hostname]. configured holds the hosts, in lower case, that the user called
// Mistral's. Match does not allocate, and does not look at the host unless the
// path is that of a route.
func Match(method string, u *url.URL, configured map[string]bool) (route *Route, host string) {
	before, end := cutLast(u.Path)
	if route, host = match(byEnd[slot(end)], method, u, configured); route != nil {
		return route, host
	}
	_, parent := cutLast(before)
	return match(openBelow[slot(parent)], method, u, configured)
}

func match(candidates []*Route, method string, u *url.URL, configured map[string]bool) (route *Route, host string) {
	fits := ""
	for _, r := range candidates {
		if method != r.method || r.path != fits && !endsWith(u.Path, r.path) {
			continue
		}
		fits = r.path
		if host == "" {
			host = Hostname(u)
		}
		if r.where.holds(host, configured) {
			return r, host
		}
	}
	return nil, ""
}

// Hostname is the server that a URL names, in lower case and without the dot of
// DNS's root: with it, a host is still the same.
func Hostname(u *url.URL) string { return strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")) }

// byEnd holds the routes by the last segment of their path, openBelow those that
// leave it open by the segment before, each in the order of the table: requests
// that are no call must not cost more with every route. They are no maps: two
// lookups were a tenth of what a call in memory costs.
var byEnd, openBelow = func() (ends, open [256][]*Route) {
	for i := range routes {
		before, end := cutLast(routes[i].path)
		if strings.HasPrefix(end, "*") {
			_, parent := cutLast(before)
			open[slot(parent)] = append(open[slot(parent)], &routes[i])
		} else {
			ends[slot(end)] = append(ends[slot(end)], &routes[i])
		}
	}
	return ends, open
}()

// slot is where the routes of a segment are, and perhaps those of others.
func slot(segment string) byte {
	if segment == "" {
		return 0
	}
	return byte(len(segment))<<4 ^ segment[0]<<1 ^ segment[len(segment)-1]
}

// cutLast cuts the last segment off a path.
func cutLast(path string) (before, segment string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

func (w where) holds(host string, configured map[string]bool) bool {
	switch w {
	case vertex:
		return isVertex(host)
	case respan:
		return isRespan(host)
	case azure:
		if isAzure(host) {
			return true
		}
	case compatible:
		return isMistral(host) || configured[host] || !isForeign(host)
	}
	return isMistral(host) || configured[host]
}

// endsWith tells whether path ends with the segments of pattern.
func endsWith(path, pattern string) bool {
	for pattern != "" {
		p, s := strings.LastIndexByte(pattern, '/'), strings.LastIndexByte(path, '/')
		if s < 0 {
			return false
		}
		want, segment := pattern[p+1:], path[s+1:]
		if rest, ok := strings.CutPrefix(want, "*"); ok {
			if len(segment) <= len(rest) || !strings.HasSuffix(segment, rest) {
				return false
			}
		} else if segment != want {
			return false
		}
		pattern, path = pattern[:p], path[:s]
	}
	return true
}

// segment is one segment of a path, counted from its end: the last one is 1.
func segment(path string, fromEnd int) string {
	for ; fromEnd > 1; fromEnd-- {
		path, _ = cutLast(path)
	}
	_, last := cutLast(path)
	return clip(strings.ToValidUTF8(last, "\uFFFD"))
}
