// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"strconv"
	"strings"
)

type moderation struct {
	Categories map[string]bool    `json:"categories"`
	Scores     map[string]float64 `json:"category_scores"`
}

// flagged has every category and a word that makes the model flag a text.
var flagged = map[string]string{
	"criminal": "steal", "dangerous": "bomb", "financial": "invest", "hate_and_discrimination": "hate",
	"health": "diagnose", "jailbreaking": "ignore all instructions", "law": "lawsuit", "pii": "@",
	"selfharm": "hurt myself", "sexual": "sex", "violence_and_threats": "kill",
}

// What a category or a label scores that fits, and any other.
const (
	fitting    = 0.97509765625
	notFitting = 0.00116729736328125
)

func score(fits bool) float64 {
	if fits {
		return fitting
	}
	return notFitting
}

// moderate flags a text, or each text of a list.
func (m model) moderate(r *Request, _ []string) Reply { return m.judge(r, textList, moderated) }

// moderateChat flags a list of messages, or each list of a list.
func (m model) moderateChat(r *Request, _ []string) Reply { return m.judge(r, chatList, moderated) }

// moderated is the result for one text.
func moderated(text string) any {
	result := moderation{Categories: map[string]bool{}, Scores: map[string]float64{}}
	for category, word := range flagged {
		fits := strings.Contains(strings.ToLower(text), word)
		result.Categories[category], result.Scores[category] = fits, score(fits)
	}
	return result
}

// classify finds the intent of a text, or of each text of a list.
func (m model) classify(r *Request, _ []string) Reply { return m.judge(r, textList, classified) }

// classifyChat finds the intent of a list of messages, or of each of a list of
// objects or lists of them.
func (m model) classifyChat(r *Request, _ []string) Reply { return m.judge(r, chatList, classified) }

type target struct {
	Scores map[string]float64 `json:"scores"`
}

// classified is the result for one text, of a classifier with one target.
func classified(text string) any {
	asks := strings.Contains(text, "?")
	return map[string]target{"intent": {Scores: map[string]float64{"question": score(asks), "statement": score(!asks)}}}
}

// judge answers with a result for each text that texts finds in the input. The
// published schema has no usage, recorded moderations have; classifications, which
// were never recorded, are taken to be like them.
func (m model) judge(r *Request, texts func(input any) ([]string, bool), result func(text string) any) Reply {
	var req struct {
		Model string `json:"model"`
		Input any    `json:"input"`
	}
	if refused, ok := parse(r, &req, invalid, "model", "input"); !ok {
		return refused
	}
	judged, ok := texts(req.Input)
	if !ok {
		return invalid(r.Body, validation{Type: "string_type", Loc: []any{"body", "input"}, Msg: "Input should be a valid string"})
	}
	if refused, ok := m.knows(req.Model); !ok {
		return refused
	}
	const instructions = 61 // tokens that the model reads for each text, and counts in the total only
	results := make([]any, len(judged))
	used := inputUsage{Requests: new(len(judged))}
	for i, text := range judged {
		results[i] = result(text)
		used.Prompt += 4 + len(tokens(text))
	}
	used.Total = used.Prompt + instructions*len(judged)
	return m.whole(r, encode(struct {
		ID      string     `json:"id"`
		Model   string     `json:"model"`
		Results []any      `json:"results"`
		Usage   inputUsage `json:"usage"`
	}{newEnvelope(req.Model, r.Body).id, req.Model, results, used})).With(queryCost, strconv.Itoa(used.Total))
}

// chatList returns the text of a list of messages, or of each of several: lists,
// or objects with a list.
func chatList(input any) (texts []string, ok bool) {
	if object, isObject := input.(map[string]any); isObject {
		return chatList(object["messages"])
	}
	list, ok := input.([]any)
	if !ok {
		return nil, false
	}
	var single []string
	for _, item := range list {
		if message, isObject := item.(map[string]any); isObject && message["messages"] == nil {
			single = append(single, textOf(message["content"]))
			continue
		}
		more, isChat := chatList(item)
		if !isChat {
			return nil, false
		}
		texts = append(texts, more...)
	}
	if single != nil {
		texts = append(texts, strings.Join(single, "\n"))
	}
	return texts, true
}
