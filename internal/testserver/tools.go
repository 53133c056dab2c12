// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// toolCalls calls a tool when the last message is from the user: the one that
// tool_choice names, else all of them if the request asks for parallel calls by
// name, else the one whose name fits the prompt best.
func toolCalls(req chatRequest, prompt string) []call {
	if lastMessage(req).Role != "user" || req.ToolChoice == "none" {
		return nil
	}
	forced := forcedTool(req.ToolChoice)
	var calls []call
	best := -1
	for _, tool := range req.Tools {
		name := tool.Function.Name
		if name == "" || forced != "" && name != forced {
			continue
		}
		fits := fit(name, prompt)
		if !req.ParallelToolCalls {
			if fits <= best {
				continue
			}
			best, calls = fits, nil
		}
		calls = append(calls, call{name, tool.Function.Parameters.example(subjects(req, prompt))})
	}
	return calls
}

// subjects is what arguments are taken from: the prompt, and before it the
// identifier that the user gave last.
func subjects(req chatRequest, prompt string) string {
	return identifier(allText(req, "user")) + " " + prompt
}

// forcedTool returns the name in {"type":"function","function":{"name":...}}.
func forcedTool(choice any) string {
	object, _ := choice.(map[string]any)
	function, _ := object["function"].(map[string]any)
	name, _ := function["name"].(string)
	return name
}

// asksFor are words that ask for what the name of a tool calls otherwise.
var asksFor = map[string][]string{"date": {"when", "day"}, "time": {"when", "hour"}}

var word = regexp.MustCompile(`\pL+`)

// fit counts the words of a tool's name, such as get_payment_status, that the
// prompt has.
func fit(name, prompt string) int {
	asked := word.FindAllString(strings.ToLower(prompt), -1)
	n := 0
	for _, part := range word.FindAllString(strings.ToLower(name), -1) {
		has := func(w string) bool { return slices.Contains(asked, w) }
		if has(part) || slices.ContainsFunc(asksFor[part], has) {
			n++
		}
	}
	return n
}

var identifiers = regexp.MustCompile(`\b\p{Lu}+-?\d+\b`)

// identifier returns the last identifier in text, such as T1001; "" if it has
// none.
func identifier(text string) string {
	all := identifiers.FindAllString(text, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// report puts the result of a tool into words. The subject may be empty.
func report(result, subject string) string {
	var members map[string]any
	if json.Unmarshal([]byte(result), &members) != nil || len(members) == 0 {
		return "The tool says: " + result
	}
	if subject != "" {
		subject = " of " + subject
	}
	var said []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, ok := members[name].(string)
		if !ok {
			value = encode(members[name])
		}
		said = append(said, fmt.Sprintf("The %s%s is **%s**.", strings.ReplaceAll(name, "_", " "), subject, value))
	}
	return strings.Join(said, " ")
}
