// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"encoding/json"
	"strings"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// Kinds of text that a [Redactor] is shown, besides the types of parts.
const (
	KindName            = "name"
	KindToolDefinitions = "tool_definitions"
	KindMetadata        = "metadata"
	KindPromptCacheKey  = "prompt_cache_key"
	KindDescription     = "description"
	KindStatus          = "status"
	KindInput           = "input"
	KindOutput          = "output"
)

// Secrets are members of JSON objects that are never recorded, wherever they
// stand: the credentials that requests carry for connectors and gateways, in any
// case.
var Secrets = []string{
	"authorization", "api_key", "apikey", "api-key", "x-api-key", "access_token", "client_secret", "password",
	"customer_credentials", "customer_api_keys", "credential_override",
	"X-Data-Respan-Params", "X-Data-Keywordsai-Params",
}

// Withheld stands for content whose redaction failed.
const Withheld = "[withheld]"

// Redactor lets a function of the application change content before it is
// recorded. The zero value changes nothing.
type Redactor struct {
	// Func returns what is to be recorded instead of text. It may be called
	// concurrently, and never while a lock is held.
	Func func(kind, text string) string
	// Panicked is told that Func panicked.
	Panicked func()
}

// Text returns what is recorded instead of text.
func (r Redactor) Text(kind, text string) (redacted string) {
	if r.Func == nil || text == "" {
		return text
	}
	defer func() {
		if recover() != nil {
			redacted = Withheld
			if r.Panicked != nil {
				r.Panicked()
			}
		}
	}()
	return strings.ToValidUTF8(r.Func(kind, text), "\uFFFD")
}

// JSON returns what is recorded instead of a JSON value. What is a string is
// redacted as its text, anything else as it is spelled. If the result is not
// JSON any more it is recorded as a string.
func (r Redactor) JSON(kind string, value []byte) []byte {
	if r.Func == nil || len(value) == 0 {
		return value
	}
	if value[0] == '"' {
		var text string
		if json.Unmarshal(value, &text) == nil {
			return jsonscan.AppendQuoted(nil, r.Text(kind, text))
		}
	}
	text := r.Text(kind, string(value))
	if json.Valid([]byte(text)) {
		return []byte(text)
	}
	return jsonscan.AppendQuoted(nil, text)
}

// redact changes the content of the record. Only its slices of bytes may be
// shared with somebody, so they are replaced, never written to.
func (c *Call) redact() {
	r := c.Redactor
	if r.Func == nil {
		return
	}
	for i := range c.Request.Instructions {
		r.part(&c.Request.Instructions[i])
	}
	for i := range c.Request.Messages {
		r.message(&c.Request.Messages[i])
	}
	for i := range c.Response.Choices {
		r.message(&c.Response.Choices[i].Message)
	}
	if c.Request.Metadata != "" {
		c.Request.Metadata = string(r.JSON(KindMetadata, []byte(c.Request.Metadata)))
	}
	c.Request.PromptCacheKey = r.Text(KindPromptCacheKey, c.Request.PromptCacheKey)
	c.Agent.Description = r.Text(KindDescription, c.Agent.Description)
	r.tool(&c.Tool)
	for i := range c.Executions {
		r.tool(&c.Executions[i].ToolCall)
	}
	c.Failure.Message = r.Text(KindStatus, c.Failure.Message)
}

func (r Redactor) message(m *Message) {
	m.Name = r.Text(KindName, m.Name)
	for i := range m.Parts {
		r.part(&m.Parts[i])
	}
}

func (r Redactor) part(p *Part) {
	p.Text = r.Text(string(p.Type), p.Text)
	p.JSON = r.JSON(string(p.Type), p.JSON)
}

func (r Redactor) tool(t *ToolCall) {
	t.Arguments = string(r.JSON(string(PartToolCall), []byte(t.Arguments)))
	t.Result = string(r.JSON(string(PartToolCallResponse), []byte(t.Result)))
}
