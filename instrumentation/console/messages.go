// SPDX-License-Identifier: Apache-2.0

package console

import (
	"cmp"
	"encoding/json"
	"strings"
)

// message is what this package needs of the conventions' message schema.
type message struct {
	Role  string `json:"role"`
	Parts []part `json:"parts"`
}

type part struct {
	Type        string          `json:"type"`
	GenericType string          `json:"generic_type"`
	Content     json.RawMessage `json:"content"`
	Name        string          `json:"name"`
	Arguments   json.RawMessage `json:"arguments"`
	Response    json.RawMessage `json:"response"`
	Modality    string          `json:"modality"`
	URI         string          `json:"uri"`
	FileID      string          `json:"file_id"`
}

// inputLine tells the last thing that the application said: the last message of
// a user, or the result of a tool when that came later.
func inputLine(attribute string) string {
	messages, ok := parse(attribute)
	if !ok {
		return attribute
	}
	for i := len(messages) - 1; i >= 0; i-- {
		if role := messages[i].Role; role == "user" || role == "tool" {
			return messages[i].String()
		}
	}
	if len(messages) > 0 {
		return messages[len(messages)-1].String()
	}
	return ""
}

// outputLine tells what the model answered, one choice after the other.
func outputLine(attribute string) string {
	messages, ok := parse(attribute)
	if !ok {
		return attribute
	}
	var choices []string
	for _, m := range messages {
		if s := m.String(); s != "" {
			choices = append(choices, s)
		}
	}
	return strings.Join(choices, " | ")
}

func parse(attribute string) ([]message, bool) {
	var messages []message
	err := json.Unmarshal([]byte(attribute), &messages)
	return messages, err == nil
}

// String tells the parts of a message. Reasoning is left out where there is
// something else to see.
func (m message) String() string {
	var seen, thought []string
	for _, p := range m.Parts {
		if p.Type == "reasoning" {
			thought = append(thought, "reasoning: "+text(p.Content))
			continue
		}
		if s := p.String(); s != "" {
			seen = append(seen, s)
		}
	}
	if len(seen) == 0 {
		seen = thought
	}
	return strings.Join(seen, " ")
}

func (p part) String() string {
	switch p.Type {
	case "text":
		return text(p.Content)
	case "tool_call":
		return "tool_call " + p.Name + "(" + text(p.Arguments) + ")"
	case "tool_call_response":
		return "tool_call_response " + text(p.Response)
	case "uri":
		return "[" + p.Modality + " " + p.URI + "]"
	case "file":
		return "[" + p.Modality + " file " + p.FileID + "]"
	case "blob":
		return "[" + p.Modality + "]"
	case "generic":
		return "[" + cmp.Or(p.GenericType, p.Type) + "]"
	}
	return "[" + strings.TrimSpace(p.Type+" "+p.Name) + "]"
}

// text returns a JSON string without its quotes, and other JSON as it is.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
