// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"net/url"
	"regexp"
	"slices"
	"testing"
)

// endpoint says how the exchanges of one endpoint are read a second time.
type endpoint struct {
	method string
	path   string // of the URL, anchored
	read   func(t *testing.T, r *reading, x *exchange)
}

const chatPath = "/v1/chat/completions"

// endpoints lists what the transport is to observe.
var endpoints = []endpoint{
	{"POST", chatPath, readChat},
	{"POST", "/v1/fim/completions", readFIM},
	{"POST", "/v1/agents/completions", readAgentCompletion},
}

// endpoint is nil for an exchange that is not to be observed.
func (x *exchange) endpoint() *endpoint {
	u, err := url.Parse(x.url)
	if err != nil {
		return nil
	}
	for i := range endpoints {
		if e := &endpoints[i]; x.method == e.method && regexp.MustCompile("^"+e.path+"$").MatchString(u.Path) {
			return e
		}
	}
	return nil
}

// observedRecordings are the recordings that have a span.
func observedRecordings(t *testing.T) []exchange {
	t.Helper()
	return slices.DeleteFunc(recordings(t), func(x exchange) bool { return x.endpoint() == nil })
}

// call sets the operation and the name of the span: both are that of the
// operation, and the name has target behind it.
func (r *reading) call(operation string, target any) {
	r.attributes["gen_ai.operation.name"] = operation
	r.name = operation
	if s, _ := target.(string); s != "" {
		r.name += " " + s
	}
}

func readChat(t *testing.T, r *reading, x *exchange) {
	request := r.readChat(t, x)
	r.call("chat", request["model"])
}

func readFIM(t *testing.T, r *reading, x *exchange) {
	request := r.readChat(t, x)
	r.call("text_completion", request["model"])
	prompt := message{Role: "user", Text: request["prompt"].(string)}
	if suffix, ok := request["suffix"].(string); ok {
		prompt.Media = []object{{"type": "generic", "generic_type": "suffix", "content": suffix}}
	}
	r.input = []message{prompt}
}

func readAgentCompletion(t *testing.T, r *reading, x *exchange) {
	request := r.readChat(t, x)
	r.call("invoke_agent", nil)
	r.set("gen_ai.agent.id", request["agent_id"])
}
