// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// speechEndpoint reads /v1/audio/speech. Audio is never kept, neither the voice
// to imitate nor the speech.
//
// https://docs.mistral.ai/api/endpoint/audio/speech
var speechEndpoint = endpoint{
	request: document{lean: speechRequestShape(nil), full: speechRequestShape(content), member: speechRequestMember},
	path:    func(_ string, call *genai.Call) { call.Request.OutputType = semconv.OutputTypeSpeech },
	reply:   speechReply,
	stream:  audioStreamOf(&speechReply),
}

var speechReply = document{lean: replyShape(nil), full: replyShape(nil), member: replyMember}

func speechRequestShape(text *jsontrim.Shape) *jsontrim.Shape {
	return jsontrim.Members(map[string]*jsontrim.Shape{
		"model": jsontrim.Keep, "stream": jsontrim.Keep, "response_format": jsontrim.Keep,
		"voice_id": jsontrim.Keep, "voice": jsontrim.Keep,
		"input": text, "metadata": text, "prompt_cache_key": text,
	})
}

func speechRequestMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "response_format":
		note(r.call, semconv.MistralRequestResponseFormatKey, readName(c))
	case "voice_id", "voice":
		note(r.call, semconv.MistralRequestVoiceIDKey, readName(c))
	case "input":
		r.say(appendQuoted(nil, genai.PartText, c.Quoted()))
	default:
		chatRequestMember(r, c)
	}
}
