// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// otherFamilies are the prefixes of model names that the gateway has besides
// Mistral's.
var otherFamilies = []string{"claude", "command", "deepseek", "gemini", "gpt-", "llama", "o1", "o3", "o4", "qwen"}

func isGatewayPath(path string) bool {
	return path == "/api/chat/completions" || path == "/api/v1/chat/completions"
}

// gatewayReply answers as [WithRespanGateway] says.
func (m model) gatewayReply(r *Request) Reply {
	var req chatRequest
	if err := json.Unmarshal(r.Body, &req); err != nil {
		return gatewayRefusal(http.StatusBadRequest, "malformed body")
	}
	switch key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); {
	case !ok || key == "" || strings.Contains(key, "invalid"):
		return gatewayRefusal(http.StatusUnauthorized, "Invalid API key")
	case req.Model == nil || req.Messages == nil:
		return gatewayRefusal(http.StatusBadRequest, "model and messages are required")
	}
	isServed := func(family string) bool { return strings.HasPrefix(servedModel(*req.Model), family) }
	if !slices.ContainsFunc(slices.Concat(families, otherFamilies), isServed) {
		return gatewayRefusal(http.StatusNotFound, "Unknown model: "+*req.Model)
	}

	choices := m.choices(req)
	wire := newEnvelope(servedModel(*req.Model), r.Body)
	used := count(req, choices)
	if !req.Stream {
		reply := JSON(http.StatusOK, wire.whole(choices, used))
		reply.Steps = append(m.pause(m.first), reply.Steps...)
		return fromGateway(wire.id, reply)
	}
	chunks := wire.stream(choices, used, wire.model)
	if !req.StreamOptions.IncludeUsage {
		last := len(chunks) - 1
		chunks[last] = withoutUsage(chunks[last])
	}
	if req.RequestBreakdown {
		const extra = "extra_parameter"
		chunks = append(chunks, encode(chunk{
			ID: extra, Object: "chat.completion.chunk", Created: wire.created, Model: extra, Choices: []deltaChoice{},
		}))
	}
	var events []Step
	for _, data := range chunks {
		events = append(events, Event(data))
	}
	return fromGateway(wire.id, Stream(m.paced(events)...))
}

func gatewayRefusal(status int, detail string) Reply {
	return fromGateway("refused", JSON(status, encode(map[string]string{"detail": detail})))
}

// fromGateway replaces the headers of Mistral's gateway by those of Respan's.
func fromGateway(id string, reply Reply) Reply {
	reply.Gateway = false
	return reply.With("X-Respan-Log-Id", "log-"+id).With("X-Respan-Gateway-Request-Id", "req-"+id)
}

// servedModel is the name in the reply: without the provider, and with a date.
func servedModel(requested string) string {
	name := requested[strings.LastIndex(requested, "/")+1:]
	if base, latest := strings.CutSuffix(name, "-latest"); latest {
		return base + "-2512"
	}
	return name
}

// withoutUsage removes the usage of an event that this package wrote.
func withoutUsage(event string) string {
	var c chunk
	if err := json.Unmarshal([]byte(event), &c); err != nil {
		panic("testserver: " + err.Error())
	}
	c.Usage = nil
	return encode(c)
}
