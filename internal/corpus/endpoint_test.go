// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
	{"POST", "/v1/conversations(/[^/]+(/restart)?)?", readConversation},
	{"POST", "/v1/agents", readCreateAgent},
	{"POST", "/v1/embeddings", readEmbeddings},
	{"POST", "/v1/ocr", readOCR},
	{"POST", "/v1/moderations", readModeration},
	{"POST", "/v1/chat/moderations", readModeration},
	{"POST", "/v1/audio/transcriptions", readTranscription},
	{"POST", "/v1/audio/speech", readSpeech},
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

// decode reads the bodies of an exchange that succeeded, and what they have in
// common.
func (r *reading) decode(t *testing.T, x *exchange) (request, reply object) {
	t.Helper()
	require.NoError(t, json.Unmarshal(x.request, &request))
	require.NoError(t, json.Unmarshal(x.reply, &reply))
	r.set("gen_ai.request.model", request["model"])
	r.set("gen_ai.response.id", reply["id"])
	r.set("gen_ai.response.model", reply["model"])
	r.readUsage(reply["usage"])
	return request, reply
}

// texts is the one message that stands for the input of a request, and how many
// inputs that were.
func (r *reading) texts(input any) (count int) {
	parts := list(input)
	if s, ok := input.(string); ok {
		parts = []any{s}
	}
	m := message{Role: "user"}
	for _, part := range parts {
		m.Text += part.(string)
	}
	r.input = []message{m}
	return len(parts)
}

func readEmbeddings(t *testing.T, r *reading, x *exchange) {
	request, _ := r.decode(t, x)
	r.call("embeddings", request["model"])
	r.setInt("gen_ai.embeddings.dimension.count", request["output_dimension"])
	if format, ok := request["encoding_format"].(string); ok {
		r.attributes["gen_ai.request.encoding_formats"] = []string{format}
	}
	r.attributes["mistral_ai.request.input_count"] = int64(r.texts(request["input"]))
	delete(r.attributes, "gen_ai.response.id")
	delete(r.attributes, "gen_ai.usage.output_tokens")
}

func readOCR(t *testing.T, r *reading, x *exchange) {
	request, reply := r.decode(t, x)
	r.call("generate_content", request["model"])
	usage := reply["usage_info"].(object)
	r.setInt("mistral_ai.ocr.usage.pages_processed", usage["pages_processed"])
	r.setInt("mistral_ai.ocr.usage.doc_size_bytes", usage["doc_size_bytes"])
	r.input = []message{readMessage(object{"role": "user", "content": []any{request["document"]}})}
	answer := message{Role: "assistant", Finish: "stop"}
	for _, page := range list(reply["pages"]) {
		answer.Text += page.(object)["markdown"].(string)
	}
	if s, ok := reply["document_annotation"].(string); ok {
		answer.Text += s
	}
	if answer.Text != "" {
		r.output = []message{answer}
	}
}

func readModeration(t *testing.T, r *reading, x *exchange) {
	request, reply := r.decode(t, x)
	route := map[bool]string{false: "moderations", true: "chat.moderations"}[strings.Contains(x.url, "chat")]
	r.attributes["mistral_ai.operation"] = route
	r.name = route + " " + request["model"].(string)
	if route == "moderations" {
		r.attributes["mistral_ai.request.input_count"] = int64(r.texts(request["input"]))
	} else {
		for _, m := range list(request["input"]) {
			r.input = append(r.input, readMessage(m.(object)))
		}
	}
	var flagged []string
	for _, result := range list(reply["results"]) {
		for category, yes := range result.(object)["categories"].(object) {
			if yes == true {
				flagged = append(flagged, category)
			}
		}
	}
	if flagged != nil {
		r.attributes["mistral_ai.moderation.flagged"] = flagged
	}
}
