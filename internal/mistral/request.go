// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

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

var chatRequest = document{
	lean:   jsontrim.Members(chatParameters()),
	full:   jsontrim.Members(chatContent()),
	member: chatRequestMember,
	direct: true,
}

func chatRequestMember(r *reading, c *jsonscan.Cursor) {
	req := &r.call.Request
	switch string(c.Key()) {
	case "model":
		req.Model = readName(c, req.Model) // mostly known from the start
	case "messages":
		r.messages(c)
	case "tools", "metadata", "prompt_cache_key":
		if r.parts.limits.Content {
			r.contentMember(c)
		} else {
			c.Skip()
		}
	default:
		readParameter(c, req)
	}
}

// contentMember reads a member of a request that is content.
func (r *reading) contentMember(c *jsonscan.Cursor) {
	req := &r.call.Request
	switch string(c.Key()) {
	case "tools":
		req.Tools = r.parts.appendTools(req.Tools[:0], c)
	case "metadata":
		r.metadata(c)
	case "prompt_cache_key":
		req.PromptCacheKey = c.String()
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

func (r *reading) messages(c *jsonscan.Cursor) {
	if !c.Array() {
		return
	}
	req := &r.call.Request
	for c.Element() {
		w := readMessage(c)
		req.Prefix = req.Prefix || w.prefix
		if r.parts.limits.Content && w.object && r.parts.room() {
			req.Messages = append(req.Messages, r.parts.message(&w))
		}
	}
}

// metadata keeps the object as it was sent.
func (r *reading) metadata(c *jsonscan.Cursor) {
	if c.Kind() == jsonscan.KindObject {
		r.call.Request.Metadata = string(c.Raw())
	} else {
		c.Skip()
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
