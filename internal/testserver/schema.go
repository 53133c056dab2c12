// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// schema is the part of a JSON schema that is needed to make up an instance.
type schema struct {
	Type       any                `json:"type"`
	Enum       []json.RawMessage  `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
}

// example returns a JSON object that fits s, with a space after each colon and
// comma as the models write it. Strings come from the prompt where it has a
// proper name, so that "What is the weather in Paris?" asks about Paris, and for
// names that end in id where it has an identifier.
func (s *schema) example(prompt string) string {
	if s == nil {
		return "{}"
	}
	names := s.Required
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(s.Properties))
	}
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = s.Properties[name].value(name, prompt)
	}
	return object(names, values)
}

func (s *schema) value(name, prompt string) string {
	if s == nil {
		return `"example"`
	}
	if len(s.Enum) > 0 {
		return string(s.Enum[0])
	}
	switch s.Type {
	case "object":
		return s.example(prompt)
	case "array":
		return "[]"
	case "integer", "number":
		return "1"
	case "boolean":
		return "true"
	case "null":
		return "null"
	default:
		if id := identifier(prompt); id != "" && strings.HasSuffix(strings.ToLower(name), "id") {
			return encode(id)
		}
		return encode(properName(prompt))
	}
}

var capitalised = regexp.MustCompile(`\s(\p{Lu}\p{L}+)`)

// properName returns the last capitalised word that does not start the prompt.
func properName(prompt string) string {
	names := capitalised.FindAllStringSubmatch(prompt, -1)
	if len(names) == 0 {
		return "example"
	}
	return names[len(names)-1][1]
}

// object writes a JSON object from names and encoded values.
func object(names, values []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(encode(name) + ": " + values[i])
	}
	b.WriteByte('}')
	return b.String()
}
