// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"strconv"

	"github.com/otelmistral/otelmistral/internal/jsonscan"
)

// Message is one message of a conversation, in the shape of the conventions:
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#recording-content-on-attributes
type Message struct {
	Role  string
	Name  string
	Parts []Part
}

// PartType is the type of a [Part] in the conventions' schema.
type PartType string

// The types of parts.
const (
	PartText                   PartType = "text"
	PartReasoning              PartType = "reasoning"
	PartToolCall               PartType = "tool_call"
	PartToolCallResponse       PartType = "tool_call_response"
	PartServerToolCall         PartType = "server_tool_call"
	PartServerToolCallResponse PartType = "server_tool_call_response"
	PartURI                    PartType = "uri"
	PartBlob                   PartType = "blob"
	PartFile                   PartType = "file"
	PartGeneric                PartType = "generic"
)

// Part is a piece of a message. Which fields count depends on its type.
type Part struct {
	Type PartType
	// JSON is one valid JSON value: the content of a text or reasoning part,
	// which is a string, the arguments or the response of a tool call, or the
	// whole of a generic part. Text stays as it came, quoted: a long history
	// would else be decoded and encoded for nothing.
	JSON []byte
	// Text is the base64 content of a blob, the URI of a uri part, or the file
	// id of a file part.
	Text string
	// ID and Name belong to tool calls, also those of the server; for a generic
	// part Name is the provider's type.
	ID   string
	Name string
	// Modality and MediaType belong to blob, uri and file parts.
	Modality  string
	MediaType string
	// Size and Digest stand for the content of a blob that was left out: the
	// number of its bytes and their SHA-256 in hexadecimal.
	Size   int64
	Digest string
}

// Tool is one tool that the model may call.
type Tool struct {
	// Type is "function" or the provider's name for a built-in tool.
	Type        string
	Name        string
	Description string
	// Parameters is the JSON schema of the arguments, nil when there is none.
	Parameters []byte
	// Extra is a JSON object with what else a built-in tool is told, nil when
	// there is nothing.
	Extra []byte
}

// AppendMessages appends messages as a JSON array, as
// gen_ai.input.messages wants it.
func AppendMessages(dst []byte, messages []Message) []byte {
	dst = append(dst, '[')
	for i := range messages {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendMessage(dst, &messages[i])
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// AppendChoices appends choices as a JSON array, as gen_ai.output.messages
// wants it.
func AppendChoices(dst []byte, choices []Choice, missing string) []byte {
	dst = append(dst, '[')
	for i := range choices {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendMessage(dst, &choices[i].Message)
		dst = appendField(dst, "finish_reason", messageFinishReason(choices[i].FinishReason, missing))
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// messageFinishReason is the finish reason in the enumeration that the
// message schema has; it demands one on every message.
func messageFinishReason(reason, missing string) string {
	switch reason {
	case "":
		return missing
	case "tool_calls":
		return "tool_call"
	}
	return reason
}

// appendMessage appends the message without its closing brace.
func appendMessage(dst []byte, m *Message) []byte {
	dst = append(dst, `{"role":`...)
	dst = jsonscan.AppendQuoted(dst, m.Role)
	if m.Name != "" {
		dst = appendField(dst, "name", m.Name)
	}
	dst = append(dst, `,"parts":`...)
	return AppendParts(dst, m.Parts)
}

// AppendParts appends parts as a JSON array, as gen_ai.system_instructions
// wants it.
func AppendParts(dst []byte, parts []Part) []byte {
	dst = append(dst, '[')
	for i := range parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPart(dst, &parts[i])
	}
	return append(dst, ']')
}

func appendPart(dst []byte, p *Part) []byte {
	dst = append(dst, `{"type":`...)
	dst = jsonscan.AppendQuoted(dst, string(p.Type))
	switch p.Type {
	case PartText, PartReasoning:
		dst = appendValue(dst, "content", p)
	case PartToolCall:
		dst = appendOptional(dst, "id", p.ID)
		dst = appendField(dst, "name", p.Name)
		if p.JSON != nil {
			dst = appendValue(dst, "arguments", p)
		}
	case PartToolCallResponse:
		dst = appendOptional(dst, "id", p.ID)
		dst = appendOptional(dst, "name", p.Name)
		dst = appendValue(dst, "response", p)
	case PartServerToolCall:
		dst = appendOptional(dst, "id", p.ID)
		dst = appendField(dst, "name", p.Name)
		dst = appendServerTool(dst, p, "arguments")
	case PartServerToolCallResponse:
		dst = appendOptional(dst, "id", p.ID)
		dst = appendServerTool(dst, p, "result")
	case PartURI:
		dst = appendField(dst, "modality", p.Modality)
		dst = appendOptional(dst, "mime_type", p.MediaType)
		dst = appendField(dst, "uri", p.Text)
	case PartFile:
		dst = appendField(dst, "modality", p.Modality)
		dst = appendField(dst, "file_id", p.Text)
	case PartBlob:
		dst = appendField(dst, "modality", p.Modality)
		dst = appendOptional(dst, "mime_type", p.MediaType)
		dst = appendField(dst, "content", p.Text)
		if p.Digest != "" {
			dst = append(dst, `,"byte_count":`...)
			dst = strconv.AppendInt(dst, p.Size, 10)
			dst = appendField(dst, "sha256", p.Digest)
		}
	case PartGeneric:
		dst = appendField(dst, "generic_type", p.Name)
		dst = appendValue(dst, "content", p)
	}
	return append(dst, '}')
}

// appendServerTool appends the member that has the name of the part's type and
// tells the type of the tool, with its value behind that.
func appendServerTool(dst []byte, p *Part, value string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, p.Type...)
	dst = append(dst, `":{"type":`...)
	dst = jsonscan.AppendQuoted(dst, p.Name)
	if p.JSON != nil {
		dst = appendValue(dst, value, p)
	}
	return append(dst, '}')
}

// AppendTools appends tools as a JSON array, as gen_ai.tool.definitions wants
// it: flat, with a name on every one.
func AppendTools(dst []byte, tools []Tool) []byte {
	dst = append(dst, '[')
	for i := range tools {
		t := &tools[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"type":`...)
		dst = jsonscan.AppendQuoted(dst, t.Type)
		dst = appendField(dst, "name", t.Name)
		dst = appendOptional(dst, "description", t.Description)
		if t.Parameters != nil {
			dst = append(dst, `,"parameters":`...)
			dst = append(dst, t.Parameters...)
		}
		if t.Extra != nil {
			dst = append(dst, `,"configuration":`...)
			dst = append(dst, t.Extra...)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendOptional(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendField(dst, name, value)
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return jsonscan.AppendQuoted(dst, value)
}

// appendValue appends the JSON of p as it is, or "".
func appendValue(dst []byte, name string, p *Part) []byte {
	if p.JSON == nil {
		return appendField(dst, name, "")
	}
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return append(dst, p.JSON...)
}
