// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// embeddingsEndpoint reads /v1/embeddings. Of the reply, which may be of many
// megabytes, the vectors are skipped.
//
// https://docs.mistral.ai/api/endpoint/embeddings
var embeddingsEndpoint = endpoint{
	request: document{lean: inputShape(jsontrim.Count, embeddingsParameters...), full: inputShape(content, embeddingsParameters...), member: embeddingsRequestMember},
	reply:   document{lean: replyShape(nil), full: replyShape(nil), member: embeddingsReplyMember},
}

var embeddingsParameters = []string{"output_dimension", "encoding_format"}

// inputShape is that of requests about one input or a list of them.
func inputShape(input *jsontrim.Shape, parameters ...string) *jsontrim.Shape {
	members := map[string]*jsontrim.Shape{"model": jsontrim.Keep, "input": input}
	if input == content {
		members["metadata"] = content
	}
	for _, name := range parameters {
		members[name] = jsontrim.Keep
	}
	return jsontrim.Members(members)
}

func embeddingsRequestMember(r *reading, c *jsonscan.Cursor) {
	req := &r.call.Request
	switch string(c.Key()) {
	case "output_dimension":
		setInt(c, &req.Dimensions)
	case "encoding_format":
		if format := readName(c); format != "" {
			req.EncodingFormats = []string{format}
		}
	default:
		inputMember(r, c)
	}
}

// inputMember reads what requests about inputs have in common.
func inputMember(r *reading, c *jsonscan.Cursor) {
	if string(c.Key()) == "input" {
		r.inputs(c)
	} else {
		chatRequestMember(r, c)
	}
}

// inputs reads the texts that a request is about, as the one message that stands
// for them, or only how many they are.
func (r *reading) inputs(c *jsonscan.Cursor) {
	var count int64
	switch c.Kind() {
	case jsonscan.KindNumber: // see jsontrim.Count
		count, _ = c.Int()
	case jsonscan.KindString:
		count = 1
		r.say(appendQuoted(nil, genai.PartText, c.Quoted()))
	default:
		if !c.Array() {
			return
		}
		for c.Element() {
			count++
			if c.Kind() == jsonscan.KindString && r.parts.room() {
				r.say(appendQuoted(nil, genai.PartText, c.Quoted()))
			} else {
				c.Skip()
			}
		}
	}
	// Of a list that was cut nobody knows how long it was.
	if count > 0 && r.call.DroppedBytes == 0 {
		r.call.Extra = append(r.call.Extra, semconv.MistralRequestInputCountKey.Int64(count))
	}
}

// embeddingsReplyMember leaves out what the conventions do not define for
// embeddings: output tokens, which are always 0, and the id.
func embeddingsReplyMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "id":
		c.Skip()
	case "usage":
		readUsage(c, r.call)
		r.call.Usage.Output = genai.Opt[int64]{}
	default:
		replyMember(r, c)
	}
}
