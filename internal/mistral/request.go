// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// PeekModel finds the model in a whole request body, and returns a part of it
// where it can. Its cost is that of skipping what stands before the model.
func PeekModel(body []byte) []byte {
	c := jsonscan.New(body)
	if c.Kind() != jsonscan.KindObject {
		return nil
	}
	c.Object()
	for c.Member() {
		if string(c.Key()) == "model" {
			t, _ := c.Text()
			return clip(t.Bytes())
		}
		c.Skip()
	}
	return nil
}

// content is the shape of messages and the like.
var content = jsontrim.Keep.Without(genai.Secrets...).Base64("input_audio").Bulk()

// chatParameters are the members of a chat request that are kept always.
func chatParameters() map[string]*jsontrim.Shape {
	return map[string]*jsontrim.Shape{
		"model":                 jsontrim.Keep,
		"stream":                jsontrim.Keep,
		"temperature":           jsontrim.Keep,
		"top_p":                 jsontrim.Keep,
		"top_k":                 jsontrim.Keep,
		"frequency_penalty":     jsontrim.Keep,
		"presence_penalty":      jsontrim.Keep,
		"max_tokens":            jsontrim.Keep,
		"max_completion_tokens": jsontrim.Keep,
		"min_tokens":            jsontrim.Keep,
		"random_seed":           jsontrim.Keep,
		"seed":                  jsontrim.Keep,
		"n":                     jsontrim.Keep,
		"stop":                  jsontrim.Keep,
		"response_format":       jsontrim.Members(map[string]*jsontrim.Shape{"type": jsontrim.Keep}),
		"tool_choice": jsontrim.Members(map[string]*jsontrim.Shape{
			"type":     jsontrim.Keep,
			"function": jsontrim.Members(map[string]*jsontrim.Shape{"name": jsontrim.Keep}),
		}),
		"parallel_tool_calls": jsontrim.Keep,
		"prompt_mode":         jsontrim.Keep,
		"reasoning_effort":    jsontrim.Keep,
		"safe_prompt":         jsontrim.Keep,
		"service_tier":        jsontrim.Keep,
		"prediction":          jsontrim.Members(nil),
		"guardrails":          jsontrim.Members(nil),
		"messages":            jsontrim.Members(map[string]*jsontrim.Shape{"prefix": jsontrim.Keep}).Bulk(),
	}
}

// chatContent is chatParameters with the content.
func chatContent() map[string]*jsontrim.Shape {
	m := chatParameters()
	m["messages"] = content
	m["tools"] = content
	m["metadata"] = content
	m["prompt_cache_key"] = content
	return m
}

var (
	chatRequest            = jsontrim.Members(chatParameters())
	chatRequestWithContent = jsontrim.Members(chatContent())
)

// RequestReader reads the body of a request in pieces.
type RequestReader struct {
	trimmer jsontrim.Trimmer
	limits  Limits
	ended   bool
}

// NewRequestReader returns a reader for the request of a chat call.
func NewRequestReader(l Limits) *RequestReader {
	r := &RequestReader{limits: l}
	shape := chatRequest
	if l.Content {
		shape = chatRequestWithContent
	}
	r.trimmer.Reset(shape, l.trim())
	return r
}

// Write reads the next piece. It always returns len(p), nil.
func (r *RequestReader) Write(p []byte) (int, error) {
	return r.trimmer.Write(p)
}

// End tells that the body has come to its end.
func (r *RequestReader) End() { r.ended = true }

// Fill records what was read.
func (r *RequestReader) Fill(call *genai.Call) {
	c := jsonscan.New(r.trimmer.End())
	isObject := c.Object()
	whole := isObject && r.trimmer.Done()
	// A body that was answered well had come to its end, also if that was not
	// seen: the transport below may have sent it again, from GetBody.
	ended := r.ended || 200 <= call.Response.Status && call.Response.Status < 300
	if r.trimmer.Failed() || ended && !whole {
		call.DecodeErrors++
	}
	if r.limits.Content {
		call.DroppedBytes += r.trimmer.Dropped()
	}
	if !isObject {
		return
	}
	p := parts{limits: r.limits}
	req := &call.Request
	for c.Member() {
		switch string(c.Key()) {
		case "model":
			t, _ := c.Text()
			req.Model = name(t)
		case "messages":
			r.messages(&c, req, &p)
		case "tools":
			req.Tools = p.tools(&c)
		case "metadata":
			if c.Kind() == jsonscan.KindObject {
				req.Metadata = string(validUTF8(c.Raw()))
			} else {
				c.Skip()
			}
		case "prompt_cache_key":
			req.PromptCacheKey = c.String()
		default:
			readParameter(&c, req)
		}
	}
	if p.over() {
		call.DecodeErrors++
	}
}

// readParameter reads the value of the current member, if it is a parameter.
func readParameter(c *jsonscan.Cursor, req *genai.Request) {
	switch string(c.Key()) {
	case "stream":
		req.Stream, _ = c.Bool()
	case "temperature":
		setFloat(c, &req.Temperature)
	case "top_p":
		setFloat(c, &req.TopP)
	case "top_k":
		setFloat(c, &req.TopK)
	case "frequency_penalty":
		setFloat(c, &req.FrequencyPenalty)
	case "presence_penalty":
		setFloat(c, &req.PresencePenalty)
	case "max_tokens":
		setInt(c, &req.MaxTokens)
	case "max_completion_tokens": // what servers compatible with OpenAI take
		fallbackInt(c, &req.MaxTokens)
	case "min_tokens":
		setInt(c, &req.MinTokens)
	case "random_seed":
		setInt(c, &req.Seed)
	case "seed": // likewise
		fallbackInt(c, &req.Seed)
	case "n":
		setInt(c, &req.ChoiceCount)
	case "stop":
		req.StopSequences = readStop(c)
	case "response_format":
		req.OutputType = readOutputType(c)
	case "tool_choice":
		req.ToolChoice = readToolChoice(c)
	case "parallel_tool_calls":
		setBool(c, &req.ParallelToolCalls)
	case "prompt_mode":
		req.PromptMode = clip(c.String())
	case "reasoning_effort":
		req.ReasoningEffort = clip(c.String())
	case "safe_prompt":
		setBool(c, &req.SafePrompt)
	case "service_tier":
		req.ServiceTier = clip(c.String())
	case "prediction":
		req.Prediction = c.Kind() == jsonscan.KindObject
		c.Skip()
	case "guardrails":
		req.Guardrails = c.Kind() == jsonscan.KindArray
		c.Skip()
	default:
		c.Skip()
	}
}

func (r *RequestReader) messages(c *jsonscan.Cursor, req *genai.Request, p *parts) {
	if !c.Array() {
		return
	}
	for c.Element() {
		w := readMessage(c)
		req.Prefix = req.Prefix || w.prefix
		if r.limits.Content && w.object && p.room() {
			req.Messages = append(req.Messages, p.message(&w))
		}
	}
}

func readStop(c *jsonscan.Cursor) []string {
	if c.Kind() == jsonscan.KindString {
		return []string{c.String()}
	}
	var stop []string
	if c.Array() {
		for c.Element() {
			if t, ok := c.Text(); ok {
				stop = append(stop, t.String())
			}
		}
	}
	return stop
}

func readOutputType(c *jsonscan.Cursor) string {
	switch format := textMember(c, "type"); {
	case format.Is("json_object"), format.Is("json_schema"):
		return semconv.OutputTypeJSON
	case format.Is("text"):
		return semconv.OutputTypeText
	}
	return ""
}

// readToolChoice gives auto, none, any, required, or "function:" and the name
// of the one that must be called.
func readToolChoice(c *jsonscan.Cursor) string {
	if c.Kind() == jsonscan.KindString {
		return clip(c.String())
	}
	choice := ""
	if c.Object() {
		for c.Member() {
			if string(c.Key()) != "function" {
				c.Skip()
			} else if t := textMember(c, "name"); !t.Empty() {
				choice = clip("function:" + t.String())
			}
		}
	}
	return choice
}

// textMember consumes an object and returns its string member of that name.
func textMember(c *jsonscan.Cursor, name string) (found jsonscan.Text) {
	if !c.Object() {
		return found
	}
	for c.Member() {
		if string(c.Key()) == name {
			found, _ = c.Text()
		} else {
			c.Skip()
		}
	}
	return found
}

func setFloat(c *jsonscan.Cursor, v *genai.Opt[float64]) {
	if f, ok := c.Float(); ok {
		*v = genai.Some(f)
	}
}

func setInt(c *jsonscan.Cursor, v *genai.Opt[int64]) {
	if i, ok := c.Int(); ok {
		*v = genai.Some(i)
	}
}

// fallbackInt sets v unless Mistral's own name for it has set it.
func fallbackInt(c *jsonscan.Cursor, v *genai.Opt[int64]) {
	if i, ok := c.Int(); ok && !v.Set {
		*v = genai.Some(i)
	}
}

func setBool(c *jsonscan.Cursor, v *genai.Opt[bool]) {
	if b, ok := c.Bool(); ok {
		*v = genai.Some(b)
	}
}
