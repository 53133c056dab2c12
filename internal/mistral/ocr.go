// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// ocrEndpoint reads /v1/ocr. Of the reply, which may be of many megabytes, the
// text of the pages is content; the images in it are not kept.
//
// https://docs.mistral.ai/api/endpoint/ocr
var ocrEndpoint = endpoint{
	request: document{lean: ocrRequestShape(nil), full: ocrRequestShape(content), member: ocrRequestMember},
	reply:   document{lean: ocrReplyShape(nil), full: ocrReplyShape(content), member: ocrReplyMember},
}

func ocrRequestShape(text *jsontrim.Shape) *jsontrim.Shape {
	return jsontrim.Members(map[string]*jsontrim.Shape{
		"model": jsontrim.Keep, "document": text, "metadata": text,
	})
}

func ocrRequestMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "document":
		r.say(r.parts.appendChunk(nil, c))
	default:
		inputMember(r, c)
	}
}

func ocrReplyShape(text *jsontrim.Shape) *jsontrim.Shape {
	members := map[string]*jsontrim.Shape{
		"usage_info": jsontrim.Keep, "document_annotation": text,
	}
	if text != nil {
		members["pages"] = jsontrim.Members(map[string]*jsontrim.Shape{"markdown": text}).Bulk()
	}
	return replyShape(members)
}

func ocrReplyMember(r *reading, c *jsonscan.Cursor) {
	switch string(c.Key()) {
	case "pages":
		if !c.Array() {
			return
		}
		for c.Element() {
			if text := textMember(c, "markdown"); r.parts.room() {
				r.answer(appendText(nil, genai.PartText, text.String()))
			}
		}
	case "document_annotation":
		r.answer(appendQuoted(nil, genai.PartText, c.Quoted()))
	case "usage_info":
		readOCRUsage(c, r.call)
	default:
		replyMember(r, c)
	}
}

// answer adds parts to the one choice that stands for a reply without choices.
func (r *reading) answer(parts []genai.Part) {
	res := &r.call.Response
	if len(parts) == 0 {
		return
	}
	if len(res.Choices) == 0 {
		res.Choices = []genai.Choice{{Message: genai.Message{Role: "assistant"}}}
	}
	m := &res.Choices[0].Message
	m.Parts = append(m.Parts, parts...)
}

func readOCRUsage(c *jsonscan.Cursor, call *genai.Call) {
	var pages, size genai.Opt[int64]
	eachMember(c, func() {
		switch string(c.Key()) {
		case "pages_processed":
			setCount(c, &pages)
		case "doc_size_bytes":
			setCount(c, &size)
		default:
			c.Skip()
		}
	})
	if pages.Set {
		call.Extra = append(call.Extra, semconv.MistralOCRUsagePagesProcessedKey.Int64(pages.Value))
	}
	if size.Set {
		call.Extra = append(call.Extra, semconv.MistralOCRUsageDocSizeBytesKey.Int64(size.Value))
	}
}
