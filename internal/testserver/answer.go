// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// answer is one choice: what the model thinks, says and calls. Thinking and text
// are lists of tokens, which here are words with the white space before them.
type answer struct {
	thinking, text []string
	calls          []call
	finish         string
}

// call is a tool call before it gets its id.
type call struct{ name, arguments string }

// choices answers req n times. The choices differ, so that a reader who mixes
// them up is caught.
func (m model) choices(req chatRequest) []answer {
	n := 1
	if req.N != nil {
		n = *req.N
	}
	out := make([]answer, n)
	for i := range out {
		out[i] = m.choose(req, i)
	}
	return out
}

func (m model) choose(req chatRequest, index int) answer {
	if m.fixed != nil {
		return *m.fixed
	}
	prompt := lastText(req, "user")
	if calls := toolCalls(req, prompt); len(calls) > 0 {
		return answer{calls: calls, finish: "tool_calls"}
	}

	var text string
	switch last := lastMessage(req); {
	case last.Role == "tool":
		text = report(textOf(last.Content), identifier(allText(req, "user")))
	case req.ResponseFormat.Type == "json_schema":
		text = req.ResponseFormat.JSONSchema.Schema.example(prompt)
	case req.ResponseFormat.Type == "json_object":
		text = object([]string{"answer"}, []string{encode(m.answer(prompt))})
	default:
		text = m.answer(prompt)
		if index > 0 {
			text = fmt.Sprintf("%s That is answer %d.", text, index+1)
		}
	}

	a := answer{text: tokens(text), finish: "stop"}
	if thinks(req) {
		a.thinking = tokens(fmt.Sprintf("The user says %q. That is easy to answer.", clip(prompt)))
	}
	if req.MaxTokens != nil {
		a = a.limited(max(0, *req.MaxTokens))
	}
	return a
}

// limited cuts a after n tokens.
func (a answer) limited(n int) answer {
	if len(a.thinking)+len(a.text) <= n {
		return a
	}
	a.finish = "length"
	a.thinking = a.thinking[:min(n, len(a.thinking))]
	a.text = a.text[:n-len(a.thinking)]
	return a
}

func thinks(req chatRequest) bool {
	return isMagistral(*req.Model) || req.ReasoningEffort == "high"
}

func isMagistral(model string) bool { return strings.HasPrefix(model, "magistral") }

// knownAnswer is what the model says by default.
func knownAnswer(prompt string) string {
	for _, known := range []struct{ question, answer string }{
		{"capital of France", "The capital of France is **Paris**."},
		{"2 + 2", "2 + 2 equals **4**."},
		{"12 * 12", "12 * 12 equals **144**."},
		{"21 * 2", "42"},
		{"add(a, b)", "\n    return a + b\n"},
	} {
		if strings.Contains(prompt, known.question) {
			return known.answer
		}
	}
	return fmt.Sprintf("I am a test server. You said %q, and this is all I know about it.", clip(prompt))
}

// usage counts tokens in the shape of the wire.
type usage struct {
	Prompt     int          `json:"prompt_tokens"`
	Total      int          `json:"total_tokens"`
	Completion int          `json:"completion_tokens"`
	Details    usageDetails `json:"prompt_tokens_details"`
	Tier       string       `json:"service_tier"`
}

type usageDetails struct {
	Cached int `json:"cached_tokens"`
}

// cacheBlock is the unit in which the prompt cache of the model works.
const cacheBlock = 16

// count counts tokens: 4 for each message beside its own, and what comes before
// the last answer of the model was seen before, so whole blocks of it are cached.
func count(req chatRequest, choices []answer) usage {
	prompt, seen := 0, 0
	for _, tool := range req.Tools {
		prompt += 16 + len(tokens(tool.Function.Name))
	}
	for _, message := range req.Messages {
		if message.Role == "assistant" {
			seen = prompt
		}
		prompt += 4 + len(tokens(textOf(message.Content)))
	}
	completion := 0
	for _, a := range choices {
		completion += len(a.thinking) + len(a.text)
		for _, c := range a.calls {
			completion += 8 + len(tokens(c.arguments))
		}
	}
	return usage{
		Prompt: prompt, Completion: completion, Total: prompt + completion,
		Details: usageDetails{Cached: seen / cacheBlock * cacheBlock}, Tier: "standard",
	}
}

var token = regexp.MustCompile(`\s*\S+|\s+$`)

// tokens cuts text into words with the white space before them. Joined, they are
// text again.
func tokens(text string) []string { return token.FindAllString(text, -1) }

func lastMessage(req chatRequest) chatMessage {
	if len(req.Messages) == 0 {
		return chatMessage{}
	}
	return req.Messages[len(req.Messages)-1]
}

// lastText returns the text of the last message with that role.
func lastText(req chatRequest, role string) string {
	for _, message := range slices.Backward(req.Messages) {
		if message.Role == role {
			return textOf(message.Content)
		}
	}
	return ""
}

// allText returns the text of all messages with that role.
func allText(req chatRequest, role string) string {
	var all []string
	for _, message := range req.Messages {
		if message.Role == role {
			all = append(all, textOf(message.Content))
		}
	}
	return strings.Join(all, "\n")
}

// textOf returns the text of content that is a string or a list of chunks.
func textOf(content any) string {
	switch content := content.(type) {
	case string:
		return content
	case []any:
		var all []string
		for _, item := range content {
			if chunk, ok := item.(map[string]any); ok {
				text, _ := chunk["text"].(string)
				all = append(all, text)
			}
		}
		return strings.Join(all, "")
	default:
		return ""
	}
}

// clip keeps a quotation short.
func clip(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}
