// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"cmp"
	"slices"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// moderationEndpoint and chatModerationEndpoint read /v1/moderations and
// /v1/chat/moderations.
//
// https://docs.mistral.ai/api/endpoint/classifiers
var (
	moderationEndpoint     = endpoint{request: textsRequest, reply: moderationReply}
	chatModerationEndpoint = endpoint{request: conversationsRequest, reply: moderationReply}
)

// classificationEndpoint and chatClassificationEndpoint read
// /v1/classifications and /v1/chat/classifications.
//
// https://docs.mistral.ai/api/endpoint/classifiers
var (
	classificationEndpoint     = endpoint{request: textsRequest, reply: classificationReply}
	chatClassificationEndpoint = endpoint{request: conversationsRequest, reply: classificationReply}
)

var textsRequest = document{lean: inputShape(jsontrim.Count), full: inputShape(content), member: inputMember}

var conversationsRequest = document{lean: inputShape(nil), full: inputShape(content), member: conversationsMember}

func conversationsMember(r *reading, c *jsonscan.Cursor) {
	if string(c.Key()) == "input" {
		r.conversations(c)
	} else {
		inputMember(r, c)
	}
}

// conversations reads one conversation or a list of them, each a list of
// messages or an object that has one. They become one list: which message is of
// which conversation the conventions cannot say.
func (r *reading) conversations(c *jsonscan.Cursor) {
	req := &r.call.Request
	switch c.Kind() {
	case jsonscan.KindArray:
		c.Array()
		for c.Element() {
			r.conversations(c)
		}
	case jsonscan.KindObject:
		raw := c.Raw()
		inner := jsonscan.New(raw)
		inner.Object()
		for inner.Member() {
			if string(inner.Key()) == "messages" {
				r.messages(&inner)
				return
			}
			inner.Skip()
		}
		message := jsonscan.New(raw)
		if w := readMessage(&message); r.parts.room() {
			req.Messages = append(req.Messages, r.parts.message(&w))
		}
	default:
		c.Skip()
	}
}

var moderationReply = resultsReply(jsontrim.Members(map[string]*jsontrim.Shape{"categories": jsontrim.Keep}), readFlagged)

var classificationReply = resultsReply(jsontrim.Keep, readLabels)

// resultsReply is a reply with a result for each input.
func resultsReply(result *jsontrim.Shape, read func(r *reading, c *jsonscan.Cursor)) document {
	shape := replyShape(map[string]*jsontrim.Shape{"results": result})
	return document{lean: shape, full: shape, member: func(r *reading, c *jsonscan.Cursor) {
		switch {
		case string(c.Key()) != "results":
			replyMember(r, c)
		case c.Array():
			read(r, c)
		}
	}}
}

// maxLabels bounds the categories, and the labels, that are recorded.
const maxLabels = 64

// readFlagged records the categories that at least one input fell into.
func readFlagged(r *reading, c *jsonscan.Cursor) {
	var flagged []string
	for c.Element() {
		eachMember(c, func() {
			if string(c.Key()) != "categories" {
				c.Skip()
				return
			}
			eachMember(c, func() {
				category := clip(string(c.Key()))
				if yes, _ := c.Bool(); yes {
					flagged = append(flagged, category)
				}
			})
		})
	}
	if flagged = unique(flagged); len(flagged) > 0 {
		r.call.Extra = append(r.call.Extra, semconv.MistralModerationFlaggedKey.StringSlice(flagged))
	}
}

// readLabels records, for each target, the labels that were the likeliest of an
// input.
func readLabels(r *reading, c *jsonscan.Cursor) {
	var labels []string
	for c.Element() {
		eachMember(c, func() {
			target := clip(string(c.Key()))
			if label := readLikeliest(c); label != "" {
				labels = append(labels, target+"="+label)
			}
		})
	}
	if labels = unique(labels); len(labels) > 0 {
		r.call.Extra = append(r.call.Extra, semconv.MistralClassificationLabelsKey.StringSlice(labels))
	}
}

// readLikeliest reads {"scores":{label: score, …}}.
func readLikeliest(c *jsonscan.Cursor) (likeliest string) {
	type scored struct {
		label string
		score float64
	}
	var all []scored
	eachMember(c, func() {
		if string(c.Key()) != "scores" {
			c.Skip()
			return
		}
		eachMember(c, func() {
			label := clip(string(c.Key()))
			if score, ok := c.Float(); ok {
				all = append(all, scored{label, score})
			}
		})
	})
	if len(all) == 0 {
		return ""
	}
	return slices.MaxFunc(all, func(a, b scored) int { return cmp.Compare(a.score, b.score) }).label
}

// eachMember consumes an object and calls read, which consumes the value, at
// each member. Anything else it skips.
func eachMember(c *jsonscan.Cursor, read func()) {
	if !c.Object() {
		return
	}
	for c.Member() {
		read()
	}
}

// unique sorts names and leaves out what is double, and what is too many.
func unique(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxLabels)]
}
