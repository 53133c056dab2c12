// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// This file reads an exchange a second time, in the simplest way there is and
// with none of the library's code: encoding/json into maps.

type object = map[string]any

// reading is what a span should say of an exchange.
type reading struct {
	// name is that of the span.
	name string
	// attributes are those that carry no content and no time.
	attributes object
	// input and output are the messages, tools the definitions.
	input, output []message
	tools         []any
	// executions are the tools that the server ran.
	executions []object
	// token tells whether the model said something in a stream.
	token bool
}

// message is what a message says, without the order of its parts.
type message struct {
	Role, Name, Finish string
	Text, Reasoning    string
	Calls              []toolCall
	Answer             *toolAnswer
	Media              []object
}

type toolCall struct {
	ID, Name  string
	Arguments any
}

type toolAnswer struct {
	ID       string
	Response any
}

func read(t *testing.T, x *exchange) reading {
	t.Helper()
	r := reading{attributes: object{
		"gen_ai.provider.name":      "mistral_ai",
		"server.address":            "api.mistral.ai",
		"server.port":               int64(80),
		"http.response.status_code": int64(x.status),
		"mistral_ai.outcome":        "completed",
	}}
	r.readHeaders(x)
	x.endpoint().read(t, &r, x)
	return r
}

// readChat reads an exchange with a chat's reply. It returns the request.
func (r *reading) readChat(t *testing.T, x *exchange) object {
	t.Helper()
	var request object
	require.NoError(t, json.Unmarshal(x.request, &request))
	r.readRequest(request)
	switch {
	case x.status >= 400:
		r.fail("refused", strconv.Itoa(x.status))
		var body object
		if json.Unmarshal(x.reply, &body) == nil {
			r.readError(body)
		}
	case x.stream:
		r.readStream(string(x.reply))
	default:
		var reply object
		require.NoError(t, json.Unmarshal(x.reply, &reply))
		r.readReply(reply)
	}
	return request
}

// set records a value unless it is absent. Numbers become what the attribute's
// type is.
func (r *reading) set(key string, v any) {
	if v != nil && v != "" {
		r.attributes[key] = v
	}
}

func (r *reading) setInt(key string, v any) {
	if f, ok := v.(float64); ok {
		r.attributes[key] = int64(f)
	}
}

func (r *reading) fail(outcome, errorType string) {
	r.attributes["mistral_ai.outcome"] = outcome
	r.attributes["error.type"] = errorType
}

func (r *reading) readError(e object) {
	if inner, ok := e["error"].(object); ok {
		e = inner
	}
	for member, key := range map[string]string{"type": "mistral_ai.error.type", "code": "mistral_ai.error.code"} {
		if v := e[member]; v != nil {
			r.attributes[key] = fmt.Sprint(v)
		}
	}
}

func (r *reading) readRequest(q object) {
	for _, name := range []string{"model", "temperature", "top_p", "frequency_penalty", "presence_penalty"} {
		r.set("gen_ai.request."+name, q[name])
	}
	for _, name := range []string{"safe_prompt", "parallel_tool_calls", "reasoning_effort", "prompt_mode", "service_tier"} {
		r.set("mistral_ai.request."+name, q[name])
	}
	r.setInt("gen_ai.request.max_tokens", q["max_tokens"])
	r.setInt("gen_ai.request.seed", q["random_seed"])
	if n := q["n"]; n != 1.0 {
		r.setInt("gen_ai.request.choice.count", n)
	}
	if q["stream"] == true {
		r.attributes["gen_ai.request.stream"] = true
	}
	if format, ok := q["response_format"].(object); ok {
		r.attributes["gen_ai.output.type"] = map[any]any{"json_object": "json", "json_schema": "json", "text": "text"}[format["type"]]
	}
	switch choice := q["tool_choice"].(type) {
	case string:
		r.set("mistral_ai.request.tool_choice", choice)
	case object:
		r.set("mistral_ai.request.tool_choice", "function:"+choice["function"].(object)["name"].(string))
	}
	for _, m := range list(q["messages"]) {
		r.input = append(r.input, readMessage(m.(object)))
	}
	for _, tool := range list(q["tools"]) {
		definition := object{"type": "function"}
		for k, v := range tool.(object)["function"].(object) {
			if k != "strict" {
				definition[k] = v
			}
		}
		r.tools = append(r.tools, definition)
	}
}

func (r *reading) readHeaders(x *exchange) {
	r.set("mistral_ai.correlation_id", x.replyHeader.Get("Mistral-Correlation-Id"))
	if r.attributes["mistral_ai.correlation_id"] == nil {
		r.set("mistral_ai.correlation_id", x.replyHeader.Get("X-Kong-Request-Id"))
	}
	for k := range x.replyHeader {
		limit, ok := strings.CutPrefix(strings.ToLower(k), "x-ratelimit-")
		if n, err := strconv.ParseInt(x.replyHeader.Get(k), 10, 64); ok && err == nil {
			r.attributes["mistral_ai.ratelimit."+strings.ReplaceAll(limit, "-", "_")] = n
		}
	}
}

func (r *reading) readReply(reply object) {
	r.set("gen_ai.response.id", reply["id"])
	r.set("gen_ai.response.model", reply["model"])
	r.readUsage(reply["usage"])
	for _, choice := range list(reply["choices"]) {
		m := readMessage(choice.(object)["message"].(object))
		m.Finish, _ = choice.(object)["finish_reason"].(string)
		r.output = append(r.output, m)
	}
	r.finish()
}

func (r *reading) finish() {
	var reasons []string
	known := false
	for i := range r.output {
		m := &r.output[i]
		known = known || m.Finish != ""
		if m.Finish == "error" {
			r.fail("stream_error", "stream_error")
		}
	}
	for i := range r.output {
		m := &r.output[i]
		if m.Finish == "" && r.attributes["error.type"] != nil {
			m.Finish = "error"
		}
		reasons = append(reasons, m.Finish)
		if m.Finish == "tool_calls" {
			m.Finish = "tool_call" // the word of the message schema
		}
	}
	if known {
		r.attributes["gen_ai.response.finish_reasons"] = reasons
	}
}

func (r *reading) readUsage(v any) {
	usage, ok := v.(object)
	if !ok {
		return
	}
	r.setInt("gen_ai.usage.input_tokens", usage["prompt_tokens"])
	r.setInt("gen_ai.usage.output_tokens", usage["completion_tokens"])
	if details, ok := usage["prompt_tokens_details"].(object); ok {
		r.setInt("gen_ai.usage.cache_read.input_tokens", details["cached_tokens"])
		if audio, ok := details["audio_tokens"].(float64); ok {
			r.setInt("mistral_ai.usage.audio_tokens", audio)
			r.setInt("gen_ai.usage.input_tokens", usage["prompt_tokens"].(float64)+audio)
		}
	}
	r.set("mistral_ai.usage.audio_seconds", usage["prompt_audio_seconds"])
	r.set("mistral_ai.response.service_tier", usage["service_tier"])
}

// readStream splits the lines and adds the deltas up.
func (r *reading) readStream(body string) {
	ended, failed := false, false
	choices := map[float64]*message{}
	for line := range strings.Lines(strings.ReplaceAll(body, "\r\n", "\n")) {
		data, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "data:")
		data = strings.TrimPrefix(data, " ")
		if ended = ended || data == "[DONE]"; !ok || ended {
			continue
		}
		var chunk object
		if json.Unmarshal([]byte(data), &chunk) != nil {
			continue
		}
		if chunk["error"] != nil || chunk["object"] == "error" {
			r.fail("stream_error", "stream_error")
			r.readError(chunk)
			failed = true
			break
		}
		r.set("gen_ai.response.id", chunk["id"])
		r.set("gen_ai.response.model", chunk["model"])
		r.readUsage(chunk["usage"])
		for _, c := range list(chunk["choices"]) {
			choice := c.(object)
			m := choices[choice["index"].(float64)]
			if m == nil {
				m = &message{Role: "assistant"}
				choices[choice["index"].(float64)] = m
			}
			delta := readMessage(choice["delta"].(object))
			m.Text += delta.Text
			m.Reasoning += delta.Reasoning
			m.Calls = append(m.Calls, delta.Calls...) // each whole: see INDEX.md
			if reason, ok := choice["finish_reason"].(string); ok {
				m.Finish = reason
			}
			r.token = r.token || delta.Text != "" || delta.Reasoning != "" || delta.Calls != nil
		}
	}
	for _, index := range slices.Sorted(maps.Keys(choices)) {
		r.output = append(r.output, *choices[index])
		if !ended && !failed && choices[index].Finish == "" {
			r.fail("truncated", "truncated")
		}
	}
	r.finish()
}

func readMessage(m object) message {
	out := message{}
	out.Role, _ = m["role"].(string)
	out.Name, _ = m["name"].(string)
	if out.Role == "tool" {
		out.Name = ""
		id, _ := m["tool_call_id"].(string)
		out.Answer = &toolAnswer{id, m["content"]}
		return out
	}
	if s, ok := m["content"].(string); ok {
		out.Text = s
	}
	for _, c := range list(m["content"]) {
		chunk := c.(object)
		switch kind := chunk["type"].(string); kind {
		case "text":
			out.Text += chunk["text"].(string)
		case "thinking":
			for _, thought := range list(chunk["thinking"]) {
				out.Reasoning += thought.(object)["text"].(string)
			}
		default:
			out.Media = append(out.Media, readMedia(kind, chunk))
		}
	}
	for _, c := range list(m["tool_calls"]) {
		function := c.(object)["function"].(object)
		call := toolCall{Name: function["name"].(string), Arguments: function["arguments"]}
		if call.ID, _ = c.(object)["id"].(string); call.ID == "null" {
			call.ID = ""
		}
		if s, ok := call.Arguments.(string); ok {
			var parsed object
			if json.Unmarshal([]byte(s), &parsed) == nil {
				call.Arguments = parsed
			}
		}
		out.Calls = append(out.Calls, call)
	}
	return out
}

func readMedia(kind string, chunk object) object {
	modality := map[string]string{"image_url": "image", "document_url": "document", "input_audio": "audio"}[kind]
	value := chunk[kind]
	if o, ok := value.(object); ok {
		if value = o["url"]; value == nil {
			value = o["data"]
		}
	}
	s := value.(string)
	if strings.HasPrefix(s, "http") {
		return object{"type": "uri", "modality": modality, "uri": s}
	}
	part := object{"type": "blob", "modality": modality, "content": ""}
	if mediaType, rest, ok := strings.Cut(strings.TrimPrefix(s, "data:"), ";base64,"); ok {
		part["mime_type"] = mediaType
		s = rest
	}
	// One recording's audio was cut out and is no base64 any more.
	if raw, err := base64.StdEncoding.DecodeString(s); err == nil {
		sum := sha256.Sum256(raw)
		part["byte_count"] = float64(len(raw))
		part["sha256"] = hex.EncodeToString(sum[:])
	}
	return part
}

// recorded reads the messages of a span.
func recorded(t *testing.T, attribute any) []message {
	t.Helper()
	if attribute == nil {
		return nil
	}
	var messages []object
	require.NoError(t, json.Unmarshal([]byte(attribute.(string)), &messages))
	out := make([]message, len(messages))
	for i, m := range messages {
		out[i] = recordedMessage(m)
	}
	return out
}

func recordedMessage(m object) message {
	out := message{Role: m["role"].(string)}
	out.Name, _ = m["name"].(string)
	out.Finish, _ = m["finish_reason"].(string)
	for _, p := range list(m["parts"]) {
		part := p.(object)
		switch part["type"] {
		case "text":
			out.Text += part["content"].(string)
		case "reasoning":
			out.Reasoning += part["content"].(string)
		case "tool_call":
			id, _ := part["id"].(string)
			out.Calls = append(out.Calls, toolCall{id, part["name"].(string), part["arguments"]})
		case "tool_call_response":
			id, _ := part["id"].(string)
			out.Answer = &toolAnswer{id, part["response"]}
		case "server_tool_call", "server_tool_call_response":
			// Flat, so that a second reading can tell it simply.
			kind := part["type"].(string)
			flat := object{"type": kind, "id": part["id"]}
			for k, v := range part[kind].(object) {
				if k == "type" {
					k = "name"
				}
				flat[k] = v
			}
			out.Media = append(out.Media, flat)
		default:
			out.Media = append(out.Media, part)
		}
	}
	return out
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}
