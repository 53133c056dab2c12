// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/internal/testenv"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// contentAttributes names the schema of each content attribute that has one.
var contentAttributes = map[string]string{
	"gen_ai.input.messages":      "gen-ai-input-messages.json",
	"gen_ai.output.messages":     "gen-ai-output-messages.json",
	"gen_ai.system_instructions": "gen-ai-system-instructions.json",
	"gen_ai.tool.definitions":    "gen-ai-tool-definitions.json",
}

// maxAttribute is about the longest content attribute: what is documented of
// roundtripper.WithMaxContentBytes, and room for the keys and quotes around it.
const maxAttribute = 1<<20 + 128<<10

// validator checks content against the published schemas, those of the release
// and those of the newest registry.
type validator []struct {
	version string
	schemas map[string]*jsonschema.Schema
}

func newValidator(t *testing.T) validator {
	t.Helper()
	var v validator
	for _, version := range []string{"v1.41.1", "main-2026-08-15"} {
		folder := testenv.Shared(t, "schemas/"+version)
		schemas := map[string]*jsonschema.Schema{}
		for key, file := range contentAttributes {
			schema, err := jsonschema.NewCompiler().Compile(filepath.Join(folder, file))
			require.NoError(t, err)
			schemas[key] = schema
		}
		v = append(v, struct {
			version string
			schemas map[string]*jsonschema.Schema
		}{version, schemas})
	}
	return v
}

// check validates the content of a span and returns how many attributes had any.
func (v validator) check(t *testing.T, span *tracetest.SpanStub) int {
	t.Helper()
	checked := 0
	got := attributes(span)
	assert.NotContains(t, fmt.Sprint(span.Name, span.Status, got), secret)
	for key := range contentAttributes {
		content, ok := got[key].(string)
		if !ok {
			continue
		}
		checked++
		assert.True(t, utf8.ValidString(content), "%s is UTF-8", key)
		assert.Less(t, len(content), maxAttribute, key)
		var value any
		require.NoError(t, json.Unmarshal([]byte(content), &value), "%s: %s", key, content)
		for _, release := range v {
			assert.NoError(t, release.schemas[key].Validate(value), "%s, %s: %.2000s", release.version, key, content)
		}
		switch key {
		case "gen_ai.tool.definitions":
		case "gen_ai.system_instructions":
			assertKnownParts(t, list(value))
		default:
			for _, m := range list(value) {
				assertKnownParts(t, list(m.(object)["parts"]))
			}
		}
	}
	return checked
}

// requiredMembers has the members that each type of part must have. The
// schemas do not hold a part to them: it then passes as one of a type of its
// own.
var requiredMembers = map[string]string{
	"text":                      "content",
	"reasoning":                 "content",
	"tool_call":                 "name",
	"tool_call_response":        "response",
	"server_tool_call":          "name server_tool_call",
	"server_tool_call_response": "server_tool_call_response",
	"blob":                      "modality content",
	"uri":                       "modality uri",
	"file":                      "modality file_id",
	"generic":                   "generic_type content",
}

func assertKnownParts(t *testing.T, parts []any) {
	t.Helper()
	for _, p := range parts {
		part := p.(object)
		kind := part["type"].(string)
		required, known := requiredMembers[kind]
		assert.True(t, known, "%v", part)
		for _, member := range strings.Fields(required) {
			assert.Contains(t, part, member)
			switch {
			case strings.HasPrefix(member, "server_tool_call"):
				assert.IsType(t, "", part[member].(object)["type"], "%v", part)
			case member != "response" && (member != "content" || kind != "generic"):
				assert.IsType(t, "", part[member], "%s of %v", member, part)
			}
		}
	}
}

func TestContentFollowsTheSchemasOfTheConventions(t *testing.T) {
	v := newValidator(t)
	n := newNetwork(t)
	checked := 0
	for _, x := range append(observedRecordings(t), handmade()...) {
		t.Run(x.name, func(t *testing.T) {
			checked += v.check(t, n.observeOne(t, &x, roundtripper.WithContentCapture(roundtripper.CaptureSpan)))
			v.check(t, n.observeOne(t, &x, roundtripper.WithContentCapture(roundtripper.CaptureSpan), roundtripper.WithVocabulary(semconv.Newest)))
			v.check(t, n.observeOne(t, &x, roundtripper.WithContentCapture(roundtripper.CaptureSpan), roundtripper.WithMaxContentBytes(7)))
			v.check(t, n.observeOne(t, &x, roundtripper.WithContentCapture(roundtripper.CaptureSpan), roundtripper.WithBase64Content()))
		})
	}
	assert.Greater(t, checked, 200, "attributes that were checked")
}

// TestSchemasRefuseWhatTheLibraryMustNotSend proves that the check can fail.
func TestSchemasRefuseWhatTheLibraryMustNotSend(t *testing.T) {
	v := newValidator(t)
	for _, tt := range []struct{ key, content string }{
		{"gen_ai.input.messages", `{}`},
		{"gen_ai.input.messages", `[{"role":"user"}]`},
		{"gen_ai.output.messages", `[{"role":"assistant","parts":[]}]`},
		{"gen_ai.output.messages", `[{"role":"assistant","parts":["text"],"finish_reason":"stop"}]`},
		{"gen_ai.system_instructions", `"be brief"`},
		{"gen_ai.tool.definitions", `[{"type":"web_search"}]`},
		{"gen_ai.tool.definitions", `[{"type":"function","function":{"name":"f"}}]`},
	} {
		var value any
		require.NoError(t, json.Unmarshal([]byte(tt.content), &value))
		for _, release := range v {
			if release.version == "v1.41.1" {
				assert.Error(t, release.schemas[tt.key].Validate(value), "%s: %s", release.version, tt.content)
			}
		}
	}
}
