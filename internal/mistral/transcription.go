// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/semconv"
)

// transcriptionEndpoint reads /v1/audio/transcriptions. Requests are forms, or
// JSON for audio that lies elsewhere. Audio itself is never kept.
//
// https://docs.mistral.ai/api/endpoint/audio/transcriptions
var transcriptionEndpoint = endpoint{
	request: transcriptionRequest,
	form:    formOf(&transcriptionRequest, "stream", "temperature"),
	peek:    peekForm,
	reply:   transcriptionReply,
	stream:  audioStreamOf(&transcriptionReply),
}

var transcriptionRequest = document{
	lean:   transcriptionRequestShape(nil),
	full:   transcriptionRequestShape(content),
	member: transcriptionRequestMember,
}

func transcriptionRequestShape(place *jsontrim.Shape) *jsontrim.Shape {
	return jsontrim.Members(map[string]*jsontrim.Shape{
		"model": jsontrim.Keep, "language": jsontrim.Keep, "temperature": jsontrim.Keep, "stream": jsontrim.Keep,
		"file_url": place, "file_id": place,
	})
}

func transcriptionRequestMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "language":
		note(r.call, semconv.MistralRequestLanguageKey, readName(c))
	case "file_url":
		if s := c.String(); s != "" {
			r.say([]genai.Part{mediaPart("audio", s)})
		}
	case "file_id":
		if id := c.String(); id != "" {
			r.say([]genai.Part{{Type: genai.PartFile, Modality: "audio", Text: clip(id)}})
		}
	default:
		chatRequestMember(r, c)
	}
}

var transcriptionReply = document{
	lean:   transcriptionReplyShape(nil),
	full:   transcriptionReplyShape(content),
	member: transcriptionReplyMember,
}

func transcriptionReplyShape(text *jsontrim.Shape) *jsontrim.Shape {
	return replyShape(map[string]*jsontrim.Shape{"language": jsontrim.Keep, "text": text})
}

func transcriptionReplyMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "language":
		note(r.call, semconv.MistralResponseLanguageKey, readName(c))
	case "text":
		r.answer(appendQuoted(nil, genai.PartText, c.Quoted()))
	default:
		replyMember(r, c)
	}
}

// note records what only one endpoint has, unless it says nothing. What is noted
// again, such as the language that a stream tells twice, counts once.
func note(call *genai.Call, k attribute.Key, v string) {
	if v != "" {
		call.Extra = scope.Merge(call.Extra, []attribute.KeyValue{k.String(v)})
	}
}
